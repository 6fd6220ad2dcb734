"""HTML compared by what it means, and our walk's HTML with addresses in place of slots."""

import re
from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser

from markdown_it.token import Token

from nexus.markdown.rendering import Walk
from nexus.markdown.source import Source


def elements_of(html: str) -> list[object]:
    """HTML as a list of elements and texts, without what our walk adds and without white space."""
    return _Elements(html).events


def walked_html(text: str, tokens: Sequence[Token]) -> str:
    """What our walk makes of the tokens, not sanitised, each slot filled with its reference's own target."""
    walk = Walk(Source(text), 0, lambda number: f"slot-{number}-")
    walk.run(tokens)
    return re.sub(r"slot-(\d+)-", lambda match: _address(walk, int(match[1])), walk.html({}))


def _address(walk: Walk, number: int) -> str:
    reference = walk.references[number]
    return escape(reference.target) + (f'" title="{escape(reference.title)}' if reference.title else "")


class Text(str):
    """Text between two elements, without its white space."""

    __slots__ = ()


SAME = {"s": "del"}


class _Elements(HTMLParser):
    """HTML as a list of elements and texts, without what our walk adds and without white space that does not show."""

    ADDED = frozenset({"id", "data-span", "loading", "data-language", "class", "lang", "aria-label"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[object] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "span":  # highlighting
            return
        self.events.append((SAME.get(tag, tag), sorted((k, v or "") for k, v in attrs if k not in self.ADDED)))

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        if tag != "span":
            self.events.append("/" + SAME.get(tag, tag))

    def handle_data(self, data: str) -> None:
        if text := "".join(data.split()):
            if self.events and isinstance(self.events[-1], Text):
                text = self.events.pop() + text
            self.events.append(Text(text))
