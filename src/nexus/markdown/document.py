"""What `parse(text)` returns: one immutable value, stored by the content's hash, holding no way back to the text.

All `start` and `end` are byte offsets into the UTF-8 text (byte order mark counted): `text.encode()[start:end]`.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

EntryKind = Literal["technology", "concept", "challenge", "practice", "project"]
ReferenceKind = Literal["link", "image", "wikilink", "embed"]

USER_ANCHOR_PREFIX = "user-content-"
"""Put before every `id` and `name` a text brings itself, so that it cannot take the place of one of the page's own."""

#: A line with as many words, or as many characters where words have no spaces between them, is running text.
_SENTENCE_WORDS, _SENTENCE_LENGTH = 8, 60

_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
_ALLOWED_SCHEMES = frozenset({"http", "https", "mailto", "tel", "xmpp", "ftp"})
# What browsers drop before and inside a URL's scheme (WHATWG URL, "basic URL parser").
_IGNORED_IN_URLS = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\ufeff]")


class Heading(NamedTuple):
    """`level` 1 to 6; `title` is plain text; `anchor` as GitHub makes it."""

    level: int
    title: str
    anchor: str
    start: int
    end: int


class Reference(NamedTuple):
    """A place where the text points at something. `target` is as written, escapes and entities resolved."""

    kind: ReferenceKind
    target: str
    text: str
    start: int
    end: int
    title: str = ""


class Task(NamedTuple):
    """A `- [ ]` item."""

    text: str
    done: bool
    start: int
    end: int


class Block(NamedTuple):
    """A block of the text: `heading paragraph list item quote callout code table row html rule math mermaid`."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Something the text says. `reason` names the rule that found it, `confidence` (0..1) how sure that rule is.

    `topics` are slugs. `problem`, `cause`, `solution` and `error_text` are a challenge's; absent parts are None.
    """

    kind: EntryKind
    title: str
    problem: str | None
    cause: str | None
    solution: str | None
    error_text: str | None
    topics: tuple[str, ...]
    start: int
    end: int
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where a reference leads, in the eyes of one reader. `href` None: nowhere (it stays readable text)."""

    href: str | None
    css_class: str = ""
    title: str = ""


@dataclass(frozen=True)
class Document:
    """Everything read out of one text. See the module's docstring for spans.

    `segments` is safe HTML cut where a reference's address belongs: pieces of HTML and indices into `references`.
    `custom_ids` are the ids the text itself gave to places, without the prefix they carry in the HTML.
    `warnings` are sentences for the author (a bad front matter, markup too deep to show).
    """

    title: str | None
    language: str | None
    front_matter: dict[str, Any]
    outline: tuple[Heading, ...]
    references: tuple[Reference, ...]
    tags: tuple[str, ...]
    tasks: tuple[Task, ...]
    entries: tuple[Entry, ...]
    blocks: tuple[Block, ...]
    plain: str
    segments: tuple[str | int, ...]
    custom_ids: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def render(self, resolve: Callable[[Reference], Target]) -> str:
        """The HTML, with each reference leading where `resolve` says.

        Addresses with a scheme other than http, https, mailto, tel, xmpp and ftp are left out whatever `resolve`
        returns. A `#fragment` that names an id the text itself gave is turned to the id it has in the HTML.
        """
        parts: list[str] = []
        for segment in self.segments:
            if isinstance(segment, str):
                parts.append(segment)
            else:
                reference = self.references[segment]
                parts.append(self._attributes(reference, resolve(reference)))
        return "".join(parts)

    def opening(self, limit: int = 280) -> str:
        """What the text begins with, as one line of at most `limit` characters: its first running sentences, not
        its headings or badges. Empty when there are none."""
        titles = {self.title, *(heading.title for heading in self.outline)}
        for line in self.plain[:20_000].split("\n"):
            if line in titles or (len(line.split()) < _SENTENCE_WORDS and len(line) < _SENTENCE_LENGTH):
                continue
            return line if len(line) <= limit else f"{line[:limit].rpartition(' ')[0] or line[:limit]} …"
        return ""

    def _attributes(self, reference: Reference, target: Target) -> str:
        attributes = ""
        href = safe_href(target.href)
        is_image = reference.kind == "image" or (reference.kind == "embed" and is_image_path(reference.target))
        if href is not None and is_image:
            attributes += f' src="{escape(href)}"'
        elif href is not None:
            if href.startswith("#") and (name := unquote(href[1:])) in self.custom_ids:
                href = f"#{USER_ANCHOR_PREFIX}{name}"
            attributes += f' href="{escape(href)}"'
            if href.startswith(("http:", "https:", "//")):
                attributes += ' rel="nofollow ugc noopener"'
        if target.css_class:
            attributes += f' class="{escape(target.css_class)}"'
        if title := target.title or reference.title:
            attributes += f' title="{escape(title)}"'
        return attributes

    def to_json(self) -> str:
        """A compact form that `from_json` turns back into an equal document."""
        entries = [[getattr(entry, name) for name in Entry.__slots__] for entry in self.entries]
        values = [getattr(self, name) for name in _FIELDS]
        values[_FIELDS.index("entries")] = entries
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"), check_circular=False)

    @classmethod
    def from_json(cls, data: str) -> "Document":
        """The document `to_json` wrote. Raises ValueError for anything else."""
        values = json.loads(data)
        if not isinstance(values, list) or len(values) != len(_FIELDS):
            raise ValueError("This is not a stored document: reindex the page.")
        fields = dict(zip(_FIELDS, values, strict=True))
        fields["outline"] = tuple(Heading(*item) for item in fields["outline"])
        fields["references"] = tuple(Reference(*item) for item in fields["references"])
        fields["tasks"] = tuple(Task(*item) for item in fields["tasks"])
        fields["blocks"] = tuple(Block(*item) for item in fields["blocks"])
        fields["entries"] = tuple(_entry(item) for item in fields["entries"])
        for name in ("tags", "segments", "custom_ids", "warnings"):
            fields[name] = tuple(fields[name])
        return cls(**fields)

    @staticmethod
    def plain_of(data: str) -> str:
        """`from_json(data).plain`, in a quarter of the time: nothing else of it is made."""
        return str(json.loads(data)[_FIELDS.index("plain")])


def _entry(values: list[Any]) -> Entry:
    fields = dict(zip(Entry.__slots__, values, strict=True))
    return Entry(**{**fields, "topics": tuple(fields["topics"])})


_FIELDS = tuple(Document.__dataclass_fields__)


def safe_href(href: str | None) -> str | None:
    """The address, or None when a browser might run it or read a file: only a short list of schemes passes."""
    if href is None:
        return None
    bare = _IGNORED_IN_URLS.sub("", href)
    scheme = _SCHEME.match(bare)
    if scheme and scheme[1].lower() not in _ALLOWED_SCHEMES:
        return None
    return href


def is_image_path(target: str) -> bool:
    """Whether an embed's target names a picture a browser shows (by its ending)."""
    path = target.partition("#")[0].partition("?")[0].lower()
    return path.endswith((".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".avif", ".bmp", ".ico"))
