"""`{% load addresses %}`: addresses, and small things said about rows."""

import re
from collections.abc import Iterator

from django import template

from nexus.knowledge.models import Entry
from nexus.search import addresses
from nexus.search.results import Marked
from nexus.web import kinds

#: What a reader of an excerpt does not miss: emphasis, code marks, list marks, heading marks, table bars, fences.
_MARKS = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|[-*+][ \t]+|>[ \t]?|\d+[.)][ \t]+|```.*$|\|?[-:| ]{3,}$)|\*{1,3}|`+|\|", re.MULTILINE
)
_LINKS = re.compile(r"!?\[([^\[\]]{0,300})\]\([^()\s]{0,500}\)")

register = template.Library()
for made in (addresses.page_address, addresses.raw_address, addresses.topic_address, addresses.person_address,
             addresses.result_address, addresses.history_address, addresses.blame_address, addresses.version_address,
             addresses.change_address):  # fmt: skip
    register.simple_tag(made, name=made.__name__)


@register.simple_tag
def entry_address(entry: Entry) -> str:
    """The address of an entry that came with its hub."""
    return addresses.entry_address(entry.hub.slug, entry.kind, entry.pk, entry.title)


@register.filter
def plain_passage(text: str, length: int = 700) -> str:
    """A passage without the marks of Markdown, cut at a word; paragraphs stay."""
    bare = _MARKS.sub("", _LINKS.sub(r"\1", text[: length * 3])).strip()
    return bare if len(bare) <= length else f"{bare[:length].rpartition(' ')[0]} …"


@register.filter
def first_lines(text: str | None, length: int = 280) -> str:
    """The beginning of a text on one line, cut at a word."""
    words = " ".join((text or "")[: length * 2].split())
    return words if len(words) <= length else f"{words[:length].rpartition(' ')[0] or words[:length]} …"


@register.simple_tag
def kind_name(kind: str) -> str:
    """How one thing of a kind is called."""
    return kinds.one(kind)


@register.filter
def chapter_one(kind: str) -> str:
    """How one thing of a kind is called, inside of a sentence."""
    return kinds.one(kind).lower()


@register.simple_tag
def kind_names(kind: str) -> str:
    """How several things of a kind are called, inside of a sentence."""
    return kinds.several(kind).lower()


@register.filter
def parts(marked: Marked) -> Iterator[tuple[str, bool]]:
    """A text in the pieces that were asked for and those between them: (piece, whether it was asked for)."""
    at = 0
    for start, end in marked.marks:
        if at < start:
            yield marked.text[at:start], False
        yield marked.text[start:end], True
        at = end
    if at < len(marked.text):
        yield marked.text[at:], False
