"""From what somebody typed or pasted to what is asked of the index. Never fails: whatever is odd is taken as words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from nexus.knowledge.fingerprint import Fingerprint, fingerprint, says_what_failed
from nexus.markdown import topic_name, topic_slug
from nexus.search.folding import AT_THE_EDGE, composed, fold, fold_path
from nexus.search.results import KINDS

#: Characters of a query that are looked at: of a longer one the first and the last half.
MAX_QUERY = 20_000
#: Words of a query, and of an error message, that are used; each is compared with every text.
MAX_WORDS = 12
MAX_ERROR_WORDS = 6
MAX_WORD = 80
#: How much of an error's words a text must have to be about a similar one.
SIMILAR = 0.6
#: From so many words on a line that says what failed is taken for an error message, not for a list of words.
_SENTENCE = 5
#: With fewer words than this left of an error, the rest of its line is used too.
_FEW = 3

_TOKEN = re.compile(r'(?P<minus>-(?=[\w"]))?(?:(?P<name>kind|hub|person|topic):)?(?:"(?P<phrase>[^"]*)"|(?P<word>\S+))')
#: An operator on a line of its own kind: what holds one was typed, not pasted.
_OPERATOR = re.compile(rf"\A[^\n]*(?<!\S)(?:kind:(?:{'|'.join(KINDS)})|hub:[a-z0-9-]+|person:\w|topic:\w)[^\n]*\Z")
_PLACEHOLDER = re.compile(r"<\w+>")
_VALUE = re.compile(r"[\w.@-]{1,80}")
#: Words that nearly every error message has.
_EMPTY = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "by", "call", "can", "cannot", "could", "did", "does", "error", "errors",
    "exception", "failed", "file", "for", "from", "has", "have", "in", "into", "is", "it", "last", "line", "most", "no",
    "not", "of", "on", "or", "recent", "that", "the", "this", "to", "was", "with", "you",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it is asked: folded words that must all be there (of an error's: `needed` of them), folded words that must
    not, and filters. `title` is all of it, folded, as a title would be; `topic_slug` is the topic it may name as a whole;
    `other_name` is the folded name that the vocabulary has for it, where it is another spelling."""

    words: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    needed: int = 0
    title: str = ""
    topic_slug: str = ""
    other_name: str = ""
    kind: str = ""
    hub: str = ""
    person: str = ""
    topic: str = ""
    error: Fingerprint | None = None
    is_error: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.kind or self.hub or self.person or self.topic)


def parsed(query: str) -> Query:
    """What `query` asks. Words are joined by "and"; `"a phrase"`, `-not`, `kind:`, `hub:`, `person:`, `topic:`; an error
    message or traceback is recognised by its form, and then nothing in it is an operator."""
    text = composed(_bounded(query))
    error = fingerprint(text)
    if error is not None and _is_error(text, error):
        return _error_query(text, error)
    return _words_query(text, error)


def _bounded(query: str) -> str:
    if len(query) <= MAX_QUERY:
        return query
    return query[: MAX_QUERY // 2] + "\n" + query[-MAX_QUERY // 2 :]


def _is_error(text: str, error: Fingerprint) -> bool:
    if _OPERATOR.search(text):
        return False
    if error.error_class:
        return True
    return ("\n" in text.strip() or len(text.split()) >= _SENTENCE) and says_what_failed(text)


def _error_query(text: str, error: Fingerprint) -> Query:
    words = _telling(f"{error.error_class} {error.message}")
    if (
        len(words) < _FEW and "\n" not in text.strip()
    ):  # `docker exit code 137`: what it is about stands beside the error
        words = list(dict.fromkeys([*words, *_telling(text)]))
    # The longest say most; each costs a comparison with every text, and the first ones with all of them.
    kept = sorted(words, key=lambda word: (-len(word), word))[:MAX_ERROR_WORDS]
    return Query(words=tuple(w[:MAX_WORD] for w in kept), needed=ceil(SIMILAR * len(kept)), error=error, is_error=True)


def _telling(text: str) -> list[str]:
    """The words of an error message that tell it from others."""
    words = fold(composed(_PLACEHOLDER.sub(" ", text))).split()
    return list(dict.fromkeys(word for word in words if len(word) > 1 and word not in _EMPTY))


def _words_query(text: str, error: Fingerprint | None) -> Query:
    words: list[str] = []
    excluded: list[str] = []
    filters: dict[str, str] = {}
    for match in _TOKEN.finditer(text):
        said = match["phrase"] if match["phrase"] is not None else match["word"]
        name = match["name"]
        if name and not match["minus"] and _is_filter(name, said):
            filters[name] = said.lower() if name in {"kind", "hub"} else said
            continue
        folded = _folded_words(f"{name}:{said}" if name else said, is_phrase=match["phrase"] is not None)
        (excluded if match["minus"] else words).extend(folded)
    words = list(dict.fromkeys(words))[:MAX_WORDS]
    whole = " ".join(" ".join(words).split())
    slug = topic_slug(whole)[:100] if words and len(whole) <= MAX_WORD else ""
    name_of_topic = fold(composed(topic_name(slug) or "")).strip()
    return Query(
        words=tuple(words),
        excluded=tuple(dict.fromkeys(excluded))[:MAX_WORDS],
        needed=len(words),
        title=whole,
        topic_slug=slug,
        other_name=name_of_topic if name_of_topic != whole else "",
        kind=filters.get("kind", ""),
        hub=filters.get("hub", ""),
        person=filters.get("person", ""),
        topic=topic_slug(filters["topic"])[:100] if "topic" in filters else "",
        error=error if words else None,
    )


def _is_filter(name: str, said: str) -> bool:
    if name == "kind":
        return said.lower() in KINDS
    return bool(_VALUE.fullmatch(said)) or (
        name in {"person", "topic"} and bool(said.strip()) and len(said) <= MAX_WORD
    )


def _folded_words(said: str, *, is_phrase: bool) -> list[str]:
    """A phrase as one, anything else as the words it is made of. Longer ones are cut: they are then found by their start."""
    folded = [part.strip(AT_THE_EDGE) for part in fold(said).split() if any(map(str.isalnum, part))]
    return [" ".join(folded)[:MAX_WORD].rstrip()] if is_phrase and folded else [word[:MAX_WORD] for word in folded]


def as_path_words(words: Iterable[str]) -> list[str]:
    """The words as they stand in a folded path."""
    return [" ".join(fold_path(word).split()) for word in words]
