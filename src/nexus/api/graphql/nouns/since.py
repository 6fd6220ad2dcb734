"""What others did in a hub since somebody looked, page by page."""

from collections.abc import Mapping, Sequence
from typing import Any

import graphene
from graphene.types.resolver import attr_resolver

from nexus.accounts.actor import Actor
from nexus.api.graphql.connections import Listed, connection, listed, top
from nexus.api.graphql.edges import one
from nexus.api.graphql.nouns.happenings import NamedPerson
from nexus.api.graphql.nouns.rows import NOUNS
from nexus.base.errors import Invalid
from nexus.hubs.access import hub_for
from nexus.hubs.looks import looks_at
from nexus.hubs.models import Hub
from nexus.pages import since
from nexus.pages.access import visible_paths


class LookType(graphene.ObjectType):
    """How far you have seen a hub."""

    class Meta:
        name = "Look"
        default_resolver = attr_resolver

    until = graphene.Int(
        required=True, description="What has a greater number is new.", resolver=lambda row, _: row.seq
    )
    at = graphene.DateTime(required=True, description="When you looked last.")


def _live(actor: Actor, rows: Sequence[Any]) -> Mapping[Any, Any]:
    return visible_paths(actor).in_bulk({row.page.pk for row in rows})


def _versions(_actor: Actor, rows: Sequence[Any]) -> Mapping[Any, Any]:
    return {id(row): row.now for row in rows}


def _before(_actor: Actor, rows: Sequence[Any]) -> Mapping[Any, Any]:
    return {id(row): row.before for row in rows if row.before}


def of_hubs(actor: Actor, rows: Sequence[Hub]) -> Mapping[Any, Any]:
    """How far the actor has seen each hub."""
    return looks_at(actor, [row.pk for row in rows])


class PageNewsType(graphene.ObjectType):
    """A page or file that differs from what it was; `difference` compares the two versions."""

    class Meta:
        name = "PageNews"
        default_resolver = attr_resolver

    what = graphene.String(required=True, description="created, edited, moved, deleted or restored.")
    page_id = graphene.ID(required=True, description="Its id.", resolver=lambda row, _: row.page.pk)
    path = graphene.String(
        required=True, description="Where it is, or was when it was deleted.", resolver=lambda row, _: row.now.path
    )
    number = graphene.Int(
        required=True, description="The number of its last change.", resolver=lambda row, _: row.page.seq
    )
    changes = graphene.Int(required=True, description="How many others made since.")
    writers = graphene.List(
        graphene.NonNull(NamedPerson), required=True, description=f"Who, the last first; at most {since.NAMED}."
    )
    before = one(f"{NOUNS}.pages.VersionType", _before, id, reads=0, description="What it was; null: it was not there.")
    now = one(f"{NOUNS}.pages.VersionType", _versions, id, reads=0, required=True, description="Its newest version.")
    page = one(
        f"{NOUNS}.pages.PageType", _live, lambda row: row.page.pk, description="The page now; null while it is deleted."
    )


def _since(
    _root: Any, info: Any, hub: str, *, first: int, after: str | None = None, number: int | None = None,
    days: int | None = None,
) -> Listed:  # fmt: skip
    actor = info.context.actor
    place = hub_for(actor, hub)
    try:
        start = since.start_for(actor, place, after=number, days=days)
    except Invalid as error:
        error.field = {"after": "number"}.get(error.field or "", error.field)
        raise
    if start is None:
        return Listed([], lambda _: "", after=after, more=False)
    found = listed(since.pages_since(actor, place, start), since.NEWEST_FIRST, first=first, after=after)
    return Listed(since.news_of(actor, found.nodes), found.cursor, after=after, more=found.more)


class SinceQuery(graphene.ObjectType):
    """What is asked of what is new."""

    since = top(
        connection("Since", PageNewsType), _since, reads=4,
        description="The pages of a hub that others changed since you looked, the last changed first.",
        hub=graphene.String(required=True, description="The address of the hub."),
        number=graphene.Int(description="Instead: since that number of the hub."),
        days=graphene.Int(description=f"Instead: in the last days, 1 to {since.MAX_DAYS}."),
    )  # fmt: skip
