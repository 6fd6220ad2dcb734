"""R5: Redis that is killed, hangs, is emptied, full, only read, slow, behind a pulled cable, or asks for another password;
and bytes in it that nobody here put there. Nothing is an error, nobody waits long, no limit is forgotten, what happens is
told, and once it is well it is used again."""

import itertools
import json
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis as client
from tests.faults.demands import JSON, Demands
from tests.faults.proxy import Proxy
from tests.live.deeds import PASSWORD
from tests.live.stage import Redis, Stage
from tests.live.test_processes import NO_PATROL, is_linked

from nexus.accounts.attempts import BY_ACCOUNT

pytestmark = [pytest.mark.faults, pytest.mark.services]
OFTEN = {"NEXUS_RATE_SIGNED_IN": "1000000", "NEXUS_RATE_ANONYMOUS": "1000000"}
#: Redis that failed is left alone for longer than a test takes.
FOR_EVER = {"NEXUS_TEST_PAUSE": "100000"}
ALL_IS_WELL = {"rest": 201, "graphql": 200, "form": 302, "sign in of a program": 200}


@pytest.fixture
def proxy(redis: Redis) -> Iterator[Proxy]:
    made = Proxy(redis.port)
    yield made
    made.close()


def url_of(proxy: Proxy) -> str:
    return f"redis://127.0.0.1:{proxy.port}/8"


class Fault:
    """What happens to Redis, and how it is mended."""

    def __init__(self, name: str, redis: Redis, proxy: Proxy) -> None:
        self.name, self.redis, self.proxy = name, redis, proxy

    def begin(self) -> None:
        match self.name:
            case "killed":
                self.redis.kill()
            case "hangs":
                self.redis.process.send_signal(signal.SIGSTOP)
            case "emptied":
                self.set(lambda at: at.flushall())
            case "full":
                self.set(lambda at: at.config_set("maxmemory", 1))
            case "only read":
                self.set(lambda at: at.replicaof("127.0.0.1", 1))
            case "slow":
                self.proxy.delay = 2.0
            case "cable pulled":
                self.proxy.pull()
            case "another password":
                self.set(lambda at: (at.config_set("requirepass", "x"), at.client_kill_filter(_type="normal")))
                self.set(lambda at: at.client_kill_filter(_type="pubsub"), password="x")

    def end(self) -> None:
        match self.name:
            case "killed":
                self.redis.start()
            case "hangs":
                self.redis.process.send_signal(signal.SIGCONT)
            case "full":
                self.set(lambda at: at.config_set("maxmemory", 0))
            case "only read":
                self.set(lambda at: at.replicaof("NO", "ONE"))
            case "another password":
                self.set(lambda at: at.config_set("requirepass", ""), password="x")
        self.proxy.delay = 0.0
        self.proxy.plug()

    def set(self, how: Callable[[Any], Any], **more: str) -> None:
        """Past the proxy."""
        with client.Redis(port=self.redis.port, **more) as at:
            how(at)


FAULTS = ("killed", "hangs", "emptied", "full", "only read", "slow", "cable pulled", "another password")
#: All of them by `make test-faults`, which each take some seconds; else those that differ most.
TRIED = FAULTS if os.environ.get("NEXUS_TEST_OUTAGES") == "all" else ("killed", "hangs")


def is_used(demands: Demands, redis: Redis) -> Callable[[], bool]:
    """Whether what is saved is called out in Redis."""
    listener = client.Redis(port=redis.port, db=8).pubsub()
    listener.subscribe("nexus:1:nudges")
    assert listener.get_message(timeout=10)

    def heard() -> bool:
        demands.writes()
        message = listener.get_message(timeout=0.2)
        return message is not None and message["type"] == "message"

    return heard


@pytest.mark.parametrize("name", TRIED)
def test_nothing_is_an_error_and_it_is_used_again(
    start_stage: Callable[..., Stage],
    redis: Redis,
    proxy: Proxy,
    name: str,
) -> None:
    one, other = (start_stage(REDIS_URL=url_of(proxy), **OFTEN) for _ in range(2))
    demands = Demands(one)
    demands.stage.until(is_used(demands, redis))
    fault = Fault(name, redis, proxy)
    begin = one.do("sequence", "cohort")
    with other.follow("cohort", begin, token=one.do("user", "alice")) as peer:
        one.do("page", "cohort", "before.md", "x")
        assert peer.next()["seq"] == begin + 1
        fault.begin()
        for _ in range(2):
            assert {got.status for got in demands.reads().values()} == {200}
            assert {key: got.status for key, got in demands.writes().items()} == ALL_IS_WELL
        one.do("page", "cohort", "amid.md", "x")
        last = one.do("sequence", "cohort")
        peer.until(last)
        assert one.ask("/health/ready")[0] == 200
        fault.end()
        one.until(is_used(demands, redis))
        other.until(lambda: other.json("/health/ready")["status"] == "ok")
        with client.Redis(port=redis.port, db=8) as at:
            one.until(lambda: at.pubsub_numsub("nexus:1:nudges") == [(b"nexus:1:nudges", 1)])
        one.do("page", "cohort", "after.md", "x")
        peer.until(one.do("sequence", "cohort"))
        assert [frame["seq"] for frame in peer.frames] == list(range(begin + 1, peer.frames[-1]["seq"] + 1))
    demands.nothing_is_lost()
    for stage in (one, other):
        _before, defect, what = stage.output.partition("Traceback")
        assert not defect, what[:5_000]
        assert stage.stop() == 0


@pytest.mark.parametrize("name", [name for name in TRIED if name != "emptied"])
def test_who_does_not_answer_is_left_alone(
    start_stage: Callable[..., Stage],
    redis: Redis,
    proxy: Proxy,
    name: str,
) -> None:
    """Each thread that was at it finds out once; nobody after them comes near it."""
    stage = start_stage(REDIS_URL=url_of(proxy), NEXUS_THREADS="2", **OFTEN, **FOR_EVER)
    demands = Demands(stage)
    for _ in range(3):
        assert {got.status for got in (demands.reads() | demands.writes()).values()} <= {200, 201, 302}
    fault = Fault(name, redis, proxy)
    fault.begin()
    before = proxy.opened
    for _ in range(5):
        assert {got.status for got in demands.reads().values()} == {200}
        assert {key: got.status for key, got in demands.writes().items()} == ALL_IS_WELL
    # Two threads that answer, and one each for what is kept of readers and for followers of the log.
    assert proxy.opened - before <= 4, "55 requests"
    fault.end()


def test_a_pulled_cable_is_noticed(start_stage: Callable[..., Stage], redis: Redis, proxy: Proxy) -> None:
    """A connection on which nothing is heard any more, and nothing is refused: another one is made."""
    one = start_stage(REDIS_URL=redis.url, **NO_PATROL)
    other = start_stage(REDIS_URL=url_of(proxy), **NO_PATROL)
    one.do("hub", "hub", members={"alice": "owner"})
    token = one.do("user", "alice")
    with other.follow("hub", one.do("sequence", "hub"), token=token):
        is_linked(other, one, "hub", token)
        proxy.pull()
        other.until(lambda: "Redis does not answer" in other.output)
        proxy.plug()
        is_linked(other, one, "hub", token)
    assert "Traceback" not in other.output


@pytest.mark.parametrize("name", TRIED)
def test_guesses_are_counted_on(
    start_stage: Callable[..., Stage],
    redis: Redis,
    proxy: Proxy,
    name: str,
) -> None:
    """Ten guesses at a password, Redis failing amid them: the eleventh is refused, right or wrong."""
    stage = start_stage(REDIS_URL=url_of(proxy), **OFTEN)
    stage.do("user", "lea")
    fault = Fault(name, redis, proxy)

    def guess(password: str) -> int:
        body = json.dumps({"username": "lea", "password": password})
        return stage.ask("/api/v1/auth/token", "POST", body, **JSON)[0]

    half = BY_ACCOUNT // 2
    assert [guess(f"wrong {n}") for n in range(half)] == [401] * half
    fault.begin()
    assert [guess(f"amid {n}") for n in range(BY_ACCOUNT - half)] == [401] * (BY_ACCOUNT - half)
    assert guess("again") == guess(PASSWORD) == 429
    fault.end()
    assert guess("after") == guess(PASSWORD) == 429


#: What somebody else may have left there, by intent or not; the last is a text of ours in another place.
class _Opened:
    def __reduce__(self) -> tuple[Any, ...]:
        return (open, ("/tmp/nexus-was-taken-over", "w"))


FOREIGN = [b"", b"\xff\xfe", b"null", b"[]", b'"x"', b"{}", b"-1", b"1e999", b"[" * 100_000, pickle.dumps(_Opened())]


def test_bytes_that_nobody_here_put_there_are_a_miss(
    start_stage: Callable[..., Stage],
    redis: Redis,
) -> None:
    """Under every key that Nexus uses: what it keeps, counts and hears."""
    one = start_stage(REDIS_URL=redis.url, **OFTEN)
    demands = Demands(one)
    text = "# Solved\n\n## Technologies\n\n- **Docker**: it\n\n## Challenges\n\n- **Challenge:** it broke\n"
    one.do("page", "cohort", "entries.md", text)
    pages = ("/cohort/", "/cohort/topics", "/cohort/challenges", "/", "/cohort/people", "/topics/docker")

    def shown(stage: Stage) -> list[tuple[int, bool]]:
        found = [stage.ask(page, **demands.browser.headers) for page in pages]
        return [(status, b"Docker" in body) for status, _headers, body in found]

    known = shown(one)
    assert {status for status, _ in known} == {200}
    at = client.Redis(port=redis.port, db=8)
    keys = list(at.scan_iter("nexus:1:made:*"))
    assert len(keys) > 3, "what is made is kept there"
    assert not [key for key in at.scan_iter("*") if not key.startswith(b"nexus:1:")]
    own = at.get(keys[0])
    for foreign in (*FOREIGN, own):
        for key in keys:
            at.set(key, foreign)
        for key in at.scan_iter("nexus:1:count:*"):
            at.set(key, foreign[:100])
        fresh = start_stage(REDIS_URL=redis.url, **OFTEN)  # it has made nothing itself
        assert shown(fresh) == known, foreign[:40]
        assert "Traceback" not in fresh.output, fresh.output
        assert fresh.stop() == 0


def test_what_others_call_out_is_no_news(start_stage: Callable[..., Stage], redis: Redis) -> None:
    """Neither noise nor a number that is not there yet makes it look again and again, or tells anybody anything."""
    stage = start_stage(REDIS_URL=redis.url, **OFTEN, NEXUS_TEST_PATROL="100000")
    begin = stage.do("hub", "hub", members={"alice": "owner"})
    hub = stage.do("id_of", "hub")
    at = client.Redis(port=redis.port, db=8)
    texts = itertools.count()
    with stage.follow("hub", begin, token=stage.do("user", "alice")) as peer:
        stage.until(lambda: at.pubsub_numsub("nexus:1:nudges")[0][1] == 1)
        for noise in (
            *FOREIGN,
            f"{hub} 99999999999999999".encode(),
            f"{hub} -1".encode(),
            f"{hub} {'9' * 5000}".encode(),
        ):
            at.publish("nexus:1:nudges", noise)
            at.publish("nexus:1:presence", noise)
        stage.do("page", "hub", "a.md", str(next(texts)))
        assert peer.next()["seq"] == begin + 1
        before = stage.do("looks")
        for n in range(20):
            stage.do("page", "hub", "a.md", str(next(texts)))
            assert peer.next()["seq"] == begin + 2 + n
        assert stage.do("looks") - before <= 3 * 20, "a number that never comes is waited for by a look without end"
    assert "Traceback" not in stage.output
    assert stage.stop() == 0
