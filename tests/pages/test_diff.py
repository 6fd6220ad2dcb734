"""Differences: what they say of two texts is all of it, what they cost is bounded."""

import difflib
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus.pages import diff
from nexus.pages.diff import blocks, difference, lines_of, unified, word_marks

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "é\n", "d\r", "last"]), max_size=14)
ITEMS = st.lists(st.integers(0, 6), max_size=40)


@given(st.text(alphabet="ab\r\n\f\x85\u2028", max_size=60))
def test_lines_are_the_text(text):
    lines = lines_of(text)
    assert "".join(lines) == text
    assert all(line and not set(line[:-2]) & {"\n"} for line in lines)


@given(ITEMS, ITEMS)
def test_blocks_lead_from_one_to_the_other(old, new):
    found = blocks(old, new)
    made, taken = [], []
    for block in found:
        if block.is_same:
            assert old[block.old_from : block.old_to] == new[block.new_from : block.new_to] != []
        taken += old[block.old_from : block.old_to]
        made += new[block.new_from : block.new_to]
    assert (taken, made) == (old, new)
    assert all(one.is_same != other.is_same for one, other in pairwise(found))
    assert blocks(old, old) == ([diff.Block(True, 0, len(old), 0, len(old))] if old else [])


def longest_common(old, new):
    """The size of a longest common subsequence, by the book."""
    row = [0] * (len(new) + 1)
    for one in old:
        above = row[:]
        for n, other in enumerate(new, 1):
            row[n] = above[n - 1] + 1 if one == other else max(row[n - 1], above[n])
    return row[-1]


@given(st.lists(st.integers(0, 4), max_size=30), st.lists(st.integers(0, 4), max_size=30))
def test_without_anchors_the_script_is_a_shortest(old, new):
    old, new = old * 2, new * 2  # nothing is there once, so nothing anchors
    kept = sum(block.old_to - block.old_from for block in blocks(old, new) if block.is_same)
    assert kept == longest_common(old, new)


@given(ITEMS, ITEMS, st.integers(0, 30))
def test_with_little_work_it_is_still_true(old, new, steps):
    work = diff.Work(steps)
    found = blocks(old, new, work)
    assert sum(b.new_to - b.new_from for b in found) == len(new)
    assert all(old[b.old_from : b.old_to] == new[b.new_from : b.new_to] for b in found if b.is_same)


@given(LINES, LINES, st.integers(0, 4))
def test_every_line_that_differs_is_shown_once(old, new, context):
    before, after = "".join(old), "".join(new)
    found = difference(before, after, context=context)
    rows = [row for hunk in found.hunks for row in hunk.rows]
    olds, news = lines_of(before), lines_of(after)
    assert sum(row.what in ("removed", "changed") for row in rows) == found.removed
    assert sum(row.what in ("added", "changed") for row in rows) == found.added
    for row in rows:
        if row.old:
            assert "".join(p.text for p in row.before) == olds[row.old - 1].rstrip("\r\n")
        if row.new:
            assert "".join(p.text for p in row.after) == news[row.new - 1].rstrip("\r\n")
    kept = {row.old for row in rows if row.what == "same"}
    gone = {row.old for row in rows if row.old and row.what != "same"}
    if context == 0:
        assert not kept
    assert set(range(1, len(olds) + 1)) - gone - kept <= {
        n for block in blocks(olds, news) if block.is_same for n in range(block.old_from + 1, block.old_to + 1)
    }
    assert (found.hunks == []) == (before == after)


@given(st.text(alphabet="ab c.\u00e9", max_size=60), st.text(alphabet="ab c.\u00e9", max_size=60))
def test_marked_pieces_are_the_line(before, after):
    marked = word_marks(before, after)
    if marked is not None:
        assert "".join(p.text for p in marked[0]) == before
        assert "".join(p.text for p in marked[1]) == after
        kept = ["".join(p.text for p in side if not p.is_marked) for side in marked]
        assert kept[0] == kept[1]


def test_the_words_that_changed_are_marked():
    (hunk,) = difference("one\nthe slow query took 3 s\nend\n", "one\nthe quick query took 3 s\nend\n").hunks
    changed = hunk.rows[1]
    assert [p.text for p in changed.before if p.is_marked] == ["slow"]
    assert [p.text for p in changed.after if p.is_marked] == ["quick"]
    assert [row.what for row in hunk.rows] == ["same", "changed", "same"]


def test_a_line_that_says_something_else_is_not_marked():
    (hunk,) = difference("alpha beta gamma\n", "one two three four\n").hunks
    assert not any(p.is_marked for row in hunk.rows for p in (*row.before, *row.after))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("abcde"), max_size=20), st.lists(st.sampled_from("abcde"), max_size=20), st.booleans())
def test_patch_takes_the_unified_form(tmp_path_factory, old, new, ends):
    before, after = ("".join(f"{each}\n" for each in lines) for lines in (old, new))
    if not ends:
        after = after.removesuffix("\n")
    told = "".join(unified(before, after, ("a", "b")))
    assert bool(told) == (before != after)
    if not told:
        return
    folder = tmp_path_factory.mktemp("patch")
    (folder / "a").write_text(before)
    done = subprocess.run(
        ["patch", "-s", "a"], input=told.encode(), cwd=folder, capture_output=True, timeout=10, check=False
    )
    assert done.returncode == 0, (told, done.stdout)
    made = (folder / "a").read_text() if (folder / "a").exists() else ""
    assert made == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\n" * 1_000_000, "b\n" * 1_000_000),
        ("a\nb\n" * 500_000, "b\na\n" * 500_000),
        ("a\nb\nc\n" * 300_000, "c\na\nb\n" * 200_000 + "x\n"),
        ("\n" * 2_000_000, "x" * 2_000_000),
        ("".join(f"{n}\n" for n in range(280_000)), "".join(f"{n}\n" for n in range(280_000, 0, -1))),
        ("word " * 400_000, "word " * 399_999 + "other"),
        ("".join(f"{n % 997}\n" for n in range(400_000)), "".join(f"{n * 7 % 997}\n" for n in range(400_000))),
    ],
    ids=["all-other", "swapped", "turned", "one-line", "reversed", "long-line", "mixed"],
)
def test_two_texts_of_2_mb_cost_bounded_work(before, after, monkeypatch):
    """E8, L8: the work is counted, not timed; and no more is shown than can be."""
    spent = []
    made = diff.Work

    class Counted(made):
        def __init__(self, *given):
            super().__init__(*given)
            spent.append(self)

    monkeypatch.setattr(diff, "Work", Counted)
    found = difference(before, after)
    assert all(work.left > -5_000 for work in spent)
    rows = [row for hunk in found.hunks for row in hunk.rows]
    assert len(rows) <= diff.MAX_ROWS
    assert sum(len(p.text) for row in rows for p in (*row.before, *row.after)) <= 2 * diff.MAX_CHARACTERS + 10
    assert found.is_cut or len(rows) < diff.MAX_ROWS


def test_it_is_as_telling_as_the_standard_one():
    """On a text in whose middle something was moved and rewritten no more lines differ than difflib says."""
    before = [f"line {n}\n" for n in range(200)]
    after = [*before[:50], *before[80:100], "new\n", *before[50:80], *before[101:]]
    ours = difference("".join(before), "".join(after))
    theirs = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    assert ours.added + ours.removed <= len(theirs)
