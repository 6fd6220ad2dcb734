"""Pages, files and their versions."""

from collections.abc import Mapping, Sequence
from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.connections import or_null
from nexus.api.graphql.edges import Edge, alone, first_of_each, many, one, parent, shared
from nexus.api.graphql.nouns import entries, topics
from nexus.api.graphql.nouns.rows import NOUNS, PageKindEnum, RowType, narrowing
from nexus.base.errors import Limited
from nexus.base.sentences import Sentence
from nexus.markdown import MAX_BYTES
from nexus.pages.access import visible_paths, visible_versions
from nexus.pages.models import Page, Version
from nexus.pages.queries import path_for

#: Bytes of text in one list of one answer; whoever wants more asks for fewer, or for each by REST.
MAX_TEXT = 8_000_000


def _size(actor: Actor, rows: Sequence[Page]) -> Mapping[Any, Any]:
    found = visible_paths(actor).filter(pk__in=[row.pk for row in rows])
    return dict(found.values_list("pk", "blob__size"))


def _text(actor: Actor, rows: Sequence[Page]) -> Mapping[Any, Any]:
    return _texts(visible_paths(actor), shared(actor, rows, _size))


def _version_size(actor: Actor, rows: Sequence[Version]) -> Mapping[Any, Any]:
    found = visible_versions(actor).filter(pk__in=[row.pk for row in rows])
    return dict(found.values_list("pk", "blob__size"))


def _version_text(actor: Actor, rows: Sequence[Version]) -> Mapping[Any, Any]:
    return _texts(visible_versions(actor), shared(actor, rows, _version_size))


def _texts(found: Any, sizes: Mapping[Any, int]) -> Mapping[Any, str]:
    """The texts of pages or versions, by id; one statement. Raises Limited when they are too much together."""
    texts = [pk for pk, size in sizes.items() if size <= MAX_BYTES]  # what is larger is a file
    if sum(sizes[pk] for pk in texts) > MAX_TEXT:
        raise Limited(
            Sentence("These texts are too much for one answer."), code="answer_too_large", field="text",
            remedy=Sentence("Ask for fewer at a time: %(max_text)s MB come together.", max_text=MAX_TEXT // 1000000),
        )  # fmt: skip
    rows = found.filter(pk__in=texts, blob__is_text=True).values_list("pk", "blob__data")
    return {pk: bytes(data).decode("utf-8") for pk, data in rows}


def _heads(actor: Actor, rows: Sequence[Page]) -> Mapping[Any, Version]:
    heads = visible_versions(actor).filter(pk__in=[row.head_id for row in rows])
    return {version.pk: version for version in heads.select_related("change__author")}


def _change(actor: Actor, rows: Sequence[Page]) -> Mapping[Any, Any]:
    return {pk: version.change for pk, version in shared(actor, rows, _heads).items()}


def _author(actor: Actor, rows: Sequence[Page]) -> Mapping[Any, Any]:
    heads = shared(actor, rows, _heads)
    people = {version.change.author_id: version.change.author for version in heads.values()}
    return {pk: people[version.change.author_id] for pk, version in heads.items()}


def _versions(actor: Actor, rows: Sequence[Page], *, first: int) -> Mapping[Any, Any]:
    return first_of_each(visible_versions(actor), {"page": [row.pk for row in rows]}, ("-number",), first)


def _live(actor: Actor, rows: Sequence[Version]) -> Mapping[Any, Any]:
    return visible_paths(actor).in_bulk({row.page_id for row in rows})


class PageType(RowType):
    """A Markdown text, or a file, at a path of a hub, as it is now."""

    class Meta:
        model = Page
        name = "Page"
        about = {"id": "Its id, which it keeps when it is moved.", "path": "Where it is in its hub.",
                 "name": "The last part of its path.", "title": "Its title; empty for a file."}  # fmt: skip

    kind = graphene.Field(PageKindEnum, required=True, description="Whether it is a page or a file.")
    version_id = graphene.ID(
        required=True, description="The id of its newest version: the `base` of an edit, and its ETag by REST.",
        resolver=lambda row, _info: row.head_id,
    )  # fmt: skip
    number = graphene.Int(
        required=True, description="The number of the change that made it what it is.",
        resolver=lambda row, _info: row.seq,
    )  # fmt: skip
    text = one(
        graphene.String, _text, reads=2, shares="text", description="What it says, as it was written; null for a file."
    )
    size = one(graphene.Int, _size, shares="text", required=True, description="How many bytes that is.")
    hub = parent(f"{NOUNS}.hubs.HubType", "hub", required=True, description="Where it is.")
    version = one(
        f"{NOUNS}.pages.VersionType", _heads, "head_id", shares="head", required=True, description="Its newest version."
    )
    change = one(
        f"{NOUNS}.changes.ChangeType", _change, "head_id", shares="head", required=True, description="Its last change."
    )
    author = one(
        f"{NOUNS}.people.PersonType",
        _author,
        "head_id",
        shares="head",
        required=True,
        description="Who changed it last.",
    )
    versions = many(f"{NOUNS}.pages.VersionType", _versions, description="What it was over time, newest first.")
    entries = many(
        f"{NOUNS}.entries.EntryType", entries.of_pages, description="What it says, in the text's order.",
        args=narrowing(),
    )  # fmt: skip
    topics = many(f"{NOUNS}.topics.TopicType", topics.of_pages, description="What it is about.")


class VersionType(RowType):
    """A page after a change: where it was and what it said. It never changes."""

    class Meta:
        model = Version
        name = "Version"
        about = {
            "id": "Its id.", "number": "1 for the page's first, then counting.", "path": "Where the page was.",
            "is_deletion": "Whether the page was taken away by it; then its text is what was deleted.",
        }  # fmt: skip

    kind = graphene.Field(PageKindEnum, required=True, description="Whether it was a page or a file.")
    text = one(
        graphene.String,
        _version_text,
        reads=2,
        shares="text",
        description="What it said; null for a file.",
    )
    size = one(graphene.Int, _version_size, shares="text", required=True, description="How many bytes that is.")
    change = parent(f"{NOUNS}.changes.ChangeType", "change", required=True, description="The change that made it.")
    page = one(f"{NOUNS}.pages.PageType", _live, "page_id", description="The page now; null while it is deleted.")


def _page(_root: Any, info: Any, hub: str, path: str) -> Page | None:
    return alone(path_for(info.context.actor, hub, path))


class PageQuery(graphene.ObjectType):
    """What is asked of pages."""

    page = Edge(
        PageType, resolver=or_null(_page), reads=1, description="What is at a path of a hub now.",
        hub=graphene.String(required=True, description="The address of the hub."),
        path=graphene.String(required=True, description="Its path there."),
    )  # fmt: skip
