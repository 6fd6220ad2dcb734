"""The stream of a hub, followed in a real server: nothing missing, nothing twice, nothing for whom it is not."""

import itertools
import json
import os
import re
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.live.stage import Stage, is_whole
from tests.ops.serving import PATIENCE, command
from websockets.exceptions import InvalidStatus

_numbers = itertools.count()


@pytest.fixture
def hub(stage: Stage) -> str:
    """A private hub of Alice's with Lea, of this test only."""
    slug = f"hub-{next(_numbers)}"
    stage.do("hub", slug, members={"alice": "owner", "lea": "learner"})
    return slug


def test_what_was_and_what_happens(stage: Stage, hub: str) -> None:
    stage.do("page", hub, "a.md", "# A", message="First")
    with stage.follow(hub, 0, token=stage.do("user", "lea")) as lea:
        assert lea.socket.subprotocol == "nexus.v1"
        assert [frame["type"] for frame in lea.until(4)] == [
            "hub.created", "member.added", "member.added", "change.edit",
        ]  # fmt: skip
        stage.do("page", hub, "a.md", "# B")
        frame = lea.next()
        assert is_whole(lea.frames)
    assert (frame["type"], frame["seq"], frame["previous"]) == ("change.edit", 5, 4)
    assert frame["person"] == {"handle": "operator", "name": "Operator"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", frame["at"])
    page = frame["facts"]["pages"][0]
    assert (page["path"], page["kind"], page["what"], frame["facts"]["more"]) == ("a.md", "page", "edited", 0)


def test_without_a_number_it_begins_with_what_happens_next(stage: Stage, hub: str) -> None:
    with stage.follow(hub, token=stage.do("user", "alice")) as alice:
        alice.socket.ping().wait(PATIENCE)
        while not alice.frames:  # the position is taken some time after the handshake
            stage.do("page", hub, "a.md", f"# {next(_numbers)}")
            try:
                alice.frames.append(json.loads(alice.socket.recv(0.2)))
            except TimeoutError:
                continue
        first = alice.frames[0]
        assert first["seq"] > 3
        assert first["previous"] == first["seq"] - 1


def test_it_goes_on_where_it_ended(stage: Stage, hub: str) -> None:
    token = stage.do("user", "lea")
    seen: list[int] = []
    for n in range(6):
        stage.do("page", hub, f"{n}.md", "x")
        with stage.follow(hub, seen[-1] if seen else 0, token=token) as lea:
            seen += [frame["seq"] for frame in lea.until(4 + n)]
    assert seen == list(range(1, 10))


def test_who_is_no_member_is_not_told_of_members(stage: Stage) -> None:
    slug = f"hub-{next(_numbers)}"
    stage.do("hub", slug, "public", {"alice": "owner", "lea": "learner"})
    with stage.follow(slug, 0) as anybody, stage.follow(slug, 2, token=stage.do("user", "alice")) as alice:
        stage.do("page", slug, "a.md", "x")
        stage.do("member", slug, "lea", "mentor")
        stage.do("page", slug, "b.md", "x")
        assert [(frame["seq"], frame["previous"]) for frame in anybody.until(6)] == [(1, 0), (4, 1), (6, 4)]
        assert [(frame["seq"], frame["previous"]) for frame in alice.until(6)] == [(3, 2), (4, 3), (5, 4), (6, 5)]
    with stage.follow(slug, 3) as late:
        assert (late.next()["seq"], late.frames[0]["previous"]) == (4, 1)


def test_many_write_at_once_and_nobody_misses_or_hears_anything_twice(stage: Stage, hub: str) -> None:
    """Eight writers; readers that stay, and one that comes back after every few frames."""
    token = stage.do("user", "lea")
    begin = stage.do("sequence", hub)
    writers, each = 8, 12
    last = begin + writers * each

    def write(name: int) -> None:
        for n in range(each):
            stage.do("page", hub, f"{name}/{n}.md", f"{name} {n}")

    def stay(_n: int) -> list[int]:
        with stage.follow(hub, begin, token=token) as peer:
            return [frame["seq"] for frame in peer.until(last)]

    def come_and_go(step: int) -> list[int]:
        seen = [begin]
        while seen[-1] < last:
            with stage.follow(hub, seen[-1], token=token) as peer:
                seen += [frame["seq"] for frame in peer.until(min(seen[-1] + step, last))]
        return seen[1:]

    with ThreadPoolExecutor(16) as pool:
        readers = [pool.submit(stay, n) for n in range(3)] + [pool.submit(come_and_go, n) for n in (1, 5)]
        for written in [pool.submit(write, n) for n in range(writers)]:
            written.result(PATIENCE)
        for reader in readers:
            assert reader.result(PATIENCE) == list(range(begin + 1, last + 1))


# --- Rights ---------------------------------------------------------------------------------------------------------


ENDS = {
    "remove": (4404, "not_found"),
    "visibility": (4404, "not_found"),
    "sign_out_everywhere": (4401, "invalid_token"),
    "set_password": (4401, "invalid_token"),
    "deactivate": (4401, "invalid_token"),
    "sign_out": (4401, "invalid_token"),
    "revoke": (4401, "invalid_token"),
}


@pytest.mark.security
@pytest.mark.parametrize(
    ("deed", "shows"),
    [
        *itertools.product(sorted(ENDS.keys() - {"sign_out", "revoke"}), ["access", "personal", "session"]),
        ("sign_out", "session"),
        ("revoke", "personal"),
    ],
)
def test_rights_that_end_end_the_stream(stage: Stage, deed: str, shows: str) -> None:
    """S7, C4: whatever ends somebody's rights, the very next activity is not heard of, and the stream ends."""
    number = next(_numbers)
    slug, name = f"hub-{number}", f"mia-{number}"
    token = stage.do("user", name)
    if deed == "visibility":
        stage.do("hub", slug, "internal", {"alice": "owner", "lea": "learner"})
    else:
        stage.do("hub", slug, members={"alice": "owner", name: "learner"})
    personal, secret = stage.do("personal_token", name)
    key = stage.do("session", name)
    shown = {"access": {"token": token}, "personal": {"token": secret}, "session": {"session": key}}[shows]
    arguments = {
        "remove": [slug, name], "visibility": [slug, "private"], "sign_out": [key], "revoke": [personal],
    }.get(deed, [name])  # fmt: skip
    before = stage.do("sequence", slug)
    with stage.follow(slug, 0, **shown) as peer, stage.follow(slug, 0, token=stage.do("user", "alice")) as alice:
        peer.until(1)
        alice.until(before)
        stage.do(deed, *arguments)
        stage.do("page", slug, "after.md", "nothing for you")
        alice.until(stage.do("sequence", slug))
        assert peer.end() == ENDS[deed]
        assert [frame for frame in peer.frames if frame["seq"] > before] == []


@pytest.mark.security
def test_an_access_token_ends_its_stream_when_it_expires(stage: Stage, hub: str) -> None:
    assert stage.follow(hub, 0, token=stage.do("old_token", "alice")).end() == (4401, "token_expired")


@pytest.mark.security
def test_a_token_reaches_its_hubs_only(stage: Stage, hub: str) -> None:
    other = f"hub-{next(_numbers)}"
    stage.do("hub", other, members={"alice": "owner"})
    secret = stage.do("personal_token", "alice", hubs=[stage.do("id_of", hub)])[1]
    with stage.follow(hub, 0, token=secret) as peer:
        assert peer.next()["seq"] == 1
    assert stage.follow(other, 0, token=secret).end() == (4404, "not_found")


# --- Who is let in --------------------------------------------------------------------------------------------------


@pytest.mark.security
def test_what_one_may_not_see_is_refused_like_what_is_not_there(stage: Stage, hub: str) -> None:
    """S4: for everybody who is no member, with every number, and whatever they send."""
    shown = [
        {},
        {"token": stage.do("user", "charlie")},
        {"session": stage.do("session", "charlie")},
        {"session": "none"},
    ]
    for each, after in itertools.product(shown, (None, 0, 3, 4, 999, "x", "-1")):
        answers = {stage.follow(slug, after, **each).end() for slug in (hub, "nobodys")}
        assert answers == {(4404, "not_found")}


@pytest.mark.security
def test_tokens_that_do_not_hold_are_refused_whatever_else_there_is(stage: Stage, hub: str) -> None:
    """C3: garbage, empty, none of ours, cut, twice; never as nobody, never by the session that comes along."""
    good, session = stage.do("user", "alice"), stage.do("session", "alice")
    public = f"hub-{next(_numbers)}"
    stage.do("hub", public, "public")
    head, body, signature = good.split(".")
    bad = [
        "x", "..", "nxp_x", f"nxp_{'a' * 43}", head, f"{head}.{body}", f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{body}.{body}.{signature}", f"eyJhbGciOiJub25lIn0.{body}.", "x" * 3000, "nxr_x",
    ]  # fmt: skip
    for token, slug in itertools.product(bad, (hub, public)):
        with stage.follow(slug, 0, token=token) as peer:
            assert peer.end() == (4401, "invalid_token")
            assert peer.frames == []
    for offered in (
        ["nexus.v1", "bearer."],
        ["nexus.v1", f"bearer.{good}", "bearer.x"],
        ["nexus.v1", "bearer.x", "bearer.y"],
    ):
        with stage.follow(public, 0, session=session, subprotocols=offered) as peer:
            assert peer.end() == (4401, "invalid_token")


@pytest.mark.security
@pytest.mark.parametrize("kind", ["session", "token"])
def test_handshakes_from_elsewhere_are_refused_before_they_open(stage: Stage, hub: str, kind: str) -> None:
    """S18, C1: ten origins, with a session and with a token that would do."""
    shown = {kind: stage.do({"session": "session", "token": "user"}[kind], "alice")}
    for origin in stage.elsewhere:
        with pytest.raises(InvalidStatus) as refused:
            stage.follow(hub, 0, origin=origin, **shown)
        assert refused.value.response.status_code == 403


@pytest.mark.security
def test_cookies_without_an_origin_are_nobodys(stage: Stage, hub: str) -> None:
    assert stage.follow(hub, 0, session=stage.do("session", "alice"), origin=None).end() == (4404, "not_found")
    with stage.follow(hub, 0, session=stage.do("session", "alice")) as peer:
        assert peer.next()["seq"] == 1


def test_another_protocol_is_refused(stage: Stage, hub: str) -> None:
    with pytest.raises(InvalidStatus):
        stage.follow(hub, 0, subprotocols=["graphql-transport-ws"])


@pytest.mark.parametrize(
    ("query", "how"),
    [
        ("?after=x", (4400, "bad_after")),
        ("?after=", (4400, "bad_after")),
        ("?after=-1", (4400, "bad_after")),
        ("?after=1.0", (4400, "bad_after")),
        ("?after=%D9%A1", (4400, "bad_after")),
        ("?after=1&after=2", (4400, "bad_after")),
        (f"?after={'9' * 30}", (4400, "bad_after")),
        ("?after=999", (4410, "after_ahead")),
    ],
)
def test_numbers_that_are_none(stage: Stage, query: str, how: tuple[int, str]) -> None:
    slug = f"hub-{next(_numbers)}"
    stage.do("hub", slug, "public")
    assert stage.follow(slug + query).end() == how


@pytest.mark.security
def test_what_a_client_sends_is_nothing(stage: Stage, hub: str) -> None:
    """S19, C5: not broadcast, not stored; too much of it ends the stream."""
    with (
        stage.follow(hub, 3, token=stage.do("user", "lea")) as lea,
        stage.follow(hub, 3, token=stage.do("user", "alice")) as alice,
    ):
        for n in range(50):
            lea.socket.send(json.dumps({"type": "change.edit", "seq": n, "group": f"hub_{hub}", "path": "x.md"}))
            lea.socket.send(b"\x00\x01")
        stage.do("page", hub, "a.md", "x")
        assert [alice.next()["seq"], lea.next()["seq"]] == [4, 4]
        assert [seq for seq, _ in stage.do("log_of", hub)] == [1, 2, 3, 4]
        for _ in range(10):
            lea.socket.send("x")
        assert lea.end() == (4429, "too_many_messages")


# --- Bounds and ends -------------------------------------------------------------------------------------------------


def test_connections_are_bounded(start_stage: Callable[..., Stage]) -> None:
    stage = start_stage(NEXUS_SOCKETS_PER_ADDRESS="2", NEXUS_SOCKETS_PER_USER="1", NEXUS_SOCKETS="4")
    stage.do("hub", "open", "public", {"alice": "owner", "lea": "learner"})
    alice, lea = stage.do("user", "alice"), stage.do("user", "lea")
    with stage.follow("open", 0) as one, stage.follow("open", 0) as two, stage.follow("open", 0, token=alice) as three:
        for peer in (one, two, three):
            peer.next()
        assert stage.follow("open", 0).end() == (4429, "too_many_connections")
        assert stage.follow("open", 0, token=alice).end() == (4429, "too_many_connections")
        with stage.follow("open", 0, token=lea) as four:
            four.next()
            assert stage.follow("open", 0).end() == (4429, "too_many_connections")
    # Those that left are counted no longer.
    stage.until(lambda: stage.follow("open", 0, token=alice).next()["seq"] == 1)


def test_who_takes_nothing_is_cut_off_and_goes_on_where_they_were(stage: Stage) -> None:
    """L6: what waits for one client is bounded; the others hear everything meanwhile."""
    slug = f"hub-{next(_numbers)}"
    begin = stage.do("hub", slug, members={"alice": "owner", "lea": "learner"})
    token = stage.do("user", "lea")
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect(("127.0.0.1", stage.port))
    with (
        stage.follow(slug, begin, token=token, sock=small, max_queue=1, ping_interval=None) as slow,
        stage.follow(slug, begin, token=stage.do("user", "alice")) as quick,
    ):
        last = begin
        while "too_slow" not in stage.output and last < begin + 600:
            stage.do("noise", slug, 10, 50_000)
            last = stage.do("sequence", slug)
            quick.until(last)
        assert slow.end() == (4408, "too_slow")
        assert is_whole(slow.frames)
        assert is_whole(quick.frames)
        seen = [frame["seq"] for frame in slow.frames]
    with stage.follow(slug, seen[-1] if seen else begin, token=token) as again:
        seen += [frame["seq"] for frame in again.until(last)]
    assert seen == list(range(begin + 1, last + 1))


def test_a_server_that_restarts_says_so_and_is_found_again(start_stage: Callable[..., Stage]) -> None:
    stage = start_stage()
    stage.do("hub", "open", "public")
    with stage.follow("open", 0) as peer:
        peer.next()
        stage.process.send_signal(signal.SIGTERM)
        assert peer.end() == (1012, "restarting")
    assert stage.stop() == 0, stage.output
    again = start_stage()
    again.do("page", "open", "a.md", "x")
    with again.follow("open", 1) as peer:
        assert peer.next()["seq"] == 2


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="`command` is one of the embedded default")
def test_what_another_process_writes_is_heard_without_redis(stage: Stage, hub: str) -> None:
    """The embedded default: a command writes while the server runs."""
    with stage.follow(hub, 3, token=stage.do("user", "alice")) as alice:
        (stage.data / "a.md").write_text("# A")
        command(stage.data, "page", "put", hub, "a.md", "a.md")
        assert alice.next()["seq"] == 4
