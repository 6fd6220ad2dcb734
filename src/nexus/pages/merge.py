"""Three-way merge of texts by lines (diff3: Khanna, Kunal, Pierce, "A Formal Investigation of Diff3", 2007)."""

import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from nexus.pages.diff import lines_of

#: Above this many candidate line pairs a comparison may take seconds: the merge is then left to the person.
MAX_PAIRS = 4_000_000
_LINE_END = re.compile(r"\r\n?|\n")


def merge(base: str, ours: str, theirs: str) -> str | None:
    """The text with both sides' changes to `base`; None where they touch the same or adjoining lines, or where the texts
    are too repetitive to compare in bounded time.

    Lines keep their own endings (`\\n`, `\\r\\n`, `\\r`); nothing is added or normalised. merge(b, x, b) == x,
    merge(b, b, x) == x, merge(b, x, x) == x, and swapping the sides changes nothing.
    """
    merged = merge_marked(base, ours, theirs)
    return None if merged.conflicts else merged.text


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


def _pieces(base: list[str], ours: list[str], theirs: list[str]) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """The three texts in pieces that belong together: each line that all have, and what stands between two such lines; one
    piece of everything where finding out might take too long."""
    in_ours, in_theirs = _matches(base, ours), _matches(base, theirs)
    if in_ours is None or in_theirs is None:
        yield base, ours, theirs
        return
    at = [0, 0, 0]
    stable = [i for i in range(len(base)) if i in in_ours and i in in_theirs]
    for b, o, t in [*((i, in_ours[i], in_theirs[i]) for i in stable), (len(base), len(ours), len(theirs))]:
        yield base[at[0] : b], ours[at[1] : o], theirs[at[2] : t]
        line = base[b : b + 1]  # nothing behind the last one
        yield line, line, line
        at = [b + 1, o + 1, t + 1]


def _resolved(base: list[str], ours: list[str], theirs: list[str]) -> list[str] | None:
    """What stands between two stable lines: the side that changed, if only one did or both alike."""
    if ours == theirs or theirs == base:
        return ours
    return theirs if ours == base else None


class Marked(NamedTuple):
    """A merge to be finished by hand: how many passages both sides changed, and the text with both of each between marks."""

    text: str
    conflicts: int


_MARK = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)


def merge_marked(base: str, ours: str, theirs: str, names: tuple[str, str] = ("ours", "theirs")) -> Marked:
    """`merge`, and where it has no answer both sides between marks, as Git writes them (`<<<<<<< `, `=======`, `>>>>>>> `).

    Texts that are too repetitive to compare are one passage as a whole. `names` are one line each.
    """
    merged: list[str] = []
    conflicts = 0
    for piece in _pieces(*(lines_of(text) for text in (base, ours, theirs))):
        chunk = _resolved(*piece)
        if chunk is None:
            conflicts += 1
            chunk = _between_marks(piece[1], piece[2], names)
        merged += chunk
    return Marked("".join(merged), conflicts)


def has_marks(text: str) -> bool:
    """Whether a text still holds marks of `merge_marked`."""
    return _MARK.search(text) is not None


def _between_marks(ours: list[str], theirs: list[str], names: tuple[str, str]) -> list[str]:
    end = next((found[0] for line in (*ours, *theirs) if (found := re.search(r"[\r\n]+\Z", line))), "\n")
    first, last = (" ".join(name.split()) for name in names)
    return [f"<<<<<<< {first}{end}", *_ended(ours, end), f"======={end}", *_ended(theirs, end), f">>>>>>> {last}{end}"]


def _ended(lines: list[str], end: str) -> list[str]:
    """The last line of a text may have no end; before a mark it gets one."""
    return lines if not lines or lines[-1][-1] in "\r\n" else [*lines[:-1], lines[-1] + end]


def with_line_ends_of(base: str, text: str) -> str:
    """`text` as a form sent it, with the line ends that its lines have in `base`; new lines get what most of `base` has.

    A browser makes every line end of a text area LF, and CR LF on its way (WHATWG HTML, "form control value", "multipart
    form data"), so that without this whoever changes a word would change every line.
    with_line_ends_of(base, base with any other line ends) == base.
    """
    text = _LINE_END.sub("\n", text)
    if "\r" not in base:
        return text
    plain = _LINE_END.sub("\n", base)
    if plain == text:
        return base
    ends = Counter(_LINE_END.findall(base))
    usual = max(ends, key=ends.__getitem__)
    before, after = lines_of(base), lines_of(text)
    matched = _matches(lines_of(plain), after) if len(ends) > 1 else None
    if matched is None:
        return text.replace("\n", usual)
    same = {new: before[old] for old, new in matched.items()}
    made: list[str] = []
    for n, line in enumerate(after):
        ended = same.get(n, line.replace("\n", usual))
        # CR and the LF of an empty line would be one end: the empty line ends as the line before it.
        made.append("\r" if ended == "\n" and made and made[-1].endswith("\r") else ended)
    return "".join(made)
