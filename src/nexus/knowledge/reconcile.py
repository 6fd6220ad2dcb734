"""Keeps an entry's identity while its text is edited.

Reindexing a page finds its entries anew. Comments, endorsements and links hang on the ids of the entries found
before, so each old entry is matched to the new one that most likely *is* it: moved, reworded or reordered, but the
same thing said. Pure and deterministic; the caller decides what becomes of the unmatched.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from nexus.markdown import Entry

MAX_PAIRS = 40_000
"""Pairs of entries of one kind that are compared word by word. With more, only entries that share a rare word are."""
MAX_CANDIDATES = 20
"""Entries compared with one other, above `MAX_PAIRS`."""
MIN_LIKENESS = 0.4
"""Likeness (0..1) below which two entries are two things."""
MAX_WORDS = 200
"""Words of an entry that are compared."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Known:
    """An entry as it was last seen. `gone`: it was missing the last time, and keeps its id if nobody else fits."""

    id: Hashable
    kind: str
    title: str
    problem: str | None = None
    solution: str | None = None
    error_text: str | None = None
    start: int = 0
    gone: bool = False


@dataclass(frozen=True)
class Matching:
    """`matched` maps the index of each found entry that is an old one to the old one's id.

    `new` are the indices of found entries without an old one; `missing` the ids of old entries (gone ones left out)
    that were not found again.
    """

    matched: dict[int, Hashable] = field(default_factory=dict)
    new: tuple[int, ...] = ()
    missing: tuple[Hashable, ...] = ()


def reconcile(previous: Sequence[Known], found: Sequence[Entry]) -> Matching:
    """Matches old entries to found ones, one to one and only within a kind.

    First come equal texts, then equal titles, then the most alike; among equally alike, those that were not gone, and
    then those nearest in the text. The result does not depend on the order of either sequence beyond those positions.
    Time is bounded by `MAX_PAIRS` comparisons for each kind and, above that, `MAX_CANDIDATES` for each entry.
    """
    matched: dict[int, Hashable] = {}
    taken: set[int] = set()
    for kind in sorted({entry.kind for entry in found}):
        olds = [_Old(i, known) for i, known in enumerate(previous) if known.kind == kind]
        news = [_New(i, entry) for i, entry in enumerate(found) if entry.kind == kind]
        for old, new in _pairs(olds, news):
            matched[new.index] = old.known.id
            taken.add(old.index)
    return Matching(
        dict(sorted(matched.items())),
        tuple(i for i in range(len(found)) if i not in matched),
        tuple(known.id for i, known in enumerate(previous) if i not in taken and not known.gone),
    )


class _Side:
    """One entry as it is compared."""

    def __init__(
        self, index: int, title: str, problem: str | None, solution: str | None, error: str | None, start: int
    ) -> None:
        self.index = index
        self.start = start
        self.title = _plain(title)
        self.body = tuple(_plain(part or "") for part in (problem, solution, error))

    @cached_property
    def title_words(self) -> Counter[str]:
        return _words(self.title)

    @cached_property
    def words(self) -> Counter[str]:
        return _words(" ".join((self.title, *self.body)))


class _Old(_Side):
    def __init__(self, index: int, known: Known) -> None:
        super().__init__(index, known.title, known.problem, known.solution, known.error_text, known.start)
        self.known = known


class _New(_Side):
    def __init__(self, index: int, entry: Entry) -> None:
        super().__init__(index, entry.title, entry.problem, entry.solution, entry.error_text, entry.start)


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def _words(text: str) -> Counter[str]:
    return Counter(text.split()[:MAX_WORDS])


def _pairs(olds: list[_Old], news: list[_New]) -> list[tuple[_Old, _New]]:
    pairs: list[tuple[_Old, _New]] = []
    for key in (_whole, _title_and_problem, _title):
        olds, news = _take_equal(olds, news, key, pairs)
    scored = [
        (-likeness, old.known.gone, abs(old.start - new.start), old.index, new.index, old, new)
        for old, new in _candidates(olds, news)
        if (likeness := _likeness(old, new)) >= MIN_LIKENESS
    ]
    scored.sort(key=lambda item: item[:5])
    used_old: set[int] = set()
    used_new: set[int] = set()
    for *_, old, new in scored:
        if old.index not in used_old and new.index not in used_new:
            used_old.add(old.index)
            used_new.add(new.index)
            pairs.append((old, new))
    return pairs


def _whole(side: _Side) -> Hashable:
    return side.title, side.body


def _title_and_problem(side: _Side) -> Hashable:
    return side.title, side.body[0]


def _title(side: _Side) -> Hashable:
    return side.title


def _take_equal(
    olds: list[_Old], news: list[_New], key: Callable[[_Side], Hashable], pairs: list[tuple[_Old, _New]]
) -> tuple[list[_Old], list[_New]]:
    """Pairs entries with an equal key, in the order of the text; returns those left over."""
    waiting: defaultdict[Hashable, list[_Old]] = defaultdict(list)
    for old in sorted(olds, key=lambda side: (side.known.gone, side.start, side.index), reverse=True):
        if old.title or any(old.body):
            waiting[key(old)].append(old)
    taken: set[int] = set()
    left: list[_New] = []
    for new in sorted(news, key=lambda side: (side.start, side.index)):
        same = waiting.get(key(new))
        if same:
            old = same.pop()
            taken.add(old.index)
            pairs.append((old, new))
        else:
            left.append(new)
    return [old for old in olds if old.index not in taken], left


def _candidates(olds: list[_Old], news: list[_New]) -> Iterable[tuple[_Old, _New]]:
    if len(olds) * len(news) <= MAX_PAIRS:
        return [(old, new) for old in olds for new in news]
    by_word: defaultdict[str, list[_Old]] = defaultdict(list)
    for old in olds:
        for word in old.words:
            by_word[word].append(old)
    found = []
    for new in news:
        near: dict[int, _Old] = {}
        for word in sorted(new.words, key=lambda word: (len(by_word.get(word, ())), word)):
            near.update((old.index, old) for old in by_word.get(word, ())[: MAX_CANDIDATES - len(near)])
            if len(near) >= MAX_CANDIDATES:
                break
        found += [(old, new) for old in near.values()]
    return found


def _likeness(old: _Side, new: _Side) -> float:
    """The larger of: shared words of the titles, shared words of all that is said."""
    return max(_shared(old.title_words, new.title_words), _shared(old.words, new.words))


def _shared(a: Counter[str], b: Counter[str]) -> float:
    """Dice's coefficient of two bags of words: twice what they share, by what they hold together."""
    total = a.total() + b.total()
    return 2 * (a & b).total() / total if total else 0.0
