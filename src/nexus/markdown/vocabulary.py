"""The names Nexus knows, their other spellings, and how any name becomes a topic.

`vocabulary.toml` says what the groups mean. Matching is exact on whole words in any case, with hyphens, dots and
slashes as good as spaces; nothing is stemmed and nothing is guessed.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Literal

Kind = Literal["technology", "method", "concept"]

MAX_SLUG = 80
"""Characters of a topic's slug."""

_FILE = Path(__file__).with_name("vocabulary.toml")
_ATOM = re.compile(r"[^\W_]+(?:[+#]+(?![^\W_]))?")
_PARENTHESES = re.compile(r"\([^()]*\)")
_VERSION = re.compile(r"(?<=\w)[ \t]+v?\d+(?:\.(?:\d+|x))*\+?$", re.IGNORECASE)
_JOINTS = frozenset({" ", "-", ".", "/", "_", "'", "’", "‑", "+", "\n"})
_SENTENCE_START = re.compile(r"(?:^|[.!?:;]\s|\n)[\s\"'(*_\-•]*$")
_LIST_LIKE = re.compile(r"\s*(?:[,)&/+;|]|and\b|$)")
_DASHES = str.maketrans({"‑": "-", "–": "-", "’": "'"})


@dataclass(frozen=True, slots=True)
class Name:
    """A known name: its display form, slug and kind."""

    display: str
    slug: str
    kind: Kind


@dataclass(frozen=True)
class _Vocabulary:
    by_key: dict[str, Name]
    by_slug: dict[str, Name]
    ordinary: frozenset[str]
    longest: int
    version: str


@cache
def _vocabulary() -> _Vocabulary:
    data = _FILE.read_bytes()
    tables = tomllib.loads(data.decode())
    by_key: dict[str, Name] = {}
    by_slug: dict[str, Name] = {}
    kinds: tuple[Kind, ...] = ("technology", "method", "concept")
    for kind in kinds:
        for display, aliases in tables[kind].items():
            name = Name(display, _slug(key_of(display)), kind)
            by_slug[name.slug] = name
            for spelling in (display, *aliases):
                by_key.setdefault(key_of(spelling), name)
    longest = max(key.count(" ") + 1 for key in by_key)
    return _Vocabulary(
        by_key, by_slug, frozenset(tables["ordinary"]), longest, blake2b(data, digest_size=4).hexdigest()
    )


def version() -> str:
    """A short hash of the vocabulary file: documents made with another one are out of date."""
    return _vocabulary().version


def key_of(name: str) -> str:
    """The form in which spellings of a name are compared: its words in lower case, one space between them."""
    return " ".join(_ATOM.findall(unicodedata.normalize("NFKC", name).lower().translate(_DASHES)))


@lru_cache(maxsize=4096)
def lookup(name: str) -> Name | None:
    """The known name this is a spelling of, a version or a remark in parentheses left aside; None when unknown."""
    by_key = _vocabulary().by_key
    found = by_key.get(key_of(name))
    if found is None and ("(" in name or name[-1:].isdigit() or name[-1:] in "x+"):
        bare = _PARENTHESES.sub(" ", name).strip()
        found = by_key.get(key_of(bare)) or by_key.get(key_of(_VERSION.sub("", bare)))
    return found


def topic_slug(name: str) -> str:
    """The slug of the topic a name stands for, at most `MAX_SLUG` characters; one slug for all its known spellings."""
    if (known := lookup(name)) is not None:
        return known.slug
    key = key_of(_VERSION.sub("", _PARENTHESES.sub(" ", name).strip())) or key_of(name)
    known = _vocabulary().by_key.get(key)
    return known.slug if known else _slug(key)


def topic_name(slug: str) -> str | None:
    """The display name of a topic of the vocabulary, None for any other slug."""
    name = _vocabulary().by_slug.get(slug)
    return name.display if name else None


def topics_in(text: str) -> tuple[str, ...]:
    """Slugs of the known names mentioned in prose, in the order of their first mention."""
    return tuple(dict.fromkeys(name.slug for name, _, _ in mentions(text)))


def mentions(text: str) -> list[tuple[Name, int, int]]:
    """Known names in a text with the span of each (in characters), longest match first, not overlapping."""
    vocabulary = _vocabulary()
    text = text.translate(_DASHES)
    atoms = [(match[0].lower(), match.start(), match.end()) for match in _ATOM.finditer(text)]
    found: list[tuple[Name, int, int]] = []
    index = 0
    while index < len(atoms):
        length = _longest_match(vocabulary, text, atoms, index)
        if length:
            start, end = atoms[index][1], atoms[index + length - 1][2]
            name = vocabulary.by_key[" ".join(atom for atom, _, _ in atoms[index : index + length])]
            found.append((name, start, end))
        index += length or 1
    return found


def _longest_match(vocabulary: _Vocabulary, text: str, atoms: list[tuple[str, int, int]], index: int) -> int:
    key, best = "", 0
    for length in range(1, vocabulary.longest + 1):
        at = index + length - 1
        if at >= len(atoms) or (length > 1 and text[atoms[at - 1][2] : atoms[at][1]] not in _JOINTS):
            break
        key = f"{key} {atoms[at][0]}" if key else atoms[at][0]
        if key in vocabulary.by_key and (length > 1 or _is_meant(vocabulary, text, *atoms[index][1:])):
            best = length
    return best


def _is_meant(vocabulary: _Vocabulary, text: str, start: int, end: int) -> bool:
    """Whether a one-word match is the name and not the everyday word, nor a piece of a longer word or path."""
    word = text[start:end]
    if text[end : end + 1] in {"-", "_"} and text[end + 1 : end + 2].isalnum():
        return False
    if start and (
        text[start - 1] in "-_@\\" or (text[start - 1] in "./" and not text[start - 2 : start - 1].isalnum())
    ):
        return False
    capital = word[:1].upper() + word[1:].lower()
    if capital not in vocabulary.ordinary and len(word) > 2:
        return True
    if word != capital and len(word) > 2:
        return word.isupper()
    if len(word) <= 2 and not (word[0].isupper() and (len(word) == 1 or word.isupper() or word in vocabulary.ordinary)):
        return False
    return not _SENTENCE_START.search(text[max(0, start - 12) : start]) or bool(_LIST_LIKE.match(text, end))


def _slug(key: str) -> str:
    slug = key.replace("++", " plus plus").replace("#", " sharp").replace("+", "")
    slug = "-".join(slug.split())[:MAX_SLUG].strip("-")
    return slug or "topic"
