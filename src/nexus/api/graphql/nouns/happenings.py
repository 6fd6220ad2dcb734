"""What is told while it happens: the subscriptions, whose events come from the rooms of `live`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.edges import Edge, alone, one
from nexus.api.graphql.nouns.rows import JSON, NOUNS
from nexus.hubs.access import visible_hubs
from nexus.pages.access import visible_changes
from nexus.pages.events import Event


@dataclass
class Happened:
    """An event of a hub, as one reader is told of it."""

    hub: UUID
    previous: int
    seq: int
    type: str
    at: Any
    person: Mapping[str, str]
    facts: Mapping[str, Any]


def happened(hub: UUID, event: Event, previous: int) -> Happened:
    """The row that a selection over an event begins at."""
    row = Happened(hub, previous, event.seq, event.type, event.at, event.person, event.facts)
    alone(row)
    return row


def _hub(actor: Actor, rows: Sequence[Happened]) -> Mapping[Any, Any]:
    return {hub.pk: hub for hub in visible_hubs(actor).filter(pk__in={row.hub for row in rows})}


def _change(actor: Actor, rows: Sequence[Happened]) -> Mapping[Any, Any]:
    found = visible_changes(actor).filter(hub__in={row.hub for row in rows}, seq__in={row.seq for row in rows})
    return {change.seq: change for change in found}


class NamedPerson(graphene.ObjectType):
    """Somebody, by what they are called."""

    handle = graphene.String(required=True, description="Their place in addresses.")
    name = graphene.String(required=True, description="How they are called.")


class HubEvent(graphene.ObjectType):
    """One thing that happened in a hub, as the stream tells it (docs/events.md)."""

    seq = graphene.Int(required=True, description="Its number in the hub. Give the last one as `after` to go on.")
    previous = graphene.Int(
        required=True,
        description="The number before it that you were told of, or may see: greater than your last, something is missing.",
    )  # fmt: skip
    type = graphene.String(required=True, description="What happened, as `noun.verb`.")
    at = graphene.DateTime(required=True, description="When.")
    person = graphene.Field(NamedPerson, required=True, description="Who.")
    facts = JSON(required=True, description="By the type: docs/events.md lists them.")
    change = one(
        f"{NOUNS}.changes.ChangeType", _change, "seq", description="The change, of a `change.…`; null of all else."
    )
    hub = one(f"{NOUNS}.hubs.HubType", _hub, "hub", description="Where.")


class PagePresence(graphene.ObjectType):
    """Who else has a page open. You are told whenever that changes, and as long as you listen others are told of you."""

    people = graphene.List(
        graphene.NonNull(NamedPerson), required=True,
        description="Who is signed in, at most twenty; nobody while you are not.",
    )  # fmt: skip
    others = graphene.Int(required=True, description="How many more: those who are not signed in among them.")


def _itself(root: Any, _info: Any, **_: Any) -> Any:
    return root


class Subscription(graphene.ObjectType):
    """What can be followed over a WebSocket (graphql-transport-ws)."""

    hub_activity = Edge(
        HubEvent, required=True, resolver=_itself, description="What happens in a hub: each event once, in order.",
        hub=graphene.String(required=True, description="The address of the hub."),
        after=graphene.Int(description="First comes what happened behind that number; without it only what happens next."),
    )  # fmt: skip
    page_presence = Edge(
        PagePresence, required=True, resolver=_itself, description="Who else has a page open, at once and when it changes.",
        page=graphene.ID(required=True, description="The id of the page."),
    )  # fmt: skip
