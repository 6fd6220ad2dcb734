"""A purge through REST, GraphQL, the terminal and the browser: the same rows, the same codes."""

import json

import pytest
from django.test import Client
from tests.api.graphql.conftest import ask, post  # noqa: F401  fixtures
from tests.api.rest.conftest import api  # noqa: F401  a fixture
from typer.testing import CliRunner

from nexus.ops.cli.commands import tree
from nexus.pages import actions as pages
from nexus.pages.models import Blob, Change

KEY = "abcdef0123456789"
TOLD = {"path": "keys.md", "line": 3, "text": "KEY=[purged]"}


@pytest.fixture
def keys(cast, hub):
    pages.create_page(cast.lea, "cohort", "keys.md", f"# Keys\n\nKEY={KEY}\n".encode())


@pytest.fixture
def by(cast):
    def browser(name: str) -> Client:
        client = Client()
        client.force_login(cast.user(name))
        return client

    return browser


def is_gone() -> bool:
    return not any(KEY in bytes(blob.data).decode() for blob in Blob.objects.all())


def nexus(*words: str, code: int = 0, given: str = "") -> str:
    done = CliRunner().invoke(tree([]), list(words), input=given)
    assert done.exit_code == code, done.output
    return done.output


def test_over_rest_it_is_told_made_and_final(api, keys):  # noqa: F811
    alice = api("alice")
    told = alice.post("hubs/cohort/purges/preview", {"passage": KEY}, status=200)
    assert (told["change"], told["versions"], told["places"]) == (None, 1, [TOLD])
    alice.refused(400, "invalid", "POST", "hubs/cohort/purges", {"passage": KEY})
    alice.refused(400, "invalid", "POST", "hubs/cohort/purges", {"passage": KEY, "confirm": "yes"})
    api("mona").refused(403, "denied", "POST", "hubs/cohort/purges", {"passage": KEY, "confirm": "cohort"})
    api("charlie").refused(404, "not_found", "POST", "hubs/cohort/purges", {"passage": KEY, "confirm": "cohort"})
    api("charlie").refused(404, "not_found", "POST", "hubs/cohort/purges/preview", {"passage": KEY})
    assert not is_gone()
    page = alice.get("hubs/cohort/pages")["results"][0]
    made = alice.post("hubs/cohort/purges", {"passage": KEY, "confirm": "cohort"}, status=201)
    assert is_gone()
    change = alice.get(f"hubs/cohort/changes/{made['change']}")
    assert (change["kind"], change["message"]) == ("purge", "Purged a passage")
    assert alice.get("hubs/cohort/pages")["results"][0]["version"] != page["version"]
    alice.refused(400, "purge_is_final", "POST", f"hubs/cohort/changes/{made['change']}/revert")
    alice.refused(400, "nothing_found", "POST", "hubs/cohort/purges", {"passage": KEY, "confirm": "cohort"})
    again = {"path": "again.md", "text": f"# Keys\n\nKEY={KEY}\n"}
    alice.refused(409, "purged_content", "POST", "hubs/cohort/pages", again)
    alice.post("hubs/cohort/purges", {"path": "keys.md", "confirm": "cohort"}, status=201)
    assert alice.get("hubs/cohort/pages")["results"] == []


def test_over_graphql(ask, keys):  # noqa: F811
    call = f'purge(hub: "cohort", passage: "{KEY}", confirm: "cohort")'
    answers = "{ object { number kind } versions left copies errors { code } }"
    assert ask(f"mutation {{ {call} {answers} }}", "mona")["purge"]["errors"] == [{"code": "denied"}]
    assert ask(f"mutation {{ {call} {answers} }}", "charlie")["purge"]["errors"] == [{"code": "not_found"}]
    done = ask(f"mutation {{ {call} {answers} }}", "alice")["purge"]
    assert (done["object"]["kind"], done["versions"], done["left"], done["errors"]) == ("PURGE", 1, [], [])
    assert is_gone()


def test_at_the_terminal_it_is_told_until_it_is_meant(keys, tmp_path):
    words = ("page", "purge", "cohort", "--passage-file", "-")
    assert "keys.md:3: KEY=[purged]" in nexus(*words, given=f"{KEY}\n")
    assert not is_gone()
    said = json.loads(nexus(*words, "--confirm", "cohort", "--json", given=KEY))
    assert (said["change"], said["places"]) == (Change.objects.get(kind="purge").seq, [TOLD])
    assert is_gone()
    nexus("page", "purge", "cohort", "keys.md", "--confirm", "other", code=1)
    nexus("page", "purge", "cohort", "keys.md", "--confirm", "cohort")
    (tmp_path / "x").write_bytes(b"\xff")
    assert "UTF-8" in nexus("page", "purge", "cohort", "--passage-file", str(tmp_path / "x"), code=1)
    assert nexus("page", "purge", "cohort", code=1)


def test_in_the_browser_it_is_looked_for_confirmed_and_said(by, keys):
    alice = by("alice")
    assert "purge" in alice.get("/cohort/history/keys.md").content.decode()
    assert "/cohort/purge" not in by("mona").get("/cohort/history/keys.md").content.decode()
    shown = alice.post("/cohort/purge", {"passage": KEY, "do": "look"})
    page = shown.content.decode()
    assert (shown.status_code, "KEY=[purged]" in page, shown["Cache-Control"]) == (200, True, "private, no-store")
    assert KEY not in alice.get(f"/cohort/purge?passage={KEY}").content.decode()  # never by an address
    unsure = alice.post("/cohort/purge", {"passage": KEY, "do": "purge", "confirm": "yes"})
    assert (unsure.status_code, "KEY=[purged]" in unsure.content.decode(), is_gone()) == (400, True, False)
    done = alice.post("/cohort/purge", {"passage": KEY, "do": "purge", "confirm": "cohort"}, follow=True)
    assert "purged something for good" in done.content.decode()
    assert "Take it back" not in done.content.decode()
    assert alice.get(done.redirect_chain[-1][0] + "/revert").status_code == 400
    assert is_gone()
    assert alice.post("/cohort/purge", {"path": "nowhere.md", "do": "look"}).status_code == 400
    assert "keys.md" in alice.post("/cohort/purge", {"path": "keys.md", "do": "look"}).content.decode()
    for name, status in (("mona", 403), ("charlie", 404)):
        assert by(name).get("/cohort/purge").status_code == status
        assert by(name).post("/cohort/purge", {"passage": KEY, "do": "look"}).status_code == status
    assert "purged something for good" in alice.get("/cohort/audit").content.decode()
    history = alice.get("/cohort/history/keys.md").content.decode()
    assert "purged something of it for good" in history
