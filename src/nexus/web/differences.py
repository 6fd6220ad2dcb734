"""Differences as they are laid out: line below line, or old beside new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nexus.pages.diff import Difference, Hunk, Piece, Row
from nexus.pages.history import became, compared
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
    size = max(new.blob.size, old.blob.size if old else 0)
    with turn(LONG + 1 if size > LONG // 2 else 0):
        found = compared(old, new)
    return None if found is None else Laid(found, view == "split")


def steps(versions: Sequence[Version]) -> Iterator[Step]:
    """What each of `versions` (which came with `parent` and both contents' rows) did, those first that can be compared at
    once with AT_ONCE_BYTES; of the others that there is more."""
    left = AT_ONCE_BYTES
    for version in versions:
        what, before = became(version), version.parent
        moved_from = before.path if before and before.path != version.path else ""
        is_told = what in ("created", "edited", "moved", "restored") and version.blob.is_text
        says_the_same = before is not None and before.blob_id == version.blob_id
        cost = version.blob.size + (before.blob.size if before else 0)
        if not is_told or says_the_same or cost > left:
            yield Step(version, what, moved_from, None, is_told and not says_the_same)
            continue
        left -= cost
        yield Step(version, what, moved_from, laid_out(before, version), is_left_out=False)


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
