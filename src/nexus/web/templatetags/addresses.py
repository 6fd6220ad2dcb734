"""`{% load addresses %}`."""

from collections.abc import Iterator

from django import template

from nexus.search.results import Marked
from nexus.web.addresses import entry_address, found_address, page_address, person_address, topic_address
from nexus.web.kinds import KIND_NAMES

register = template.Library()
register.simple_tag(page_address, name="page_address")
register.simple_tag(entry_address, name="entry_address")
register.simple_tag(topic_address, name="topic_address")
register.simple_tag(person_address, name="person_address")
register.simple_tag(found_address, name="found_address")


@register.simple_tag
def kind_name(kind: str) -> str:
    """How one thing of a kind is called."""
    return str(KIND_NAMES[kind][1])


@register.simple_tag
def kind_names(kind: str) -> str:
    """How several things of a kind are called, inside of a sentence."""
    return str(KIND_NAMES[kind][0]).lower()


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
