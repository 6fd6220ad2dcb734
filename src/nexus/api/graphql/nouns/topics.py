"""Topics: the one thing that many spellings name, and who wrote about it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import graphene
from django.db.models import Count, F, Min, QuerySet, Window
from django.db.models.functions import RowNumber
from graphene.types.resolver import attr_resolver

from nexus.accounts.actor import Actor
from nexus.api.graphql.connections import or_null
from nexus.api.graphql.edges import Edge, alone, many, one, scope_of, scoped
from nexus.api.graphql.nouns.rows import NOUNS, narrowing
from nexus.base.errors import NotFound
from nexus.hubs.access import hub_for
from nexus.knowledge.access import visible_entries
from nexus.knowledge.models import Entry
from nexus.knowledge.queries import NAMING, topic_title


class TopicRow:
    """A topic as it is read in a scope: the id of a hub, or None for all that one may read."""

    def __init__(self, slug: str, spelling: str | None, scope: Any) -> None:
        self.pk = self.slug = slug
        self.scope = scope
        self.name = topic_title(slug, spelling)


def _of(
    actor: Actor, field: str, values: Sequence[Any], first: int, *, in_hub: bool = False, hubs: Sequence[Any] = ()
) -> Mapping[Any, list[TopicRow]]:
    """For each value of a field of entries, the topics that most people wrote about; one statement."""
    found = visible_entries(actor).filter(**{f"{field}__in": values}, topics__isnull=False)
    by = [field] if in_hub or not hubs else [field, "hub"]
    if hubs:
        found = found.filter(hub__in=hubs)
    rows: Any = found.order_by().values(*dict.fromkeys([*by, "topics"])).annotate(
        people=Count("person", distinct=True), n=Count("pk", distinct=True), spelling=Min("title", filter=NAMING)
    )  # fmt: skip
    order = (F("people").desc(), F("n").desc(), F("topics").asc())
    if len(values) > 1 or len(hubs) > 1:
        place = Window(RowNumber(), partition_by=[F(name) for name in by], order_by=order)
        rows = rows.annotate(place=place).filter(place__lte=first).order_by(*by, "place")
    else:
        rows = rows.order_by(*order)[:first]
    grouped: dict[Any, list[TopicRow]] = {}
    for row in rows:
        key = tuple(row[name] for name in by)
        scope = row["hub"] if in_hub or hubs else None
        grouped.setdefault(key if len(by) > 1 else key[0], []).append(TopicRow(row["topics"], row["spelling"], scope))
    return grouped


def of_hubs(actor: Actor, rows: Sequence[Any], *, first: int) -> Mapping[Any, Any]:
    """The topics of each hub, in its scope."""
    return _of(actor, "hub", [row.pk for row in rows], first, in_hub=True)


def of_pages(actor: Actor, rows: Sequence[Any], *, first: int) -> Mapping[Any, Any]:
    """The topics of what each page says."""
    return _of(actor, "page", [row.pk for row in rows], first)


def of_entries(actor: Actor, rows: Sequence[Entry], *, first: int) -> Mapping[Any, Any]:
    """The topics of each entry."""
    return _of(actor, "pk", [row.pk for row in rows], first)


def of_people(actor: Actor, rows: Sequence[Any], *, first: int) -> Mapping[Any, Any]:
    """The topics each person wrote about in their scope; by `scoped`."""
    hubs = [] if scope_of(rows[0]) is None else list({scope_of(row) for row in rows})
    return _of(actor, "person", list({row.pk for row in rows}), first, hubs=hubs)


def _counted(actor: Actor, rows: Sequence[TopicRow]) -> Mapping[Any, tuple[int, int]]:
    """Numbers of people and of entries; one statement, by `scoped`."""
    found = visible_entries(actor).filter(topics__in={row.slug for row in rows})
    by = ["topics"]
    if scope_of(rows[0]) is not None:
        found, by = found.filter(hub__in={scope_of(row) for row in rows}), ["topics", "hub"]
    counted: Any = found.order_by().values_list(*by).annotate(
        people=Count("person", distinct=True), n=Count("pk", distinct=True)
    )  # fmt: skip
    return {row[0] if len(by) == 1 else tuple(row[: len(by)]): (row[-2], row[-1]) for row in counted}


def _count(at: int) -> Callable[..., Any]:
    counts = one(graphene.Int, _counted, scoped).resolver

    def resolve(row: TopicRow, info: Any) -> int:
        found: tuple[int, int] = counts(row, info) or (0, 0)
        return found[at]

    return resolve


def _said(actor: Actor, rows: Sequence[Any], **asked: Any) -> Mapping[Any, Any]:
    from nexus.api.graphql.nouns.entries import of_scoped

    return of_scoped(actor, rows, "topics", **asked)


def _people(actor: Actor, rows: Sequence[Any], *, first: int) -> Mapping[Any, Any]:
    from nexus.api.graphql.nouns.people import of_topics

    return of_topics(actor, rows, first=first)


class TopicType(graphene.ObjectType):
    """The one thing that many spellings name. Its lists and numbers are of the hub it was reached through, else of all."""

    class Meta:
        name = "Topic"
        default_resolver = attr_resolver

    slug = graphene.String(required=True, description="Its place in addresses, and its id.")
    name = graphene.String(required=True, description="How it is written.")
    people_count = Edge(
        graphene.Int,
        reads=1,
        shares="counts",
        required=True,
        resolver=_count(0),
        description="How many wrote about it.",
    )
    entry_count = Edge(
        graphene.Int, reads=1, shares="counts", required=True, resolver=_count(1), description="In how many entries."
    )
    entries = many(
        f"{NOUNS}.entries.EntryType", _said, scoped, description="What was said about it, newest first.",
        args=narrowing(),
    )  # fmt: skip
    people = many(f"{NOUNS}.people.PersonType", _people, scoped, description="Who said most about it, first.")


def _named(found: QuerySet[Entry], slug: str, scope: Any) -> TopicRow:
    said = found.filter(topics=slug).aggregate(n=Count("pk"), spelling=Min("title", filter=NAMING))
    if not said["n"]:
        raise NotFound
    return TopicRow(slug, said["spelling"], scope)


def _topic(_root: Any, info: Any, slug: str, hub: str = "") -> TopicRow | None:
    actor = info.context.actor
    found, scope = visible_entries(actor), None
    if hub:
        scope = hub_for(actor, hub).pk
        found = found.filter(hub=scope)
    return alone(_named(found, slug, scope))


class TopicQuery(graphene.ObjectType):
    """What is asked of topics."""

    topic = Edge(
        TopicType, resolver=or_null(_topic), reads=1, also={"hub": 1},
        description="The topic of that slug, if anybody wrote about it.",
        slug=graphene.String(required=True, description="Its place in addresses."),
        hub=graphene.String(description="As it is in the hub at that address."),
    )  # fmt: skip
