"""Searching: what is found, in which order, by whom, and what it costs."""

import pytest
from tests.conftest import make_hub

from nexus.base.errors import Invalid
from nexus.hubs import actions as hubs
from nexus.hubs.caching import forget_all
from nexus.pages import actions
from nexus.search.queries import search

pytestmark = pytest.mark.django_db(transaction=True)

AMINA = """# Amina's containers

## Key Technologies

- **Docker**: containers
- **DRF**: APIs

## Challenges & Solutions

### The web container could not reach the database

**Problem:** Every request failed inside of Compose.

```
django.db.utils.OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused
```

**Solution:** The host is the name of the service, `db`.

### Docker images of 1.2 GB

**Problem:** A push took minutes.

**Solution:** A second build stage.

## Best Practices

- Pin the versions of your Docker images
"""
KOFI = """# Kofi's log

## Challenges

### No database in CI

**Problem:** The job ends at once.

```
psycopg2.OperationalError: connection to server at "10.1.0.4", port 6543 failed: Connection refused
```
"""
#: The same error as Amina's, from another machine, in a longer traceback.
PASTED = (
    "Traceback (most recent call last):\n"
    + "".join(f'  File "/srv/app/module_{n}.py", line {n}, in call_{n}\n    return next()\n' for n in range(30))
    + 'psycopg2.OperationalError: connection to server at "db.internal.example.org" (172.18.0.3), port 15432 failed: '
    "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n"
)


@pytest.fixture
def cohort(cast):
    make_hub(cast, "cohort", "private")
    write = lambda actor, path, text: actions.create_page(actor, "cohort", path, text.encode())  # noqa: E731
    write(cast.leo, "kofi/log.md", KOFI)
    write(cast.lea, "amina/README.md", AMINA)
    write(cast.lea, "amina/week-3/queries.md", "# Queries\n\nUse select_related instead of a loop.\n")
    write(cast.lea, "docs/docker.md", "# Docker\n\nWhat we agreed on.\n")
    return cast


def titles(results) -> list[str]:
    return [each.title.text for each in results.results]


def marked(text) -> list[str]:
    return [text.text[mark.start : mark.end] for mark in text.marks]


def test_words_are_found_everywhere_and_best_first(cohort):
    found = search(cohort.gus, "docker")
    assert [(each.type, each.kind) for each in found.results] == [
        ("topic", "topic"), ("page", "page"), ("entry", "challenge"), ("entry", "practice"), ("entry", "technology"),
        ("page", "page"),
    ]  # fmt: skip
    assert titles(found)[:2] == ["Docker", "Docker"]
    assert found.facets == {"challenge": 1, "topic": 1, "page": 2, "practice": 1, "technology": 1}
    challenge = found.results[2]
    assert (challenge.hub, challenge.path, challenge.person_handle) == ("cohort", "amina/README.md", "lea")
    assert challenge.is_solved is True
    assert marked(challenge.title) == ["Docker"]
    assert challenge.solution.text == "A second build stage."


def test_all_words_must_be_there_and_phrases_as_they_are(cohort):
    assert titles(search(cohort.lea, "docker versions")) == [
        "Pin the versions of your Docker images",
        "Amina's containers",
    ]
    assert titles(search(cohort.lea, '"select_related instead"')) == ["Queries"]
    assert titles(search(cohort.lea, '"instead select_related"')) == []
    assert titles(search(cohort.lea, "kind:page docker -agreed")) == ["Amina's containers"]


def test_paths_people_and_hubs_are_found(cohort):
    assert titles(search(cohort.lea, "week-3 queries.md")) == ["Queries"]
    person = search(cohort.lea, "leo").results[0]
    assert (person.type, person.id, person.person) == ("person", "leo", "Leo")
    assert [each.type for each in search(cohort.lea, "cohort").results] == ["hub"]
    hubs.update_hub(cohort.alice, "cohort", title="Seventh class")
    assert [each.id for each in search(cohort.lea, "kind:hub seventh").results] == ["cohort"]


def test_filters(cohort):
    assert {each.kind for each in search(cohort.lea, "docker", kind="challenge").results} == {"challenge"}
    assert search(cohort.lea, "docker", kind="challenge").facets == search(cohort.lea, "docker").facets
    assert titles(search(cohort.lea, "kind:challenge person:leo")) == ["No database in CI"]
    assert titles(search(cohort.lea, "person:Leo database")) == ["No database in CI", "Kofi's log"]
    assert {each.kind for each in search(cohort.lea, "topic:docker").results} == {"technology", "challenge", "practice"}
    assert (
        titles(search(cohort.lea, "docker hub:elsewhere"))
        == titles(search(cohort.lea, "docker", hub="elsewhere"))
        == []
    )
    assert titles(search(cohort.lea, "docker", hub="cohort")) == titles(search(cohort.lea, "docker"))


def test_spellings_of_a_topic_meet(cohort):
    found = search(cohort.lea, "djangorestframework")
    assert (found.results[0].type, found.results[0].id) == ("topic", "django-rest-framework")
    assert titles(search(cohort.lea, "DRF"))[0] == "Django REST Framework"


@pytest.mark.parametrize(
    "pasted",
    [
        PASTED,
        'connection to server at "127.0.0.1", port 5433 failed: Connection refused',
        'OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused',
    ],
)
def test_a_pasted_error_finds_those_who_met_it_solved_first(cohort, pasted):
    found = search(cohort.gus, pasted)
    first, second = found.results[:2]
    assert first.title.text == "The web container could not reach the database"
    assert second.title.text == "No database in CI"
    assert (first.is_solved, second.is_solved) == (True, False)
    assert first.match in {"same error", "similar error"}
    assert "connection refused" in found.error
    if "OperationalError" in pasted:
        assert (first.match, second.match) == ("same error", "same error")


def test_an_error_of_the_same_class_is_similar(cohort):
    found = search(cohort.lea, 'django.db.utils.OperationalError: FATAL: too many clients already for role "web"')
    assert {each.match for each in found.results if each.kind == "challenge"} == {"similar error"}
    assert search(cohort.lea, "KeyError: 'nowhere'").results == ()


def test_what_may_not_be_seen_is_neither_found_nor_counted(cohort):
    for name in ("charlie", "rita", "oscar", "anonymous"):
        for query in (
            "docker",
            "select_related",
            PASTED,
            "leo",
            "cohort",
            "kind:challenge",
            "DRF",
            "topic:docker",
            "person:leo",
        ):
            found = search(getattr(cohort, name), query)
            assert (found.results, found.facets, found.next) == ((), {}, ""), (name, query)
    hubs.update_hub(cohort.alice, "cohort", visibility="public")
    assert search(cohort.anonymous, "docker").facets == search(cohort.lea, "docker").facets


def test_deleted_moved_and_edited_pages(cohort):
    actions.move_page(cohort.lea, "cohort", "amina/week-3", "old")
    assert [each.path for each in search(cohort.lea, "select_related").results] == ["old/queries.md"]
    actions.delete_page(cohort.lea, "cohort", "old/queries.md")
    assert search(cohort.lea, "select_related").results == ()


SCRIPTS = [
    ("የውሂብ ጎታ ግንኙነት ችግር", "ግንኙነት", "ግንኙነት"),
    ("تعذر الاتصال بقاعدة البيانات", "قاعدة", "قاعدة"),
    ("数据库连接失败，请检查端口", "连接失败", "连接失败"),
    ("データベースに接続できない", "接続", "接続"),
    ("Le déploiement a ÉCHOUÉ hier", "echoue", "ÉCHOUÉ"),
    ("Подключение ОТКЛОНЕНО сервером", "отклонено", "ОТКЛОНЕНО"),
    ("100% of _all_ \\ requests", "100 of", "100"),
]


def test_every_script_is_searched_whatever_its_case(cohort):
    for number, (text, _, _) in enumerate(SCRIPTS):
        page = f"Some words before it.\n\n{text}\n"
        actions.create_page(cohort.lea, "cohort", f"scripts/{number}.md", page.encode())
    for number, (_, query, mark) in enumerate(SCRIPTS):
        (found,) = search(cohort.lea, query).results
        assert found.path == f"scripts/{number}.md"
        assert mark in marked(found.snippet)


def test_a_snippet_stands_around_the_first_hit(cohort):
    text = "# Long\n\n" + "before " * 500 + "the Needle, in the hay " + "after " * 500
    actions.create_page(cohort.lea, "cohort", "long.md", text.encode())
    (found,) = search(cohort.lea, "needle").results
    assert found.snippet.text.startswith("…before")
    assert found.snippet.text.endswith("after…")
    assert len(found.snippet.text) <= 220
    assert marked(found.snippet) == ["Needle"]


def test_pages_of_results_follow_one_another(cohort):
    for n in range(25):
        actions.create_page(cohort.lea, "cohort", f"many/{n:02}.md", f"# Numbered {n:02}\n".encode())
    seen, cursor = [], ""
    for _ in range(3):
        page = search(cohort.lea, "numbered", limit=10, cursor=cursor)
        seen += titles(page)
        cursor = page.next
    assert seen == [f"Numbered {n:02}" for n in reversed(range(25))]  # the newest first
    assert cursor == ""
    assert page.facets == {"page": 25}


BAD_BOUNDS = [
    ("kind", "nonsense"),
    ("limit", 0),
    ("limit", 101),
    ("cursor", "x"),
    ("cursor", "٣"),
    ("cursor", "9" * 30),
]


def test_bad_bounds_are_refused_with_their_name(cast):
    for field, value in BAD_BOUNDS:
        with pytest.raises(Invalid) as refused:
            search(cast.anonymous, "docker", **{field: value})
        assert refused.value.field == field
        assert refused.value.remedy


ODD = [
    "", "   ", "\0", "\ud800", "%", "_", "\\", "'", '"', "-", '""', "-x", "kind:", ")(", "NOT AND OR", "a" * 100_000, "😀",
    "\u202e", "git log --oneline", "';DROP TABLE x;--", "hub:" + "x" * 500, "ß ﬁ İ ŉ", "person:\0", 'topic:"\0"',
    "x\n" * 9000,
]  # fmt: skip


def test_no_query_fails(cohort):
    for query in ODD:
        search(cohort.lea, query)
        search(cohort.lea, query, kind="topic")
        search(cohort.lea, "docker", hub=query)


#: Statements by what is asked: the hubs' states, the index, topics, what is shown; with a kind the facets too.
COSTS = [
    ("plenty", "", 4),
    ("plenty", "page", 5),
    ("plenty kind:page", "", 5),
    ("plenty hub:cohort", "", 4),
    (PASTED, "", 3),
]


@pytest.mark.parametrize(("query", "kind", "cost"), COSTS)
def test_a_search_costs_the_same_whatever_it_finds(cohort, django_assert_num_queries, query, kind, cost):
    actions.create_page(cohort.lea, "cohort", "one.md", b"# One\n\nplenty\n")
    with django_assert_num_queries(cost):
        assert search(cohort.lea, query, kind=kind).results
    for n in range(30):
        actions.create_page(cohort.lea, "cohort", f"plenty/{n}.md", f"# Number {n}\n\nplenty\n\n{KOFI}".encode())
    with django_assert_num_queries(cost):
        assert len(search(cohort.lea, query, kind=kind, limit=30).results) == 30


def test_what_is_fetched_has_a_bound(cohort, monkeypatch):
    monkeypatch.setattr("nexus.search.queries.WINDOW", 10)
    for n in range(15):
        actions.create_page(cohort.lea, "cohort", f"many/{n:02}.md", f"# Numbered {n:02}\n".encode())
    found = search(cohort.lea, "numbered", limit=8)
    assert (found.facets, found.is_cut, found.next) == ({"page": 10}, True, "8")
    rest = search(cohort.lea, "numbered", limit=8, cursor="8")
    assert (len(rest.results), rest.next) == (2, "")


def test_a_person_of_several_hubs_is_found_once(cohort):
    make_hub(cohort, "second", "private")
    actions.create_page(cohort.leo, "second", "README.md", b"# Again\n")
    found = search(cohort.mona, "leo")
    assert [each.type for each in found.results] == ["person"]
    assert found.facets == {"person": 1}


def test_what_was_found_is_kept_until_something_changes(cast, django_assert_num_queries) -> None:
    """Two statements then: whose rights in which state, and what is shown."""
    forget_all()
    lea, hub = cast.actor("lea"), make_hub(cast, "kept", roles={"lea": "learner"})
    actions.create_page(lea, hub.slug, "one.md", b"# One\n\nAbout capybaras.\n")
    assert [each.path for each in search(lea, "capybaras").results] == ["one.md"]
    with django_assert_num_queries(2):
        assert [each.path for each in search(lea, "capybaras").results] == ["one.md"]
    assert search(cast.actor("charlie"), "capybaras").results == ()
    actions.create_page(lea, hub.slug, "two.md", b"# Two\n\nMore about capybaras.\n")
    assert {each.path for each in search(lea, "capybaras").results} == {"one.md", "two.md"}
    actions.delete_page(lea, hub.slug, "one.md")
    assert [each.path for each in search(lea, "capybaras").results] == ["two.md"]
