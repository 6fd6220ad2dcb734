"""Three-way merge of texts by lines (diff3: Khanna, Kunal, Pierce, "A Formal Investigation of Diff3", 2007)."""

from collections import Counter
from difflib import SequenceMatcher

from nexus.pages.diff import lines_of

#: Above this many candidate line pairs a comparison may take seconds: the merge is then left to the person.
MAX_PAIRS = 4_000_000


def merge(base: str, ours: str, theirs: str) -> str | None:
    """The text with both sides' changes to `base`; None where they touch the same or adjoining lines, or where the texts
    are too repetitive to compare in bounded time.

    Lines keep their own endings (`\\n`, `\\r\\n`, `\\r`); nothing is added or normalised. merge(b, x, b) == x,
    merge(b, b, x) == x, merge(b, x, x) == x, and swapping the sides changes nothing.
    """
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    lines = [lines_of(text) for text in (base, ours, theirs)]
    matched = [_matches(lines[0], side) for side in lines[1:]]
    if matched[0] is None or matched[1] is None:
        return None
    return _weave(lines[0], lines[1], lines[2], matched[0], matched[1])


def _matches(base: list[str], side: list[str]) -> dict[int, int] | None:
    """Which line of `base` is which line of `side`; None when finding out might take too long."""
    head = 0
    while head < min(len(base), len(side)) and base[head] == side[head]:
        head += 1
    tail = 0
    while tail < min(len(base), len(side)) - head and base[-1 - tail] == side[-1 - tail]:
        tail += 1
    found = {i: i for i in range(head)}
    found |= {len(base) - 1 - i: len(side) - 1 - i for i in range(tail)}
    middle, other = base[head : len(base) - tail], side[head : len(side) - tail]
    counts = Counter(other)
    if sum(counts[line] for line in middle) > MAX_PAIRS:
        return None
    for block in SequenceMatcher(None, middle, other, autojunk=False).get_matching_blocks():
        found |= {head + block.a + i: head + block.b + i for i in range(block.size)}
    return found


def _weave(
    base: list[str], ours: list[str], theirs: list[str], in_ours: dict[int, int], in_theirs: dict[int, int]
) -> str | None:
    merged: list[str] = []
    at = [0, 0, 0]
    stable = [i for i in range(len(base)) if i in in_ours and i in in_theirs]
    for b, o, t in [*((i, in_ours[i], in_theirs[i]) for i in stable), (len(base), len(ours), len(theirs))]:
        chunk = _resolved(base[at[0] : b], ours[at[1] : o], theirs[at[2] : t])
        if chunk is None:
            return None
        merged += chunk
        if b < len(base):
            merged.append(base[b])
        at = [b + 1, o + 1, t + 1]
    return "".join(merged)


def _resolved(base: list[str], ours: list[str], theirs: list[str]) -> list[str] | None:
    """What stands between two stable lines: the side that changed, if only one did or both alike."""
    if ours == theirs or theirs == base:
        return ours
    return theirs if ours == base else None
