"""What others should not see, in the browser: asked about by every form, with nothing lost that was typed."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.conftest import PASSWORD, make_hub
from tests.pages.keys import KEYS, Maker

from nexus.hubs.models import Hub
from nexus.pages import actions, guard, shares
from nexus.pages.models import Page, Reviewed, Share

KEY = KEYS["GitHub"](Maker(1))
TEXT = f"# Notes\n\nexport TOKEN={KEY}\n"


@pytest.fixture
def browser(cast, client):
    def sign_in(name: str, visibility: str = "public"):
        make_hub(cast, "cohort", visibility)
        cast.user(name)
        client.login(username=name, password=PASSWORD)
        return client

    return sign_in


def ids(answer) -> str:
    (found,) = re.findall(r'name="reviewed" value="([0-9a-f,]+)"', answer.content.decode())
    return found


def test_the_editor_shows_it_at_its_line_and_saves_after_the_word(browser):
    client = browser("lea")
    answer = client.post("/cohort/edit/a.md", {"text": TEXT, "path": "a.md", "message": "why"})
    page = answer.content.decode()
    assert (answer.status_code, Page.objects.count()) == (409, 0)
    assert 'data-code="secrets_found"' in page
    assert 'href="#L3"' in page
    assert f"export TOKEN={KEY}" in page  # what was typed
    assert "a key of GitHub" in page
    done = client.post("/cohort/edit/a.md", {"text": TEXT, "path": "a.md", "reviewed": ids(answer)}, follow=True)
    assert done.redirect_chain
    assert Reviewed.objects.get().person.handle == "lea"


def test_in_a_private_hub_saving_says_so(browser):
    client = browser("lea", "private")
    done = client.post("/cohort/edit/a.md", {"text": TEXT, "path": "a.md"}, follow=True)
    assert "Line 3 seems to hold a key of GitHub" in done.content.decode()
    assert "/cohort/suspects" in done.content.decode()
    assert KEY not in client.get("/cohort/suspects").content.decode()


def test_what_is_added_comes_back_as_it_was_typed(browser, cast):
    client = browser("lea")
    actions.create_page(cast.lea, "cohort", "a.md", b"# A\n\n## Challenges\n\n- **Challenge:** x\n")
    sent = {"path": "a.md", "title": "Tokens end", "solution": f"use {KEY}", "page": "a.md"}
    answer = client.post("/cohort/add/challenge", sent)
    assert answer.status_code == 409
    assert f"use {KEY}" in answer.content.decode()
    assert client.post("/cohort/add/challenge", sent | {"reviewed": ids(answer)}).status_code == 302


def test_a_hub_is_opened_after_the_word(browser, cast):
    client = browser("alice", "private")
    actions.create_page(cast.lea, "cohort", "a.md", TEXT.encode())
    sent = {"do": "visibility", "visibility": "public", "sure": "yes"}
    answer = client.post("/cohort/settings", sent)
    assert (answer.status_code, Hub.objects.get().visibility) == (409, "private")
    assert "/cohort/edit/a.md#L3" in answer.content.decode()
    assert client.post("/cohort/settings", sent | {"reviewed": ids(answer)}).status_code == 302
    assert Hub.objects.get().visibility == "public"


def test_a_link_is_made_after_the_word(browser, cast):
    client = browser("mona", "private")
    actions.create_page(cast.lea, "cohort", "a.md", TEXT.encode())
    answer = client.post("/cohort/shares", {"path": "a.md", "days": "3"})
    assert (answer.status_code, Share.objects.count()) == (409, 0)
    answer = client.post("/cohort/shares", {"path": "a.md", "days": "3", "reviewed": ids(answer)})
    assert "/shared/nxs_" in answer.content.decode()


def test_moving_and_restoring_to_where_a_link_leads(browser, cast):
    client = browser("mona", "private")
    actions.create_page(cast.lea, "cohort", "open/x.md", b"# X\n")
    shares.create_share(cast.mona, "cohort", "open")
    actions.create_page(cast.lea, "cohort", "a.md", TEXT.encode())
    answer = client.post("/cohort/move/a.md", {"target": "open/a.md"})
    assert answer.status_code == 409
    assert client.post("/cohort/move/a.md", {"target": "open/a.md", "reviewed": ids(answer)}).status_code == 302
    Reviewed.objects.all().delete()
    actions.delete_page(cast.lea, "cohort", "open/a.md")
    assert client.post("/cohort/restore/open/a.md").status_code == 409


def test_a_file_is_uploaded_after_the_word(browser):
    client = browser("lea")
    answer = client.post("/cohort/upload", {"files": SimpleUploadedFile("x.env", TEXT.encode())})
    assert (answer.status_code, Page.objects.count()) == (409, 0)
    sent = {"files": SimpleUploadedFile("x.env", TEXT.encode()), "reviewed": ids(answer)}
    assert client.post("/cohort/upload", sent).status_code == 302


def test_it_is_decided_on_its_page_by_whoever_may_write(browser, cast):
    client = browser("leo", "private")
    actions.create_page(cast.lea, "cohort", "a.md", TEXT.encode())
    (told,), _ = guard.suspects(cast.lea, "cohort")
    assert told.id in client.get("/cohort/suspects").content.decode()
    assert (
        client.post("/cohort/suspects", {"suspect": told.id, "next": "https://evil.example/"}).url == "/cohort/suspects"
    )
    assert "Nothing that nobody decided" in client.get("/cohort/suspects").content.decode()
    assert client.post("/cohort/suspects", {"suspect": told.id, "next": "/cohort/source"}).url == "/cohort/source"
    assert client.post("/cohort/suspects", {}).status_code == 400
    cast.user("gus")
    client.login(username="gus", password=PASSWORD)
    assert client.get("/cohort/suspects").status_code == 403
    assert client.post("/cohort/suspects", {"suspect": told.id}).status_code == 403


@pytest.mark.parametrize(("name", "may"), [("alice", True), ("mona", False)])
def test_its_page_leads_on_to_purging_for_who_may(browser, cast, name, may):
    client = browser(name, "private")
    actions.create_page(cast.lea, "cohort", "a.md", TEXT.encode())
    page = client.get("/cohort/suspects").content.decode()
    assert "until it is purged" in page
    assert ('href="/cohort/purge"' in page) is may
