"""Rooms and streams without a server: who joins when, what waits, what is read in which order."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from nexus.accounts.proofs import NOBODY, Proof
from nexus.base import broadcast, clock, shared
from nexus.hubs import actions as hubs
from nexus.hubs.queries import Reader
from nexus.live import reading, rooms
from nexus.live.closing import Close
from nexus.live.relay import parsed
from nexus.live.rooms import Room, Rooms
from nexus.live.streams import HEARTBEAT, MAX_FRAMES, STALL, Ended, Frame, Stream
from nexus.pages.events import Event, Told

HUB = uuid.uuid4()


def event(seq: int, size: int = 0) -> Event:
    return Event(seq, "change.edit", clock.now(), {"handle": "ada", "name": "Ada"}, {"x": "x" * size})


def run(test: Callable[[], Awaitable[Any]]) -> Any:
    return asyncio.run(asyncio.wait_for(test(), 30))  # type: ignore[arg-type]


async def taken(stream: Stream, number: int) -> list[str]:
    return [(await stream.next()).text for _ in range(number)]


def test_what_was_told_is_not_told_again() -> None:
    async def test() -> None:
        stream = Stream(HUB, NOBODY, 5, 3)
        made: dict[tuple[int, int], Frame] = {}
        stream.tell([event(n) for n in range(1, 8)], 9, made)
        assert list(made) == [(6, 3), (7, 6)]
        assert await taken(stream, 2) == [frame.text for frame in made.values()]
        assert (stream.position, stream.previous) == (9, 7)
        stream.tell([event(8)], 8, made)  # a look that began earlier
        assert (stream.position, len(made)) == (9, 2)

    run(test)


@pytest.mark.parametrize(("number", "size"), [(MAX_FRAMES + 1, 0), (12, 100_000)])
def test_what_waits_is_bounded_by_number_and_size(number: int, size: int) -> None:
    async def test() -> None:
        stream = Stream(HUB, NOBODY, 0, 0)
        stream.tell([event(n, size) for n in range(1, number)], number - 1, {})
        assert stream.close is None or size
        stream.tell([event(number, size)], number, {})
        assert stream.close is Close.TOO_SLOW
        with pytest.raises(Ended):  # and nothing of what waited is kept
            await stream.next()

    run(test)


def test_who_lost_their_rights_gets_nothing_of_what_waited() -> None:
    async def test() -> None:
        stream = Stream(HUB, NOBODY, 0, 0)
        stream.tell([event(1)], 1, {})
        stream.end(Close.NOT_FOUND)
        stream.end(Close.TOO_SLOW)  # the first reason counts
        stream.tell([event(2)], 2, {})
        with pytest.raises(Ended) as ended:
            await stream.next()
        assert ended.value.close is Close.NOT_FOUND

    run(test)


def test_silence_is_broken_and_a_stall_is_seen() -> None:
    async def test() -> None:
        stream = Stream(HUB, NOBODY, 4, 4)
        now = stream.sent_at
        stream.beat(now + HEARTBEAT)
        stream.beat(now + HEARTBEAT + 1)
        stream.beat(now + HEARTBEAT + 2)  # one waits already
        assert await taken(stream, 1) == ['{"type": "heartbeat", "seq": 4}']
        assert not stream.has_stalled(now + STALL + 1)
        stream.sending_since = now
        assert stream.has_stalled(now + STALL + 1)

    run(test)


class Log:
    """A log that stands in for the database's, read when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.last = 0
        self.reads: list[int] = []
        self.gone: set[Proof] = set()
        self.reading = asyncio.Event()
        self.go_on = asyncio.Event()
        monkeypatch.setattr(rooms, "for_rooms", self.in_thread)

    async def in_thread(self, _look: Any, _hub: uuid.UUID, proofs: set[Proof], after: int) -> reading.Look:
        self.reads.append(after)
        told = [event(n) for n in range(after + 1, self.last + 1)]
        self.reading.set()
        await self.go_on.wait()
        reader = Reader(None, True)  # type: ignore[arg-type]
        standing = {proof: Close.NOT_FOUND if proof in self.gone else reader for proof in proofs}
        return reading.Look(Told({True: told, False: []}, told[-1].seq if told else after, False), standing)


def numbers(frames: list[str]) -> list[int]:
    import json

    return [json.loads(frame)["seq"] for frame in frames]


def test_who_joins_while_the_log_is_read_misses_nothing_and_hears_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        log, room = Log(monkeypatch), Room(HUB)
        first = Stream(HUB, NOBODY, 0, 0)
        assert room.join(first)
        log.last = 3
        room.nudge(3)
        await log.reading.wait()
        log.last = 5
        ahead = Stream(HUB, NOBODY, 4, 4)  # read up to 4 by itself meanwhile
        level = Stream(HUB, NOBODY, 0, 0)  # has not heard of the three that are being read
        assert room.join(ahead)
        assert room.join(level)
        room.nudge(5)
        log.go_on.set()
        assert numbers(await taken(first, 5)) == [1, 2, 3, 4, 5]
        assert numbers(await taken(level, 5)) == [1, 2, 3, 4, 5]
        assert numbers(await taken(ahead, 1)) == [5]
        behind = Stream(HUB, NOBODY, 4, 4)
        assert not room.join(behind)
        assert room.position == 5
        room.task.cancel()

    run(test)


def test_many_nudges_are_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        log, room = Log(monkeypatch), Room(HUB)
        streams = [Stream(HUB, NOBODY, 0, 0) for _ in range(100)]
        assert all(room.join(stream) for stream in streams)
        log.last = 50
        log.go_on.set()
        for n in range(1, 51):
            room.nudge(n)
        for stream in streams:
            assert numbers(await taken(stream, 50)) == list(range(1, 51))
        room.nudge(50)
        room.nudge(7)  # old news
        assert len(log.reads) == 1
        room.task.cancel()

    run(test)


def test_a_log_that_cannot_be_read_is_read_at_the_next_nudge(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        log, room = Log(monkeypatch), Room(HUB)
        stream = Stream(HUB, NOBODY, 0, 0)
        room.join(stream)
        failed = asyncio.Event()

        async def fails(*_: Any) -> None:
            failed.set()
            raise OSError

        monkeypatch.setattr(rooms, "for_rooms", fails)
        room.nudge(1)
        await failed.wait()
        monkeypatch.setattr(rooms, "for_rooms", log.in_thread)
        log.last = 1
        log.go_on.set()
        await asyncio.sleep(0)
        room.nudge(1)  # as the patrol does
        assert numbers(await taken(stream, 1)) == [1]
        room.task.cancel()

    run(test)


def test_who_is_gone_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        log, room = Log(monkeypatch), Room(HUB)
        gone, stays = Stream(HUB, Proof(stamp="x"), 0, 0), Stream(HUB, NOBODY, 0, 0)
        assert room.join(gone)
        assert room.join(stays)
        log.gone, log.last = {gone.proof}, 1
        log.go_on.set()
        room.nudge(1)
        assert numbers(await taken(stays, 1)) == [1]
        with pytest.raises(Ended):
            await gone.next()
        room.task.cancel()

    run(test)


def test_rooms_are_made_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        monkeypatch.setattr(broadcast, "listeners", [])
        place = Rooms()
        stream = Stream(HUB, NOBODY, 0, 0)
        room = place.enter(stream)
        assert place.enter(Stream(HUB, NOBODY, 0, 0)) is room
        await asyncio.to_thread(broadcast.broadcast, HUB, 3)  # from another thread, as a commit
        await asyncio.to_thread(broadcast.broadcast, uuid.uuid4(), 3)
        await asyncio.sleep(0)
        assert room.newest == 3
        for each in list(room.streams):
            place.leave(each)
            place.leave(each)
        await asyncio.wait({room.task})
        counted: list[str] = []
        place.count_in("x", 1, counted)
        with pytest.raises(Ended):
            place.count_in("x", 1, counted)
        place.count_out(counted)
        place.count_in("x", 1, counted)

    run(test)


def test_only_nudges_are_heard_in_the_channel() -> None:
    assert parsed(f"{HUB} 12".encode()) == (HUB, 12)
    for data in (b"", b"x", f"{HUB}".encode(), f"{HUB} x".encode(), b"\xff 1", 1, None, f"{HUB} 12"):
        assert parsed(data) is None


@pytest.mark.parametrize("is_down", [False, True])
def test_a_nudge_without_redis_disturbs_nobody(settings, monkeypatch: pytest.MonkeyPatch, is_down: bool) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0" if is_down else ""
    heard: list[tuple[uuid.UUID, int]] = []
    monkeypatch.setattr(broadcast, "listeners", [lambda *nudge: heard.append(nudge)])
    shared.clear()
    broadcast.broadcast(HUB, 1)
    broadcast.broadcast(HUB, 2)
    assert heard == [(HUB, 1), (HUB, 2)]
    shared.clear()


@pytest.mark.security
def test_a_removal_between_reading_and_telling_counts(cast, hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights are asked for after the log was read: who is removed by what was read, or right after, hears none of it."""
    lea = Proof(cast.user("lea").pk, cast.user("lea").stamp)
    plain = reading.events_for_readers

    def reads(*args: Any, **kwargs: Any) -> Told:
        told = plain(*args, **kwargs)
        hubs.remove_member(cast.alice, "cohort", "lea")
        return told

    assert isinstance(reading.look(hub.pk, [lea], 0).standing[lea], Reader)
    monkeypatch.setattr(reading, "events_for_readers", reads)
    assert reading.look(hub.pk, [lea], 0).standing[lea] is Close.NOT_FOUND


def test_how_each_stands(cast, hub) -> None:
    gone = Proof(uuid.uuid4(), "x")
    over = Proof(cast.user("lea").pk, cast.user("lea").stamp, until=1)
    charlie = Proof(cast.user("charlie").pk, cast.user("charlie").stamp)
    found = reading.check([(hub.pk, each) for each in (NOBODY, gone, over, charlie)])
    assert [found.standing[hub.pk, each] for each in (NOBODY, gone, over, charlie)] == [
        Close.NOT_FOUND, Close.SIGNED_OUT, Close.EXPIRED, Close.NOT_FOUND,
    ]  # fmt: skip
    assert found.sequences == {hub.pk: hub.sequence}
