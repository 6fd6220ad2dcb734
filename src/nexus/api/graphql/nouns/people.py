"""People: whoever wrote something."""

from collections.abc import Mapping, Sequence
from typing import Any

import graphene
from django.db.models import Count, F, Max, Window
from django.db.models.functions import RowNumber

from nexus.accounts.actions import OPERATOR_HANDLE
from nexus.accounts.actor import Actor
from nexus.accounts.models import Person
from nexus.api.graphql.connections import or_null
from nexus.api.graphql.edges import Edge, alone, first_of_each, in_scope, many, scope_of, scoped
from nexus.api.graphql.nouns import entries, topics
from nexus.api.graphql.nouns.rows import NOUNS, RowType, narrowing
from nexus.hubs.access import hub_for
from nexus.knowledge.access import visible_entries
from nexus.pages.access import visible_changes, visible_versions
from nexus.pages.models import Kind
from nexus.pages.queries import person_for

_COLUMNS = ("pk", "handle", "name")


def _grouped(rows: Any, by: Sequence[str], prefix: str, order: Sequence[Any], first: int, *, hub: str = "") -> Any:
    """People of grouped rows: for each value of `by`, the first in `order`; one statement."""
    names = [f"{prefix}__{name}" for name in _COLUMNS]
    rows = rows.order_by().values(*dict.fromkeys([*by, *names])).annotate(
        n=Count("pk", distinct=True), latest=Max("created_at" if prefix == "author" else "since")
    )  # fmt: skip
    place = Window(RowNumber(), partition_by=[F(name) for name in by], order_by=[*order, F(names[0]).asc()])
    found: dict[Any, list[Person]] = {}
    for row in rows.annotate(place=place).filter(place__lte=first).order_by(*by, "place"):
        person = Person(**dict(zip(_COLUMNS, (row[name] for name in names), strict=True)))
        person.scope = row[hub] if hub else None  # type: ignore[attr-defined]  # whose lists these are
        key = tuple(row[name] for name in by)
        found.setdefault(key if len(by) > 1 else key[0], []).append(person)
    return found


def of_hubs(actor: Actor, rows: Sequence[Any], *, first: int) -> Mapping[Any, Any]:
    """Who wrote in each hub, the latest first, in its scope. The operator is nobody."""
    made = visible_changes(actor).filter(hub__in=[row.pk for row in rows]).exclude(author__handle=OPERATOR_HANDLE)
    return _grouped(made, ["hub"], "author", [F("latest").desc()], first, hub="hub")


def of_topics(actor: Actor, rows: Sequence[Any], *, first: int) -> Mapping[Any, Any]:
    """Who said most about each topic, in its scope."""
    said = visible_entries(actor).filter(topics__in={row.slug for row in rows}, person__isnull=False)
    if scope_of(rows[0]) is None:
        return _grouped(said, ["topics"], "person", [F("n").desc()], first)
    said = said.filter(hub__in={scope_of(row) for row in rows})
    return _grouped(said, ["topics", "hub"], "person", [F("n").desc()], first, hub="hub")


def _said(actor: Actor, rows: Sequence[Any], **asked: Any) -> Mapping[Any, Any]:
    return entries.of_scoped(actor, rows, "person", **asked)


def _changes(actor: Actor, rows: Sequence[Any], *, first: int) -> Mapping[Any, Any]:
    return first_of_each(visible_changes(actor), in_scope(rows, "author"), ("-created_at", "-seq"), first)


def _pages(actor: Actor, rows: Sequence[Any], *, first: int) -> Mapping[Any, Any]:
    began = visible_versions(actor).filter(number=1, page__kind=Kind.PAGE, page__live_key__isnull=False)
    by = in_scope(rows, "change__author", hub="page__hub")
    found = first_of_each(began.select_related("page"), by, ("-page__seq", "page__path"), first)
    return {key: [version.page for version in versions] for key, versions in found.items()}


class PersonType(RowType):
    """Whoever wrote something. Their lists are of the hub they were reached through, else of all that you may read."""

    class Meta:
        model = Person
        name = "Person"
        about = {"id": "Their id.", "handle": "Their place in addresses.", "name": "How they are called."}

    changes = many(f"{NOUNS}.changes.ChangeType", _changes, scoped, description="What they changed, newest first.")
    pages = many(f"{NOUNS}.pages.PageType", _pages, scoped, description="The pages they began, the last changed first.")
    entries = many(
        f"{NOUNS}.entries.EntryType", _said, scoped, description="What they wrote, newest first.",
        args=narrowing(),
    )  # fmt: skip
    topics = many(f"{NOUNS}.topics.TopicType", topics.of_people, scoped, description="What they wrote about.")


def _person(_root: Any, info: Any, name: str, hub: str = "") -> Person | None:
    actor = info.context.actor
    place = hub_for(actor, hub) if hub else None
    person = person_for(actor, name, place)
    person.scope = place.pk if place else None  # type: ignore[attr-defined]  # whose lists these are
    return alone(person)


class PersonQuery(graphene.ObjectType):
    """What is asked of people."""

    person = Edge(
        PersonType, resolver=or_null(_person), reads=1, also={"hub": 1},
        description="Who is called so, if they wrote what you may read.",
        name=graphene.String(required=True, description="Their place in addresses."),
        hub=graphene.String(description="As they are in the hub at that address."),
    )  # fmt: skip
