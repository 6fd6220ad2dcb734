"""Writing into a text: whatever it is, one piece is put in, it is found as what was meant, and everything else stays."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.markdown.strategies import ANY_TEXT, MARKDOWN

import nexus.ops.sample
import nexus.pages
from nexus.markdown import parse
from nexus.markdown.adding import Insertion, Said, add_entry, answer_entry, words_of

SAMPLE = sorted(Path(nexus.ops.sample.__path__[0]).rglob("*.md"))
STARTS = sorted(Path(nexus.pages.__path__[0], "starts").glob("*.md"))
TRACE = 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: no such thing'
SAIDS = [
    Said("challenge", "Nothing connects to the broker", cause="The name was wrong", solution="We wrote another one"),
    Said("challenge", "The worker hangs at night", error_text="TimeoutError: too slow", solution="A longer pause"),
    Said("challenge", "A trace of the worker", error_text=TRACE, solution="Fixed the thing"),
    Said("challenge", "Still stuck with the proxy"),
    Said("technology", "Zookeeper", "keeps the order"),
    Said("technology", "Fluentd"),
    Said("concept", "Backpressure", "the reader says when"),
    Said("practice", "Read the log before the code"),
    Said("project", "Weather board", "shows the weather"),
]
#: Where there is no place for some: rows of tables of other things.
UNPLACED = 6


def untouched(before: str, made: Insertion) -> None:
    data = made.text.encode()
    assert data[: made.start] + data[made.end :] == before.encode()


def entry_in(made: Insertion):
    (entry,) = [one for one in parse(made.text).entries if made.start <= one.start < made.end]
    return entry


@pytest.mark.parametrize("said", SAIDS, ids=lambda said: f"{said.kind} {said.title}")
def test_every_page_of_the_sample_takes_nearly_everything(said):
    unplaced = 0
    for path in [*SAMPLE, *STARTS]:
        text = path.read_text("utf-8")
        made = add_entry(text, said)
        unplaced += made is None
        if made:
            untouched(text, made)
            entry = entry_in(made)
            assert (entry.kind, words_of(entry.title)) == (said.kind, words_of(said.title)), path
            assert len(parse(made.text).entries) == len(parse(text).entries) + 1
    assert unplaced <= UNPLACED


@pytest.mark.parametrize("path", STARTS, ids=lambda path: path.name)
def test_a_template_says_nothing_before_it_is_filled_in(path):
    assert parse(path.read_text("utf-8")).entries == ()


NAMES = st.sampled_from(["Zookeeper", "The queue is full at noon", "Émile's cache", "一个问题"])


@settings(deadline=None)
@given(st.one_of(ANY_TEXT, MARKDOWN), st.sampled_from(["challenge", "technology", "concept", "practice"]), NAMES)
@example("# A\r\n\r\n## Challenges\r\n\r\n- **Problem:** x\r\n", "challenge", "Zookeeper")
@example("\ufeff# A", "practice", "Zookeeper")
@example("```", "practice", "Zookeeper")
def test_of_any_text_one_piece_is_put_in_or_nothing(text, kind, name):
    made = add_entry(text, Said(kind, name))
    if made is not None:
        untouched(text, made)
        assert words_of(entry_in(made).title) == words_of(name)


@settings(deadline=None)
@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_whatever_is_to_be_said_nothing_else_is(title, cause, solution, error):
    text = "# Log\n\n## Challenges\n\n- **Problem:** Slow lists\n  - **Solution:** An index\n\n## Technologies\n\n- Redis\n"
    made = add_entry(text, Said("challenge", title, cause=cause, solution=solution, error_text=error))
    if made is not None:
        untouched(text, made)
        told = [(one.kind, one.title, one.solution) for one in parse(made.text).entries if one != entry_in(made)]
        assert told == [("challenge", "Slow lists", "An index"), ("technology", "Redis", None)]


def test_it_stands_where_such_things_stand():
    text = (
        "# Log\n\n## Technologies\n\n1. Redis\n2. Docker\n\n## Challenges\n\n### Slow lists\n\nNo index. Added one.\n\n"
        "## End\n"
    )
    made = add_entry(text, Said("technology", "Celery"))
    assert made
    assert "2. Docker\n3. Celery\n\n## Challenges" in made.text
    made = add_entry(text, SAIDS[0])
    assert made
    assert "Added one.\n\n### Nothing connects to the broker\n\n**Problem:**" in made.text
    table = "## Challenges\n\n| Challenge | Solution |\n| --- | --- |\n| Slow | Index |\n"
    made = add_entry(table, Said("challenge", "No space", solution="Threw logs away"))
    assert made
    assert made.text == table + "| No space | Threw logs away |\n"


def test_what_is_said_already_is_not_said_twice():
    assert add_entry("## Technologies\n\n- Redis\n", Said("technology", "Redis")) is None


TABLE = "## Challenges\n\n| Challenge | Solution |\n|:--|--:|\n| Slow lists | Index |\n| No space |  |\n| Short\n\nBehind.\n"


@pytest.mark.parametrize(
    ("number", "part", "answer", "wanted"),
    [
        (1, "solution", "Threw a | b away", {"| No space |  |": "| No space | Threw a \\| b away |"}),
        (2, "solution", "Waited", {"| Short\n": "| Short | Waited |\n"}),
        (0, "commit", "https://example.org/1", {"| Index |": "| Index (<https://example.org/1>) |"}),
        (0, "cause", "The clock", {
            "Solution |": "Solution | Cause |", "--:|": "--:| --- |", "Index |": "Index | The clock |",
        }),
        (2, "cause", "Hm", {"Solution |": "Solution | Cause |", "--:|": "--:| --- |", "| Short\n": "| Short |  | Hm |\n"}),
        (1, "error_text", "OSError: no", {
            "Solution |": "Solution | Error |", "--:|": "--:| --- |", "| No space |  |": "| No space |  | `OSError: no` |",
        }),
        (1, "error_text", "Traceback (most recent call last):\nOSError: no", {
            "| Short\n": "| Short\n\nError of “No space”:\n\n```\nTraceback (most recent call last):\nOSError: no\n```\n",
        }),
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_answer_about_a_row_is_a_cell_of_it_or_stands_below_the_table(number, part, answer, wanted, end):
    made = answer_entry(TABLE.replace("\n", end), number, part, answer)
    assert made
    expected = TABLE
    for before, after in wanted.items():
        expected = expected.replace(before, after, 1)
    assert made.text == expected.replace("\n", end)
    entries = parse(made.text).entries
    before = parse(TABLE).entries
    assert made.is_apart == ("\n" in answer)
    assert [one.title for one in entries] == [one.title for one in before]
    if part != "commit" and not made.is_apart:
        assert words_of(getattr(entries[number], part)) == words_of(answer)
    assert [one.solution for n, one in enumerate(entries) if n != number] == [
        one.solution for n, one in enumerate(before) if n != number
    ]


@settings(deadline=None)
@given(st.sampled_from(["error_text", "cause", "solution", "commit"]), ANY_TEXT, st.sampled_from([0, 1, 2]))
def test_any_answer_about_a_row_changes_no_other(part, answer, number):
    made = answer_entry(TABLE, number, part, answer)
    if made is not None:
        after, before = parse(made.text).entries, parse(TABLE).entries
        assert len(after) == len(before)
        assert [(a.title, a.problem, a.cause, a.solution) for n, a in enumerate(after) if n != number] == [
            (b.title, b.problem, b.cause, b.solution) for n, b in enumerate(before) if n != number
        ]
        assert made.text.endswith("\n\nBehind.\n")


# --- Answers ---------------------------------------------------------------------------------------------------------------

ANSWERS = [
    ("error_text", "ValueError: no such thing"), ("error_text", TRACE), ("cause", "The clock ran late"),
    ("solution", "We waited for it"), ("commit", "https://example.org/x/commit/1a2b"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "answer"), ANSWERS)
def test_every_challenge_of_the_sample_takes_answers(part, answer):
    asked = 0
    for path in SAMPLE:
        text = path.read_text("utf-8")
        before = parse(text).entries
        for number, entry in enumerate(before):
            is_open = entry.solution if part == "commit" else not getattr(entry, part)
            if entry.kind != "challenge" or not is_open:
                continue
            made = answer_entry(text, number, part, answer)
            assert made, (path, entry.title)
            if entry.reason != "table-row":
                untouched(text, made)
            elif made.is_apart:
                continue
            after = parse(made.text).entries
            assert [one.title for one in after] == [one.title for one in before]
            said = after[number].solution if part == "commit" else getattr(after[number], part)
            assert set(words_of(said)) & set(words_of(answer))
            asked += 1
    assert asked >= 3


@settings(deadline=None)
@given(st.sampled_from([part for part, _ in ANSWERS]), ANY_TEXT)
def test_any_answer_changes_no_other_find(part, answer):
    text = "## Challenges\n\n- **Problem:** Slow lists\n- **Problem:** No space\n  - **Solution:** Threw logs away\n"
    made = answer_entry(text, 0, part, answer)
    if made is not None:
        untouched(text, made)
        assert parse(made.text).entries[1].problem == "No space"


def test_a_commit_stands_with_the_solution_also_where_more_is_said_behind_it():
    text = "## Challenges\n\n- **Problem:** Slow\n  - **Solution:** An index\n  - **Cause:** None\n"
    made = answer_entry(text, 0, "commit", "https://example.org/c/1")
    assert made
    assert "- **Solution:** An index (<https://example.org/c/1>)\n" in made.text
