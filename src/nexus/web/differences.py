"""Differences as they are laid out: line below line, or old beside new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nexus.pages.diff import Difference, Hunk, Piece, Row, difference
from nexus.pages.history import became_since, texts_of
from nexus.pages.models import Version
from nexus.web.long_texts import LONG, turn

#: How a difference may be laid out.
VIEWS = ("unified", "split")
#: Bytes that are compared for one page of a change, and versions of one page of it.
AT_ONCE_BYTES = 1_000_000


class Line(NamedTuple):
    """A line of a difference laid out line below line: `sign` is what a unified diff would begin it with."""

    sign: str
    old: int | None
    new: int | None
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Laid:
    """A difference ready to be shown; `lines` for each hunk when it is unified, `rows` when it is split."""

    difference: Difference
    is_split: bool

    @property
    def lines(self) -> list[list[Line]]:
        return [list(_below(hunk)) for hunk in self.difference.hunks]

    @property
    def rows(self) -> list[list[Row]]:
        return [hunk.rows for hunk in self.difference.hunks]


class Step(NamedTuple):
    """What a change did to a page: which of `created`, `edited`, … it was, where the page was before when elsewhere, and the
    difference, None when there is none to be shown here."""

    version: Version
    what: str
    moved_from: str
    laid: Laid | None
    is_left_out: bool


def laid_out(old: Version | None, new: Version, *, view: str = "") -> Laid | None:
    """The difference between two versions that the reader was shown; None when one is no text. Raises Unavailable when it is
    long and others have long ones made."""
    if old is not None and old.blob_id == new.blob_id:
        return Laid(Difference([], 0, 0), view == "split")
    before, after = texts_of([old, new])
    return None if before is None or after is None else _laid(old, new, before, after, view)


def _laid(old: Version | None, new: Version, before: str, after: str, view: str = "") -> Laid:
    size = max(new.blob.size, old.blob.size if old else 0)
    with turn(LONG + 1 if size > LONG // 2 else 0):
        return Laid(difference(before, after), view == "split")


def steps(pairs: Sequence[tuple[Version | None, Version]]) -> list[Step]:
    """What was done between the two versions of each pair (which came with both contents' rows), those first that can be
    compared at once with AT_ONCE_BYTES; of the others that there is more. One statement."""
    left = AT_ONCE_BYTES
    found: list[Step] = []
    compared: list[int] = []
    for number, (before, version) in enumerate(pairs):
        what = became_since(before, version)
        moved_from = before.path if before and before.path != version.path else ""
        is_told = what in ("created", "edited", "moved", "restored") and version.blob.is_text
        says_the_same = before is not None and before.blob_id == version.blob_id
        cost = version.blob.size + (before.blob.size if before else 0)
        is_shown = is_told and not says_the_same and cost <= left
        if is_shown:
            left -= cost
            compared.append(number)
        found.append(Step(version, what, moved_from, None, is_told and not says_the_same and not is_shown))
    texts = texts_of([version for number in compared for version in pairs[number]])
    for number, before_text, after_text in zip(compared, texts[::2], texts[1::2], strict=True):
        if before_text is not None and after_text is not None:
            found[number] = found[number]._replace(laid=_laid(*pairs[number], before_text, after_text))
    return found


def _below(hunk: Hunk) -> Iterator[Line]:
    """The rows line below line: of lines that were rewritten first all as they were, then all as they are."""
    waiting: list[Row] = []
    for row in hunk.rows:
        if row.what == "changed":
            waiting.append(row)
            continue
        yield from _rewritten(waiting)
        waiting = []
        sign = {"same": " ", "removed": "−", "added": "+"}[row.what]
        yield Line(sign, row.old, row.new, row.after if row.what == "added" else row.before)
    yield from _rewritten(waiting)


def _rewritten(rows: Sequence[Row]) -> Iterator[Line]:
    yield from (Line("−", row.old, None, row.before) for row in rows)
    yield from (Line("+", None, row.new, row.after) for row in rows)
