"""One open connection that follows a hub: what waits to be sent to it, within bounds."""

import asyncio
import json
import logging
from collections import deque
from typing import Any, NamedTuple
from uuid import UUID

from nexus.accounts.proofs import Proof
from nexus.live.closing import Close
from nexus.pages.events import Event

log = logging.getLogger(__name__)

#: What may wait for one client, in frames and in characters. Who takes less than is written is cut off, and resumes.
MAX_FRAMES, MAX_CHARACTERS = 256, 1_000_000
#: A client that takes nothing for so long is cut off, in seconds.
STALL = 20.0
#: Silence is broken after so many seconds, so that both sides notice a connection that is dead.
HEARTBEAT = 20.0


class Ended(Exception):
    """The connection is to be closed as `close` says."""

    def __init__(self, close: Close) -> None:
        super().__init__(close)
        self.close = close


class Present(NamedTuple):
    """Who else has a page open: those who are named, each as `handle` and `name`, and how many more there are."""

    people: list[dict[str, str]]
    others: int


class Frame(NamedTuple):
    """What is sent: its text, and for who says it in another form the event with the number before it, or who is there."""

    text: str
    event: Event | None = None
    previous: int = 0
    present: Present | None = None


class Stream:
    """Who follows, how far they were told (`position`), the last number they were sent (`previous`), and what waits. With a
    `page` they have that page open, and hear who else has.

    Used from the event loop only. Nothing waits any longer once it has ended: rights that are gone are gone.
    """

    def __init__(self, hub: UUID, proof: Proof, position: int, previous: int, page: UUID | None = None) -> None:
        self.hub, self.proof, self.position, self.previous, self.page = hub, proof, position, previous, page
        self.close: Close | None = None
        #: The task that sends, for `Rooms` to end when a client stalls; and since when it waits for the client.
        self.task: asyncio.Task[Any] | None = None
        self.sending_since: float | None = None
        self.sent_at = asyncio.get_running_loop().time()
        self._waiting: deque[Frame] = deque()
        #: Who else is there, as it was said last, and whether that still waits: only the newest is of interest.
        self._present: Present | None = None
        self._is_present_new = False
        self._characters = 0
        self._woken = asyncio.Event()

    def tell(self, events: list[Event], until: int, made: dict[tuple[int, int], Frame]) -> None:
        """Hands over what lies between its position and `until`. `made`: the frames of this round, shared by all."""
        for event in events:
            if event.seq > self.position:
                key = event.seq, self.previous
                if key not in made:
                    made[key] = frame(event, self.previous)
                self._offer(made[key])
                self.previous = event.seq
        self.position = max(self.position, until)

    def beat(self, now: float) -> None:
        """A frame without news, after a silence."""
        if not self._waiting and now - self.sent_at > HEARTBEAT:
            self._offer(Frame(json.dumps({"type": "heartbeat", "seq": self.previous})))

    def tell_present(self, present: Present) -> None:
        """Says who else is there, unless that was said."""
        if self.close is None and present != self._present:
            self._present, self._is_present_new = present, True
            self._woken.set()

    def _offer(self, one: Frame) -> None:
        if self.close is not None:
            return
        if len(self._waiting) >= MAX_FRAMES or self._characters + len(one.text) > MAX_CHARACTERS:
            self.end(Close.TOO_SLOW)
            return
        self._waiting.append(one)
        self._characters += len(one.text)
        self._woken.set()

    def end(self, close: Close) -> None:
        """Has the connection closed; the first reason counts."""
        if self.close is None:
            self.close = close
            log.info("a stream is ended: %s", close.reason)
        self._waiting.clear()
        self._is_present_new = False
        self._woken.set()

    def has_stalled(self, now: float) -> bool:
        return self.sending_since is not None and now - self.sending_since > STALL

    async def next(self) -> Frame:
        """The next frame to send. Raises Ended."""
        while True:
            if self.close is not None:
                raise Ended(self.close)
            if self._waiting:
                one = self._waiting.popleft()
                self._characters -= len(one.text)
                return one
            if self._is_present_new and self._present is not None:
                self._is_present_new = False
                return _present_frame(self.page, self._present, self.previous)
            self._woken.clear()
            await self._woken.wait()


def frame(event: Event, previous: int) -> Frame:
    """The event, and the number of the last one before it that this reader was told of."""
    body = event.as_json()
    said = {"type": body.pop("type"), "seq": body.pop("seq"), "previous": previous, **body}
    return Frame(json.dumps(said, ensure_ascii=False), event, previous)


def _present_frame(page: UUID | None, present: Present, seq: int) -> Frame:
    said = {"type": "presence", "seq": seq, "page": str(page), **present._asdict()}
    return Frame(json.dumps(said, ensure_ascii=False), present=present)
