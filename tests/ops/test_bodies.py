"""The bounds of request bodies that take too long to show over a socket."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from nexus.ops import bodies
from nexus.ops.bodies import Bodies, ClientGone, Message, Refused, Spool


def sender(*messages: Message) -> Callable[[], Awaitable[Message]]:
    """A client that sends these, and then nothing any more."""
    left = list(messages)

    async def receive() -> Message:
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    return receive


def chunk(data: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": data, "more_body": more}


def received(held: Bodies, *messages: Message) -> bytes:
    async def run() -> bytes:
        with Spool() as spool:
            try:
                await held.into(spool, sender(*messages))
                return spool.rewound().read()
            finally:
                held.release(spool)

    return asyncio.run(run())


def test_a_body_keeps_its_order_in_memory_and_on_disk() -> None:
    parts = [bytes([n]) * 200_000 for n in range(9)]
    messages = [chunk(part) for part in parts]
    assert received(Bodies(10**7, 10**7), *messages, chunk(b"end", more=False)) == b"".join(parts) + b"end"


def test_a_body_that_stalls_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", 0.05)
    with pytest.raises(Refused) as refused:
        received(Bodies(100, 100), chunk(b"abc"))
    assert refused.value.status == 408


class Clock:
    """Time that only passes when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        monkeypatch.setattr(bodies.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(bodies.asyncio, "wait_for", self._wait_for)

    async def _wait_for(self, message: Awaitable[Message], seconds: float) -> Message:
        self.waits.append(seconds)
        return await message


def test_bytes_that_come_win_time_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    async def slowly() -> Message:
        clock.now += 10
        return chunk(b"x" * 4 * bodies.SLOWEST, more=len(clock.waits) < 4)

    async def run() -> None:
        with Spool() as spool:
            await Bodies(10**6, 10**6).into(spool, slowly)

    asyncio.run(run())
    assert clock.waits == [30, 24, 18, 12]


@pytest.mark.security
def test_bytes_that_came_fast_buy_no_long_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red once: 199 MB sent at once let a client hold them, and with four connections all uploads, for 13 hours."""
    clock = Clock(monkeypatch)
    received(Bodies(10**7, 10**7), chunk(b"x" * 5 * 10**6), chunk(b"y", more=False))
    assert max(clock.waits) <= bodies.PATIENCE


@pytest.mark.security
def test_uploads_keep_nobody_from_sending_a_form() -> None:
    held = Bodies(10**6, 10**6)

    async def form_beside_upload() -> None:
        with Spool() as upload, Spool() as form:
            await held.into(upload, sender(chunk(b"x" * 10**6, more=False)))
            await held.into(form, sender(chunk(b"login=lea", more=False)))
            held.release(form)
            held.release(upload)

    asyncio.run(form_beside_upload())


def test_a_client_that_leaves_half_way_is_gone() -> None:
    with pytest.raises(ClientGone):
        received(Bodies(100, 100), chunk(b"abc"), {"type": "http.disconnect"})


def test_all_bodies_together_are_bounded_and_what_is_done_is_free_again() -> None:
    size = 600_000
    held = Bodies(size, 10**6)

    async def two_at_once() -> None:
        with Spool() as first, Spool() as second:
            await held.into(first, sender(chunk(b"x" * size, more=False)))
            try:
                with pytest.raises(Refused) as refused:
                    await held.into(second, sender(chunk(b"x" * size, more=False)))
                assert refused.value.status == 503
            finally:
                held.release(second)
                held.release(first)

    asyncio.run(two_at_once())
    assert received(held, chunk(b"x" * size, more=False)) == b"x" * size


@pytest.mark.faults
def test_a_full_disk_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """T9: /dev/full stands for the disk."""
    spool_file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115  closed by the spool
    spool_file.rollover = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setattr(bodies.tempfile, "SpooledTemporaryFile", lambda **_: spool_file)
    with pytest.raises(Refused) as refused:
        received(Bodies(10**7, 10**7), chunk(b"x" * 10**6, more=False))
    assert refused.value.status == 507
