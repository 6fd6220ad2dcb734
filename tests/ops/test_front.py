"""Whole answers given before the framework: to whom, until when, and never to anybody else."""

import asyncio
import hashlib
import threading
from collections import Counter

import pytest
from django.db import OperationalError
from tests.conftest import make_hub
from tests.ops.serving import command

from nexus.hubs import queries as hub_queries
from nexus.ops.answers import MAX_ANSWER
from nexus.ops.front import HEAD, MAX_HEAD, MAX_HEADS, Front, head_of
from nexus.pages import actions


class Site:
    """An ASGI application whose answers count up, so that a kept one shows."""

    def __init__(self, **headers: str) -> None:
        self.asked: Counter[str] = Counter()
        self.states: dict[str, object] = {"open": 1, "other": 1}
        self.headers = {"cache-control": "public, no-cache", "content-type": "text/html"} | headers
        self.status, self.body, self.wait = 200, b"", None
        self.begun = asyncio.Event()
        self.front = Front(self, lambda: dict(self.states))

    async def __call__(self, scope, _receive, send):
        self.asked[scope["path"]] += 1
        self.begun.set()
        if self.wait is not None:
            await self.wait.wait()
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        body = self.body or f"{scope['path']} {self.asked[scope['path']]}".encode()
        await send({"type": "http.response.body", "body": body[:3], "more_body": True})
        await send({"type": "http.response.body", "body": body[3:], "more_body": False})

    async def get(self, path="/open/", method="GET", query=b"", **headers):
        """Status, headers and body, of a request as the gateway has it answered."""
        sent = []
        told = [(name.replace("_", "-").encode(), value.encode()) for name, value in ({"host": "a"} | headers).items()]
        scope = {"type": "http", "scheme": "http", "method": method, "path": path, "raw_path": path.encode(),
                 "query_string": query, "headers": told, "client": ("192.0.2.1", 5000), "http_version": "1.1"}  # fmt: skip

        async def send(message):
            sent.append(message)

        self.head = head_of(scope)
        known = self.front.recall(self.head)
        self.was_recalled = known is not None
        if known is not None:
            await known.give(scope, send)
        else:
            await self.front(scope | {HEAD: self.head}, None, send)
        return sent[0]["status"], dict(sent[0]["headers"]), b"".join(each.get("body", b"") for each in sent[1:])


def run(coroutine):
    return asyncio.run(coroutine)


def test_it_is_made_once_and_given_again_until_something_public_changes():
    async def play():
        site = Site()
        first = await site.get()
        again = await site.get()
        assert first[2] == again[2] == b"/open/ 1"
        assert (first[1].get(b"cache-status"), again[1][b"cache-status"]) == (None, b"nexus; hit")
        assert again[1][b"etag"].strip(b'"').decode() == hashlib.sha256(b"/open/ 1").hexdigest()[:32]
        site.states["open"] = 2
        assert (await site.get())[2] == b"/open/ 1", "for a second nobody asks"
        site.front.forget()
        assert (await site.get())[2] == b"/open/ 2"

    run(play())


def test_who_asks_anew_is_answered_from_what_there_is_now():
    """RFC 9111 §5.2.1: a reload may not show what was there a second ago."""

    async def play():
        site = Site()
        for mark in ("no-cache", "max-age=0"):
            await site.get()
            site.states["open"] = mark
            before = site.asked["/open/"]
            assert (await site.get())[2] == f"/open/ {before}".encode(), "for a second nobody asks"
            assert (await site.get(cache_control=mark))[2] == f"/open/ {before + 1}".encode()
            assert (await site.get(cache_control=mark))[1][b"cache-status"] == b"nexus; hit"

    run(play())


def test_the_same_head_is_recalled_while_its_answer_holds():
    async def play():
        site = Site()
        recalled = []
        for _ in range(4):
            await site.get("/open/pages/a.md")
            recalled.append(site.was_recalled)
        assert recalled == [False, False, True, True]
        await site.get("/open/pages/a.md", accept="text/html")
        assert not site.was_recalled, "another head"
        for change in (lambda: site.states.update(open=2), lambda: site.states.pop("open")):
            change()
            site.front.forget()
            assert site.front.recall(site.head) is None, "somebody wrote"
            made = site.asked["/open/pages/a.md"]
            assert (await site.get("/open/pages/a.md"))[2] == f"/open/pages/a.md {made + 1}".encode()
            await site.get("/open/pages/a.md")
            assert (await site.get("/open/pages/a.md"))[2] == f"/open/pages/a.md {made + 1}".encode()

    run(play())


def test_who_reloads_is_never_answered_from_memory_alone():
    async def play():
        site = Site()
        for _ in range(4):
            await site.get(cache_control="no-cache")
            assert not site.was_recalled

    run(play())


def test_heads_that_are_remembered_have_a_bound():
    async def play():
        site = Site()
        for _ in range(3):
            await site.get(padding="x" * MAX_HEAD)
            assert not site.was_recalled
            await site.get(query=b"x" * MAX_HEAD)
            assert not site.was_recalled
        for number in range(MAX_HEADS + 2):
            await site.get(number=str(number))
        assert len(site.front._heads) == MAX_HEADS

    run(play())


def test_any_server_that_speaks_asgi_may_say_its_head():
    """A socket of a file has no address, and the pairs of headers may be lists (ASGI, "HTTP connection scope")."""
    told = {"http_version": "1.1", "scheme": "http", "method": "GET", "raw_path": b"/", "query_string": b""}
    heads = {
        head_of(told | {"client": None, "headers": [[b"host", b"a"]]}),
        head_of(told | {"headers": [(b"host", b"a")]}),
    }
    assert len(heads) == 1


def test_a_write_while_the_states_are_read_is_not_overlooked():
    """The states that were on their way when somebody wrote are not the states behind the write."""

    async def play():
        site = Site()
        read = threading.Event()
        going_on = threading.Event()

        def states():
            found = dict(site.states)
            read.set()
            assert going_on.wait(10)
            return found

        site.front = Front(site, states)
        first = asyncio.ensure_future(site.get())
        await asyncio.to_thread(read.wait, 10)
        site.states["open"] = 2
        site.front.forget()
        going_on.set()
        assert (await first)[2] == b"/open/ 1"
        assert (await site.get())[2] == b"/open/ 2"

    run(play())


def test_a_page_is_as_new_as_its_own_hub_and_everything_else_as_all():
    async def play():
        site = Site()
        for path in ("/open/pages/a.md", "/open/"):
            await site.get(path)
        site.states["other"] = 2
        site.front.forget()
        assert (await site.get("/open/pages/a.md"))[2] == b"/open/pages/a.md 1"
        assert (await site.get("/open/"))[2] == b"/open/ 2"
        del site.states["open"]  # no longer public
        site.front.forget()
        assert (await site.get("/open/pages/a.md"))[2] == b"/open/pages/a.md 2"

    run(play())


def test_what_did_not_change_is_not_sent_again():
    async def play():
        site = Site(**{"content-security-policy": "x", "vary": "Cookie"})
        await site.get()
        etag = (await site.get())[1][b"etag"].decode()
        for tag in (etag, f'"x", {etag}', f"W/{etag}", "*"):
            status, headers, body = await site.get(if_none_match=tag)
            assert (status, body) == (304, b"")
            assert {b"etag", b"cache-control", b"vary", b"content-security-policy"} <= set(headers)
            assert b"content-type" not in headers
        assert (await site.get(if_none_match='"x"'))[0] == 200
        status, headers, body = await site.get(method="HEAD")
        assert (status, body) == (200, b"")

    run(play())


PERSONAL = {
    "a session": {"cookie": "nexus_session=x"}, "another cookie": {"cookie": "nexus_csrf=x; messages=y"},
    "a token": {"authorization": "Bearer x"}, "a part": {"range": "bytes=0-1"},
}  # fmt: skip


@pytest.mark.security
@pytest.mark.parametrize("what", PERSONAL)
def test_whoever_is_somebody_gets_their_own(what):
    """S5."""

    async def play():
        site = Site()
        for _ in range(3):
            await site.get()
        assert site.was_recalled
        for number in (2, 3, 4):
            assert (await site.get(**PERSONAL[what]))[2] == f"/open/ {number}".encode()
            assert not site.was_recalled
        assert (await site.get())[2] == b"/open/ 1", "and theirs is given to nobody"

    run(play())


NOT_SHARED = {
    "a private answer": {"cache-control": "private, no-store"}, "nothing said": {"cache-control": ""},
    "a cookie": {"set-cookie": "nexus_csrf=x"},
}  # fmt: skip


@pytest.mark.security
@pytest.mark.parametrize("what", NOT_SHARED)
def test_what_is_not_declared_the_same_for_all_is_not_kept(what):
    async def play():
        site = Site(**NOT_SHARED[what])
        assert [(await site.get())[2] for _ in range(2)] == [b"/open/ 1", b"/open/ 2"]

    run(play())


@pytest.mark.parametrize("status", [301, 404, 500, 503])
def test_only_what_is_there_is_kept(status):
    async def play():
        site = Site()
        site.status = status
        assert [(await site.get())[2] for _ in range(2)] == [b"/open/ 1", b"/open/ 2"]

    run(play())


def test_the_large_pass_and_a_harmless_cookie_changes_nothing():
    async def play():
        site = Site()
        site.body = b"x" * (MAX_ANSWER + 1)
        assert (await site.get("/large"))[2] == (await site.get("/large"))[2] == site.body
        assert site.asked["/large"] == 2
        site.body = b""
        await site.get("/open/", cookie="nexus_csrf=x")
        await site.get()
        assert (await site.get("/open/", cookie="nexus_csrf=x"))[2] == b"/open/ 2", "kept without, given with"
        assert site.asked["/open/"] == 2

    run(play())


@pytest.mark.parametrize(
    "other",
    [{"query": b"a=1"}, {"host": "b"}, {"accept_encoding": "gzip"}, {"hx_request": "true"}, {"path": "/open/topics"}],
)
def test_what_an_answer_depends_on_is_part_of_its_name(other):
    async def play():
        site = Site()
        await site.get()
        await site.get(**other)
        assert sum(site.asked.values()) == 2

    run(play())


@pytest.mark.parametrize("path", ["/api/v1/hubs", "/account/login/", "/static/x.css", "/health/ready"])
def test_it_stays_out_of_the_way(path):
    async def play():
        site = Site()
        for _ in range(2):
            await site.get(path)
        assert site.asked[path] == 2

    run(play())


def test_many_at_once_have_it_made_once():
    async def play():
        site = Site()
        site.wait = asyncio.Event()
        asking = [asyncio.ensure_future(site.get()) for _ in range(50)]
        await site.begun.wait()
        site.wait.set()
        bodies = {body for _, _, body in await asyncio.gather(*asking)}
        assert bodies == {b"/open/ 1"}
        assert site.asked["/open/"] == 1

    run(play())


def test_what_was_made_from_before_a_change_is_given_to_nobody_after_it():
    async def play():
        site = Site()
        site.wait = asyncio.Event()
        asking = asyncio.ensure_future(site.get())
        await site.begun.wait()
        site.states["open"] = 2
        site.front.forget()
        site.wait.set()
        await asking
        assert (await site.get())[2] == b"/open/ 2"

    run(play())


def test_a_database_that_does_not_answer_is_asked_by_the_application():
    async def play():
        site = Site()

        def broken():
            raise OperationalError

        site.front = Front(site, broken)
        assert [(await site.get())[2] for _ in range(2)] == [b"/open/ 1", b"/open/ 2"]

    run(play())


def test_the_state_of_a_hub_changes_with_every_write_and_its_index(cast, django_assert_num_queries):
    hub = make_hub(cast, "open", "public")
    make_hub(cast, "hidden", "private")
    with django_assert_num_queries(1):
        before = hub_queries.states(cast.anonymous)
    assert set(before) == {"open"}
    actions.create_page(cast.lea, hub.slug, "a.md", b"x")
    assert hub_queries.states(cast.anonymous) != before


@pytest.mark.security
def test_through_a_real_server(start, tmp_path):
    """What the address tells an anonymous reader, before and after the hub is made private by another process."""
    command(tmp_path, "hub", "create", "open", "--visibility", "public")
    (tmp_path / "a.md").write_text("# A page\n\nkanarienvogel\n")
    command(tmp_path, "import", "a.md", "--hub", "open")
    server = start(DJANGO_SETTINGS_MODULE="nexus.settings")
    for path in ("/", "/open/", "/open/pages/a.md", "/open/topics", "/open/people"):
        status, headers, body = server.ask(path)
        assert (status, headers.get("cache-control")) == (200, "public, no-cache"), path
        assert "set-cookie" not in headers
        again = server.ask(path)
        assert (again[1].get("cache-status"), again[2]) == ("nexus; hit", body), path
        assert server.ask(path, if_none_match=again[1]["etag"])[0] == 304
    command(tmp_path, "hub", "set", "open", "--visibility", "private")
    server.until(lambda: server.ask("/open/pages/a.md")[0] == 404)
    for path in ("/", "/open/", "/open/pages/a.md"):
        assert b"kanarienvogel" not in server.ask(path)[2]
