"""Entries: what the pages say."""

from collections.abc import Mapping, Sequence
from typing import Any

import graphene
from django.db.models import QuerySet

from nexus.accounts.actor import Actor
from nexus.api.graphql.connections import Listed, connection, listed, top
from nexus.api.graphql.edges import first_of_each, in_scope, many, parent
from nexus.api.graphql.nouns import topics
from nexus.api.graphql.nouns.rows import NOUNS, EntryKindEnum, RowType, Status, StatusChoice, value_of
from nexus.hubs.access import hub_for
from nexus.knowledge.access import visible_entries
from nexus.knowledge.models import Entry, EntryKind
from nexus.knowledge.queries import Scope, within
from nexus.pages.queries import person_for

NEWEST = ("-since", "-pk")


def narrowed(found: QuerySet[Entry], kind: Any, status: Any) -> QuerySet[Entry]:
    """The entries of a kind; of a status, which only challenges have."""
    if kind is not None:
        found = found.filter(kind=value_of(kind))
    if status is not None:
        found = found.filter(kind=EntryKind.CHALLENGE, solution__isnull=value_of(status) == StatusChoice.OPEN.value)
    return found


def of_hubs(
    actor: Actor, rows: Sequence[Any], *, first: int, kind: Any = None, status: Any = None
) -> Mapping[Any, Any]:
    """What the pages of each hub say, newest first."""
    found = narrowed(visible_entries(actor), kind, status)
    return first_of_each(found, {"hub": [row.pk for row in rows]}, NEWEST, first)


def of_pages(
    actor: Actor, rows: Sequence[Any], *, first: int, kind: Any = None, status: Any = None
) -> Mapping[Any, Any]:
    """What each page says, in the text's order."""
    found = narrowed(visible_entries(actor), kind, status)
    return first_of_each(found, {"page": [row.pk for row in rows]}, ("start", "ordinal", "pk"), first)


def of_scoped(
    actor: Actor, rows: Sequence[Any], field: str, *, first: int, kind: Any = None, status: Any = None
) -> Mapping[Any, Any]:
    """What is said by each person, or about each topic (`field`), in their scope, newest first; by `scoped`."""
    found = narrowed(visible_entries(actor), kind, status)
    return first_of_each(found, in_scope(rows, field), NEWEST, first)


def _same_error(actor: Actor, rows: Sequence[Entry], *, first: int) -> Mapping[Any, Any]:
    met = {row.fingerprint for row in rows if row.fingerprint}
    if not met:
        return {}
    found = first_of_each(visible_entries(actor), {"fingerprint": met}, NEWEST, first + 1)
    return {row.pk: [each for each in found.get(row.fingerprint, ()) if each.pk != row.pk][:first] for row in rows}


class EntryType(RowType):
    """Something a page says: a technology, concept, challenge, practice or project."""

    class Meta:
        model = Entry
        name = "Entry"
        about = {
            "id": "Its id, which it keeps when its text is edited.", "title": "What it is called.",
            "problem": "Of a challenge: what went wrong.", "cause": "Of a challenge: why.",
            "solution": "Of a challenge: how it was solved; null while it is not told.",
            "error_text": "Of a challenge: the error as it was quoted.",
            "since": "When it was first written.", "week": "The week of its program, where the text says so.",
            "day": "The day it was learned, where that is known.",
            "confidence": "How sure the reading of the text is, 0 to 1.", "reason": "Why it was taken for that.",
            "start": "Where its passage begins in the page's bytes.", "end": "Where its passage ends.",
            "anchor": "The id of the element of the page's HTML in which it begins.",
        }  # fmt: skip

    kind = graphene.Field(EntryKindEnum, required=True, description="What it is.")
    is_solved = graphene.Boolean(
        description="Whether a challenge tells its solution; null for all else.",
        resolver=lambda row, _info: row.solution is not None if row.kind == EntryKind.CHALLENGE else None,
    )
    hub = parent(f"{NOUNS}.hubs.HubType", "hub", required=True, description="Where it was written.")
    page = parent(f"{NOUNS}.pages.PageType", "page", required=True, description="The page that says it.")
    person = parent(f"{NOUNS}.people.PersonType", "person", description="Who wrote it first.")
    version = parent(
        f"{NOUNS}.pages.VersionType", "version", required=True, description="The version it was read from."
    )
    topics = many(f"{NOUNS}.topics.TopicType", topics.of_entries, description="What it is about.")
    same_error = many(
        f"{NOUNS}.entries.EntryType", _same_error, description="Other challenges that met the same error."
    )


def _entries(
    _root: Any, info: Any, *, first: int, after: str | None = None, hub: str = "", kind: Any = None, topic: str = "",
    person: str = "", status: Any = None,
) -> Listed:  # fmt: skip
    actor = info.context.actor
    place = hub_for(actor, hub) if hub else None
    who = person_for(actor, person, place) if person else None
    found = narrowed(within(actor, Scope(place, who, topic)), kind, status)
    return listed(found.exclude(since=None), NEWEST, first=first, after=after)


class EntryQuery(graphene.ObjectType):
    """What is asked of entries."""

    entries = top(
        connection("Entry", EntryType), _entries, reads=1, also={"hub": 1, "person": 1},
        description="What pages say, newest first.",
        hub=graphene.String(description="Only in the hub at that address."),
        kind=graphene.Argument(EntryKindEnum, description="Only of that kind."),
        topic=graphene.String(description="Only about the topic of that slug."),
        person=graphene.String(description="Only by the person of that name in addresses."),
        status=graphene.Argument(Status, description="Only challenges that are solved, or open."),
    )  # fmt: skip
