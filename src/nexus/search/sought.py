"""What a query looks for, as it stands in the index: every text here is a value of a statement.

The same with the names of the values in their place is the form of that statement (statements.Prepared): how many words,
which of them a path can hold, what is narrowed by.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from nexus.search.folding import edges, fold
from nexus.search.language import Query, as_path_words


class Word(NamedTuple):
    """A word with its edges: as it stands in texts, and in paths ("" where it cannot)."""

    text: str
    path: str = ""


class Part(NamedTuple):
    """A part of a topic's slug: on its own, first, and further on; what may stand anywhere is `within` alone."""

    alone: str
    first: str
    within: str


class _Sought:
    def form(self) -> Self:
        """The same, with the name of each text in its place; "" stays."""
        return self._with(lambda name, _text: name)

    def values(self) -> dict[str, str]:
        """Its texts by their names."""
        values: dict[str, str] = {}
        self._with(lambda name, text: values.setdefault(name, text))
        return values

    def filled(self, values: Mapping[str, Any]) -> Self:
        """A form with texts in the places of their names."""
        return self._with(lambda name, _text: values[name])

    def _with(self, say: Callable[[str, str], str]) -> Self:
        return type(self)(**{name: _said(name, value, say) for name, value in vars(self).items()})


def _said(name: str, value: Any, say: Callable[[str, str], str]) -> Any:
    if isinstance(value, tuple):
        said = (_said(f"{name}_{n}", each, say) for n, each in enumerate(value))
        return type(value)(*said) if hasattr(value, "_fields") else tuple(said)
    return say(name, value) if isinstance(value, str) and value else value


@dataclass(frozen=True)
class Things(_Sought):
    """Of what the index holds. What met an error has `needed` of the words, or its `digest` or `error_class`."""

    words: tuple[Word, ...] = ()
    excluded: tuple[Word, ...] = ()
    needed: int = 0
    is_error: bool = False
    title: str = ""
    #: What the vocabulary calls it, as a word and as a title.
    other: Word | None = None
    other_title: str = ""
    digest: str = ""
    error_class: str = ""
    kind: str = ""
    hubs: tuple[str, ...] = ()
    handle: str = ""
    person: str = ""
    topic: str = ""

    @classmethod
    def of(cls, asked: Query, hubs: Sequence[str], kind: str = "") -> Self:
        words, other = asked.words, asked.other_name
        if not asked.is_error:
            # The longest word first: it is the rarest, and the others are then compared with few texts.
            words = tuple(sorted(words, key=len, reverse=True))
        return cls(
            words=tuple(Word(_edged(word)) if asked.is_error else _word(word) for word in words),
            excluded=tuple(_word(word) for word in asked.excluded),
            needed=asked.needed,
            is_error=asked.is_error,
            title=f" {asked.title} " if words and not asked.is_error else "",
            other=_word(other) if other else None,
            other_title=f" {other} " if other else "",
            digest=asked.error.digest if asked.error else "",
            error_class=fold(asked.error.error_class).strip()[:80] if asked.error and asked.is_error else "",
            kind=kind,
            hubs=tuple(hubs),
            handle=asked.person.lower(),
            person=fold(asked.person).strip(),
            topic=asked.topic,
        )


@dataclass(frozen=True)
class Topics(_Sought):
    """Of the topics' slugs."""

    slug: str = ""
    parts: tuple[Part, ...] = ()
    excluded: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()

    @classmethod
    def of(cls, asked: Query, hubs: Sequence[str]) -> Self:
        return cls(
            slug=asked.topic_slug,
            parts=tuple(_part(part) for part in _parts(asked.words)),
            excluded=tuple(part for word in asked.excluded for part in list(_parts([word]))[:1]),
            hubs=tuple(hubs),
        )


def _word(word: str) -> Word:
    (in_path,) = as_path_words([word])
    return Word(_edged(word), _edged(in_path) if in_path else "")


def _edged(word: str) -> str:
    before, after = edges(word)
    return before + word + after


def _parts(words: Sequence[str]) -> Iterator[str]:
    return (part for word in as_path_words(words) for part in word.split())


def _part(part: str) -> Part:
    return Part("", "", part) if edges(part) == ("", "") else Part(part, f"{part}-", f"-{part}")
