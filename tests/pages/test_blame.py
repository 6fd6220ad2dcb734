"""Blame: walking back finds what carrying forward from the first version would have."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nexus.pages.blame import blame
from nexus.pages.diff import blocks, lines_of

VERSIONS = st.lists(
    st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "é"]), max_size=8).map("".join), min_size=1, max_size=9
)


def carried(texts: list[str]) -> list[int]:
    """For each line of the last text the number of the version that it came with, carried forward one by one."""
    lines, came = [], []
    for number, text in enumerate(texts):
        here = lines_of(text)
        new = [number] * len(here)
        for block in blocks(lines, here):
            if block.is_same:
                new[block.new_from : block.new_to] = came[block.old_from : block.old_to]
        lines, came = here, new
    return came


def newest_first(texts: list[str]) -> list[tuple[int, str]]:
    return list(enumerate(texts))[::-1]


@given(VERSIONS)
def test_it_says_what_carrying_forward_says(texts):
    found = blame(newest_first(texts), is_whole=True)
    assert [number for passage in found for number in [passage.version] * len(passage.lines)] == carried(texts)
    assert "".join(line for passage in found for line in passage.lines) == texts[-1]
    firsts = [passage.first for passage in found]
    assert firsts == sorted(firsts)
    assert all(a.version != b.version for a, b in pairwise(found))


@given(VERSIONS, st.integers(1, 9))
def test_what_is_older_than_all_that_was_looked_at_has_no_version(texts, looked):
    looked = min(looked, len(texts))
    oldest = len(texts) - looked
    found = blame(newest_first(texts)[:looked], is_whole=looked == len(texts))
    seen = [number for passage in found for number in [passage.version] * len(passage.lines)]
    expected = [number if number > oldest or oldest == 0 else None for number in carried(texts)]
    assert seen == expected


def test_no_more_is_read_than_needed():
    def walk():
        yield 3, "new\n"
        yield 2, "old\n"
        raise AssertionError("read too far")

    (passage,) = blame(walk(), is_whole=True)
    assert (passage.version, passage.first, passage.lines) == (3, 1, ["new\n"])
    assert blame([], is_whole=True) == []
