"""A hub that is connected with a Git repository: pulled by hand, by schedule and by push, with what was edited here kept."""

import base64
import datetime
import hashlib
import hmac
import json

import pytest
from django.test import Client
from dulwich import porcelain
from dulwich.repo import Repo
from tests.api.graphql.conftest import ask, post  # noqa: F401  fixtures
from tests.api.rest.conftest import api  # noqa: F401  a fixture
from tests.conftest import PASSWORD, make_hub
from tests.security.test_git_sources import host, serve  # noqa: F401  a fixture
from typer.testing import CliRunner

from nexus.base import clock
from nexus.base.errors import Conflict, Denied, Invalid, NotFound
from nexus.exchange import connecting, pulling
from nexus.exchange.access import source_for
from nexus.exchange.models import ConnectedSource
from nexus.hubs import actions as hubs
from nexus.hubs.models import Activity
from nexus.ops.cli.commands import tree
from nexus.pages import actions, blobs
from nexus.pages.models import Change, Page
from nexus.pages.queries import all_paths

BASE = "".join(f"line {n}\n" for n in range(10))


class Remote:
    """A repository that is served by https, and what is committed to it."""

    def __init__(self, folder, host) -> None:  # noqa: F811
        self.folder = folder
        self.repository = Repo.init(str(folder), mkdir=True)
        self.url = serve(host, self.repository)

    def commit(self, message: str = "x", **files: str | None) -> None:
        for name, text in files.items():
            path = self.folder / name.replace("_md", ".md")
            if text is None:
                porcelain.remove(str(self.folder), paths=[str(path)])
            else:
                path.write_text(text)
                porcelain.add(str(self.folder), paths=[str(path)])
        who = b"Git Author <git@git.example>"
        porcelain.commit(str(self.folder), message=message.encode(), author=who, committer=who)


@pytest.fixture
def remote(tmp_path, host) -> Remote:  # noqa: F811
    return Remote(tmp_path / "remote", host)


@pytest.fixture
def hub(cast):
    return make_hub(cast)


def pull(hub) -> ConnectedSource:
    claim = pulling.claim_due()
    assert claim
    pulling.pull(claim)
    return ConnectedSource.objects.get(hub=hub)


def content(cast) -> dict[str, bytes]:
    return {page.path: blobs.read(page.blob) for page in all_paths(cast.alice, "cohort")}


def told(hub) -> list[tuple[str, dict]]:
    rows = Activity.objects.filter(hub=hub, verb__startswith="source.").order_by("seq")
    return list(rows.values_list("verb", "data"))


def test_what_is_new_there_comes_here(cast, hub, remote):
    remote.commit(a_md="# A\n", b_md="# B\n")
    connecting.connect_source(cast.alice, "cohort", remote.url)
    found = pull(hub)
    assert (found.state, found.error, found.report["files"]["added"]) == ("done", None, 2)
    assert content(cast) == {"a.md": b"# A\n", "b.md": b"# B\n"}
    assert pulling.claim_due() is None
    remote.commit(a_md="# A2\n", b_md=None)
    connecting.pull_source(cast.lea, "cohort")
    assert pull(hub).report["files"]["removed"] == 1
    assert content(cast) == {"a.md": b"# A2\n"}
    connecting.pull_source(cast.lea, "cohort")
    assert pull(hub).report["change"] is None
    verbs = [verb for verb, _ in told(hub)]
    assert verbs == ["source.connected", "source.pulled", "source.asked", "source.pulled", "source.asked"]
    assert set(Change.objects.values_list("author__handle", flat=True)) == {"alice"}


def test_what_was_edited_here_is_merged_or_a_conflict_and_the_rest_flows(cast, hub, remote):
    remote.commit(a_md=BASE, b_md=BASE, c_md="c\n")
    connecting.connect_source(cast.alice, "cohort", remote.url)
    pull(hub)
    for path, line in (("a.md", "line 1"), ("b.md", "line 5")):
        head = Page.objects.get(path=path).head_id
        actions.edit_page(cast.lea, "cohort", path, BASE.replace(line, "here").encode(), base=head)
    remote.commit(a_md=BASE.replace("line 8", "there"), b_md=BASE.replace("line 5", "there"), c_md="c2\n")
    connecting.pull_source(cast.lea, "cohort")
    found = pull(hub)
    assert found.state == "conflicts"
    assert [noted["path"] for noted in found.conflicts] == ["b.md"]
    after = content(cast)
    assert after["a.md"] == BASE.replace("line 1", "here").replace("line 8", "there").encode()
    assert after["b.md"] == BASE.replace("line 5", "here").encode()
    assert after["c.md"] == b"c2\n"
    assert told(hub)[-1] == (
        "source.pulled",
        {"state": "conflicts", "change": found.report["change"], "conflicts": 1, "held": 0},
    )
    remote.commit(c_md="c3\n", b_md=BASE.replace("line 5", "here"))
    connecting.pull_source(cast.lea, "cohort")
    assert pull(hub).state == "done"
    assert content(cast)["c.md"] == b"c3\n"


def test_with_its_history_each_commit_is_a_change(cast, hub, remote):
    remote.commit("First", a_md="# A\n")
    remote.commit("Second", a_md="# A2\n")
    connecting.connect_source(cast.alice, "cohort", remote.url, history=True, prefix="notes")
    assert pull(hub).report["commits"] == 2
    remote.commit("Third", a_md="# A3\n")
    connecting.pull_source(cast.alice, "cohort")
    assert pull(hub).report["commits"] == 1
    assert list(Change.objects.order_by("seq").values_list("message", "author__name")) == [
        (name, "Git Author") for name in ("First", "Second", "Third")
    ]
    assert content(cast) == {"notes/a.md": b"# A3\n"}


def test_a_branch_is_followed(cast, hub, remote):
    remote.commit(a_md="main\n")
    porcelain.branch_create(str(remote.folder), "notes")
    remote.commit(a_md="main 2\n")
    connecting.connect_source(cast.alice, "cohort", remote.url, branch="notes")
    pull(hub)
    assert content(cast) == {"a.md": b"main\n"}
    connecting.connect_source(cast.alice, "cohort", remote.url, branch="absent")
    found = pull(hub)
    assert (found.state, found.error["code"], found.failures) == ("failed", "no_commit", 1)


def test_the_schedule_pulls_and_waits_longer_after_failures(cast, hub, remote):
    remote.commit(a_md="1\n")
    connecting.connect_source(cast.alice, "cohort", remote.url, every=60)
    began = pull(hub)
    assert began.next_at - began.pulled_at == datetime.timedelta(minutes=60)
    assert pulling.claim_due() is None
    with clock.at(clock.now() + datetime.timedelta(minutes=61)):
        remote.commit(a_md="2\n")
        assert pull(hub).report["files"]["changed"] == 1
        ConnectedSource.objects.update(url="https://localhost:1/gone.git", next_at=clock.now())
        failed = pull(hub)
        assert (failed.state, failed.error["code"], failed.failures) == ("failed", "bad_address", 1)
        assert failed.next_at - failed.pulled_at == datetime.timedelta(minutes=120)
        assert content(cast) == {"a.md": b"2\n"}
        ConnectedSource.objects.update(next_at=clock.now(), failures=9)
        failed = pull(hub)
        assert failed.next_at - failed.pulled_at == pulling.LONGEST_PAUSE
    assert [verb for verb, _ in told(hub)].count("source.pulled") == 3  # a failure is said once


def test_one_pulls_at_a_time_and_who_died_is_followed(cast, hub, remote):
    remote.commit(a_md="1\n")
    connecting.connect_source(cast.alice, "cohort", remote.url)
    claim = pulling.claim_due()
    assert claim
    assert pulling.claim_due() is None
    assert pulling.claim_due(hub=hub.pk) is None
    with pytest.raises(Conflict) as refused:
        connecting.pull_source(cast.alice, "cohort")
    assert refused.value.code == "pulling"
    with clock.at(clock.now() + pulling.LEASE * 2):
        again = pulling.claim_due()
        assert again
        assert pulling.pull(claim) is None
        assert pulling.pull(again).change
    assert ConnectedSource.objects.get().state == "done"


def test_it_has_the_rights_of_who_connected_it_as_they_are_now(cast, hub, remote):
    remote.commit(a_md="1\n")
    hubs.set_member(cast.alice, "cohort", "leo", "owner")
    connecting.connect_source(cast.leo, "cohort", remote.url, every=60)
    hubs.set_member(cast.alice, "cohort", "leo", "guest")
    found = pull(hub)
    assert (found.state, found.error["code"]) == ("failed", "denied")
    assert not Page.objects.exists()
    hubs.remove_member(cast.alice, "cohort", "leo")
    connecting.pull_source(cast.alice, "cohort")
    assert pull(hub).error["code"] == "not_found"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "http://example.org/x.git"}, "url"),
        ({"url": "https://u:p@example.org/x.git"}, "url"),
        ({"url": "file:///etc"}, "url"),
        ({"url": "https://example.org/" + "x" * 2000}, "url"),
        ({"branch": "a b"}, "branch"),
        ({"branch": "-x"}, "branch"),
        ({"branch": "a..b"}, "branch"),
        ({"every": 5}, "every"),
        ({"every": 99_999}, "every"),
        ({"prefix": "a/../b"}, "prefix"),
        ({"authors": "git"}, "authors"),
    ],
)
def test_what_is_wrong_is_named(cast, hub, wrong, field):
    with pytest.raises(Invalid) as refused:
        connecting.connect_source(cast.alice, "cohort", **({"url": "https://example.org/x.git"} | wrong))
    assert refused.value.field == field
    assert not ConnectedSource.objects.exists()


def test_an_address_within_is_never_reached(cast, hub, remote, settings):
    remote.commit(a_md="1\n")
    connecting.connect_source(cast.alice, "cohort", remote.url)
    settings.ALLOWED_ADDRESSES = []
    assert pull(hub).error["code"] == "bad_address"


# --- Pushes -----------------------------------------------------------------------------------------------------------


def github(secret: str, body: bytes) -> dict[str, str]:
    return {"X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}


def standard(secret: str, body: bytes, at: float) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.digest(key, f"msg_1.{int(at)}.".encode() + body, "sha256")
    return {
        "webhook-id": "msg_1", "webhook-timestamp": str(int(at)),
        "webhook-signature": f"v1,AAAA v1,{base64.b64encode(made).decode()}",
    }  # fmt: skip


def push(headers: dict[str, str], body: bytes = b'{"ref": "refs/heads/main"}', hub: str = "cohort"):
    return Client().post(f"/api/v1/hubs/{hub}/source/push", body, "application/json", headers=headers)


def test_a_signed_push_begins_a_pull(cast, hub, remote):
    body = b'{"ref": "refs/heads/main"}'
    remote.commit(a_md="1\n")
    connecting.connect_source(cast.alice, "cohort", remote.url)
    pull(hub)
    _, secret = connecting.rotate_source_secret(cast.alice, "cohort")
    now = clock.now().timestamp()
    for headers in (github(secret, body), standard(secret, body, now)):
        assert push(headers).status_code == 204
        assert source_for(cast.lea, "cohort").wanted_at
        ConnectedSource.objects.update(wanted_at=None)
    wrong = [
        {}, github("whsec_wrong", body), github(secret, b"other"), standard(secret, body, now - 400),
        standard(secret, b"x", now),
        {**standard(secret, body, now), "webhook-timestamp": "soon"}, {"X-Hub-Signature-256": "sha256=\u00e9"},
    ]  # fmt: skip
    absent = push({}, hub="nowhere")
    for headers in wrong:
        refused = push(headers)
        assert (refused.status_code, refused.content) == (404, absent.content)
    _, newer = connecting.rotate_source_secret(cast.alice, "cohort")
    assert push(github(secret, body)).status_code == 404
    assert push(github(newer, body)).status_code == 204
    assert secret not in str(list(ConnectedSource.objects.values()))
    ConnectedSource.objects.update(seed="")
    assert push(github(newer, body)).status_code == 404


# --- Doors ------------------------------------------------------------------------------------------------------------


def test_who_may_what(cast, hub, remote):
    remote.commit(a_md="1\n")
    for actor in (cast.mona, cast.lea, cast.gus):
        with pytest.raises(Denied):
            connecting.connect_source(actor, "cohort", remote.url)
    for actor in (cast.charlie, cast.rita, cast.anonymous):
        for act in (connecting.disconnect_source, connecting.pull_source, connecting.rotate_source_secret, source_for):
            with pytest.raises(NotFound):
                act(actor, "cohort")
        with pytest.raises(NotFound):
            connecting.connect_source(actor, "cohort", remote.url)
    with pytest.raises(NotFound):
        source_for(cast.alice, "cohort")
    connecting.connect_source(cast.alice, "cohort", remote.url)
    assert source_for(cast.lea, "cohort").user.username == "alice"
    for act in (source_for, connecting.pull_source):
        with pytest.raises(Denied):
            act(cast.gus, "cohort")
    for act in (connecting.disconnect_source, connecting.rotate_source_secret):
        with pytest.raises(Denied):
            act(cast.mona, "cohort")
    connecting.disconnect_source(cast.alice, "cohort")
    assert not ConnectedSource.objects.exists()


def test_rest_and_graphql_say_the_same(cast, hub, remote, api, ask, post):  # noqa: F811
    remote.commit(a_md="1\n")
    alice, lea = api("alice"), api("lea")
    lea.refused(404, "not_found", "GET", "hubs/cohort/source")
    lea.refused(403, "denied", "PUT", "hubs/cohort/source", {"url": remote.url})
    alice.refused(400, "bad_address", "PUT", "hubs/cohort/source", {"url": "http://x.org"})
    alice.refused(400, "invalid", "PUT", "hubs/cohort/source", {"url": remote.url, "every": 5})
    made = alice.json(200, alice("PUT", "hubs/cohort/source", {"url": remote.url, "every": 60}))
    assert (made["state"], made["is_wanted"], made["has_secret"], made["user"]) == ("never", True, False, "alice")
    pull(hub)
    shown = lea.get("hubs/cohort/source")
    assert (shown["state"], shown["report"]["files"]["added"], shown["is_wanted"]) == ("done", 1, False)
    query = '{ hub(slug: "cohort") { source { url state every isWanted hasSecret report error branch } } }'
    seen = ask(query, "lea")["hub"]["source"]
    assert (seen["url"], seen["state"], seen["report"]) == (remote.url, "DONE", shown["report"])
    assert ask(query, "gus")["hub"]["source"] is None
    assert lea.json(202, lea("POST", "hubs/cohort/source/pull", {}))["is_wanted"]
    secret = alice.json(200, alice("POST", "hubs/cohort/source/rotate-secret", {}))
    assert secret["secret"].startswith("whsec_")
    call = "mutation { %s { object { __typename } errors { code } } }"
    say = lambda name, who: post({"query": call % name}, who).json()["data"].popitem()[1]["errors"]  # noqa: E731
    assert say('pullSource(hub: "cohort")', "lea") == []
    assert say('disconnectSource(hub: "cohort")', "mona") == [{"code": "denied"}]
    assert say('rotateSourceSecret(hub: "cohort")', "alice") == []
    assert say(f'connectSource(hub: "cohort", url: "{remote.url}")', "charlie") == [{"code": "not_found"}]
    assert say(f'connectSource(hub: "cohort", url: "{remote.url}")', "alice") == []
    assert alice("DELETE", "hubs/cohort/source").status_code == 204
    assert say('disconnectSource(hub: "cohort")', "alice") == [{"code": "not_found"}]


def test_the_command_line_pulls_at_once(cast, hub, remote):
    remote.commit(a_md="1\n")

    def nexus(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(tree([]), ["source", *words])
        assert result.exit_code == code, (words, result.output)
        return result.stdout

    nexus("connect", "cohort", remote.url, "--as", "alice")
    assert json.loads(nexus("pull", "cohort", "--json", "--as", "lea"))["files"]["added"] == 1
    assert "All of it is here" in nexus("show", "cohort")
    ConnectedSource.objects.update(url="https://localhost:1/x.git")
    assert json.loads(nexus("pull", "cohort", "--json", code=1))["error"]["code"] == "bad_address"
    assert nexus("secret", "cohort").startswith("whsec_")
    nexus("disconnect", "cohort", "--as", "lea", code=1)
    nexus("disconnect", "cohort")
    nexus("show", "cohort", code=1)


def signed_in(cast, name: str) -> Client:
    client = Client()
    client.login(username=cast.user(name).username, password=PASSWORD)
    return client


def test_in_the_browser(cast, hub, remote):
    remote.commit(a_md=BASE)
    alice, lea = signed_in(cast, "alice"), signed_in(cast, "lea")
    assert "not connected" in lea.get("/cohort/source").content.decode()
    assert signed_in(cast, "gus").get("/cohort/source").status_code == 403
    assert signed_in(cast, "charlie").get("/cohort/source").status_code == 404
    wrong = alice.post("/cohort/source", {"do": "connect", "url": "http://x.org", "every": "60"})
    assert wrong.status_code == 400
    assert "Only https is fetched." in wrong.content.decode()
    sent = {"do": "connect", "url": remote.url, "every": "60", "authors": "me", "branch": "", "prefix": ""}
    assert lea.post("/cohort/source", sent).status_code == 403
    assert alice.post("/cohort/source", sent)["Location"] == "/cohort/source"
    waiting = lea.get("/cohort/source")
    assert waiting["Refresh"] == "3"
    assert "A pull is about to begin." in waiting.content.decode()
    pull(hub)
    shown = lea.get("/cohort/source").content.decode()
    assert "All of it is here." in shown
    assert "one file is new" in shown
    assert "Disconnect" not in shown
    made = alice.post("/cohort/source", {"do": "secret"})
    assert "whsec_" in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert "whsec_" not in alice.get("/cohort/source").content.decode()
    head = Page.objects.get(path="a.md").head_id
    actions.edit_page(cast.lea, "cohort", "a.md", b"here\n", base=head)
    remote.commit(a_md="there\n")
    assert lea.post("/cohort/source", {"do": "pull"})["Location"] == "/cohort/source"
    pull(hub)
    shown = lea.get("/cohort/source").content.decode()
    assert "Some files conflict" in shown
    assert '<a href="/cohort/history/a.md" dir="auto">a.md</a>' in shown
    assert alice.post("/cohort/source", {"do": "disconnect"}).status_code == 302
    assert not ConnectedSource.objects.exists()
