"""Cards for doubtful finds and questions for thin challenges; adding by a small form."""

import re

import pytest
from django.test import Client
from tests.conftest import PASSWORD

from nexus.hubs.activity import nudge
from nexus.knowledge.models import Decision, Entry
from nexus.pages import actions, queries
from nexus.pages.models import Change

TEXT = """# Log

## Challenges

- It rained all week and the bus was late.
- **Problem:** Slow lists
  - **Solution:** An index

## Technologies

- Redis
"""


def signed_in(cast, name: str) -> Client:
    client = Client()
    client.login(username=cast.user(name).username, password=PASSWORD)
    return client


@pytest.fixture
def lea(cast, hub) -> Client:
    actions.create_page(cast.lea, "cohort", "lea/log.md", TEXT.encode())
    nudge(hub.pk)
    return signed_in(cast, "lea")


def body(response, status: int = 200) -> str:
    assert response.status_code == status, response.content[:2000]
    return response.content.decode()


def text_of(cast, path: str = "lea/log.md") -> str:
    return bytes(queries.path_for(cast.lea, "cohort", path).blob.data).decode()


def test_a_doubtful_find_has_a_card_and_its_answer_is_kept(cast, hub, lea):
    assert "One find is doubtful: right?" in body(lea.get("/cohort/pages/lea/log.md"))
    rain = Entry.objects.get(title__startswith="It rained")
    for address in ("/cohort/confirm", "/cohort/confirm?page=lea/log.md"):
        shown = body(lea.get(address))
        assert re.findall(r'name="verdict-([0-9a-f-]{36})" value="right"', shown) == [str(rain.pk)]
        assert "It rained all week and the bus was late." in shown
    response = lea.post("/cohort/confirm?page=lea/log.md", {f"verdict-{rain.pk}": "not_this"})
    assert response.headers["Location"] == "/cohort/pages/lea/log.md"
    assert Decision.objects.get().verdict == "not_this"
    nudge(hub.pk)
    assert "doubtful" not in body(lea.get("/cohort/pages/lea/log.md"))
    assert f"verdict-{rain.pk}" not in body(lea.get("/cohort/confirm"))


def test_another_kind_is_chosen(cast, hub, lea):
    rain = Entry.objects.get(title__startswith="It rained")
    lea.post("/cohort/confirm", {f"verdict-{rain.pk}": "practice"})
    assert (Decision.objects.get().verdict, Decision.objects.get().kind) == ("other_kind", "practice")
    assert lea.post("/cohort/confirm", {f"verdict-{rain.pk}": "opinion"}).status_code == 400
    odd = {"verdict-x": "right", "answer-": "x", f"verdict-{rain.page_id}": ""}
    assert lea.post("/cohort/confirm", odd).status_code == 302


def test_answers_are_written_into_the_text_as_one_change(cast, hub, lea):
    slow = Entry.objects.get(title="Slow lists")
    shown = body(lea.get("/cohort/confirm?page=lea/log.md"))
    asked = re.findall(rf'name="answer-{slow.pk}-(\w+)"', shown)
    assert asked == ["error_text", "cause", "commit"]
    before = Change.objects.count()
    sent = {
        f"page-{slow.pk}": "lea/log.md", f"answer-{slow.pk}-error_text": "TimeoutError: 30 s",
        f"answer-{slow.pk}-cause": "No index", f"answer-{slow.pk}-commit": "https://example.org/c/1",
    }  # fmt: skip
    assert lea.post("/cohort/confirm?page=lea/log.md", sent).status_code == 302
    assert Change.objects.count() == before + 1
    added = (
        "\n  - **Error:** `TimeoutError: 30 s`", "\n  - **Cause:** No index",
        "\n  - **Commit:** <https://example.org/c/1>",
    )  # fmt: skip
    text = text_of(cast)
    for piece in added:
        assert piece in text
        text = text.replace(piece, "", 1)
    assert text == TEXT
    nudge(hub.pk)
    slow.refresh_from_db()
    assert (slow.error_text, slow.cause) == ("TimeoutError: 30 s", "No index")


def test_what_cannot_be_written_comes_back(cast, hub, lea):
    slow = Entry.objects.get(title="Slow lists")
    sent = {f"page-{slow.pk}": "lea/log.md", f"answer-{slow.pk}-commit": "somewhere",
            f"answer-{slow.pk}-cause": "typed for an hour"}  # fmt: skip
    shown = body(lea.post("/cohort/confirm", sent), 400)
    assert "That is no address." in shown
    assert "typed for an hour" in shown
    assert text_of(cast) == TEXT
    assert "typed for an hour" in body(Client().post("/cohort/confirm", sent), 404)


def test_pages_in_which_nothing_is_open_say_so(cast, lea):
    actions.create_page(cast.lea, "cohort", "empty.md", b"# Nothing\n")
    assert "Nothing is doubtful here" in body(lea.get("/cohort/confirm?page=empty.md"))
    assert lea.get("/cohort/confirm?page=nowhere.md").status_code == 404


@pytest.mark.security
@pytest.mark.parametrize(("name", "status"), [("gus", 403), ("charlie", 404)])
def test_cards_are_for_those_who_may(cast, lea, name, status):
    client = signed_in(cast, name)
    rain = Entry.objects.get(title__startswith="It rained")
    assert client.get("/cohort/confirm").status_code == status
    assert client.post("/cohort/confirm", {f"verdict-{rain.pk}": "not_this"}).status_code == status
    assert not Decision.objects.exists()


@pytest.mark.parametrize("number", [1, 30])
def test_cards_cost_the_same_whatever_there_is(cast, hub, lea, number, django_assert_num_queries):
    for n in range(number):
        actions.create_page(cast.leo, "cohort", f"leo/{n}.md", TEXT.replace("rained", f"snowed {n} times").encode())
    nudge(hub.pk)
    lea.get("/cohort/confirm")  # the first request of a session notes where from
    with django_assert_num_queries(5):
        assert body(lea.get("/cohort/confirm")).count('value="right"') == min(number + 1, 20)


# --- Adding ----------------------------------------------------------------------------------------------------------------


def test_a_challenge_is_added_where_challenges_stand(cast, lea):
    shown = body(lea.get("/cohort/add/challenge"))
    assert 'value="lea/log.md"' in shown  # the page that is one's own
    sent = {"title": "No space left", "error_text": "OSError: 28\r\nmore", "cause": "", "solution": "Threw logs away",
            "page": "lea/log.md"}  # fmt: skip
    response = lea.post("/cohort/add/challenge", sent)
    assert response.headers["Location"] == "/cohort/pages/lea/log.md"
    piece = (
        "\n\n- **Problem:** No space left\n\n  ```\n  OSError: 28\n  more\n  ```\n\n  - **Solution:** Threw logs away"
    )
    assert text_of(cast) == TEXT.replace("An index", f"An index{piece}")
    assert "Added." in body(lea.get("/cohort/pages/lea/log.md"))


@pytest.mark.parametrize("kind", ["technology", "concept", "practice", "project"])
def test_what_is_added_to_a_page_that_is_not_there_makes_it(cast, lea, kind):
    assert lea.post(f"/cohort/add/{kind}", {"title": "Zebra", "page": "new/one-day.md"}).status_code == 302
    assert text_of(cast, "new/one-day.md").startswith("# One day\n\n## ")
    assert "Zebra" in text_of(cast, "new/one-day.md")


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"title": " "}, 400), ({"title": "Redis"}, 400), ({"title": "x" * 10_001}, 413), ({"title": "x", "page": "../x"}, 400),
     ({"title": "x", "page": "notes.txt"}, 400)],
)  # fmt: skip
def test_what_cannot_be_added_comes_back(cast, lea, sent, status):
    response = lea.post("/cohort/add/technology", {"detail": "typed for an hour", "page": "lea/log.md"} | sent)
    assert "typed for an hour" in body(response, status)
    assert text_of(cast) == TEXT


def test_the_editor_asks_for_names(cast, hub, lea):
    answer = lea.get("/cohort/names?q=LO").json()
    assert answer == {"pages": [{"path": "lea/log.md", "title": "Log"}], "topics": []}
    assert lea.get("/cohort/names?q=red").json()["topics"] == ["Redis"]
    assert signed_in(cast, "charlie").get("/cohort/names?q=lo").status_code == 404
