"""Search: words or a pasted error, over all that one may read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import graphene
from django.db.models import Q
from graphene.types.resolver import attr_resolver

from nexus.accounts.actor import Actor
from nexus.api.graphql.connections import Listed, connection, top
from nexus.api.graphql.edges import one
from nexus.api.graphql.nouns.rows import NOUNS
from nexus.api.graphql.nouns.topics import TopicRow
from nexus.base.errors import Invalid
from nexus.base.ids import text_key
from nexus.hubs.access import visible_hubs
from nexus.knowledge.access import visible_entries
from nexus.pages.access import visible_changes, visible_paths
from nexus.search import queries
from nexus.search.results import Result


class _Found:
    """One thing found, with what it is by its type."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.pk = result.id

    def __getattr__(self, name: str) -> Any:
        return getattr(self.result, name)


def _ids(rows: Sequence[_Found], of: str) -> list[str]:
    return [row.id for row in rows if row.type == of]


def _hubs(actor: Actor, rows: Sequence[_Found]) -> Mapping[Any, Any]:
    return {hub.slug: hub for hub in visible_hubs(actor).filter(slug__in={row.hub for row in rows})}


def _pages(actor: Actor, rows: Sequence[_Found]) -> Mapping[Any, Any]:
    """The page or file that each is, or that says it, by hub and path."""
    places = Q(pk__in=[])
    for hub, path in {(row.hub, row.path) for row in rows if row.path}:
        places |= Q(hub__slug=hub, live_key=text_key(path))
    return {(page.hub.slug, page.path): page for page in visible_paths(actor).filter(places).select_related("hub")}


def _entries(actor: Actor, rows: Sequence[_Found]) -> Mapping[Any, Any]:
    found = visible_entries(actor).filter(pk__in=_ids(rows, "entry"))
    return {str(entry.pk): entry for entry in found}


def _people(actor: Actor, rows: Sequence[_Found]) -> Mapping[Any, Any]:
    handles = {row.person_handle for row in rows if row.person_handle}
    made = visible_changes(actor).filter(author__handle__in=handles).select_related("author")
    return {change.author.handle: change.author for change in made.order_by("author")}


def _topics(_actor: Actor, rows: Sequence[_Found]) -> Mapping[Any, Any]:
    return {slug: TopicRow(slug, None, None) for slug in _ids(rows, "topic")}


class MarkType(graphene.ObjectType):
    """A range of characters that the query names."""

    class Meta:
        name = "Mark"
        default_resolver = attr_resolver

    start = graphene.Int(required=True, description="Where it begins, in code points.")
    end = graphene.Int(required=True, description="Where it ends.")


class MarkedType(graphene.ObjectType):
    """A text and what of it was asked for."""

    class Meta:
        name = "Marked"
        default_resolver = attr_resolver

    text = graphene.String(required=True, description="The text.")
    marks = graphene.List(graphene.NonNull(MarkType), required=True, description="In order; they do not meet.")


class FacetType(graphene.ObjectType):
    """How many there are of a kind."""

    class Meta:
        name = "Facet"
        default_resolver = attr_resolver

    kind = graphene.String(required=True, description="The kind.")
    count = graphene.Int(required=True, description="How many.")

    def __init__(self, kind: str, count: int) -> None:
        self.kind, self.count = kind, count


def _marked(name: str) -> graphene.Field:
    return graphene.Field(MarkedType, required=True, description=name)


class ResultType(graphene.ObjectType):
    """One thing found."""

    class Meta:
        name = "SearchResult"
        default_resolver = attr_resolver

    type = graphene.String(required=True, description="entry, topic, page, file, person or hub.")
    kind = graphene.String(required=True, description="As `type`, but an entry's own kind.")
    id = graphene.ID(required=True, description="An entry's or page's id; a topic's, person's or hub's name.")
    title = _marked("What it is called.")
    snippet = _marked("A piece of its text around what was asked for.")
    problem = _marked("Of a challenge: what went wrong.")
    solution = _marked("Of a challenge: how it was solved.")
    path = graphene.String(required=True, description="Where it is in its hub; empty for what is on no page.")
    match = graphene.String(required=True, description="`same error`, `similar error`, or empty.")
    is_solved = graphene.Boolean(description="Whether a challenge tells its solution; null for all else.")
    hub = one(f"{NOUNS}.hubs.HubType", _hubs, lambda row: row.hub, description="Where it is, or the hub that it is.")
    page = one(f"{NOUNS}.pages.PageType", _pages, lambda row: (row.hub, row.path),
               description="The page or file that it is, or that says it.")  # fmt: skip
    entry = one(f"{NOUNS}.entries.EntryType", _entries, lambda row: row.id, description="The entry that it is.")
    person = one(f"{NOUNS}.people.PersonType", _people, lambda row: row.person_handle,
                 description="Who wrote it, or the person that it is.")  # fmt: skip
    topic = one(f"{NOUNS}.topics.TopicType", _topics, reads=0, description="The topic that it is.")


def _search(
    _root: Any, info: Any, query: str, *, first: int, after: str | None = None, hub: str = "", kind: str = ""
) -> Listed:
    try:
        found = queries.search(info.context.actor, query, hub=hub, kind=kind, limit=first, cursor=after or "")
    except Invalid as error:
        error.field = {"limit": "first", "cursor": "after"}.get(error.field or "", error.field)
        raise
    start = int(after or 0)
    page = Listed(
        [_Found(result) for result in found.results], lambda at: str(start + at + 1), after=after, more=bool(found.next)
    )
    page.results = found  # type: ignore[attr-defined]  # the page of a connection, and what else was found
    return page


def _of_results(read: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda page, _info: read(page.results)


class SearchQuery(graphene.ObjectType):
    """What is searched for."""

    search = top(
        connection(
            "Search", ResultType,
            facets=graphene.List(
                graphene.NonNull(FacetType), required=True, description="How many of each kind there are.",
                resolver=_of_results(lambda found: [FacetType(*each) for each in (found.facets or {}).items()]),
            ),
            is_cut=graphene.Boolean(
                required=True, description="Whether the counts, and the list, end before all there is.",
                resolver=_of_results(lambda found: found.is_cut),
            ),
            error=graphene.String(
                description="The error that the query was recognised as; null for words.",
                resolver=_of_results(lambda found: found.error or None),
            ),
        ),
        _search, reads=4, description="What you may read of what the query asks for, best first.",
        query=graphene.String(required=True, description="Words, filters (`kind:challenge`), or a pasted error."),
        hub=graphene.String(description="Only in the hub at that address."),
        kind=graphene.String(description="Only of that kind."),
    )  # fmt: skip
