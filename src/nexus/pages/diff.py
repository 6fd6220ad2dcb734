"""What differs between two texts: by lines, with marks on the words of a line that was rewritten. Pure, and bounded.

Lines that each text has once anchor the comparison (patience diff, Bram Cohen); between two anchors the shortest script is
looked for (Myers, "An O(ND) Difference Algorithm and Its Variations", 1986) as long as the work is worth it. What is beyond
that is told as removed and added as a whole, which is true, only less telling.
"""

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

#: Steps that one comparison takes at most: about a quarter of a second.
MAX_STEPS = 400_000
#: Unchanged lines that are shown around what changed.
CONTEXT = 3
#: A line of more words than this is not compared by words, nor more pairs of lines than this.
MAX_WORDS, MAX_PAIRS = 400, 400
#: Words of a line that must be in both versions of it, of all; else it is another line, and marks would only confuse.
ALIKE = 0.4
#: Lines and characters of a difference that are shown.
MAX_ROWS, MAX_CHARACTERS = 4_000, 400_000

_WORD = re.compile(r"\w+|\s+|[^\w\s]")


class Block(NamedTuple):
    """Lines `old_from` to `old_to` (excluded) of the old text became `new_from` to `new_to` of the new; or are the same."""

    is_same: bool
    old_from: int
    old_to: int
    new_from: int
    new_to: int


class Piece(NamedTuple):
    """A part of a line, and whether the line's other version lacks it."""

    text: str
    is_marked: bool


type What = Literal["same", "removed", "added", "changed"]


@dataclass(frozen=True, slots=True)
class Row:
    """A line in both texts, side by side: its number in each (from 1; None where it is not), and what it says there."""

    what: What
    old: int | None
    new: int | None
    before: Sequence[Piece] = ()
    after: Sequence[Piece] = ()


@dataclass(frozen=True, slots=True)
class Hunk:
    """Rows that stand together: changed ones with what is around them."""

    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs. `added` and `removed` count lines, of the whole; `is_cut` when not all of it is in `hunks`."""

    hunks: list[Hunk]
    added: int
    removed: int
    is_cut: bool = False


@dataclass(slots=True)
class Work:
    """What may still be spent on comparing; shared by all comparisons that are made for one answer."""

    left: int = MAX_STEPS


@dataclass(slots=True)
class _Shown:
    """What may still be shown."""

    rows: int = MAX_ROWS
    characters: int = MAX_CHARACTERS
    pairs: int = MAX_PAIRS
    words: Work = field(default_factory=Work)


def lines_of(text: str) -> list[str]:
    """The lines of a text with their own endings (`\\n`, `\\r\\n`, `\\r`); together they are the text.

    Not str.splitlines: that also splits at form feeds and Unicode separators, which editors keep within a line.
    """
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text)


def blocks(old: Sequence[Hashable], new: Sequence[Hashable], work: Work | None = None) -> list[Block]:
    """How `old` became `new`: blocks that cover both in order, same and changed in turn. At most MAX_STEPS of work, or what
    is left of `work`."""
    work = work or Work()
    pairs = list(_same(old, new, work))
    found: list[Block] = []
    at_old = at_new = 0
    for start_old, start_new, size in _runs(pairs):
        if start_old > at_old or start_new > at_new:
            found.append(Block(False, at_old, start_old, at_new, start_new))
        at_old, at_new = start_old + size, start_new + size
        found.append(Block(True, start_old, at_old, start_new, at_new))
    if at_old < len(old) or at_new < len(new):
        found.append(Block(False, at_old, len(old), at_new, len(new)))
    return found


def difference(before: str, after: str, *, context: int = CONTEXT) -> Difference:
    """What differs between two texts, with `context` unchanged lines around it."""
    old, new = lines_of(before), lines_of(after)
    found = blocks(old, new)
    changed = [block for block in found if not block.is_same]
    removed = sum(block.old_to - block.old_from for block in changed)
    added = sum(block.new_to - block.new_from for block in changed)
    shown = _Shown()
    hunks: list[Hunk] = []
    for group in _groups(found, context):
        rows = list(_rows(old, new, group, shown))
        if rows:
            hunks.append(Hunk(rows))
        if shown.rows <= 0 or shown.characters <= 0:
            return Difference(hunks, added, removed, is_cut=True)
    return Difference(hunks, added, removed)


def unified(before: str, after: str, names: tuple[str, str], *, context: int = CONTEXT) -> Iterator[str]:
    """The lines of a unified diff (POSIX.1-2024, `diff -u`) that `patch` takes; nothing when nothing differs."""
    old, new = lines_of(before), lines_of(after)
    groups = list(_groups(blocks(old, new), context))
    if groups:
        yield f"--- {names[0]}\n"
        yield f"+++ {names[1]}\n"
    for group in groups:
        first, last = group[0], group[-1]
        spans = (_span(first.old_from, last.old_to), _span(first.new_from, last.new_to))
        yield f"@@ -{spans[0]} +{spans[1]} @@\n"
        for block in group:
            if block.is_same:
                yield from _told(" ", old[block.old_from : block.old_to])
            else:
                yield from _told("-", old[block.old_from : block.old_to])
                yield from _told("+", new[block.new_from : block.new_to])


def _told(mark: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _span(start: int, end: int) -> str:
    length = end - start
    return f"{start + 1}" if length == 1 else f"{start + 1 if length else start},{length}"


# --- Which lines are the same ---------------------------------------------------------------------------------------


def _runs(pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Pairs of equal items as runs: (first in old, first in new, how many)."""
    start = 0
    for n in range(1, len(pairs) + 1):
        if n == len(pairs) or pairs[n] != (pairs[n - 1][0] + 1, pairs[n - 1][1] + 1):
            yield pairs[start][0], pairs[start][1], n - start
            start = n


def _same(old: Sequence[Hashable], new: Sequence[Hashable], work: Work) -> Iterator[tuple[int, int]]:
    """Pairs of equal items, ascending in both."""
    head, tail = _ends(old, new, (0, len(old)), (0, len(new)))
    yield from ((n, n) for n in range(head))
    at_old, at_new = head, head
    end_old, end_new = len(old) - tail, len(new) - tail
    for anchor in [*_anchors(old, new, (head, end_old), (head, end_new)), (end_old, end_new)]:
        yield from _between(old, new, (at_old, anchor[0]), (at_new, anchor[1]), work)
        if anchor[0] < end_old:
            yield anchor
        at_old, at_new = anchor[0] + 1, anchor[1] + 1
    yield from ((len(old) - n, len(new) - n) for n in range(tail, 0, -1))


def _ends(old: Sequence[Hashable], new: Sequence[Hashable], a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """How many are equal at the beginning and at the end of two stretches."""
    most = min(a[1] - a[0], b[1] - b[0])
    head = 0
    while head < most and old[a[0] + head] == new[b[0] + head]:
        head += 1
    tail = 0
    while tail < most - head and old[a[1] - 1 - tail] == new[b[1] - 1 - tail]:
        tail += 1
    return head, tail


def _anchors(
    old: Sequence[Hashable], new: Sequence[Hashable], a: tuple[int, int], b: tuple[int, int]
) -> list[tuple[int, int]]:
    """What either has once: the longest chain of these that ascends in both (by patience sorting)."""
    counts = Counter(old[a[0] : a[1]])
    others = Counter(new[b[0] : b[1]])
    places = {new[n]: n for n in range(*b) if others[new[n]] == 1}
    pairs = [(n, places[old[n]]) for n in range(*a) if counts[old[n]] == 1 and old[n] in places]
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for n, (_, place) in enumerate(pairs):
        at = bisect_left(ends, place)
        before.append(last[at - 1] if at else -1)
        if at == len(ends):
            ends.append(place)
            last.append(n)
        else:
            ends[at], last[at] = place, n
    chain: list[tuple[int, int]] = []
    n = last[-1] if last else -1
    while n >= 0:
        chain.append(pairs[n])
        n = before[n]
    return chain[::-1]


def _between(
    old: Sequence[Hashable], new: Sequence[Hashable], a: tuple[int, int], b: tuple[int, int], work: Work
) -> Iterator[tuple[int, int]]:
    """The pairs of a stretch without anchors; none of its middle when finding them would take too much work."""
    head, tail = _ends(old, new, a, b)
    yield from ((a[0] + n, b[0] + n) for n in range(head))
    inner_a, inner_b = (a[0] + head, a[1] - tail), (b[0] + head, b[1] - tail)
    yield from _shortest(old, new, inner_a, inner_b, work)
    yield from ((a[1] - n, b[1] - n) for n in range(tail, 0, -1))


def _shortest(
    old: Sequence[Hashable], new: Sequence[Hashable], a: tuple[int, int], b: tuple[int, int], work: Work
) -> list[tuple[int, int]]:
    """The pairs that the shortest script of a stretch leaves in place."""
    size_a, size_b = a[1] - a[0], b[1] - b[0]
    if not size_a or not size_b or set(old[a[0] : a[1]]).isdisjoint(new[b[0] : b[1]]):
        return []
    reach = {1: 0}
    #: What each round began with: the furthest x on the diagonals -d+1, -d+3, … d-1.
    trace: list[array[int]] = []
    for d in range(size_a + size_b + 1):
        work.left -= d + 1
        if work.left < 0:
            return []
        trace.append(array("q", [reach[k] for k in range(1 - d, d, 2)]))
        for k in range(-d, d + 1, 2):
            x = reach[k + 1] if k == -d or (k != d and reach[k - 1] < reach[k + 1]) else reach[k - 1] + 1
            y = x - k
            while x < size_a and y < size_b and old[a[0] + x] == new[b[0] + y]:
                x, y = x + 1, y + 1
            reach[k] = x
            if x == size_a and y == size_b:
                return [(a[0] + i, b[0] + j) for i, j in _traced(trace, size_a, size_b)]
    return []  # pragma: no cover  a script of size_a + size_b steps always ends


def _traced(trace: "Sequence[array[int]]", x: int, y: int) -> list[tuple[int, int]]:
    """The way back through what was reached, as the pairs on it."""
    pairs: list[tuple[int, int]] = []
    for d in range(len(trace) - 1, -1, -1):
        k, from_x, from_y = x - y, 0, 0
        if d:
            below, above = _reached(trace[d], d, k - 1), _reached(trace[d], d, k + 1)
            came, from_x = (k + 1, above) if below < above else (k - 1, below)
            from_y = from_x - came
        while x > from_x and y > from_y:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = from_x, from_y
    return pairs[::-1]


def _reached(row: "array[int]", d: int, k: int) -> int:
    """How far round `d` - 1 came on diagonal `k`; -1 on those that it did not try."""
    return row[(k + d - 1) // 2] if -d < k < d else -1


# --- How it is shown ------------------------------------------------------------------------------------------------


def _groups(found: Sequence[Block], context: int) -> Iterator[list[Block]]:
    """The blocks with what is unchanged cut down to `context` lines, in groups that are apart."""
    group: list[Block] = []
    for n, block in enumerate(found):
        if not block.is_same:
            group.append(block)
            continue
        size = block.old_to - block.old_from
        is_first, is_last = not group, n == len(found) - 1
        if not is_first and not is_last and size <= 2 * context:
            group.append(block)
            continue
        if not is_first:
            kept = min(context, size)
            if kept:
                group.append(Block(True, block.old_from, block.old_from + kept, block.new_from, block.new_from + kept))
            yield group
        kept = min(context, size)
        group = [Block(True, block.old_to - kept, block.old_to, block.new_to - kept, block.new_to)] if kept else []
    if any(not block.is_same for block in group):
        yield group


def _rows(old: Sequence[str], new: Sequence[str], group: Sequence[Block], shown: _Shown) -> Iterator[Row]:
    for block in group:
        sizes = block.old_to - block.old_from, block.new_to - block.new_from
        for n in range(max(sizes)):
            row = _row(old, new, block, sizes, n, shown)
            if shown.rows <= 0 or shown.characters <= 0:
                return
            shown.rows -= 1
            shown.characters -= sum(len(piece.text) for piece in (*row.before, *row.after))
            yield row


def _row(
    old: Sequence[str], new: Sequence[str], block: Block, sizes: tuple[int, int], n: int, shown: _Shown
) -> Row:  # fmt: skip
    before = _cut(old[block.old_from + n], shown) if n < sizes[0] else ""
    after = _cut(new[block.new_from + n], shown) if n < sizes[1] else ""
    numbers = block.old_from + n + 1 if n < sizes[0] else None, block.new_from + n + 1 if n < sizes[1] else None
    if block.is_same:
        return Row("same", *numbers, (Piece(before, False),), (Piece(after, False),))
    if numbers[0] is None:
        return Row("added", *numbers, (), (Piece(after, False),))
    if numbers[1] is None:
        return Row("removed", *numbers, (Piece(before, False),))
    shown.pairs -= 1
    marked = word_marks(before, after, shown.words) if shown.pairs >= 0 else None
    return Row("changed", *numbers, *(marked or ((Piece(before, False),), (Piece(after, False),))))


def _cut(line: str, shown: _Shown) -> str:
    bare = line.rstrip("\r\n")
    return bare if len(bare) <= shown.characters else f"{bare[: max(shown.characters, 0)]}…"


def word_marks(before: str, after: str, work: Work | None = None) -> tuple[list[Piece], list[Piece]] | None:
    """Both versions of a line in pieces, those marked that the other lacks; None when the two have too little in common, or
    too many words. The pieces of each are the line again."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    if max(len(old), len(new)) > MAX_WORDS:
        return None
    found = blocks(old, new, work)
    kept = sum(len(word.strip()) for b in found if b.is_same for word in old[b.old_from : b.old_to])
    longest = max(len("".join(before.split())), len("".join(after.split())))
    if longest and kept < ALIKE * longest:
        return None
    sides: tuple[list[Piece], list[Piece]] = ([], [])
    for block in found:
        spans = old[block.old_from : block.old_to], new[block.new_from : block.new_to]
        for side, words in zip(sides, spans, strict=True):
            if words:
                side.append(Piece("".join(words), not block.is_same))
    return sides
