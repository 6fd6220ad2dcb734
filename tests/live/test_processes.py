"""Several processes and Redis: linked by it, right without it, linked again when it is back."""

import itertools
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.live.stage import Redis, Stage
from tests.ops.serving import PATIENCE

pytestmark = pytest.mark.services
NO_PATROL = {"NEXUS_TEST_PATROL": "100000"}


def is_linked(here: Stage, there: Stage, slug: str, token: str) -> None:
    """Returns once what is written there is heard here without a patrol; a nudge before Redis is listened to is lost."""
    number = there.do("sequence", slug)
    texts = itertools.count(number)
    with here.follow(slug, number, token=token) as peer:

        def heard() -> bool:
            there.do("page", slug, "link.md", str(next(texts)))  # equal text would be no news
            try:
                peer.socket.recv(0.3)
            except TimeoutError:
                return False
            return True

        here.until(heard)


def test_processes_hear_of_each_other_through_redis(start_stage: Callable[..., Stage], redis: Redis) -> None:
    one = start_stage(REDIS_URL=redis.url, **NO_PATROL)
    begin = one.do("hub", "hub", members={"alice": "owner"})
    token = one.do("user", "alice")
    other = start_stage(REDIS_URL=redis.url, **NO_PATROL)
    with one.follow("hub", begin, token=token) as here, other.follow("hub", begin, token=token) as there:
        is_linked(one, other, "hub", token)
        is_linked(other, one, "hub", token)
        begin = one.do("sequence", "hub")
        last = begin + 8 * 6

        def write(n: int) -> None:
            for k in range(6):
                (one, other)[n % 2].do("page", "hub", f"{n}/{k}.md", f"{n} {k}")

        with ThreadPoolExecutor(8) as pool:
            for each in [pool.submit(write, n) for n in range(8)]:
                each.result(PATIENCE)
        for peer in (here, there):
            seqs = [frame["seq"] for frame in peer.until(last)]
            assert seqs == list(range(seqs[0], last + 1))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_without_redis_it_is_slower_and_right(start_stage: Callable[..., Stage], redis: Redis, how: int) -> None:
    """C4 with Redis dead, or hanging: events come, rights end, and nothing is an error."""
    one, other = start_stage(REDIS_URL=redis.url), start_stage(REDIS_URL=redis.url)
    begin = one.do("hub", "hub", members={"alice": "owner", "lea": "learner"})
    alice, lea = one.do("user", "alice"), one.do("user", "lea")
    with other.follow("hub", begin, token=alice) as owner, other.follow("hub", begin, token=lea) as member:
        one.do("page", "hub", "a.md", "x")
        assert [owner.next()["seq"], member.next()["seq"]] == [begin + 1] * 2
        redis.process.send_signal(how)
        one.do("page", "hub", "b.md", "x")
        assert [owner.next()["seq"], member.next()["seq"]] == [begin + 2] * 2
        one.do("remove", "hub", "lea")
        one.do("page", "hub", "c.md", "not for lea")
        assert member.end() == (4404, "not_found")
        assert [frame["seq"] for frame in member.frames] == [begin + 1, begin + 2]
        assert [frame["type"] for frame in owner.until(begin + 4)][2:] == ["member.removed", "change.edit"]
        if how == signal.SIGKILL:
            other.until(lambda: "Redis does not answer" in other.output)
            redis.kill()
            redis.start()
            other.until(lambda: "Redis is back" in other.output)
        else:
            redis.process.send_signal(signal.SIGCONT)
        one.do("page", "hub", "d.md", "x")
        assert owner.next()["seq"] == begin + 5
    for stage in (one, other):
        assert "Traceback" not in stage.output
        assert stage.output.count("Redis does not answer") <= 1
        assert stage.stop() == 0


def test_a_removal_is_obeyed_in_every_process(start_stage: Callable[..., Stage], redis: Redis) -> None:
    """A nudge of another process brings the removal; no frame of it or behind it leaves."""
    one, other = (start_stage(REDIS_URL=redis.url, **NO_PATROL) for _ in range(2))
    one.do("hub", "hub", members={"alice": "owner", "lea": "learner"})
    alice, lea = one.do("user", "alice"), one.do("user", "lea")
    is_linked(other, one, "hub", alice)
    begin = one.do("sequence", "hub")
    with other.follow("hub", begin, token=alice) as owner, other.follow("hub", begin, token=lea) as member:
        is_linked(other, one, "hub", alice)
        begin = member.until(one.do("sequence", "hub"))[-1]["seq"]
        owner.until(begin)
        one.do("remove", "hub", "lea")
        one.do("page", "hub", "after.md", "x")
        assert member.end() == (4404, "not_found")
        assert member.frames[-1]["seq"] == begin
        assert owner.until(begin + 2)[-1]["type"] == "change.edit"
