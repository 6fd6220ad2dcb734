"""A text as it was written, in pieces: those that something was found in, and those between them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol


class Span(Protocol):
    """Where something was found: byte offsets into the UTF-8 text."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Piece(NamedTuple):
    """A part of the text; the numbers of the finds that begin with it; whether any covers it."""

    text: str
    begins: tuple[int, ...]
    is_lit: bool


def lit(text: str, spans: Sequence[Span], limit: int) -> Iterator[Piece]:
    """The first `limit` bytes of `text` cut wherever one of `spans` begins or ends, in order. Spans may lie in one another.

    What is returned is text, to be escaped as any other; finds that begin beyond the end begin nowhere.
    """
    data = text.encode("utf-8")[:limit]
    begins: dict[int, list[int]] = {}
    deltas: dict[int, int] = {}
    for number, span in enumerate(spans, start=1):
        start, end = min(span.start, len(data)), min(span.end, len(data))
        if start < end:
            begins.setdefault(start, []).append(number)
            deltas[start] = deltas.get(start, 0) + 1
            deltas[end] = deltas.get(end, 0) - 1
    depth = 0
    for start, end in pairwise(_edges(deltas, len(data))):
        depth += deltas.get(start, 0)
        # A cut through a character by the limit loses that character; entries begin and end between characters.
        yield Piece(data[start:end].decode("utf-8", "ignore"), tuple(begins.get(start, ())), depth > 0)


def _edges(inner: Iterable[int], end: int) -> list[int]:
    return sorted({0, end, *inner})
