"""What was: differences between versions, who wrote which line, and what was deleted."""

from typing import Any

import graphene
from django.db.models import F
from graphene.types.resolver import attr_resolver

from nexus.accounts.actor import Actor
from nexus.api.graphql.connections import Listed, connection, listed, or_null, top
from nexus.api.graphql.edges import Edge, together
from nexus.api.graphql.nouns.pages import VersionType
from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence
from nexus.hubs.access import hub_for
from nexus.pages import history
from nexus.pages.access import visible_versions
from nexus.pages.diff import Difference
from nexus.pages.models import Version


class PieceType(graphene.ObjectType):
    """A part of a line."""

    class Meta:
        name = "DifferencePiece"
        default_resolver = attr_resolver

    text = graphene.String(required=True, description="What it says.")
    is_marked = graphene.Boolean(required=True, description="Whether the line's other version lacks it.")


def _list(of: Any, description: str) -> graphene.List:
    return graphene.List(graphene.NonNull(of), required=True, description=description)


class RowType(graphene.ObjectType):
    """A line in both texts, side by side, without its line break."""

    class Meta:
        name = "DifferenceRow"
        default_resolver = attr_resolver

    what = graphene.String(required=True, description="same, removed, added or changed.")
    old = graphene.Int(description="Its number in the old text, from 1.")
    new = graphene.Int(description="Its number in the new text, from 1.")
    before = _list(PieceType, "What it said.")
    after = _list(PieceType, "What it says.")


class HunkType(graphene.ObjectType):
    """Lines that stand together: changed ones, and some around them."""

    class Meta:
        name = "DifferenceHunk"
        default_resolver = attr_resolver

    rows = _list(RowType, "Line by line.")


class DifferenceType(graphene.ObjectType):
    """What differs between two versions of a text."""

    class Meta:
        name = "Difference"
        default_resolver = attr_resolver

    added = graphene.Int(required=True, description="Lines, of the whole.")
    removed = graphene.Int(required=True, description="Lines, of the whole.")
    is_cut = graphene.Boolean(required=True, description="Whether more differs than the hunks hold.")
    hunks = _list(HunkType, "Where they differ.")


class PassageType(graphene.ObjectType):
    """Lines that came together."""

    class Meta:
        name = "Passage"
        default_resolver = attr_resolver

    first = graphene.Int(required=True, description="The number of the first line, from 1.")
    lines = graphene.List(graphene.NonNull(graphene.String), required=True, description="With their line breaks.")
    version = graphene.Field(
        VersionType, description="The version that they came with; null: one before those that were looked at."
    )


class BlameType(graphene.ObjectType):
    """A text by who wrote its lines."""

    class Meta:
        name = "Blame"
        default_resolver = attr_resolver

    is_whole = graphene.Boolean(required=True, description="Whether all versions that matter were looked at.")
    passages = _list(PassageType, "In the text's order.")


def _version(actor: Actor, hub: str, path: str, number: int | None) -> Version:
    page = history.page_once_at(actor, hub, path)
    return history.version_numbered(actor, page, page.head.number if number is None else number)


def _difference(
    _root: Any, info: Any, hub: str, path: str, number: int | None = None, since: int | None = None
) -> Difference:
    actor = info.context.actor
    new = _version(actor, hub, path, number)
    before = new.number - 1 if since is None else since
    found = history.compared(history.version_numbered(actor, new.page, before) if before else None, new)
    if found is None:
        raise Invalid(
            Sentence("That is no text."),
            code="no_text",
            field="path",
            value=path,
            remedy=Sentence("Compare the bytes."),
        )
    return found


def _blame(_root: Any, info: Any, hub: str, path: str, number: int | None = None) -> history.Blamed:
    actor = info.context.actor
    found = history.blamed(actor, _version(actor, hub, path, number))
    together({passage.version.pk: passage.version for passage in found.passages if passage.version}.values())
    return found


def _trash(_root: Any, info: Any, *, hub: str, first: int, after: str | None = None) -> Listed:
    actor = info.context.actor
    place = hub_for(actor, hub)
    gone = visible_versions(actor).filter(page__hub=place, page__live_key=None, page__head=F("pk"))
    return listed(gone.select_related("change"), ("-change__seq", "pk"), first=first, after=after)


_HUB = graphene.String(required=True, description="The address of the hub.")
_PATH = graphene.String(required=True, description="The path of a page, or where one was last.")


class HistoryQuery(graphene.ObjectType):
    """What is asked of what was."""

    difference = Edge(
        DifferenceType, resolver=or_null(_difference), reads=5, description="What a version of a text changed.", hub=_HUB,
        path=_PATH, number=graphene.Int(description="The version's number; none: the newest."),
        since=graphene.Int(description="The number of another to compare with; none: the one before; 0: nothing."),
    )  # fmt: skip
    blame = Edge(
        BlameType, resolver=or_null(_blame), reads=5, description="Who wrote which line of a text.", hub=_HUB, path=_PATH,
        number=graphene.Int(description="A version's number; none: the newest."),
    )  # fmt: skip
    trash = top(
        connection("Trash", VersionType), _trash, reads=2, hub=_HUB,
        description="What was deleted in a hub and can be restored: the versions that deleted it, the last first.",
    )  # fmt: skip
