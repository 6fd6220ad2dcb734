"""Names in a line: one name and what it is for, a category and the names in it, or several names joined."""

import re
from dataclasses import dataclass

from nexus.markdown import vocabulary
from nexus.markdown.lines import Node
from nexus.markdown.sections import clean_title

MAX_NAME_WORDS = 7

_SEPARATOR = re.compile(r"\s*(?::|：|\s[-–—=→]+>?\s|[–—→](?=\s))\s*")
_LEADING_SEPARATOR = re.compile(r"^\s*[:：\-–—=→>]+\s*")
_JOINER = re.compile(r"\s*(?:,|;|\s[&+]\s|\s(?:and|with|or)\s|\s/\s|\s\|\s|/)\s*(?:and\s+)?")
_STRONG_JOINER = re.compile(r"\s*[,;|]\s*(?:and\s+)?")
_PARENTHESES = re.compile(r"\s*\(([^()]*)\)")
_VERSION = re.compile(r"(?<=\w)\s+v?\d+(?:\.(?:\d+|x))*\+?$", re.IGNORECASE)
_REMARK = re.compile(r"^(?:e\.?g\.?|such as|including|like|via|using|for|optional|etc)\b", re.IGNORECASE)
_NAME_WORD = re.compile(r"[A-Z0-9][\w+#.\-]*|[a-z][\w\-]*[A-Z.\d][\w.\-]*|[a-z]+-[a-z\-]+")
_VERB_START = re.compile(
    r"^(?:\w+ed|\w+ing|built|wrote|made|used|learn(?:ed|t)|understood|for|to|the|a|an|with|how|it|i|we|our|my|used|is|are|was)\b",
    re.IGNORECASE,
)
_CATEGORY = re.compile(
    r"\b(?:tools?|tooling|languages?|frameworks?|librar(?:y|ies)|databases?|platforms?|services?|infrastructure|stack|apis?|"
    r"frontend|backend|front-end|back-end|devops|deployment|hosting|testing|debugging|styling|messaging|queues?|brokers?|caching|cache|"
    r"storage|monitoring|documentation|docs|auth|authentication|security|state|data|management|containers?|containerization|core|others?|"
    r"task|tasks|async|asynchronous|ci/cd|version control|packages?|design|ui|typing|fetching|web|server|"
    r"cloud|development|language)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Item:
    """A line as a `name` and the `description` that follows it; `has_lead` when the author set the name off himself."""

    name: str
    description: str
    has_lead: bool


def item_of(node: Node) -> Item:
    """Splits a line at its lead, or at the first colon or dash that has a short name before it."""
    if node.lead and (
        not node.rest or _LEADING_SEPARATOR.match(node.rest) or node.rest.startswith("(") or _set_off(node)
    ):
        rest = node.rest
        name = clean_title(node.lead)
        while rest.startswith("(") and (note := _PARENTHESES.match(rest)):
            name += f" ({note[1]})"
            rest = rest[note.end() :].lstrip()
        return Item(name, _LEADING_SEPARATOR.sub("", rest).strip(), has_lead=True)
    text = clean_title(node.text) if node.kind != "text" else node.text.strip()
    if split := _SEPARATOR.search(text):
        name = text[: split.start()].strip()
        if 1 <= word_count(name) <= MAX_NAME_WORDS and "." not in name.rstrip(".").replace(".js", "").replace(
            ".io", ""
        ):
            return Item(name, text[split.end() :].strip(), has_lead=True)
    return Item(text, "", has_lead=False)


def word_count(name: str) -> int:
    """Words of a name, those in parentheses left out."""
    return len(_PARENTHESES.sub("", name).split())


def _set_off(node: Node) -> bool:
    """A lead ended by a colon inside the emphasis (`**Docker:** containers`)."""
    return node.text.startswith(node.lead + ":") or node.text.startswith(node.lead + " :") or node.rest[:1].isupper()


def is_technology(name: str, *, strict: bool = False) -> bool:
    """Whether the whole name is a known technology; `strict` leaves methods such as CI/CD out."""
    known = vocabulary.lookup(name)
    return known is not None and known.kind in ({"technology"} if strict else {"technology", "method"})


def split_names(text: str) -> list[str]:
    """The names joined in a text, as written; names that hold a joiner themselves stay whole.

    `Celery & RabbitMQ` are two, `CI/CD` and `System Design & Analysis` are one each: unless commas join them, the parts
    must include a known technology.
    """
    text = text.strip().rstrip(".").strip()
    bare = _PARENTHESES.sub("", text).strip()
    inner = [name for note in _PARENTHESES.findall(text) for name in _names_in_note(note, bare)]
    if vocabulary.lookup(bare) is not None or not bare:
        return [without_version(bare), *inner] if bare else inner
    names: list[str] = []
    for part in _STRONG_JOINER.split(bare):
        names += _split_joined(part)
    return [without_version(name) for name in (*names, *inner)]


def without_version(name: str) -> str:
    """A known name without the version behind it (`Python 3.12`, `Next.js 14+`)."""
    bare = _VERSION.sub("", name)
    return bare if bare != name and vocabulary.lookup(bare) is not None and not name[-1:].isalpha() else name


def _split_joined(text: str) -> list[str]:
    text = re.sub(r"^(?:and|or)\s+|\s+(?:for|to|in|on|as|using|via|from|through)\s.*$", "", text.strip()).strip(" .")
    if not text or vocabulary.lookup(text) is not None:
        return [text] if text else []
    parts = [part.strip() for part in _JOINER.split(text)]
    if len(parts) > 1 and any(is_technology(part) for part in parts) and all(0 < len(p.split()) <= 5 for p in parts):
        return _rejoined(text, parts)
    return [text]


def _rejoined(text: str, parts: list[str]) -> list[str]:
    """Puts neighbours together again that are one known name (`CI/CD pipelines and Docker`)."""
    found = [(start, end) for name, start, end in vocabulary.mentions(text) if _JOINER.search(text[start:end]) and name]
    whole = [text[start:end] for start, end in found]
    return [part for part in parts if not any(part in name for name in whole)] + whole


def _names_in_note(note: str, outer: str) -> list[str]:
    """The known technologies named in a parenthesis, unless it is another spelling of what stands before it."""
    if _REMARK.match(note.strip()):
        return []
    known = vocabulary.lookup(outer)
    whole = vocabulary.lookup(note)
    parts = [note] if whole else [name for part in _STRONG_JOINER.split(note) for name in _split_joined(part)]
    names = []
    for part in parts:
        inner = vocabulary.lookup(part)
        if inner is not None and inner.kind != "concept" and (known is None or inner.slug != known.slug):
            names.append(part.strip())
    return names


def looks_like_names(text: str) -> bool:
    """Whether a text is a list of names and no sentence."""
    if not text or (_VERB_START.match(text) and not is_technology(text.split(",")[0])):
        return False
    parts = [part for part in _STRONG_JOINER.split(_PARENTHESES.sub("", text).rstrip(".")) if part]
    named = 0
    for part in parts:
        words = part.split()
        if any(is_technology(name) for name in _split_joined(part)):
            named += 1
        elif len(words) <= 3 and _NAME_WORD.match(words[0]) and not _VERB_START.match(part):
            named += len(parts) > 1
    return bool(parts) and named * 10 >= len(parts) * 6


def leading_names(text: str) -> list[str]:
    """The known technologies a sentence begins with (`GitHub Actions and Jenkins for CI/CD`)."""
    names: list[str] = []
    end = 0
    for known, start, stop in vocabulary.mentions(text):
        if known.kind == "concept" or not re.fullmatch(r"\W*|\W*(?:and|with|or)\W*", text[end:start]):
            break
        names.append(text[start:stop])
        end = stop
    return names


def is_category(name: str) -> bool:
    """Whether a name is one of a kind of things rather than of a thing."""
    return not is_technology(name) and bool(_CATEGORY.search(name))
