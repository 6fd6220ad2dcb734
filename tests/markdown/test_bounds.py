"""Work grows with the text and no faster: counted in function calls and in what comes out, never by the clock."""

import sys
from html.parser import HTMLParser

import pytest

from nexus.markdown import grammar, parse, raw_html

from .pathological import GENERATORS

CALLS_FOR_A_CHARACTER = 250
"""Function calls one character may cost at worst. Prose costs about one."""


def calls_of(text: str) -> int:
    """Function calls, Python's and C's, one `parse` makes."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        if event in {"call", "c_call"}:
            count += 1

    parse(text)  # caches filled
    sys.setprofile(note)
    try:
        parse(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", GENERATORS)
def test_twice_the_text_is_about_twice_the_work(name: str) -> None:
    generate = GENERATORS[name]
    small, large = calls_of(generate(2_000)), calls_of(generate(4_000))
    assert large <= 2.6 * small + 2_000, (small, large)
    assert large <= CALLS_FOR_A_CHARACTER * 4_000, large / 4_000


@pytest.mark.parametrize("name", GENERATORS)
def test_what_comes_out_is_bounded_by_what_went_in(name: str) -> None:
    text = GENERATORS[name](20_000)
    document = parse(text)
    html = "".join(segment for segment in document.segments if isinstance(segment, str))
    # A table's missing cells are filled in, by GFM's rule; markdown-it caps them at 65,536 in all.
    filled_in = 20 * 65_536 if name == "wide table" else 0
    assert len(html) <= 60 * len(text) + 10_000 + filled_in
    assert len(document.plain) <= 4 * len(text) + 1_000 + filled_in
    assert len(document.entries) <= 1_000


class Depth(HTMLParser):
    """How deep elements lie in one another in sanitised HTML, where every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open, self.deepest = 0, 0
        self.feed(html)
        assert self.open == 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag not in raw_html.VOID | {"input"}:
            self.open += 1
            self.deepest = max(self.deepest, self.open)

    def handle_endtag(self, _tag: str) -> None:
        self.open -= 1


@pytest.mark.parametrize("name", GENERATORS)
def test_elements_never_nest_deep(name: str) -> None:
    """The sanitiser is quadratic in the depth of the tree it builds: this is the depth it built."""
    segments = parse(GENERATORS[name](20_000)).segments
    html = "".join(segment for segment in segments if isinstance(segment, str))
    assert Depth(html).deepest <= 2 * grammar.MAX_NESTING + 2 * raw_html.MAX_OPEN


@pytest.mark.slow
@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("size", [1_000, 50_000, 200_000])
def test_large_hostile_texts_come_through(name: str, size: int) -> None:
    parse(GENERATORS[name](size))
