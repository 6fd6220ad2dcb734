"""The lock every HTML fragment goes through, and the cut into segments that follows it.

One `nh3.Cleaner` serves all documents (building one costs more than cleaning a page). Addresses never pass it: the
renderer writes a placeholder for each, made of a random token no text can know, and only those are cut out as slots
afterwards. Whatever else stands in an `href` or `src` was not ours, so relative addresses and schemes are refused here.
"""

import secrets

import nh3
from pygments.token import STANDARD_TYPES

from nexus.markdown import raw_html

_SLOT_SCHEME = "nexus-slot"
_BLOCKS_WITH_SPANS = raw_html.BLOCKS | {"section", "hr"}
_HIGHLIGHT_CLASSES = {name for name in STANDARD_TYPES.values() if name}
CALLOUTS = ("note", "tip", "important", "warning", "caution")
"""The kinds of callout a page can show, as CSS classes `callout callout-<kind>`."""


def _attributes() -> dict[str, set[str]]:
    allowed = {name: set(attributes) | {"id"} for name, attributes in raw_html.ATTRIBUTES.items()}
    for name in _BLOCKS_WITH_SPANS:
        allowed.setdefault(name, {"id"}).add("data-span")
    allowed["pre"].add("data-language")
    allowed["img"].add("loading")
    allowed["input"] = {"checked", "disabled", "aria-label"}
    return allowed


_CLEANER = nh3.Cleaner(
    tags=set(raw_html.ALLOWED | {"section", "input"}),
    clean_content_tags={"script", "style"},
    attributes=_attributes(),
    tag_attribute_values={"input": {"type": {"checkbox"}}},
    allowed_classes={
        "a": {"footnote-backref"},
        "div": {"math", "block", "callout", *(f"callout-{kind}" for kind in CALLOUTS)},
        "li": {"task"},
        "p": {"callout-title"},
        "pre": {"mermaid", "code"},
        "section": {"footnotes"},
        "span": {"math", "inline", *_HIGHLIGHT_CLASSES},
        "sup": {"footnote-ref"},
    },
    url_schemes={_SLOT_SCHEME},
    url_relative=lambda url: url if url.startswith(("#user-content-fn-", "#user-content-fnref-")) else None,
    link_rel=None,
    strip_comments=True,
)


class Slots:
    """The placeholders of one document."""

    def __init__(self) -> None:
        self._token = f"{_SLOT_SCHEME}:{secrets.token_hex(16)}-"

    def address(self, number: int) -> str:
        """What to write as `href` or `src` where slot `number` belongs."""
        return f"{self._token}{number}"

    def clean_and_cut(self, html: str) -> tuple[str | int, ...]:
        """Sanitised HTML as pieces of HTML and slot numbers; a slot is a whole ` href="..."` or ` src="..."`."""
        first, *rest = _CLEANER.clean(html).split(self._token)
        segments: list[str | int] = []
        text = first
        for piece in rest:
            number, quote, after = piece.partition('"')
            before = text.removesuffix(' href="')
            if before is text or len(before) == len(text):
                before = text.removesuffix(' src="')
            if len(before) == len(text) or not quote or not number.isdecimal():
                # Not an attribute: the token got into text. Take it out, so that no trace of it is stored.
                text += piece
                continue
            segments += [before, int(number)]
            text = after
        segments.append(text)
        return tuple(segment for segment in segments if segment != "")
