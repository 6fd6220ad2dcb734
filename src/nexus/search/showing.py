"""What is shown of each thing found: its names, whose it is, and a piece of its text around the first hit; one statement."""

import functools
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce, Greatest, NullIf, StrIndex, Substr

from nexus.accounts.actor import Actor
from nexus.hubs import following
from nexus.knowledge.queries import topic_title
from nexus.search.access import visible_findables
from nexus.search.folding import composed, edges, merged, places
from nexus.search.results import Mark, Marked, Result
from nexus.statements.prepared import Prepared

#: Characters of a snippet, and how many of them come before the first hit.
SNIPPET = 200
BEFORE = 60
#: How far from its ends a snippet may be cut to end between words.
_SLACK = 20
#: How many results are looked up together.
_PAGES = (20, 100)
_SPACE = re.compile(r"\s")
_COLUMNS = (
    "kind", "is_solved", "hub__slug", "hub__title", "page", "page__path", "page__title", "person__name", "person__handle",
    "entry", "entry__title", "entry__problem", "entry__solution",
)  # fmt: skip


class Wanted(NamedTuple):
    """A thing to show: its kind, its row's id or its topic's slug, and why it was found, where that is to be said."""

    kind: str
    key: Any
    match: str


def shown(actor: Actor, wanted: Sequence[Wanted], words: Sequence[str]) -> tuple[Result, ...]:
    """The results of `wanted`, in order, with `words` (folded) marked; one statement if anything but topics is wanted."""
    keys = [each.key for each in wanted if each.kind != "topic"]
    rows = _rows(actor, keys, words) if keys else {}
    results = []
    for each in wanted:
        if each.kind == "topic":
            results.append(_topic(each.key, words))
        elif each.key in rows:  # it may have gone since
            results.append(_result(rows[each.key], each.match, words))
    return tuple(results)


def _rows(actor: Actor, keys: Sequence[int], words: Sequence[str]) -> dict[int, dict[str, Any]]:
    following.catch_up()
    # Of few forms: there are as many keys as in a whole page of results, the last one several times.
    places = next(size for size in (*_PAGES, len(keys)) if size >= len(keys))
    asked = dict(zip(_names("key", places), [*keys, *[keys[-1]] * (places - len(keys))], strict=True))
    sought = [edges(word)[0] + word + edges(word)[1] for word in words]
    said = dict(zip(_names("word", len(words)), sought, strict=True))
    rows = _prepared(places, len(words)).rows(actor.form, **asked, **said, user=actor.user_id)
    return {row[0]: dict(zip(("pk", "first", "piece", *_COLUMNS), row, strict=True)) for row in rows}


def _names(what: str, number: int) -> list[str]:
    return [f"{what}{n}" for n in range(number)]


@functools.lru_cache(64)
def _prepared(keys: int, words: int) -> Prepared[tuple[Any, ...]]:
    def build(actor: Actor, *, user: UUID, **values: Any) -> QuerySet[Any, tuple[Any, ...]]:  # noqa: ARG001  the actor is whose form it is
        at = [NullIf(StrIndex("body", Value(values[name])), Value(0)) for name in _names("word", words)]
        first = Coalesce(*at, Value(1), Value(1))
        piece = Substr("text", Greatest(first - BEFORE, Value(1)), SNIPPET + 2 * _SLACK)
        found = visible_findables(actor).filter(pk__in=[values[name] for name in _names("key", keys)])
        rows: QuerySet[Any, Any] = found.annotate(first=first, piece=piece)
        return rows.values_list("pk", "first", "piece", *_COLUMNS)

    return Prepared(
        build, user=UUID | None, **dict.fromkeys(_names("key", keys), int), **dict.fromkeys(_names("word", words), str)
    )


def _topic(slug: str, words: Sequence[str]) -> Result:
    return Result("topic", "topic", slug, marked(topic_title(slug), words))


def _result(row: dict[str, Any], match: str, words: Sequence[str]) -> Result:
    hub, name, handle = row["hub__slug"], row["person__name"] or "", row["person__handle"] or ""
    match row["kind"]:
        case "hub":
            title = row["hub__title"]
            return Result("hub", "hub", hub, marked(title, words), hub=hub, hub_title=title)
        case "person":
            return Result("person", "person", handle, marked(name, words), person=name, person_handle=handle)
    written = _entry(row, words) if row["entry"] else _page(row, words)
    return replace(
        written, hub=hub, hub_title=row["hub__title"], path=row["page__path"], page_title=_title(row), person=name,
        person_handle=handle, match=match, snippet=cut_out(row["piece"], words, is_start=row["first"] <= BEFORE + 1),
    )  # fmt: skip


def _title(row: dict[str, Any]) -> str:
    return str(row["page__title"] or row["page__path"])


def _page(row: dict[str, Any], words: Sequence[str]) -> Result:
    return Result(row["kind"], row["kind"], str(row["page"]), marked(_title(row), words))


def _entry(row: dict[str, Any], words: Sequence[str]) -> Result:
    found = Result("entry", row["kind"], str(row["entry"]), shortened(row["entry__title"], words))
    if row["kind"] != "challenge":
        return found
    problem, solution = (shortened(row[name], words) for name in ("entry__problem", "entry__solution"))
    return replace(found, is_solved=row["is_solved"], problem=problem, solution=solution)


def marked(text: str, words: Sequence[str]) -> Marked:
    """`text` on one line, with `words` (folded) marked."""
    return _marked(_SPACE.sub(" ", composed(text)), words)


def _marked(line: str, words: Sequence[str]) -> Marked:
    return Marked(line, tuple(Mark(*place) for place in merged(places(line, words))))


def shortened(text: str | None, words: Sequence[str]) -> Marked:
    """The beginning of a text, up to SNIPPET characters."""
    return cut_out((text or "")[: SNIPPET + 2 * _SLACK], words, is_start=True)


def cut_out(piece: str, words: Sequence[str], *, is_start: bool) -> Marked:
    """A piece of a text that ends between words, with `…` where the text goes on; `is_start` when the text begins there."""
    piece = " ".join(composed(piece).split())
    if not is_start:
        space = piece.find(" ", 0, _SLACK)
        piece = "…" + piece[space + 1 :]
    if len(piece) > SNIPPET + _SLACK:
        space = piece.rfind(" ", SNIPPET - _SLACK, SNIPPET)
        piece = piece[: space if space > 0 else SNIPPET].rstrip() + "…"
    return _marked(piece, words)
