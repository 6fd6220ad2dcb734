"""Webhooks of servers that are killed, or several: every event is told, in order, with one id; twice only after a kill."""

import itertools
import signal
from collections.abc import Callable, Iterator

import pytest
from tests.exchange.receiver import Receiver, is_genuine
from tests.live.conftest import start_stage  # noqa: F401  a fixture
from tests.live.stage import Stage

pytestmark = pytest.mark.faults
#: Whoever is silent for three seconds is followed by another.
SOON = {"NEXUS_TEST_LEASE": "3"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def start(start_stage: Callable[..., Stage], receiver: Receiver) -> Callable[..., Stage]:  # noqa: F811
    """Servers that may send to the receiver."""

    def start(**more: str) -> Stage:
        allowed = {"NEXUS_ALLOWED_ADDRESSES": "127.0.0.0/8", "NEXUS_WEBHOOK_PORTS": str(receiver.port)}
        return start_stage(**allowed, **more)

    return start


def test_nothing_is_lost_when_the_server_is_killed(start: Callable[..., Stage], receiver: Receiver) -> None:
    """SIGKILL while the receiver has the request and before it answers; then again while much waits."""
    server = start(**SOON)
    server.do("hub", "hub", members={"alice": "owner"})
    secret = server.do("webhook", "hub", "alice", receiver.url, ["change.*"])
    server.until(lambda: receiver.told == ["webhook.ping"])
    receiver.answers = ["hang"]
    server.do("page", "hub", "first.md", "1")
    server.until(lambda: len(receiver.got) == 2)
    first = receiver.ids[1]
    server.stop(signal.SIGKILL)
    server = start(**SOON)
    server.until(lambda: len(receiver.got) >= 3)
    assert receiver.ids[1:3] == [first, first], "the same event, with the id it had"
    for n in range(30):
        server.do("page", "hub", f"{n}.md", str(n))
        if n == 15:
            server.stop(signal.SIGKILL)
            server = start(**SOON)
    newest = server.do("sequence", "hub")
    server.until(lambda: receiver.told[-1] == newest)
    numbers = [seq for seq, verb in server.do("log_of", "hub") if verb == "change.edit"]
    told = receiver.told[1:]
    assert [key for key, _ in itertools.groupby(told)] == numbers, "all of them, in order"
    assert len(told) <= len(numbers) + 2, "twice only what was under way at a kill"
    assert len(set(zip(told, receiver.ids[1:], strict=True))) == len(numbers), "each with one id"
    assert all(is_genuine(secret, *each) for each in receiver.got)


def test_two_servers_send_nothing_twice(start: Callable[..., Stage], receiver: Receiver) -> None:
    """Both look at every write of theirs, and every moment besides."""
    servers = [start(), start()]
    servers[0].do("hub", "hub", members={"alice": "owner"})
    servers[0].do("webhook", "hub", "alice", receiver.url, ["change.*"])
    for n in range(40):
        servers[n % 2].do("page", "hub", f"{n}.md", str(n))
    newest = servers[0].do("sequence", "hub")
    servers[0].until(lambda: bool(receiver.told) and receiver.told[-1] == newest)
    told = [each for each in receiver.told if each != "webhook.ping"]
    assert told == [seq for seq, verb in servers[0].do("log_of", "hub") if verb == "change.edit"]


def test_a_receiver_that_comes_back_is_told_what_it_missed(start: Callable[..., Stage], receiver: Receiver) -> None:
    """It is away, and answers again later on the same port."""
    server = start()
    server.do("hub", "hub", members={"alice": "owner"})
    receiver.answers = [503, 503]
    server.do("webhook", "hub", "alice", receiver.url, ["change.*"])
    server.until(lambda: receiver.told == ["webhook.ping"])
    server.do("page", "hub", "a.md", "a")
    server.do("page", "hub", "b.md", "b")
    server.until(lambda: len(receiver.got) == 4)
    assert len(set(receiver.told[1:3])) == 1
    assert receiver.told[3] == receiver.told[2] + 1
    assert server.stop() == 0
