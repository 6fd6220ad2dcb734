"""Who wrote which line of a text: walked back through its versions until every line has found the one it came with. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from nexus.pages.diff import Block, Work, blocks, lines_of

#: Steps that one walk takes at most beside reading the lines: about two seconds.
MAX_STEPS = 3_000_000


class Passage[V](NamedTuple):
    """Lines that came together: the version they came with (None: one before those that were looked at), the number of the
    first of them (from 1), and what they say."""

    version: V | None
    first: int
    lines: Sequence[str]


def blame[V](versions: Iterable[tuple[V, str]], *, is_whole: bool) -> list[Passage[V]]:
    """The passages of the first text of `versions`, in order.

    versions: (version, its text), the newest first, read only as far as needed. is_whole: they go back to the very first;
    else lines that are older than all of them have no version, nor do those that it took more than MAX_STEPS to find.
    """
    walk = iter(versions)
    first = next(walk, None)
    if first is None:
        return []
    version, said = first
    lines = below = lines_of(said)
    came: dict[int, V | None] = {}
    #: Where the lines that have not found their version yet stand in the version that is looked at.
    places = {n: n for n in range(len(lines))}
    work = Work(MAX_STEPS)
    for older, before in walk:
        if before != said:
            above = lines_of(before)
            found = blocks(above, below, work)
            if work.left < 0:  # what is not compared well is not said
                is_whole = False
                break
            places = dict(_kept(places, found, came, version))
            said, below = before, above
        version = older
        if not places:
            break
    came |= dict.fromkeys(places, version if is_whole else None)
    return list(_passages(lines, came))


def _kept[V](
    places: dict[int, int], found: Sequence[Block], came: dict[int, V | None], version: V
) -> Iterator[tuple[int, int]]:
    """Where each line stands in the version before, if it was there; else it came with `version`, which is written down."""
    at = 0
    for line, place in places.items():  # ascending, as the blocks
        while place >= found[at].new_to:
            at += 1
        if found[at].is_same:
            yield line, found[at].old_from + place - found[at].new_from
        else:
            came[line] = version


def _passages[V](lines: Sequence[str], came: dict[int, V | None]) -> Iterator[Passage[V]]:
    for version, numbers in groupby(range(len(lines)), key=lambda n: came[n]):
        here = list(numbers)
        yield Passage(version, here[0] + 1, [lines[n] for n in here])
