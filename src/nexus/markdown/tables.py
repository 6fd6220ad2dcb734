"""Where something more about one row of a table may be written: into an empty cell, into a column of its own, or below.

Like everything that proposes (`adding`), this decides nothing: what a proposal does to the text is found out by parsing it.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

#: Lines of a table that are looked through, above a row and below it.
MAX_LINES = 2_000
_DELIMITER = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_PIPE = re.compile(r"(?<!\\)\|")


class Piece(NamedTuple):
    """Something to put in at a byte offset."""

    at: int
    text: str


class _Line(NamedTuple):
    """A line of a text without its line break, and where it begins and ends, in bytes."""

    start: int
    end: int
    text: str

    @property
    def cells(self) -> list[tuple[int, int]]:
        """Where each cell begins and ends in `text`, between the bars."""
        bars = [match.start() for match in _PIPE.finditer(self.text)]
        body = self.text.rstrip()
        if not bars or self.text[: bars[0]].strip():
            bars.insert(0, len(self.text) - len(self.text.lstrip()) - 1)
        if bars[-1] != len(body) - 1:
            bars.append(len(body))
        return [(first + 1, last) for first, last in pairwise(bars)]

    def at(self, column: int) -> int:
        """The byte offset of a character of it."""
        return self.start + len(self.text[:column].encode("utf-8"))

    def more(self, cells: list[str]) -> Piece:
        """Further cells at its end."""
        body = self.text.rstrip()
        before = "" if body.endswith("|") and not body.endswith("\\|") else " |"
        return Piece(self.at(len(body)), before + "".join(f" {cell} |" for cell in cells))


class Table(NamedTuple):
    """The table that a row stands in: its head, the line below that, the row, and where the last row ends."""

    head: _Line
    delimiter: _Line
    row: _Line
    end: int


def table_at(data: bytes, offset: int) -> Table | None:
    """The table whose row is at a byte offset of a text; None where none is."""
    row = _line(data, offset)
    above: list[_Line] = []
    line = row
    while line.start and len(above) < MAX_LINES:
        line = _line(data, line.start - (2 if data[line.start - 2 : line.start] == b"\r\n" else 1))
        if not line.text.strip():
            break
        above.append(line)
        if len(above) > 1 and _DELIMITER.fullmatch(above[-2].text) and "-" in above[-2].text:
            return Table(above[-1], above[-2], row, _last_row(data, row).end)
    return None


def cells_for(table: Table, heading: str, said: str) -> Iterator[tuple[Piece, ...]]:
    """Ways to say `said` in the row, as a cell below `heading`: in each cell that is empty, in one that the row lacks, in a
    new column, where the other rows stay as they are."""
    said = said.replace("|", "\\|")
    row, width = table.row, len(table.head.cells)
    cells = row.cells
    for first, last in cells:
        if not row.text[first:last].strip():
            before, after = (" " if last == first else ""), (" " if last - first < 2 else "")
            yield (Piece(row.at(first + (last > first)), f"{before}{said}{after}"),)
    for column in range(len(cells), width):
        yield (row.more([*[""] * (column - len(cells)), said]),)
    yield (
        table.head.more([heading]),
        table.delimiter.more(["---"]),
        row.more([*[""] * (width - len(cells)), said]),
    )


def behind_cells(table: Table, said: str) -> Iterator[tuple[Piece, ...]]:
    """Ways to say `said` behind what a cell of the row says already, the last cell first."""
    said = said.replace("|", "\\|")
    for first, last in reversed(table.row.cells):
        text = table.row.text[first:last].rstrip()
        if text:
            yield (Piece(table.row.at(first + len(text)), f" {said}"),)


def _line(data: bytes, offset: int) -> _Line:
    start = max(data.rfind(b"\n", 0, offset), data.rfind(b"\r", 0, offset)) + 1
    ends = [at for mark in (b"\n", b"\r") if (at := data.find(mark, offset)) >= 0]
    end = min(ends, default=len(data))
    return _Line(start, end, data[start:end].decode("utf-8", "replace"))


def _last_row(data: bytes, row: _Line) -> _Line:
    last = row
    for _ in range(MAX_LINES):
        after = last.end + (2 if data[last.end : last.end + 2] == b"\r\n" else 1)
        if after >= len(data):
            break
        line = _line(data, after)
        if "|" not in line.text:
            break
        last = line
    return last
