"""Who has which page open: here by their connections, in other processes as these say through Redis (docs/adr/0071).

Nothing of it is stored. A process says who is on its pages when that changes and every few seconds, and is believed for a
while; without Redis it knows its own readers alone. Only ids travel.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from nexus.accounts.models import Person
from nexus.accounts.queries import names_of
from nexus.base import shared
from nexus.base.ids import uuid7
from nexus.live.reading import for_rooms
from nexus.live.relay import PRESENCE
from nexus.live.streams import Present, Stream

log = logging.getLogger(__name__)

#: How long what changed is gathered before it is told: who reloads a page has not left it. In seconds.
SETTLING = 1.0
#: How often a process says again who is there, and how long it is believed, in seconds.
AGAIN, BELIEVED = 5.0, 15.0
#: How many are named to a reader; and how many of a page, how many pages in a message, travel between processes.
NAMED, TRAVELLING, PAGES = 20, 100, 200


class There(NamedTuple):
    """Who is on a page in a process: accounts, and how many besides."""

    users: frozenset[UUID] = frozenset()
    others: int = 0


class Elsewhere(NamedTuple):
    """What another process said, and until when it is believed."""

    there: There
    until: float


class Presence:
    """Who is on the pages that somebody has open in this process. Used from one event loop only."""

    def __init__(self) -> None:
        self.me = uuid7().hex
        self._here: dict[UUID, set[Stream]] = {}
        self._elsewhere: dict[UUID, dict[str, Elsewhere]] = {}
        self._changed: set[UUID] = set()
        #: Pages of which this process has something to say to others, and those of which it has not heard yet.
        self._to_say: set[UUID] = set()
        self._to_ask: set[UUID] = set()
        self._said_at = 0.0
        self._telling: asyncio.Task[None] | None = None

    def enter(self, page: UUID, stream: Stream) -> None:
        """Somebody opened a page, whose rights were asked for."""
        if page not in self._here:
            self._here[page] = set()
            self._to_ask.add(page)
        self._here[page].add(stream)
        self._change(page)

    def leave(self, page: UUID, stream: Stream) -> None:
        streams = self._here.get(page, set())
        streams.discard(stream)
        self._change(page)
        if not streams:
            self._here.pop(page, None)
            self._elsewhere.pop(page, None)

    def look_after(self, now: float) -> None:
        """Says again who is here, and forgets processes that no longer do; every patrol."""
        for page, processes in self._elsewhere.items():
            gone = [name for name, said in processes.items() if said.until < now]
            for name in gone:
                del processes[name]
            if gone:
                self._changed.add(page)
        if now - self._said_at >= AGAIN:
            self._said_at = now
            self._to_say |= self._here.keys()
        self._soon()

    def heard(self, data: object) -> None:
        """What a process said through Redis; what it is not sense is no news."""
        try:
            said = _parsed(data)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            return
        if said.process == self.me:
            return
        until = asyncio.get_running_loop().time() + BELIEVED
        for page, there in said.pages.items():
            if page not in self._here:
                continue
            processes = self._elsewhere.setdefault(page, {})
            before = processes.pop(said.process, Elsewhere(There(), 0)).there
            if there != There():
                processes[said.process] = Elsewhere(there, until)
            if there != before:
                self._changed.add(page)
            if page in said.asked:
                self._to_say.add(page)
        self._soon()

    def _change(self, page: UUID) -> None:
        self._changed.add(page)
        self._to_say.add(page)
        self._soon()

    def _soon(self) -> None:
        if self._telling is None and (self._changed or self._to_say):
            self._telling = asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        """Once what changes has settled: says it to the other processes, and to those who are there."""
        try:
            await asyncio.sleep(SETTLING)
            to_say, self._to_say = self._to_say, set()
            asked, self._to_ask = self._to_ask, set()
            if settings.REDIS_URL:
                for message in self._messages(sorted(to_say), asked):
                    await asyncio.to_thread(shared.publish, PRESENCE, message)
            changed, self._changed = self._changed & self._here.keys(), set()
            try:
                await self._tell_readers(changed)
            except Exception:  # the database may be away; the patrol comes again
                log.warning("who is on a page could not be said", exc_info=True)
                self._changed |= changed
        finally:
            self._telling = None
        if self._to_say or self._changed - changed:
            self._soon()

    def _messages(self, pages: list[UUID], asked: Collection[UUID]) -> list[str]:
        return [
            json.dumps({
                "process": self.me,
                "asks": [str(page) for page in some if page in asked],
                "pages": {str(page): _written(self._there(page)) for page in some},
            })
            for some in (pages[at : at + PAGES] for at in range(0, len(pages), PAGES))
        ]  # fmt: skip

    def _there(self, page: UUID) -> There:
        proofs = Counter(stream.proof.user for stream in self._here.get(page, ()) if stream.close is None)
        others = proofs.pop(None, 0)
        return There(frozenset(user for user in proofs if user), others)

    async def _tell_readers(self, pages: Collection[UUID]) -> None:
        everybody: dict[UUID, There] = {}
        for page in pages:
            parts = [self._there(page), *(said.there for said in self._elsewhere.get(page, {}).values())]
            everybody[page] = There(
                frozenset().union(*(part.users for part in parts)), sum(part.others for part in parts)
            )
        wanted: list[UUID] = []
        for there in everybody.values():  # one more than is named: the reader is not told of themselves
            wanted += sorted(there.users)[: NAMED + 1]
        names: dict[UUID, Person] = {}
        for at in range(0, len(wanted), 500):
            names |= await for_rooms(names_of, wanted[at : at + 500])
        for page, there in everybody.items():
            for stream in list(self._here.get(page, ())):
                stream.tell_present(_as_told(there, names, stream.proof.user))


def _as_told(there: There, names: dict[UUID, Person], user: UUID | None) -> Present:
    """Who else is there, as a reader is told: names by who is signed in to who is signed in, to others how many."""
    if user is None:
        return Present([], len(there.users) + max(there.others - 1, 0))
    named = [names[each] for each in sorted(there.users - {user}) if each in names][:NAMED]
    people = [{"handle": one.handle, "name": one.name} for one in sorted(named, key=lambda one: (one.name, one.handle))]
    return Present(people, len(there.users - {user}) - len(named) + there.others)


class _Said(NamedTuple):
    process: str
    asked: frozenset[UUID]
    pages: dict[UUID, There]


def _written(there: There) -> list[object]:
    kept = sorted(there.users)[:TRAVELLING]
    return [[str(user) for user in kept], there.others + len(there.users) - len(kept)]


def _parsed(data: object) -> _Said:
    """Raises one of the errors that `heard` names for anything that no process says."""
    said = json.loads(data) if isinstance(data, bytes) else {}
    pages = {
        UUID(page): There(frozenset(map(UUID, users[:TRAVELLING])), max(int(others), 0))
        for page, (users, others) in said["pages"].items()
    }
    return _Said(str(said["process"]), frozenset(map(UUID, said["asks"])), pages)
