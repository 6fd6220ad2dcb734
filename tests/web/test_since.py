"""What is new since somebody looked, in the browser: told page by page, marked as seen, and taken back."""

import json
import re

import pytest
from django.test import Client
from tests.api.rest.conftest import Caller
from tests.conftest import PASSWORD, make_hub
from typer.testing import CliRunner

from nexus.accounts import credentials
from nexus.base.ids import uuid7
from nexus.hubs import actions as hubs
from nexus.hubs.models import Hub, Look
from nexus.ops.cli.commands import tree
from nexus.pages import actions
from nexus.pages.models import Page


@pytest.fixture
def mona(cast, hub) -> Client:
    actions.create_page(cast.lea, "cohort", "one.md", b"# One\n\nthe first line\n")
    client = Client()
    client.login(username=cast.user("mona").username, password=PASSWORD)
    return client


def body(response, status: int = 200) -> str:
    assert response.status_code == status, (response.status_code, response.content[:2000])
    return response.content.decode()


def sections(text: str) -> list[str]:
    return re.findall(r'<h2 id="News-[^>]+><a [^>]+>([^<]+)</a> <span class="kind">(\w+)', text)


def test_what_is_new_is_told_page_by_page_with_its_difference(cast, mona):
    mona.post("/cohort/since", {"until": Hub.objects.get(slug="cohort").sequence})
    head = Page.objects.get(path="one.md").head_id
    actions.edit_page(cast.lea, "cohort", "one.md", b"# One\n\nthe second line\n", base=head)
    actions.create_page(cast.leo, "cohort", "<two>.md", b"# Two\n")
    assert "2 pages changed since you looked" in body(mona.get("/cohort/"))
    shown = body(mona.get("/cohort/since"))
    assert sections(shown) == [("&lt;two&gt;.md", "new"), ("one.md", "changed")]
    assert "<del>first</del>" in shown
    assert "<ins>second</ins>" in shown
    assert 'href="/cohort/people/lea">Lea</a>' in shown


def test_a_page_is_seen_by_its_button_and_new_again_by_undo(cast, mona):
    actions.create_page(cast.lea, "cohort", "two.md", b"# Two\n")
    page = Page.objects.get(path="one.md")
    seen = mona.post("/cohort/since", {"page": page.pk, "until": page.seq}, follow=True)
    assert sections(body(seen)) == [("two.md", "new")]
    undo = dict(re.findall(r'name="(undo|until|page)" value="([^"]*)"', body(seen).partition("I have not seen")[0]))
    assert sections(body(mona.post("/cohort/since", undo, follow=True))) == [("two.md", "new"), ("one.md", "new")]
    whole = mona.post("/cohort/since", {"until": Hub.objects.get(slug="cohort").sequence}, follow=True)
    assert "Nothing is new" in body(whole)
    undo = dict(re.findall(r'name="(undo|until)" value="([^"]*)"', body(whole)))
    assert len(sections(body(mona.post("/cohort/since", undo, follow=True)))) == 2


def test_a_first_visit_begins_now_and_shows_the_last_week_when_asked(cast, client):
    make_hub(cast, "open", "public")
    actions.create_page(cast.lea, "open", "one.md", b"# One\n")
    assert sections(body(client.get("/open/since"))) == [("one.md", "new")], "whoever is nobody sees the week"
    assert "Mark as seen" not in body(client.get("/open/since"))
    client.login(username=cast.user("charlie").username, password=PASSWORD)
    assert "What is new here" in body(client.get("/open/"))
    first = body(client.get("/open/since"))
    assert "Nothing is new" in first
    assert 'href="?days=7"' in first
    assert sections(body(client.get("/open/since?days=7"))) == [("one.md", "new")]
    actions.create_page(cast.lea, "open", "two.md", b"# Two\n")
    assert sections(body(client.get("/open/since"))) == [("two.md", "new")]
    assert client.post("/open/since", {"until": "x"}).status_code == 400
    assert client.post("/open/since", {"until": "99999"}).status_code == 400
    assert client.post("/open/since", {"page": "x"}).status_code == 404
    for asked in ("days=0", "days=9999", "from=99999", "days=1&from=1"):
        assert client.get(f"/open/since?{asked}").status_code == 400, asked
    for asked in ("days=x", "after=1", "after=x.y"):
        assert client.get(f"/open/since?{asked}").status_code == 404, asked


def test_what_may_not_be_seen_any_more_is_not_told(cast, mona):
    assert "One page changed since you looked" in body(mona.get("/cohort/"))
    assert "What you have not seen" in body(mona.get("/"))
    hubs.remove_member(cast.alice, "cohort", "mona")
    assert mona.get("/cohort/since").status_code == 404
    assert mona.post("/cohort/since").status_code == 404
    assert "cohort" not in body(mona.get("/"))


def test_it_is_told_in_parts_that_neither_repeat_nor_leave_out(cast, mona):
    steps = [actions.Step("create", f"many/{n:02}.md", b"x\n") for n in range(60)]
    actions.change_pages(cast.lea, "cohort", steps)
    found, address = [], "/cohort/since"
    while address:
        shown = body(mona.get(address))
        found += [path for path, _ in sections(shown)]
        following = re.search(r'rel="next" href="([^"]+)"', shown)
        address = f"/cohort/since{following[1].replace('&amp;', '&')}" if following else ""
    assert sorted(found) == sorted([*(f"many/{n:02}.md" for n in range(60)), "one.md"])


@pytest.mark.parametrize("pages", [1, 30])
def test_it_costs_the_same_whatever_is_new(cast, mona, pages, django_assert_num_queries):
    Look.objects.filter(user=cast.user("mona")).update(seq=Hub.objects.get(slug="cohort").sequence)
    steps = [actions.Step("create", f"{n}.md", f"text {n}\n".encode()) for n in range(pages)]
    actions.change_pages(cast.lea, "cohort", steps)
    with django_assert_num_queries(
        9
    ):  # session, user; hub, look, again as where it starts, pages, writers, texts, rights
        assert mona.get("/cohort/since").status_code == 200


@pytest.mark.parametrize("places", [1, 30])
def test_the_start_page_costs_the_same_whatever_there_is(cast, client, places, django_assert_num_queries):
    for n in range(places):
        make_hub(cast, f"hub-{n}", roles={"mona": "mentor", "lea": "learner"})
        actions.create_page(cast.lea, f"hub-{n}", "one.md", b"# One\n")
        actions.create_page(cast.mona, f"hub-{n}", "mine.md", f"# Mine {n}\n".encode())
        actions.create_page(cast.mona, f"hub-{n}", "my-file.txt", b"no page")
    client.login(username=cast.user("mona").username, password=PASSWORD)
    client.get("/")  # what is counted over hubs is kept
    with django_assert_num_queries(16):
        shown = body(client.get("/"))
    assert shown.count("one page changed") == min(places, 8)
    mine = shown.partition('id="mine"')[2].partition("</section>")[0]
    assert mine.count("<li>") == min(places, 8)
    assert f"Mine {places - 1}" in mine
    actions.delete_page(cast.mona, f"hub-{places - 1}", "mine.md")
    assert f"Mine {places - 1}" not in body(client.get("/")).partition('id="mine"')[2].partition("</section>")[0]


def test_the_other_doors_tell_the_same(cast, mona):
    token = credentials.access_token(cast.user("mona"), uuid7())
    rest = Caller({"Authorization": f"Bearer {token}"})
    told = rest("GET", "hubs/cohort/since").json()
    (one,) = told["results"]
    assert (one["what"], one["path"], one["before"], one["now"]["number"]) == ("created", "one.md", None, 1)
    assert one["writers"] == [{"handle": "lea", "name": "Lea"}]
    query = 'query { since(hub: "cohort") { nodes { what path number before { id } now { number } page { title } } } }'
    headers = {"Authorization": f"Bearer {token}"}
    graph = Client().post("/graphql", {"query": query}, "application/json", headers=headers).json()["data"]["since"]
    assert graph["nodes"] == [
        {"what": "created", "path": "one.md", "number": one["change"], "before": None, "now": {"number": 1},
         "page": {"title": "One"}}
    ]  # fmt: skip
    run = CliRunner().invoke(tree([]), ["since", "cohort", "--json", "--as", "mona"])
    assert json.loads(run.stdout)["change"] == one["change"]
    shown = CliRunner().invoke(tree([]), ["since", "cohort", "--diff", "--as", "mona"]).stdout
    assert "created\tone.md\tversion 0 to 1\tlea" in shown
    assert "+the first line" in shown
    assert rest("PUT", f"hubs/cohort/pages/{one['page']}/look", {}).status_code == 200
    assert rest("GET", "hubs/cohort/since").json()["results"] == []
    look = rest("PUT", "hubs/cohort/look", {"until": 3}).json()
    assert look["until"] == 3
    assert rest("GET", "hubs/cohort/look").json() == look
    assert rest("GET", "hubs/cohort/since?days=1").json()["results"] != []
    assert rest("GET", "hubs/cohort/since?after=99999").json()["field"] == "after"
    assert CliRunner().invoke(tree([]), ["since", "cohort"]).exit_code == 1, "the operator looks at nothing"
