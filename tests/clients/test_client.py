"""The Python client against a running server: the verbs, the refusals, and what goes on by itself."""

import asyncio
import io
import json
import select
import socket
import socketserver
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from tests.clients.conftest import PASSWORD, World
from tests.pages.keys import KEYS, Maker

import nexus_client
from nexus.ops import client_files
from nexus_client import (
    AsyncNexus,
    Conflict,
    Nexus,
    NexusError,
    NotFound,
    SecretsFound,
    StaleVersion,
    Throttled,
    Unauthenticated,
    core,
)


def zipped(**files: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/") + ".md", text)
    return kept.getvalue()


@pytest.mark.parametrize("name", ["models.py", "sync.py"])
def test_what_is_made_is_fresh(name: str) -> None:
    made = client_files.files()[name]
    assert (client_files.PACKAGE / name).read_text("utf-8") == made, "run `nexus manage write_client`"


def test_both_clients_have_the_same_surface() -> None:
    def surface(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    for name in ("Nexus", "Hub", "Pages", "Page", "Webhooks"):
        waiting, awaited = getattr(nexus_client, name), getattr(nexus_client, f"Async{name}")
        assert surface(waiting) == {each.replace("aclose", "close") for each in surface(awaited)}


def test_a_page_from_its_making_to_its_end(nexus: Nexus) -> None:
    hub = nexus.hub("cohort")
    page = hub.pages.create("ada/week-1.md", "# Week 1\n\nhello\n")
    assert (page.title, page.path, page.about.number) == ("Week 1", "ada/week-1.md", 1)
    assert hub.pages.at("ada/week-1.md").text() == "# Week 1\n\nhello\n"
    page.edit("# Week one\n\nhello\n", message="words")
    assert (page.title, page.about.number) == ("Week one", 2)
    page.move("ada/first.md")
    assert [version.number for version in page.versions()] == [3, 2, 1]
    page.delete()
    with pytest.raises(NotFound):
        hub.pages.at("ada/first.md")
    assert page.restore().about.is_deleted is False
    assert nexus.me().username == "ada"
    assert [each.slug for each in nexus.hubs()] == ["cohort"]
    assert "page:create" in hub.about().capabilities or hub.about().capabilities


def test_nobody_is_overwritten(nexus: Nexus) -> None:
    pages = nexus.hub("cohort").pages
    mine = pages.create("two.md", "one\n\ntwo\n\nthree\n")
    theirs = pages.at("two.md")
    theirs.edit("ONE\n\ntwo\n\nthree\n")
    with pytest.raises(StaleVersion) as caught:
        mine.edit("one\n\ntwo\n\nTHREE\n")
    assert (caught.value.status, caught.value.code) == (412, "stale_version")
    assert (caught.value.current, caught.value.base) == (theirs.version, mine.version)
    mine.edit("one\n\ntwo\n\nTHREE\n", merge=True)
    assert mine.text() == "ONE\n\ntwo\n\nTHREE\n"
    with pytest.raises(Conflict) as refused:
        theirs.edit("else\n\ntwo\n\nEVERYTHING\n", merge=True)
    assert refused.value.code in {"merge_conflict", "stale_version"}
    theirs.text()  # reading is what makes it mine to change
    theirs.edit("read first\n")


def test_lists_are_followed_to_their_end(nexus: Nexus) -> None:
    hub = nexus.hub("cohort")
    steps = [{"verb": "create", "path": f"many/{n}.md", "text": f"# {n}\n"} for n in range(130)]
    made = hub.change_pages(steps)
    assert made is not None
    assert len({page.id for page in hub.pages.every(prefix="many")}) == 130
    assert len(list(islice(hub.pages.every(prefix="many"), 3))) == 3
    assert hub.revert(made.seq) is not None
    assert list(hub.pages.every(prefix="many")) == []


def test_refusals_say_what_the_server_says(nexus: Nexus, world: World) -> None:
    hub = nexus.hub("cohort")
    with pytest.raises(NexusError) as caught:
        hub.pages.create("a/../b.md", "x")
    error = caught.value
    assert (error.status, error.field) == (400, "path")
    assert error.remedy in str(error)
    with pytest.raises(NotFound):
        nexus.hub("nowhere").about()
    with pytest.raises(NotFound):
        nexus.hub("a/b?c#d").about()
    with Nexus(world.url, token="nxp_no") as other, pytest.raises(Unauthenticated):
        other.me()
    with pytest.raises(ValueError):
        Nexus("ftp://example.org")


def test_an_archive_in_and_out(nexus: Nexus, tmp_path: Path) -> None:
    told: list[tuple[int, int, float | None]] = []
    archive = zipped(guide="# Guide\n\n## Challenges\n\n### Connection refused\n\nProblem: `ConnectionRefusedError`\n")
    job = nexus.hub("cohort").import_archive(
        archive, name="in.zip", prefix="in", progress=lambda *step: told.append(step)
    )
    assert job.report is not None
    assert (job.state, job.report["files"]["added"]) == ("done", 1)
    assert told[-1][2] == 1.0
    again = nexus.hub("cohort").import_archive(archive, name="in.zip", prefix="in")
    assert again.report is not None
    assert (again.report["change"], again.report["files"]["unchanged"]) == (None, 1)
    (tmp_path / "in.zip").write_bytes(archive)
    assert nexus.hub("cohort").import_archive(tmp_path / "in.zip", prefix="in").state == "done"
    assert [found.title for found in nexus.search("ConnectionRefusedError", hub="cohort")]
    target = tmp_path / "out.zip"
    nexus.hub("cohort").export("zip", to=target)
    assert "in/guide.md" in zipfile.ZipFile(target).namelist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.zip", "out.zip"]
    with pytest.raises(nexus_client.JobFailed) as failed:
        nexus.hub("cohort").import_archive(b"PK no", name="broken.zip")
    assert failed.value.code == "bad_archive"
    with pytest.raises(ValueError):
        nexus.hub("cohort").import_archive(archive)


def test_who_belongs_to_a_hub(world: World) -> None:
    with Nexus.sign_in(world.url, "ada", PASSWORD) as ada, Nexus.sign_in(world.url, "bob", PASSWORD) as bob:
        hub = ada.create_hub("group", title="Group")
        made = hub.invite("guest", uses=2, days=1)
        assert made.token in made.link
        assert bob.join(made.token).role == "guest"
        assert hub.set_member("bob", "learner").role == "learner"
        assert {(each.username, each.role) for each in hub.members()} == {("ada", "owner"), ("bob", "learner")}
        assert [each.id for each in hub.invitations()] == [made.invitation.id]
        hub.uninvite(made.invitation.id)
        assert not list(hub.invitations())
        hub.pages.create("a.md", "# A\n")
        shared = hub.share("a.md", days=2, password="a long password")
        assert [each.id for each in hub.shares()] == [shared.share.id]
        hub.unshare(shared.share.id)
        assert not [each for each in hub.shares() if each.revoked_at is None]
        hub.remove_member("bob")
        with pytest.raises(NotFound):
            bob.hub("group").about()
        assert hub.update(slug="group-2", title="Second").title == "Second"
        assert hub.about().slug == hub.slug == "group-2"


def test_who_is_told(nexus: Nexus, world: World) -> None:
    with Nexus.sign_in(world.url, "ada", PASSWORD) as ada:
        webhooks = ada.hub("cohort").webhooks
        made = webhooks.create("https://example.org/told", events=["change.*"])
        assert [each.id for each in webhooks.every()] == [made.id]
        assert webhooks.rotate_secret(made.id).secret != made.secret
        assert webhooks.update(made.id, enabled=False).enabled is False
        sent = webhooks.ping(made.id)
        assert sent.id in [each.id for each in webhooks.deliveries(made.id)]
        webhooks.delete(made.id)
        assert not list(webhooks.every())
        ada.hub("cohort").set_member("bob", "learner")
    hub = nexus.hub("cohort")
    after = hub.about().sequence
    with Nexus.sign_in(world.url, "bob", PASSWORD) as bob:
        page = bob.hub("cohort").pages.create("told/a.md", "# A\n")
        page.edit("# A\n\nMore.\n")
    assert [each.type for each in hub.activity(after=after)] == ["change.edit"] * 2
    assert [(each.path, each.what) for each in hub.since(after=after)] == [("told/a.md", "created")]
    newest = hub.about().sequence
    assert hub.seen(newest).until == newest
    assert not list(hub.since())
    page = hub.pages.at("told/a.md")
    assert page.text_of(1) == b"# A\n"
    assert page.difference(2, since=1).hunks
    assert len(page.blame(2).passages) == 2


def test_what_happens_is_heard_once_and_in_order_whatever_breaks(world: World) -> None:
    """Waiting and awaited, through a connection that is cut after each few frames."""
    with Nexus(world.url, token=world.token) as nexus, Cutting(world.server.port) as cut:
        hub = nexus.hub("cohort")
        after = hub.about().sequence
        for n in range(6):
            hub.pages.create(f"heard/{n}.md", f"# {n}\n")
        with Nexus(cut.url, token=world.token) as through:
            heard = list(islice(through.hub("cohort").follow(after=after), 6))
        assert [each.seq for each in heard] == list(range(after + 1, after + 7))
        assert cut.cuts > 1, "it was never cut"

        async def listen() -> list[int]:
            async with AsyncNexus(cut.url, token=world.token) as awaited:
                told = []
                async for event in awaited.hub("cohort").follow(after=after):
                    told.append(event.seq)
                    if len(told) == 6:
                        nexus.hub("cohort").pages.create("heard/last.md", "# Last\n")
                    if len(told) == 7:
                        break
                return told

        assert asyncio.run(listen()) == list(range(after + 1, after + 8))


def test_a_stream_that_leads_nowhere_ends(world: World) -> None:
    with Nexus(world.url, token=world.token) as nexus, pytest.raises(NotFound):
        next(nexus.hub("absent").follow(after=0))
    with Nexus(world.url, token="nxp_wrong") as nexus, pytest.raises(Unauthenticated):
        next(nexus.hub("cohort").follow(after=0))
    with Nexus(world.url, token=world.token) as nexus, pytest.raises(Conflict) as ended:
        next(nexus.hub("cohort").follow(after=10**9))
    assert ended.value.code == "after_ahead"


def test_what_others_should_not_see_is_asked_about(world: World) -> None:
    key = KEYS["GitHub"](Maker(7))
    with Nexus.sign_in(world.url, "ada", PASSWORD) as ada:
        hub = ada.create_hub("open-to-all", visibility="public")
        with pytest.raises(SecretsFound) as found:
            hub.pages.create("env.md", f"TOKEN={key}\n")
        assert key not in str(found.value.details)
        page = hub.pages.create("env.md", f"TOKEN={key}\n", reviewed=found.value.suspects)
        assert page.edit(f"TOKEN={key}\n\nAgain.\n").text().startswith("TOKEN")
        other = KEYS["GitHub"](Maker(8))
        job = hub.import_archive(zipped(b=f"# B\n\n{other}\n"), name="b.zip")
        assert job.report
        assert [each["path"] for each in job.report["files"]["held"]] == ["b.md"]
        assert [each.path for each in hub.suspects().results] == []
        assert (
            hub.import_archive(zipped(b=f"# B\n\n{other}\n"), name="b.zip", reviewed="all").report["files"]["added"]
            == 1
        )


def test_awaited_it_is_the_same(world: World, tmp_path: Path) -> None:
    async def story() -> None:
        async with await AsyncNexus.sign_in(world.url, "ada", PASSWORD) as nexus:
            hub = nexus.hub("cohort")
            pages = await asyncio.gather(*(hub.pages.create(f"async/{n}.md", f"# {n}\n") for n in range(8)))
            assert len({page.id for page in pages}) == 8
            assert len([page async for page in hub.pages.every(prefix="async")]) == 8
            await (await pages[0].edit("# changed\n")).delete()
            job = await hub.import_archive(zipped(b="# B\n"), name="b.zip", prefix="async")
            assert job.state == "done"
            await hub.export("json", to=tmp_path / "out.json")
            assert json.loads((tmp_path / "out.json").read_text("utf-8"))["hub"] == "cohort"
            assert [found.title async for found in nexus.search("B", hub="cohort", kind="page")]
            await nexus.sign_out()
            with pytest.raises(NexusError):
                await hub.about()

    asyncio.run(story())


def test_tokens_are_renewed_once_for_all_threads(world: World) -> None:
    kept: list[core.Tokens] = []
    with Nexus.sign_in(world.url, "ada", PASSWORD) as first:
        pair = first._tokens
    with Nexus(world.url, token="eyJ.over.now", refresh=pair.refresh, on_tokens=kept.append) as nexus:
        with ThreadPoolExecutor(16) as pool:
            names = [each.username for each in pool.map(lambda _: nexus.me(), range(40))]
        assert (set(names), len(kept)) == ({"ada"}, 1)
        assert "nxr_" not in repr(kept)
        nexus.sign_out()
        with pytest.raises(Unauthenticated):
            nexus.me()


class Cutting:
    """A way to a server that ends each WebSocket after some bytes of it."""

    def __init__(self, port: int, most: int = 700) -> None:
        self.cuts = 0
        outer = self

        class Way(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                there = socket.create_connection(("127.0.0.1", port), timeout=30)
                first = self.request.recv(65536)
                left = most if b"Upgrade: websocket" in first else 1 << 30
                there.sendall(first)
                with there, suppress(OSError):
                    while left > 0:
                        for ready in select.select([self.request, there], [], [], 30)[0]:
                            data = ready.recv(min(left, 65536))
                            if not data:
                                return
                            left -= len(data) if ready is there else 0
                            (there if ready is self.request else self.request).sendall(data)
                    outer.cuts += 1

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Way)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> "Cutting":
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


# --- Against servers that misbehave -----------------------------------------------------------------------------------


class Scripted:
    """A server that gives the answers it was told, and keeps what it was asked."""

    def __init__(self, *answers: tuple[int, dict[str, str], bytes]) -> None:
        script = list(answers)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.asked.append((self.command, self.path, dict(self.headers.items()), body))
                status, headers, told = script.pop(0) if len(script) > 1 else script[0]
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> "Scripted":
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


BUSY = (
    503,
    {"Retry-After": "0", "Content-Type": "application/problem+json"},
    b'{"code": "unavailable", "detail": "Later."}',
)
ME = {"id": "1", "username": "ada", "name": "Ada", "email": "a@example.org", "is_administrator": False,
      "joined_at": "2026-01-01T00:00:00Z", "scopes": ["read"], "not_known_yet": 1}  # fmt: skip
GOOD = (200, {"Content-Type": "application/json"}, json.dumps(ME).encode())


def test_what_was_not_taken_is_sent_again_and_is_done_once() -> None:
    with Scripted(BUSY, BUSY, GOOD) as server, Nexus(server.url) as nexus:
        assert nexus.me().username == "ada"
        assert len(server.asked) == 3
    with Scripted(BUSY) as server, Nexus(server.url) as nexus, pytest.raises(NexusError):
        nexus.hub("h").pages.create("a.md", "x")
    assert len(server.asked) == core.TRIES
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in server.asked}) == 1


def test_a_lost_answer_is_asked_for_again_where_that_is_safe() -> None:
    lost = (0, {}, b"")
    with Scripted(lost, GOOD) as server, Nexus(server.url) as nexus:
        assert nexus.me().name == "Ada"
    with Scripted(lost) as server, Nexus(server.url) as nexus:
        with pytest.raises(nexus_client.Unreachable):
            nexus.ask(core.change("PUT", "/hubs/h/pages/1/text", "v", content=b"x"))
        assert len(server.asked) == 1
        with pytest.raises(nexus_client.Unreachable):
            nexus.ask(core.refresh(core.Tokens("a", "nxr_b")))
        assert len(server.asked) == 2


def test_who_asks_for_longer_than_is_bearable_is_told_to_the_caller() -> None:
    slow = (
        429,
        {"Retry-After": "3600", "Content-Type": "application/problem+json"},
        b'{"code": "throttled", "detail": "Slow."}',
    )
    with Scripted(slow) as server, Nexus(server.url) as nexus, pytest.raises(Throttled) as caught:
        nexus.me()
    assert (caught.value.retry_after, len(server.asked)) == (3600, 1)


@pytest.mark.security
def test_no_token_goes_to_another_host() -> None:
    with Scripted(GOOD) as thief, Scripted((302, {"Location": f"{thief.url}/api/v1/me"}, b"")) as server:
        with Nexus(server.url, token="nxp_secret") as nexus, pytest.raises(NexusError) as caught:
            nexus.me()
        assert (caught.value.code, thief.asked) == ("redirected", [])
        with Nexus(server.url, token="nxp_secret") as nexus, pytest.raises(NexusError):
            nexus.fetch("/hubs/h/exports/1/content", Path("never"))
        assert (thief.asked, Path("never").exists()) == ([], False)


def test_no_token_goes_to_another_host_by_a_stream() -> None:
    with Scripted(GOOD) as thief, Scripted((302, {"Location": thief.url.replace("http", "ws")}, b"")) as server:
        with Nexus(server.url, token="nxp_secret") as nexus, pytest.raises(NexusError) as caught:
            next(nexus.hub("h").follow(after=0))
        assert (caught.value.code, thief.asked) == ("redirected", [])

        async def listen() -> None:
            async with AsyncNexus(server.url, token="nxp_secret") as awaited:
                await anext(awaited.hub("h").follow(after=0))

        with pytest.raises(NexusError) as caught:
            asyncio.run(listen())
        assert (caught.value.code, thief.asked) == ("redirected", [])


def test_what_is_no_nexus_is_said_to_be_none() -> None:
    for body in (b"<html>", b"[]", b"{}", b'{"id": 1}'):
        with Scripted((200, {}, body)) as server, Nexus(server.url) as nexus, pytest.raises(NexusError) as caught:
            nexus.me()
        assert caught.value.code == "unexpected_answer"
    broken = (502, {"Content-Type": "text/html"}, b"<html>")
    with Scripted(broken) as server, Nexus(server.url) as nexus, pytest.raises(nexus_client.ServerError) as bad:
        nexus.me()
    assert bad.value.code == "http_502"


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Nexus(url, timeout=0.05) as nexus, pytest.raises(nexus_client.Unreachable) as caught:
            nexus.ask(core.Request("GET", "/me"))
    assert caught.value.code == "timeout"
