"""L6: a hundred who take nothing, among a thousand who follow a hub."""

import asyncio
import datetime
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.live.stage import Stage, is_whole
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.slow

QUICK, SLOW = 900, 100
#: Events of a deed, the characters of each, and deeds at most: more than any buffer on the way to a client holds.
EVENTS, SIZE, DEEDS = 1, 20_000, 600
#: What may wait for one slow client, in the server and in what it hands over to, and what the quick ones need.
MEGABYTES = 2 * SLOW + 200
PATIENCE = 120


def memory(stage: Stage) -> int:
    """Proportional set size of the server, in MB."""
    lines = Path(f"/proc/{stage.process.pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) // 1024


class Follower:
    """Somebody who follows the hub; a slow one takes nothing before `heard`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []
        self.late: list[float] = []
        self.end: tuple[int, str] | None = None

    async def heard(self, until: int = 0) -> None:
        """Takes what comes, up to a number or to the end."""
        try:
            while not until or not self.frames or self.frames[-1]["seq"] < until:
                frame = json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE))
                if frame["type"] != "heartbeat":
                    self.frames.append({name: frame[name] for name in ("seq", "previous")})
                    self.late.append(time.time() - _moment(frame["at"]))
        except ConnectionClosed as closed:
            self.end = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")


def _moment(at: str) -> float:
    return datetime.datetime.fromisoformat(at).timestamp()


async def follow(stage: Stage, after: int, *, is_slow: bool = False) -> Follower:
    address, options = f"ws://127.0.0.1:{stage.port}/ws/hubs/busy?after={after}", {}
    if is_slow:
        small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        small.connect(("127.0.0.1", stage.port))
        small.setblocking(False)
        options = {"sock": small, "max_queue": 1}
    return Follower(await connect(address, compression=None, ping_interval=None, max_size=None, open_timeout=PATIENCE,
                                  close_timeout=1, **options))  # fmt: skip


def test_who_takes_nothing_costs_the_others_nothing(start_stage: Callable[..., Stage]) -> None:
    """The server's memory stays bounded; the slow ones are cut off and go on without a gap; the others hear everything."""
    stage = start_stage(NEXUS_SOCKETS_PER_ADDRESS="5000", NEXUS_TEST_NO_FOLLOWERS="1")
    begin = stage.do("hub", "busy", "public")

    async def play() -> None:
        gate = asyncio.Semaphore(20)

        async def one(*, is_slow: bool) -> Follower:
            async with gate:
                return await follow(stage, begin, is_slow=is_slow)

        slow = await asyncio.gather(*(one(is_slow=True) for _ in range(SLOW)))
        quick = await asyncio.gather(*(one(is_slow=False) for _ in range(QUICK)))
        before = peak = memory(stage)
        last, deeds = begin, 0
        while deeds < DEEDS and stage.output.count("too_slow") < SLOW:
            await asyncio.to_thread(stage.do, "noise", "busy", EVENTS, SIZE)
            last, deeds = last + EVENTS, deeds + 1
            await asyncio.gather(*(each.heard(last) for each in quick))
            peak = max(peak, memory(stage))
        late = sorted(moment for each in quick for moment in each.late)
        print(f"{deeds * EVENTS} events of {SIZE} characters to {QUICK}: p50 {late[len(late) // 2] * 1000:.0f} ms, "
              f"p99 {late[int(len(late) * 0.99)] * 1000:.0f} ms; memory {before} → {peak} MB")  # fmt: skip
        everything = list(range(begin + 1, last + 1))
        for each in quick:
            assert [frame["seq"] for frame in each.frames] == everything
            assert each.end is None
        assert peak - before < MEGABYTES, (before, peak)
        for each in slow:
            await each.heard()
            # Who takes nothing gets no farewell either; what came has no hole.
            assert each.end in ((4408, "too_slow"), (1006, ""))
            assert is_whole(each.frames)
            again = await follow(stage, each.frames[-1]["seq"] if each.frames else begin)
            await again.heard(last)
            assert [frame["seq"] for frame in each.frames + again.frames] == everything
            await again.socket.close()
        for each in quick:
            await each.socket.close()

    asyncio.run(play())
