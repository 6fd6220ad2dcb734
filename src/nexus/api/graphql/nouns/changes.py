"""Changes: the atomic steps of a hub."""

from collections.abc import Mapping, Sequence
from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.connections import Listed, connection, listed, top
from nexus.api.graphql.edges import first_of_each, many, parent
from nexus.api.graphql.nouns.rows import NOUNS, ChangeKindEnum, RowType
from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence
from nexus.hubs.access import hub_for
from nexus.pages.access import visible_changes, visible_versions
from nexus.pages.history import touching
from nexus.pages.models import Change
from nexus.pages.queries import person_for


def _versions(actor: Actor, rows: Sequence[Change], *, first: int) -> Mapping[Any, Any]:
    return first_of_each(visible_versions(actor), {"change": [row.pk for row in rows]}, ("path", "pk"), first)


class ChangeType(RowType):
    """One atomic step of a hub: a message and one or more versions."""

    class Meta:
        model = Change
        name = "Change"
        about = {
            "id": "Its id.", "message": "What its author said about it.", "created_at": "When it came into the hub.",
            "authored_at": "When its author made it elsewhere, as a Git history says; null: here, then.",
        }  # fmt: skip

    number = graphene.Int(
        required=True, description="Its number in the hub's log.", resolver=lambda row, _info: row.seq
    )
    kind = graphene.Field(ChangeKindEnum, required=True, description="How it came about.")
    hub = parent(f"{NOUNS}.hubs.HubType", "hub", required=True, description="Where.")
    author = parent(f"{NOUNS}.people.PersonType", "author", required=True, description="Who.")
    brought_by = parent(
        f"{NOUNS}.people.PersonType", "brought_by", description="Who brought it, when that is not its author."
    )
    reverts = parent(f"{NOUNS}.changes.ChangeType", "reverts", description="The change that it takes back.")
    versions = many(f"{NOUNS}.pages.VersionType", _versions, description="What became of its pages, by their paths.")


def _changes(
    _root: Any, info: Any, *, first: int, after: str | None = None, hub: str = "", person: str = "", path: str = ""
) -> Listed:
    actor = info.context.actor
    found = visible_changes(actor)
    place = hub_for(actor, hub) if hub else None
    if place:
        found = found.filter(hub=place)
    if person:
        found = found.filter(author=person_for(actor, person, place))
    if path:
        if place is None:
            raise Invalid(Sentence("A path is in a hub."), field="path", remedy=Sentence("Name the hub as well."))
        found = found.filter(touching(actor, hub, path))
    return listed(found, ("-seq",) if place else ("-created_at", "-pk"), first=first, after=after)


class ChangeQuery(graphene.ObjectType):
    """What is asked of changes."""

    changes = top(
        connection("Change", ChangeType), _changes, reads=1, also={"hub": 1, "person": 1, "path": 2},
        description="What was changed, newest first.",
        hub=graphene.String(description="Only in the hub at that address."),
        person=graphene.String(description="Only by the person of that name in addresses."),
        path=graphene.String(description="Only of the page that was there last, or of anything below this folder."),
    )  # fmt: skip
