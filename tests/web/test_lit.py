"""The lit text: nothing of it is lost or repeated, whatever the spans."""

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from nexus.web.lit import Piece, lit


class Span(NamedTuple):
    start: int
    end: int


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: Span(*pair)), max_size=8)


@given(st.text(st.characters(codec="ascii"), max_size=40), spans, st.integers(0, 60))
def test_the_pieces_are_the_text(text, found, limit):
    pieces = list(lit(text, found, limit))
    assert "".join(piece.text for piece in pieces) == text[:limit]
    at = 0
    for piece in pieces:
        covered = any(span.start <= at < min(span.end, limit) for span in found)
        assert piece.is_lit == covered
        assert piece.begins == tuple(
            n for n, span in enumerate(found, 1) if span.start == at and min(span.end, len(text), limit) > at
        )
        at += len(piece.text)


def test_offsets_are_bytes():
    assert list(lit("é ገጽ b", [Span(3, 9)], 100)) == [
        Piece("é ", (), False),
        Piece("ገጽ", (1,), True),
        Piece(" b", (), False),
    ]
