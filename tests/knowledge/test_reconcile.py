"""An entry keeps its identity while its text is edited."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus.knowledge.reconcile import MAX_PAIRS, Known, Matching, reconcile
from nexus.markdown import Entry, parse

WORDS = st.sampled_from(
    [
        "docker",
        "redis",
        "build",
        "broke",
        "slow",
        "query",
        "cache",
        "token",
        "login",
        "expired",
        "page",
        "worker",
        "queue",
        "retry",
        "lost",
        "data",
        "twice",
    ]
)
SENTENCES = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
KINDS = st.sampled_from(["technology", "concept", "challenge", "practice", "project"])


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    kind = draw(KINDS)
    start = draw(st.integers(0, 5_000))
    problem, solution, error = (draw(st.none() | SENTENCES) if kind == "challenge" else None for _ in range(3))
    return Entry(kind, draw(SENTENCES), problem, None, solution, error, (), start, start + 10, 0.9, "label-pair")


LISTS = st.lists(entries(), max_size=12)


def known(found: list[Entry], gone: bool = False) -> list[Known]:
    return [
        Known(f"id-{i}", e.kind, e.title, e.problem, e.solution, e.error_text, e.start, gone)
        for i, e in enumerate(found)
    ]


@given(LISTS, LISTS)
def test_matching_is_one_to_one_and_complete(before: list[Entry], after: list[Entry]) -> None:
    result = reconcile(known(before), after)
    ids = list(result.matched.values())
    assert len(ids) == len(set(ids))
    assert sorted([*result.matched, *result.new]) == list(range(len(after)))
    assert sorted([*ids, *result.missing]) == sorted(k.id for k in known(before))
    assert all(before[int(str(i).removeprefix("id-"))].kind == after[index].kind for index, i in result.matched.items())


@given(LISTS)
def test_equal_entries_keep_their_ids(found: list[Entry]) -> None:
    result = reconcile(known(found), found)
    assert (result.new, result.missing) == ((), ())
    for index, identity in result.matched.items():
        old = found[int(str(identity).removeprefix("id-"))]
        assert replace(old, start=0, end=0) == replace(found[index], start=0, end=0)


@given(LISTS, LISTS)
def test_doing_it_again_changes_nothing(before: list[Entry], after: list[Entry]) -> None:
    first = reconcile(known(before), after)
    settled = [
        Known(first.matched.get(i, f"new-{i}"), e.kind, e.title, e.problem, e.solution, e.error_text, e.start)
        for i, e in enumerate(after)
    ]
    again = reconcile(settled, after)
    assert (again.new, again.missing) == ((), ())


@st.composite
def distinct(draw: st.DrawFn) -> list[Entry]:
    found = draw(st.lists(entries(), max_size=10, unique_by=lambda e: (e.kind, e.title)))
    return [replace(entry, start=100 * i, end=100 * i + 10) for i, entry in enumerate(found)]


@settings(max_examples=200)
@given(distinct(), st.randoms(use_true_random=False))
def test_reordering_keeps_every_id(found: list[Entry], random: object) -> None:
    order = list(range(len(found)))
    random.shuffle(order)  # type: ignore[attr-defined]
    moved = [replace(found[old], start=100 * new, end=100 * new + 10) for new, old in enumerate(order)]
    assert reconcile(known(found), moved).matched == {new: f"id-{old}" for new, old in enumerate(order)}


@given(LISTS, LISTS, st.randoms(use_true_random=False))
def test_the_order_of_what_is_known_does_not_matter(before: list[Entry], after: list[Entry], random: object) -> None:
    unique = [replace(entry, start=i) for i, entry in enumerate(before)]
    shuffled = known(unique)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert reconcile(shuffled, after).matched == reconcile(known(unique), after).matched


REWORDED = [
    ("Docker build was slow on CI", "The Docker build was very slow on CI"),
    ("Slow Docker builds", "Slow Docker builds in the pipeline"),
    ("JWT expired too early for mobile users", "JWTs expired too early for mobile users"),
    ("Write tests before the code", "Write the tests before any code"),
]


@pytest.mark.parametrize(("before", "after"), REWORDED)
def test_a_small_rewording_keeps_the_id_among_others(before: str, after: str) -> None:
    others = ["Redis lost our sessions", "Migrations in conflict", "CORS refused the login"]
    olds = [Entry("challenge", t, t, None, None, None, (), i, i, 0.9, "") for i, t in enumerate([*others, before])]
    news = [Entry("challenge", t, t, None, None, None, (), i, i, 0.9, "") for i, t in enumerate([after, *others])]
    assert reconcile(known(olds), news).matched == {0: "id-3", 1: "id-0", 2: "id-1", 3: "id-2"}


def test_a_rewritten_solution_keeps_the_id() -> None:
    old = Known(1, "challenge", "Slow builds", "Builds took an hour", "Bought a bigger machine")
    new = Entry(
        "challenge", "Slow builds", "Builds took an hour", None, "Cached the layers instead", None, (), 0, 9, 0.9, ""
    )
    assert reconcile([old], [new]).matched == {0: 1}


def test_another_thing_is_not_the_same_thing() -> None:
    old = Known(1, "challenge", "Slow builds", "Builds took an hour")
    new = Entry("challenge", "Lost sessions", "Redis forgot who we are", None, None, None, (), 0, 9, 0.9, "")
    assert reconcile([old], [new]) == Matching({}, (0,), (1,))


def test_a_changed_kind_is_another_thing() -> None:
    old = Known(1, "concept", "Redis")
    new = Entry("technology", "Redis", None, None, None, None, (), 0, 9, 0.9, "")
    assert reconcile([old], [new]) == Matching({}, (0,), (1,))


def test_what_was_gone_comes_back_with_its_id() -> None:
    gone = Known(1, "challenge", "Slow builds", "Builds took an hour", gone=True)
    new = Entry("challenge", "Slow builds", "Builds took an hour", None, None, None, (), 0, 9, 0.9, "")
    assert reconcile([gone], [new]).matched == {0: 1}
    assert reconcile([gone], []) == Matching()


def test_what_is_there_goes_before_what_was_gone() -> None:
    gone = Known(1, "technology", "Redis", start=5, gone=True)
    there = Known(2, "technology", "Redis", start=900)
    new = Entry("technology", "Redis", None, None, None, None, (), 5, 9, 0.9, "")
    assert reconcile([gone, there], [new]).matched == {0: 2}
    twice = [new, replace(new, start=500)]
    assert set(reconcile([gone, there], twice).matched.values()) == {1, 2}


def test_equal_twins_are_told_apart_by_their_place() -> None:
    olds = [Known("first", "practice", "Write tests", start=10), Known("second", "practice", "Write tests", start=800)]
    news = [Entry("practice", "Write tests", None, None, None, None, (), start, start, 0.9, "") for start in (20, 900)]
    assert reconcile(olds, news).matched == {0: "first", 1: "second"}


def test_real_edits_of_a_page() -> None:
    before = (
        "# D\n\n## Challenges\n\n- Challenge: Docker build was slow\n  - Solution: cache\n"
        "- Challenge: Lost sessions\n  - Solution: Redis\n"
    )
    after = (
        "# D\n\nNew intro.\n\n## Challenges\n\n- Challenge: We lost sessions\n"
        "  - Solution: Redis with persistence\n- Challenge: The Docker build was slow\n  - Solution: cache\n"
    )
    result = reconcile(known(list(parse(before).entries)), parse(after).entries)
    assert result == Matching({0: "id-1", 1: "id-0"})


def test_hundreds_of_entries_are_compared_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    from nexus.knowledge import reconcile as module

    compared = 0
    likeness = module._likeness

    def counted(old: object, new: object) -> float:
        nonlocal compared
        compared += 1
        return likeness(old, new)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_likeness", counted)
    count = 900
    olds = [Known(i, "practice", f"topic{i} matters for every team of ours", start=i) for i in range(count)]
    news = [
        Entry("practice", f"topic{i} matters a lot for each team", None, None, None, None, (), i, i, 0.9, "")
        for i in range(count)
    ]
    result = reconcile(olds, news)
    assert compared <= max(MAX_PAIRS, count * module.MAX_CANDIDATES)
    assert result.matched == {i: i for i in range(count)}


def test_among_equally_alike_what_is_there_goes_before_what_was_gone() -> None:
    gone = Known("gone", "challenge", "Docker build was slow", start=10, gone=True)
    there = Known("there", "challenge", "Docker build was slow", start=900)
    new = Entry("challenge", "The Docker build was slow", None, None, None, None, (), 12, 20, 0.9, "")
    assert reconcile([gone, there], [new]).matched == {0: "there"}
