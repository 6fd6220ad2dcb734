"""The text as it was written: lines, and the byte at which each of them begins.

Every span Nexus stores is a pair of byte offsets into the UTF-8 text, byte order mark and line ends counted, so that
`text.encode()[start:end]` is the passage whatever the operating system it was written on. The Markdown parser counts in
lines and columns of a text whose line ends were made equal; this module is the only place that converts.
"""

import re
from bisect import bisect_right
from itertools import accumulate

from nexus.markdown.errors import InvalidText, TooLarge

MAX_BYTES = 2_000_000
"""The largest page, in bytes of UTF-8."""

_BOM = "\ufeff"
_LINE_END = re.compile(r"\r\n?|\n")
_ONLY_MARKUP_BEFORE_TEXT = re.compile(r"\s*#{1,6}[ \t]+")


class Source:
    """A text split at its line ends (LF, CRLF or a lone CR), with byte positions.

    `lines` holds the lines without their line ends and without a leading U+FEFF. Raises `TooLarge` above `MAX_BYTES`
    bytes and `InvalidText` for NUL and for lone surrogates, neither of which a page may hold.
    """

    __slots__ = ("_memo", "_starts", "lines", "text")

    def __init__(self, text: str) -> None:
        size = _byte_length(text)
        if size > MAX_BYTES:
            raise TooLarge(
                f"The text has {size:,} bytes; a page has at most {MAX_BYTES:,}.",
                field="text",
                value=f"{size} bytes",
                remedy="Split it into several pages.",
            )
        if "\0" in text:
            raise InvalidText(
                "The text holds a NUL character.",
                field="text",
                value=f"U+0000 at character {text.index(chr(0))}",
                remedy="Remove it, or keep the file as a file instead of a page.",
            )
        self.text = text
        body = text[1:] if text.startswith(_BOM) else text
        first = 3 if body is not text else 0
        if "\r" in body:
            self.lines = _LINE_END.split(body)
            ends = [len(end) for end in _LINE_END.findall(body)]
        else:
            self.lines = body.split("\n")
            ends = [1] * (len(self.lines) - 1)
        if size == len(text):
            widths = [len(line) for line in self.lines]
        else:
            widths = [len(line) if line.isascii() else len(line.encode()) for line in self.lines]
        steps = (width + end for width, end in zip(widths, [*ends, 0], strict=True))
        self._starts = list(accumulate(steps, initial=first))
        self._memo = (-1, 0, 0)

    def byte_at(self, line: int, column: int) -> int:
        """Byte offset of a column (in characters) of a line. Columns asked for in growing order cost linear time."""
        text = self.lines[line]
        if text.isascii():
            return self._starts[line] + column
        known_line, known_column, known_byte = self._memo
        if known_line != line or known_column > column:
            known_column, known_byte = 0, self._starts[line]
        offset = known_byte + len(text[known_column:column].encode())
        self._memo = (line, column, offset)
        return offset

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Byte span of the lines first..last-1, without indentation before it and blank lines or space after it."""
        lines = self.lines
        last = min(last, len(lines))
        while first < last and not lines[first].strip(" \t"):
            first += 1
        while last > first and not lines[last - 1].strip(" \t"):
            last -= 1
        if first >= last:
            start = self._starts[min(first, len(lines))]
            return start, start
        head, tail = lines[first], lines[last - 1]
        start = self._starts[first] + len(head) - len(head.lstrip(" \t"))
        stripped = tail.rstrip(" \t")
        return start, self._starts[last - 1] + (len(stripped) if stripped.isascii() else len(stripped.encode()))


class Placement:
    """Where the content of one block, as the parser hands it over, stands in the source.

    The parser takes quote marks, list indentation and outer white space off the lines of a block before it reads them.
    What is left of each line still is a part of its source line; this finds it, once for each line that is asked for.
    """

    __slots__ = ("_columns", "_content", "_first_line", "_offsets", "_source")

    def __init__(self, source: Source, content: str, first_line: int) -> None:
        self._source = source
        self._content = content.split("\n")
        self._first_line = first_line
        self._offsets = list(accumulate((len(line) + 1 for line in self._content), initial=0))
        self._columns: dict[int, int] = {}

    def byte_at(self, position: int) -> int:
        """Byte offset in the source of a character position in the content."""
        index = min(bisect_right(self._offsets, position) - 1, len(self._content) - 1)
        line = min(self._first_line + index, len(self._source.lines) - 1)
        if (column := self._columns.get(index)) is None:
            column = self._columns[index] = self._column(index, self._source.lines[line])
        inside = position - self._offsets[index]
        return self._source.byte_at(line, max(0, min(column + inside, len(self._source.lines[line]))))

    def _column(self, index: int, line: str) -> int:
        content = self._content[index]
        text = content.strip(" \t")
        if len(self._content) == 1 and (mark := _ONLY_MARKUP_BEFORE_TEXT.match(line)):
            found = line.find(text, mark.end())
        else:
            found = line.rfind(text)
        return max(found, 0) - (len(content) - len(content.lstrip(" \t")))


class CellPlacement:
    """Where the content of one table cell stands: `|` is written as `\\|` inside a cell."""

    __slots__ = ("_column", "_content", "_line", "_source", "end")

    def __init__(self, source: Source, content: str, line: int, after: int) -> None:
        written = content.replace("|", "\\|")
        self._source = source
        self._line = line
        self._content = content
        self._column = max(source.lines[line].find(written, after), 0)
        self.end = self._column + len(written)

    def byte_at(self, position: int) -> int:
        """Byte offset in the source of a character position in the cell's content."""
        column = self._column + position + self._content.count("|", 0, position)
        return self._source.byte_at(self._line, min(column, len(self._source.lines[self._line])))


def _byte_length(text: str) -> int:
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise InvalidText(
            "The text is not valid Unicode.",
            field="text",
            value=f"lone surrogate at character {error.start}",
            remedy="Read the file as UTF-8, or keep it as a file instead of a page.",
        ) from None
