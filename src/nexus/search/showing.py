"""What is shown of each thing found: its names, whose it is, and a piece of its text around the first hit; one statement."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.db.models import Value
from django.db.models.functions import Coalesce, Greatest, NullIf, StrIndex, Substr

from nexus.accounts.actor import Actor
from nexus.markdown import topic_name
from nexus.search.access import visible_findables
from nexus.search.folding import composed, edges, merged, places
from nexus.search.results import Mark, Marked, Result

#: Characters of a snippet, and how many of them come before the first hit.
SNIPPET = 200
BEFORE = 60
#: How far from its ends a snippet may be cut to end between words.
_SLACK = 20
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
    rows = {row["pk"]: row for row in _rows(actor, keys, words)} if keys else {}
    results = []
    for each in wanted:
        if each.kind == "topic":
            results.append(_topic(each.key, words))
        elif each.key in rows:  # it may have gone since
            results.append(_result(rows[each.key], each.match, words))
    return tuple(results)


def _rows(actor: Actor, keys: Sequence[int], words: Sequence[str]) -> Any:
    at = [NullIf(StrIndex("body", Value("".join([edges(w)[0], w, edges(w)[1]]))), Value(0)) for w in words]
    first = Coalesce(*at, Value(1), Value(1))
    piece = Substr("text", Greatest(first - BEFORE, Value(1)), SNIPPET + 2 * _SLACK)
    found = visible_findables(actor).filter(pk__in=keys).annotate(first=first, piece=piece)
    return found.values("pk", "first", "piece", *_COLUMNS)


def _topic(slug: str, words: Sequence[str]) -> Result:
    name = topic_name(slug) or slug.replace("-", " ")
    return Result("topic", "topic", slug, marked(name, words))


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
    line = "".join(" " if c.isspace() else c for c in composed(text))
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
    return marked(piece, words)
