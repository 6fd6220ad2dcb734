"""The hubs that somebody follows in this process. A room reads its hub's log once for all of them, and sends to each
itself: the only things that travel between processes are nudges (docs/adr/0051)."""

import asyncio
import logging
from collections import Counter
from uuid import UUID

from django.conf import settings

from nexus.accounts.proofs import Proof
from nexus.base import broadcast
from nexus.hubs.queries import Reader
from nexus.live.closing import Close
from nexus.live.presence import Presence
from nexus.live.reading import Look, check, for_rooms, look
from nexus.live.relay import relay
from nexus.live.streams import Ended, Frame, Stream

log = logging.getLogger(__name__)

#: How often every room looks without having been nudged, and every connection's rights are asked for, in seconds. It is
#: what a lost nudge costs, with Redis or without.
PATROL = 2.0


class Room:
    """Those who follow one hub."""

    def __init__(self, hub: UUID) -> None:
        self.hub = hub
        #: All who follow, and of those the ones that were told everything up to `position`.
        self.streams: set[Stream] = set()
        self.joined: set[Stream] = set()
        self.position = 0
        #: The highest number that is known to exist.
        self.newest = 0
        self._woken = asyncio.Event()
        self.task = asyncio.get_running_loop().create_task(self._run())

    def nudge(self, seq: int) -> None:
        self.newest = max(self.newest, seq)
        if self.joined and self.newest > self.position:
            self._woken.set()

    def join(self, stream: Stream) -> bool:
        """Whether `stream`, who read up to its position by itself, is from now on told with the others; not while the
        others are ahead of it."""
        if not self.joined:
            self.position = stream.position
        elif stream.position < self.position:
            return False
        self.joined.add(stream)
        self.nudge(stream.position)
        return True

    async def _run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            joined = list(self.joined)
            if not joined:
                continue
            # A number that is not in the log by now is nobody's: waiting for it would be looking without end.
            self.newest = self.position
            try:
                # Somebody who joined while the log was read may be ahead of it, nobody is behind.
                seen = await for_rooms(look, self.hub, {one.proof for one in joined}, self.position)
            except Exception:  # the database may be away; the patrol wakes this room again
                log.warning("a hub's log could not be read", exc_info=True)
                continue
            self._tell(joined, seen)
            if seen.told.is_cut:
                self._woken.set()

    def _tell(self, joined: list[Stream], seen: Look) -> None:
        made: dict[tuple[int, int], Frame] = {}
        for one in joined:
            standing = seen.standing[one.proof]
            if isinstance(standing, Reader):
                one.tell(seen.told.events[standing.is_member], seen.told.until, made)
            else:
                one.end(standing)
        late = [one.position for one in self.joined.difference(joined)]
        self.position = min([seen.told.until, *late])
        self.nudge(seen.told.until)


class Rooms:
    """All rooms of one event loop, and what they have in common: nudges, the patrol, the bounds."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rooms: dict[UUID, Room] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._open: Counter[str] = Counter()
        self._presence = Presence()
        broadcast.listeners.append(self._heard)

    def _heard(self, hub: UUID, seq: int) -> None:
        """A nudge, in the thread that committed."""
        if hub in self._rooms and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._nudge, hub, seq)

    def _nudge(self, hub: UUID, seq: int) -> None:
        if room := self._rooms.get(hub):
            room.nudge(seq)

    def count_in(self, key: str, most: int, counted: list[str]) -> None:
        """One connection more that is counted as `key`. Raises Ended when there are `most`."""
        if self._open[key] >= most:
            raise Ended(Close.TOO_MANY)
        self._open[key] += 1
        counted.append(key)

    def count_out(self, counted: list[str]) -> None:
        self._open.subtract(counted)
        self._open += Counter()  # drops those that are none

    def enter(self, stream: Stream) -> Room:
        """The room of its hub. From now on its rights are looked after."""
        if not self._tasks:
            self._tasks = [self._loop.create_task(self._patrol())]
            if settings.REDIS_URL:
                self._tasks.append(self._loop.create_task(relay(settings.REDIS_URL, self._presence.heard)))
        if stream.hub not in self._rooms:
            self._rooms[stream.hub] = Room(stream.hub)
        room = self._rooms[stream.hub]
        room.streams.add(stream)
        if stream.page is not None:
            self._presence.enter(stream.page, stream)
        return room

    def leave(self, stream: Stream) -> None:
        room = self._rooms.get(stream.hub)
        if room is None or stream not in room.streams:
            return
        room.streams.discard(stream)
        room.joined.discard(stream)
        if stream.page is not None:
            self._presence.leave(stream.page, stream)
        if not room.streams:
            room.task.cancel()
            del self._rooms[stream.hub]
        if not self._rooms:
            while self._tasks:
                self._tasks.pop().cancel()

    async def _patrol(self) -> None:
        """Looks after everybody: rights, silence, clients that stall, and logs that went on without a nudge."""
        is_well = True
        while True:
            await asyncio.sleep(PATROL)
            everybody = [one for room in self._rooms.values() for one in room.streams]
            now = self._loop.time()
            for one in everybody:
                if one.has_stalled(now) and one.task is not None:
                    one.end(Close.TOO_SLOW)
                    one.task.cancel()
                one.beat(now)
            self._presence.look_after(now)
            asked: set[tuple[UUID, Proof]] = {(one.hub, one.proof) for one in everybody}
            try:
                found = await for_rooms(check, asked)
            except Exception:  # nothing is sent while rights cannot be asked for
                if is_well:
                    log.warning("rights of open connections cannot be checked", exc_info=True)
                is_well = False
                continue
            is_well = True
            for one in everybody:
                if isinstance(standing := found.standing[one.hub, one.proof], Close):
                    one.end(standing)
            for hub, seq in found.sequences.items():
                self._nudge(hub, seq)


_here: dict[asyncio.AbstractEventLoop, Rooms] = {}


def rooms() -> Rooms:
    """The rooms of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _here:
        _here[loop] = Rooms()
    return _here[loop]
