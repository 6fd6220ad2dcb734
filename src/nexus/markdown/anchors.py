"""Heading anchors by GitHub's algorithm, so that the contents lists READMEs bring along keep working.

Source: github.com/Flet/github-slugger (the algorithm GitHub.com uses): lower case; drop what is neither letter, mark,
digit, connector, hyphen nor space; spaces become hyphens; a repeated anchor gets `-1`, `-2`, ...
"""

import re
import unicodedata

_DROPPED_ASCII = re.compile(r"[^a-z0-9_\- ]")
_KEPT_CATEGORIES = frozenset({"Ll", "Lm", "Lo", "Lt", "Lu", "Mn", "Mc", "Me", "Nd", "Nl", "Pc"})


def anchor_of(title: str) -> str:
    """The anchor of a heading's plain text, before numbering. May be empty (a heading of emoji only)."""
    text = title.lower()
    if text.isascii():
        text = _DROPPED_ASCII.sub("", text)
    else:
        text = "".join(c for c in text if c in "- " or unicodedata.category(c) in _KEPT_CATEGORIES)
    return text.replace(" ", "-")


class Anchors:
    """Gives every heading of one document its own anchor."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def next(self, title: str) -> str:
        """The anchor of the next heading with this plain text."""
        base = anchor = anchor_of(title)
        while anchor in self._seen:
            self._seen[base] += 1
            anchor = f"{base}-{self._seen[base]}"
        self._seen[anchor] = 0
        return anchor
