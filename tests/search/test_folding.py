"""Folding: one character for one, so that places in the folded text are places in the text."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nexus.search.folding import composed, fold, fold_path, merged, places


@given(st.text())
def test_folding_keeps_every_place(text):
    line = composed(text)
    assert len(fold(line)) == len(line)


@given(st.text())
@example(":@ ")
@example("what... ever")
@example("." * 50_000 + " a" + "-/" * 50_000)
def test_folding_twice_changes_nothing_more(text):
    once = fold(composed(text))
    assert fold(once) == once


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Él CAFÉ", "el cafe"),
        ("e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}", "ete"),
        ("ÄÖÜ Ａｂｃ", "aou abc"),
        ("ПРИВЕТ", "привет"),
        ("أحمد", "احمد"),
        ("データベース", "データベース"),
        ("አማርኛ", "አማርኛ"),
        ("Use node.js, select_related; C++. So", "use node.js  select_related  c++  so"),
        ("(`/health`)", "   health  "),
        ("nul\0 and lone \ud800", "nul  and lone  "),
    ],
)
def test_what_does_not_count(text, folded):
    assert fold(composed(text)) == folded


def test_a_path_is_its_words():
    assert fold_path("Ada/week-01_notes.MD") == " ada week 01 notes md "


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("go", ["Go"]),  # a whole word: not in `good`
        ("api", ["API", "api"]),  # the beginning of one: `apis`, not `therapist`
        ("ther", ["ther"]),  # anywhere
    ],
)
def test_short_words_are_not_looked_for_inside_of_others(word, found):
    text = "good: API, apis, therapist, Go."
    assert [text[a:b] for a, b in merged(places(text, [word]))] == found


def test_marks_that_touch_are_one():
    assert merged(iter([(4, 6), (0, 2), (2, 3), (5, 9)])) == ((0, 3), (4, 9))
