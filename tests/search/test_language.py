"""The query language: what it understands, and that nothing makes it fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.search.language import MAX_ERROR_WORDS, MAX_QUERY, MAX_WORD, MAX_WORDS, parsed

TRACEBACK = """Traceback (most recent call last):
  File "/home/lea/shop/views.py", line 12, in checkout
    connection.ensure_connection()
django.db.utils.OperationalError: connection to server at "10.0.3.7", port 6432 failed: Connection refused
"""


@given(st.text(max_size=300))
def test_any_text_is_a_query(text):
    query = parsed(text)
    assert len(query.words) <= MAX_WORDS
    assert all(word == word.strip() and 0 < len(word) <= MAX_WORD for word in query.words)


@given(
    st.lists(
        st.sampled_from(['"', "-", "kind:", "hub:", "person:", ":", "docker", " ", "\n", "kind:page", '-"']),
        max_size=20,
    )
)
def test_any_mixture_of_operators_is_a_query(parts):
    parsed("".join(parts))


@pytest.mark.parametrize(
    ("text", "words", "excluded"),
    [
        ("Docker compose", ("docker", "compose"), ()),
        ('"pull request" Review', ("pull request", "review"), ()),
        ("docker -kubernetes", ("docker",), ("kubernetes",)),
        ('docker -"docker compose"', ("docker",), ("docker compose",)),
        ('an "unclosed phrase', ("an", "unclosed", "phrase"), ()),
        ("git log --oneline", ("git", "log", "oneline"), ()),
        ("colour:red", ("colour:red",), ()),
        ("kind:nonsense", ("kind:nonsense",), ()),
        ("- : \" ' \\ % _", (), ()),
        ("docker Docker DOCKER", ("docker",), ()),
    ],
)
def test_words_phrases_and_exclusions(text, words, excluded):
    query = parsed(text)
    assert (query.words, query.excluded) == (words, excluded)


def test_filters():
    query = parsed('kind:Challenge hub:cohort-7 person:"Jean Paul" topic:DRF slow')
    assert (query.kind, query.hub, query.person, query.topic) == (
        "challenge",
        "cohort-7",
        "Jean Paul",
        "django-rest-framework",
    )
    assert query.words == ("slow",)


def test_spellings_of_a_topic():
    query = parsed("DRF")
    assert (query.topic_slug, query.other_name) == ("django-rest-framework", "django rest framework")


@pytest.mark.parametrize(
    ("text", "is_error"),
    [
        (TRACEBACK, True),
        ("ModuleNotFoundError: No module named 'celery'", True),
        ("bash: celery: command not found, what now", True),
        ("npm ERR! Error: ENOENT, no such file", True),
        ("docker", False),
        ("connection refused", False),
        ("docker\nredis", False),
        ("kind:challenge OperationalError: no such table", False),
    ],
)
def test_an_error_is_known_by_its_form(text, is_error):
    assert parsed(text).is_error is is_error


def test_an_error_is_asked_for_by_its_telling_words():
    query = parsed(TRACEBACK)
    assert query.error is not None
    assert query.error.error_class == "OperationalError"
    assert "operationalerror" in query.words
    assert len(query.words) <= MAX_ERROR_WORDS
    assert "lea" not in " ".join(query.words)
    assert query.needed < len(query.words)


def test_a_query_is_bounded():
    query = parsed(" ".join(f"word{n}" for n in range(50_000)) + " " + "x" * MAX_QUERY)
    assert len(query.words) == MAX_WORDS
