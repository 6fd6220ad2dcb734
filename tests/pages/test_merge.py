"""Three-way merge: its laws on any text, and Git's own merge as the oracle on line texts."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus.pages.diff import lines_of
from nexus.pages.merge import MAX_PAIRS, _matches, has_marks, merge, merge_marked, with_line_ends_of

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "é\n", "d\r"]), max_size=8).map("".join)
TEXTS = st.one_of(LINES, st.text(max_size=40))


@given(TEXTS, TEXTS)
def test_one_side_unchanged_gives_the_other(base, side):
    assert merge(base, side, base) == side
    assert merge(base, base, side) == side
    assert merge(base, side, side) == side


@given(TEXTS, TEXTS, TEXTS)
def test_swapping_sides_changes_nothing(base, ours, theirs):
    assert merge(base, ours, theirs) == merge(base, theirs, ours)


@given(st.lists(st.integers(0, 10**6), min_size=5, max_size=30, unique=True), st.data())
def test_changes_far_apart_both_stand(numbers, data):
    base = [f"{n}\n" for n in numbers]
    at = data.draw(st.integers(0, len(base) - 3))
    other = data.draw(st.integers(at + 2, len(base) - 1))
    ours, theirs = base.copy(), base.copy()
    ours[at] = "ours\n"
    theirs[other] = "theirs\n"
    both = base.copy()
    both[at], both[other] = "ours\n", "theirs\n"
    assert merge("".join(base), "".join(ours), "".join(theirs)) == "".join(both)


@given(st.lists(st.integers(0, 10**6), min_size=5, max_size=30, unique=True), st.data())
def test_lines_that_come_or_go_keep_no_other_change_out(numbers, data):
    base = [f"{n}\n" for n in numbers]
    at = data.draw(st.integers(0, len(base) - 3))
    other = data.draw(st.integers(at + 2, len(base) - 1))
    new = [f"new {n}\n" for n in range(data.draw(st.integers(0, 5)))]
    gone = data.draw(st.integers(0, 1))
    ours = [*base[:at], *new, *base[at + gone :]]
    theirs = [*base[:other], "theirs\n", *base[other + 1 :]]
    both = [*base[:at], *new, *base[at + gone : other], "theirs\n", *base[other + 1 :]]
    assert merge("".join(base), "".join(ours), "".join(theirs)) == "".join(both)


def test_what_both_did_alike_is_done_once():
    base, ours, theirs = "a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "A\nb\nc\nd\nE\n"
    assert merge(base, ours, theirs) == merge(base, theirs, ours) == theirs
    assert merge(base, "A\nb\nC\nd\ne\n", theirs) == "A\nb\nC\nd\nE\n"


@given(TEXTS, TEXTS, TEXTS)
def test_no_line_comes_from_nowhere(base, ours, theirs):
    merged = merge(base, ours, theirs)
    if merged is not None:
        assert set(merged) <= set(base) | set(ours) | set(theirs)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_agrees_with_git_on_what_is_clean(data, tmp_path_factory):
    # Unique lines: with repeated ones two right merges may differ.
    base = [f"line {n}\n" for n in range(data.draw(st.integers(3, 14)))]

    def edited(tag):
        lines = base.copy()
        for n in sorted(data.draw(st.sets(st.integers(0, len(base) - 1), max_size=3)), reverse=True):
            match data.draw(st.sampled_from(["change", "drop", "add"])):
                case "change":
                    lines[n] = f"{tag} {n}\n"
                case "drop":
                    del lines[n]
                case _:
                    lines.insert(n, f"{tag} new {n}\n")
        return lines

    ours, theirs = edited("ours"), edited("theirs")
    folder = tmp_path_factory.mktemp("merge")
    for name, lines in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_text("".join(lines), newline="")
    done = subprocess.run(
        ["git", "merge-file", "-p", "ours", "base", "theirs"], cwd=folder, capture_output=True, text=True, timeout=20
    )
    merged = merge("".join(base), "".join(ours), "".join(theirs))
    if merged is not None and done.returncode == 0:
        assert merged == done.stdout
    if done.returncode > 0:
        assert merged is None


@pytest.mark.parametrize("line", ["\n", "x\n"])
def test_endless_repetition_is_left_to_the_person(line):
    base = line * 20_000
    assert merge(base, "a\n" + base[: -len(line)] + "b\n", "c\n" + line + base + "d\n") is None


def test_the_laws_hold_where_nothing_can_be_compared():
    base, side = "x\n" * 20_000, "a\n" + "x\n" * 19_998 + "b\n"
    assert merge(base, side, base) == merge(base, base, side) == merge(base, side, side) == side


def test_one_side_that_cannot_be_compared_is_enough():
    base = "x\n" * 20_000
    hard, easy = "a\n" + base[:-2] + "b\n", base + "end\n"
    assert merge(base, hard, easy) is None is merge(base, easy, hard)
    assert merge_marked(base, hard, easy).conflicts == merge_marked(base, easy, hard).conflicts == 1


def test_what_is_the_same_at_both_ends_costs_nothing():
    """However often a line is repeated there: only what stands between is compared."""
    base = "x\n" * 20_000
    assert merge(base, "first\n" + base, base + "last\n") == "first\n" + base + "last\n"
    assert merge(base + "end\n", base + "END\n", "start\n" + base + "end\n") == "start\n" + base + "END\n"


def test_as_many_pairs_of_lines_are_compared_as_may_be():
    wide = int(MAX_PAIRS**0.5)
    assert wide**2 == MAX_PAIRS
    assert _matches(["x\n"] * wide, ["a\n", *["x\n"] * wide, "b\n"]) is not None
    assert _matches([*["x\n"] * wide, "y\n", "x\n"], ["a\n", *["x\n"] * wide, "b\n"]) is None


@given(LINES, LINES)
def test_lines_that_are_matched_are_the_same_and_in_order(base, side):
    before, after = lines_of(base), lines_of(side)
    matched = sorted((_matches(before, after) or {}).items())
    assert all(before[old] == after[new] for old, new in matched)
    assert len({new for _, new in matched}) == len(matched)
    assert [new for _, new in matched] == sorted(new for _, new in matched)


@given(LINES, LINES, LINES)
def test_all_that_stayed_at_the_ends_is_matched(start, middle, end):
    before, after = lines_of(start + "old\n" + end), lines_of(start + middle + "new\n" + end)
    matched = _matches(before, after) or {}
    head, tail = len(lines_of(start)), len(lines_of(end))
    assert all(matched[n] == n for n in range(head if "\r" not in start else 0))
    assert all(matched[len(before) - 1 - n] == len(after) - 1 - n for n in range(tail))


def test_line_ends_stay_as_they_were():
    assert merge("a\r\nb\nc\r", "A\r\nb\nc\r", "a\r\nb\nC\r") == "A\r\nb\nC\r"


# --- To be finished by hand ------------------------------------------------------------------------------------------


@given(TEXTS, TEXTS, TEXTS)
def test_a_marked_merge_is_the_clean_one_or_says_where_both_wrote(base, ours, theirs):
    marked = merge_marked(base, ours, theirs, ("Leo", "you"))
    clean = merge(base, ours, theirs)
    assert (marked.conflicts == 0) == (clean is not None)
    if clean is not None:
        assert marked.text == clean
    else:
        assert has_marks(marked.text)
        assert marked.text.count("<<<<<<< Leo") >= marked.conflicts


@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=30, unique=True), st.data())
def test_either_side_of_the_marks_is_that_side(numbers, data):
    base = [f"{n}\n" for n in numbers]
    at = data.draw(st.integers(0, len(base) - 1))
    ours, theirs = base.copy(), base.copy()
    ours[at], theirs[at] = "ours\n", "theirs\n"
    marked = merge_marked("".join(base), "".join(ours), "".join(theirs))
    assert marked.conflicts == 1
    both = "<<<<<<< ours\nours\n=======\ntheirs\n>>>>>>> theirs\n"
    assert marked.text.replace(both, "ours\n") == "".join(ours)
    assert marked.text.replace(both, "theirs\n") == "".join(theirs)


def test_a_line_without_an_end_stands_whole_before_a_mark():
    marked = merge_marked("a", "b", "c")
    assert marked.text == "<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs\n"


def test_what_moved_down_stands_where_it_belongs_beside_the_marks():
    base = "a\nb\nc\nd\ne\n"
    ours, theirs = "new\n" + base.replace("c", "C1"), base.replace("c", "C2") + "more\n"
    passage = "<<<<<<< ours\nC1\n=======\nC2\n>>>>>>> theirs\n"
    assert merge_marked(base, ours, theirs) == (f"new\na\nb\n{passage}d\ne\nmore\n", 1)
    passage = "<<<<<<< ours\nC2\n=======\nC1\n>>>>>>> theirs\n"
    assert merge_marked(base, theirs, ours) == (f"new\na\nb\n{passage}d\ne\nmore\n", 1)


def test_several_lines_without_an_end_stand_whole_before_a_mark():
    assert merge_marked("a", "b\nb2", "c\nc2").text == "<<<<<<< ours\nb\nb2\n=======\nc\nc2\n>>>>>>> theirs\n"


def test_endless_repetition_is_one_passage():
    base = "x\n" * 20_000
    side = "a\n" + base[:-2] + "b\n"
    assert merge_marked(base, side, "c\nx\n" + base + "d\n").conflicts == 1
    assert merge_marked(base, side, base) == merge_marked(base, base, side) == (side, 0)


# --- What a form does to line ends ------------------------------------------------------------------------------------

FORMS = [lambda text: text.replace("\r\n", "\n").replace("\r", "\n")]
FORMS.append(lambda text: FORMS[0](text).replace("\n", "\r\n"))


@given(TEXTS)
def test_a_text_that_went_through_a_form_unchanged_is_unchanged(base):
    for form in FORMS:
        assert with_line_ends_of(base, form(base)) == base


@given(TEXTS, TEXTS)
def test_only_line_ends_are_made_other(base, text):
    sent = FORMS[1](text)
    assert FORMS[0](with_line_ends_of(base, sent)) == FORMS[0](text)


def test_lines_that_stayed_keep_their_ends_and_new_ones_get_the_usual():
    assert with_line_ends_of("a\r\nb\nc\r\n", "a\nnew\nb\nc\n") == "a\r\nnew\r\nb\nc\r\n"
    assert with_line_ends_of("a\r\nb\r\n", "A\r\nb\r\nc") == "A\r\nb\r\nc"
    assert with_line_ends_of("", "a\r\nb") == "a\nb"
    assert with_line_ends_of("\na\r\n", "\nb\r\n") == "\nb\n", "as many of each: the first of them"
    # An empty line behind a line that ends in CR stays one.
    assert with_line_ends_of("a\nd\r", "d\r\n\r\n") == "d\r\r"
