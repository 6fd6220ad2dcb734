"""A hub's lifetime and share links through REST, GraphQL and the terminal: the same rows, the same codes."""

import json
import re

import pytest
from tests.api.graphql.conftest import ask, post  # noqa: F401  fixtures
from tests.api.rest.conftest import api  # noqa: F401  a fixture
from typer.testing import CliRunner

from nexus.accounts.models import User
from nexus.hubs.models import AuditEntry, Hub, Membership
from nexus.ops.cli.commands import tree
from nexus.pages import actions as pages
from nexus.pages.models import Share


def test_a_hub_is_renamed_given_away_deleted_and_brought_back_over_rest(api, cast, hub):  # noqa: F811
    alice, lea = api("alice"), api("lea")
    pages.create_page(cast.lea, "cohort", "a.md", b"# A\n")
    assert alice.json(200, alice("PATCH", "hubs/cohort", {"slug": "cohort-7"}))["slug"] == "cohort-7"
    for method, rest in (("GET", ""), ("GET", "/pages?limit=5"), ("POST", "/pages"), ("DELETE", "/members/gus")):
        led = lea(method, f"hubs/cohort{rest}", {"path": "x.md", "text": "x"} if method == "POST" else None)
        assert (led.status_code, led["Location"]) == (308, f"/api/v1/hubs/cohort-7{rest}")
    for name in ("charlie", "anonymous", "oscar"):
        api(name).refused(404, "not_found", "GET", "hubs/cohort")
    api("oscar").refused(409, "slug_taken", "POST", "hubs", {"slug": "cohort"})
    api("charlie").refused(404, "not_found", "POST", "hubs/cohort-7/transfer", {"username": "charlie"})
    lea.refused(403, "denied", "POST", "hubs/cohort-7/transfer", {"username": "lea"})
    alice.refused(400, "unknown_user", "POST", "hubs/cohort-7/transfer", {"username": "charlie"})
    alice.refused(400, "invalid", "DELETE", "hubs/cohort-7", confirm="cohort")
    alice.refused(400, "invalid", "DELETE", "hubs/cohort-7")
    assert alice("DELETE", "hubs/cohort-7", confirm="cohort-7").status_code == 204
    for name in ("alice", "lea", "charlie"):
        api(name).refused(404, "not_found", "GET", "hubs/cohort-7")
    (listed,) = alice.get("deleted-hubs")["results"]
    assert (listed["slug"], listed["purged_at"] > listed["deleted_at"]) == ("cohort-7", True)
    assert api("lea").get("deleted-hubs")["results"] == api("charlie").get("deleted-hubs")["results"] == []
    api("mona").refused(404, "not_found", "POST", "deleted-hubs/cohort-7/restore")
    assert alice.post("deleted-hubs/cohort-7/restore", status=200)["slug"] == "cohort-7"
    assert lea.get("hubs/cohort-7/pages")["results"][0]["path"] == "a.md"
    assert alice.post("hubs/cohort-7/transfer", {"username": "mona"}, status=200)["slug"] == "cohort-7"
    assert Membership.objects.get(user__username="alice").role == "mentor"
    alice.refused(403, "denied", "DELETE", "hubs/cohort-7", confirm="cohort-7")
    refusals = AuditEntry.objects.filter(hub=hub).values_list("who", "door", "data__capability")
    assert ("alice", "rest", "hub:settings") in refusals


def test_so_it_is_over_graphql(ask, cast, hub):  # noqa: F811
    def done(call: str, name: str) -> list[str]:
        answer = ask(f"mutation {{ {call} {{ object {{ slug }} errors {{ code }} }} }}", name)
        return [error["code"] for error in next(iter(answer.values()))["errors"]]

    calls = ['renameHub(hub: "cohort", slug: "x")', 'transferHub(hub: "cohort", username: "lea")',
             'deleteHub(hub: "cohort", confirm: "cohort")', 'restoreHub(hub: "cohort")']  # fmt: skip
    assert [done(call, "charlie") for call in calls] == [["not_found"]] * 4
    assert [done(call, "mona") for call in calls] == [["denied"]] * 3 + [["not_found"]]
    assert done('renameHub(hub: "cohort", slug: "cohort-7")', "alice") == []
    assert done('deleteHub(hub: "cohort-7", confirm: "cohort")', "alice") == ["invalid"]
    assert done('deleteHub(hub: "cohort-7", confirm: "cohort-7")', "alice") == []
    assert ask('{ hub(slug: "cohort-7") { id } }', "alice") == {"hub": None}
    assert done('restoreHub(hub: "cohort-7")', "alice") == []
    assert done('transferHub(hub: "cohort-7", username: "mona")', "alice") == []
    assert Membership.objects.get(user__username="mona").role == "owner"


def test_so_it_is_over_the_terminal(cast, hub):
    run, app = CliRunner(), tree([])

    def exits(*call: str) -> int:
        return run.invoke(app, ["hub", *call]).exit_code

    assert exits("rename", "cohort", "cohort-7", "--as", "lea") == 1
    assert exits("rename", "cohort", "cohort-7", "--as", "alice") == 0
    assert exits("transfer", "cohort-7", "mona", "--as", "alice") == 0
    assert exits("archive", "cohort-7", "--as", "mona") == 0
    assert exits("archive", "cohort-7", "--undo") == 0
    assert exits("delete", "cohort-7", "--as", "mona") == 1
    assert exits("delete", "cohort-7", "--confirm", "cohort-7", "--as", "mona") == 0
    listed = json.loads(run.invoke(app, ["hub", "list", "--deleted", "--json"]).stdout)
    assert listed["slug"] == "cohort-7"
    assert exits("restore", "cohort-7", "--as", "charlie") == 1
    assert exits("restore", "cohort-7") == 0
    shown = run.invoke(app, ["hub", "audit", "cohort-7", "--as", "mona"]).stdout
    assert "hub.restored" in shown
    assert "refused" in shown
    assert exits("audit", "cohort-7", "--as", "lea") == 1
    assert exits("quota", "cohort-7", "--pages", "5", "--as", "mona") == 1
    assert exits("quota", "cohort-7", "--pages", "5") == 0
    assert Hub.objects.get().max_pages == 5
    assert exits("enter", "cohort-7", "--as", "mona") == 1
    cast.user("charlie")
    assert run.invoke(app, ["user", "administrator", "charlie"]).exit_code == 0
    assert exits("enter", "cohort-7", "--as", "charlie") == 0
    assert run.invoke(app, ["user", "administrator", "charlie", "--undo"]).exit_code == 1  # the last one
    assert run.invoke(app, ["user", "quota", "lea", "--hubs", "3"]).exit_code == 0
    assert User.objects.get(username="lea").max_hubs == 3
    assert exits("delete", "cohort-7", "--confirm", "cohort-7") == 0
    assert exits("purge", "cohort-7", "--as", "mona") == 1
    assert exits("purge") == 0  # nothing is due
    assert exits("purge", "cohort-7") == 0
    assert not Hub.objects.exists()


def test_a_link_of_the_terminal_sets_a_new_password(client, cast):
    cast.user("lea")
    link = CliRunner().invoke(tree([]), ["user", "reset-link", "lea"]).stdout.strip()
    asked = client.get(link.partition(":8000")[2], follow=True)
    form = re.search(r'action="([^"]+set-password[^"]*)"|name="password1"', asked.content.decode())
    assert form, asked.content.decode()[:3000]
    new = "another long password"
    client.post(asked.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert User.objects.get(username="lea").check_password(new)
    assert client.get(link.partition(":8000")[2]).status_code == 200  # says that it was used
    assert AuditEntry.objects.filter(verb="account.reset_link", who="operator").exists()


@pytest.fixture
def shared(cast, hub):
    pages.create_page(cast.lea, "cohort", "open/a.md", b"# A\n")


def test_share_links_over_rest(api, client, shared):  # noqa: F811
    mona, address = api("mona"), "hubs/cohort/shares"
    answer = mona("POST", address, {"path": "open", "days": 3, "password": "a long password"})
    made = answer.json()
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert made["link"] == f"http://testserver/shared/{made['token']}"
    (listed,) = mona.get(address)["results"]
    assert listed == made["share"]
    assert (listed["page"], listed["has_password"], listed["maker"]) == (None, True, "mona")
    assert made["token"] not in json.dumps(listed)
    assert "password" in client.get(f"/shared/{made['token']}").content.decode()
    mona.refused(404, "not_found", "POST", address, {"path": "nowhere"})
    mona.refused(400, "invalid", "POST", address, {"path": "open", "days": 0})
    mona.refused(400, "invalid", "POST", address, {"path": "open", "password": "short"})
    mona.refused(400, "invalid_path", "POST", address, {"path": "../x"})
    api("lea").refused(403, "denied", "GET", address)
    api("charlie").refused(404, "not_found", "POST", address, {"path": "open"})
    api("charlie").refused(404, "not_found", "DELETE", f"{address}/{listed['id']}")
    assert mona("DELETE", f"{address}/{listed['id']}").status_code == 204
    mona.refused(404, "not_found", "DELETE", f"{address}/{listed['id']}")
    assert client.get(f"/shared/{made['token']}").status_code == 404


@pytest.mark.parametrize("items", [1, 30])
def test_a_list_costs_the_same(api, shared, django_assert_num_queries, items):  # noqa: F811
    alice = api("alice")
    for _ in range(items):
        alice.post("hubs/cohort/shares", {"path": "open"})
    with django_assert_num_queries(3):  # the token's owner, the hub and what they are there, the links
        assert len(alice.get("hubs/cohort/shares")["results"]) == items


def test_share_links_over_graphql_and_the_terminal(ask, client, cast, shared):  # noqa: F811
    call = 'createShare(hub: "cohort", path: "open/a.md") { object { id path isFolder hub { slug } } link errors { code } }'
    made = ask(f"mutation {{ {call} }}", "mona")["createShare"]
    assert made["object"]["isFolder"] is False
    assert client.get(made["link"].removeprefix("http://testserver")).status_code == 200
    assert ask(f"mutation {{ {call} }}", "lea")["createShare"]["errors"] == [{"code": "denied"}]
    assert ask(f"mutation {{ {call} }}", "charlie")["createShare"]["errors"] == [{"code": "not_found"}]
    query = '{ hub(slug: "cohort") { shares(first: 5) { id path } } }'
    assert len(ask(query, "alice")["hub"]["shares"]) == 1
    assert ask(query, "lea")["hub"]["shares"] == []
    end = f'mutation {{ revokeShare(hub: "cohort", id: "{made["object"]["id"]}") {{ errors {{ code }} }} }}'
    assert ask(end, "lea")["revokeShare"]["errors"] == [{"code": "denied"}]
    assert ask(end, "mona")["revokeShare"]["errors"] == []
    run, app = CliRunner(), tree([])
    link = run.invoke(app, ["share", "create", "cohort", "open", "--as", "mona"]).stdout.strip()
    assert client.get(link.partition(":8000")[2]).status_code == 200
    (listed,) = run.invoke(app, ["share", "list", "cohort"]).stdout.splitlines()
    assert run.invoke(app, ["share", "revoke", "cohort", listed.partition("\t")[0], "--as", "lea"]).exit_code == 1
    assert run.invoke(app, ["share", "revoke", "cohort", listed.partition("\t")[0]]).exit_code == 0
    assert not Share.objects.filter(revoked_at=None).exists()
