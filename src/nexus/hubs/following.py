"""When those who follow the log run: at once, in the thread that wrote; or, in a process that serves, in a thread of their
own, a moment later and for several changes together (docs/adr/0054). Whoever reads what they make calls `catch_up` first.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import Error, close_old_connections, connection, transaction
from django.db.models import Exists, F, OuterRef
from django.utils.module_loading import import_string

from nexus.base.errors import Unavailable
from nexus.hubs.models import FollowerCursor, Hub
from nexus.hubs.outages import outage

log = logging.getLogger(__name__)

#: How long nobody must have written before they run, and how long they wait at most, in seconds.
QUIET, LATEST = 0.1, 0.5
#: How long after a write readers wait for them, in seconds; what is not there by then comes with a later look.
PATIENCE = 1.0
#: After how many seconds they run again when the database did not answer.
PAUSE = 2.0
#: How many hubs are followed up when a server starts; further ones with their next change.
AT_START = 10_000


def run(hub_id: UUID) -> None:
    """Calls every follower, in this thread."""
    for name in settings.NEXUS_FOLLOWERS:
        import_string(name)(hub_id)


class _Wait(NamedTuple):
    """A hub that was written to: as which write it came, and when it was first and last, on the monotonic clock."""

    number: int
    first: float
    last: float


class _Followers:
    """A thread that runs the followers of the hubs that were written to."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[UUID, _Wait] = {}
        #: The hub whose followers run now.
        self._at_work: _Wait | None = None
        self._written = 0
        #: Up to this write somebody waits.
        self._wanted = 0
        self.thread = threading.Thread(target=self._work, name="followers", daemon=True)

    def add(self, hub_id: UUID) -> None:
        now = time.monotonic()
        with self._changed:
            self._written += 1
            before = self._waiting.get(hub_id, _Wait(self._written, now, now))
            self._waiting[hub_id] = before._replace(last=now)
            self._changed.notify_all()

    def caught_up(self) -> bool:
        """Waits until all that was written before was followed; not for what is written meanwhile, or was PATIENCE ago."""
        if not self._pending() or threading.current_thread() is self.thread:
            return True
        with self._changed:
            wanted = self._written
            left = max((wait.first for wait in self._pending()), default=0.0) + PATIENCE - time.monotonic()
            if left > 0:
                self._wanted = wanted
                self._changed.notify_all()
            return self._changed.wait_for(lambda: all(wait.number > wanted for wait in self._pending()), max(left, 0.0))

    def _pending(self) -> list[_Wait]:
        at_work = self._at_work
        return [*self._waiting.copy().values(), *([at_work] if at_work else [])]

    def _work(self) -> None:
        while True:
            hub_id = self._next()
            try:
                close_old_connections()
                run(hub_id)
            except Exception as error:  # the next hub's must run all the same; the cursor is where it was
                if outage(error) is None and not isinstance(error, Unavailable):
                    log.exception("followers failed: %s", hub_id)
                else:
                    _pause.wait(PAUSE)
                    self.add(hub_id)
            finally:
                close_old_connections()  # as after a request: a connection of a pool goes back there
                with self._changed:
                    self._at_work = None
                    self._changed.notify_all()

    def _next(self) -> UUID:
        with self._changed:
            while True:
                now = time.monotonic()
                due = {hub_id: self._due(wait) for hub_id, wait in self._waiting.items()}
                if due and min(due.values()) <= now:
                    hub_id = min(due, key=lambda hub_id: due[hub_id])
                    self._at_work = self._waiting.pop(hub_id)
                    return hub_id
                self._changed.wait(min(due.values()) - now if due else None)

    def _due(self, wait: _Wait) -> float:
        return wait.first if wait.number <= self._wanted else min(wait.last + QUIET, wait.first + LATEST)


_followers: _Followers | None = None
_pause = threading.Event()
_here = threading.local()  # at_once: bool; held: frozenset[UUID]


def nudge(hub_id: UUID) -> None:
    """Has every follower look at a hub that was written to. One that fails is only late: it finds the rows by its cursor."""
    if hub_id in getattr(_here, "held", ()):
        return
    if _followers is None or getattr(_here, "at_once", False):
        run(hub_id)
    else:
        _followers.add(hub_id)


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """What this thread writes inside is followed before its commit returns: it says itself what was found, or it is much."""
    before = getattr(_here, "at_once", False)
    _here.at_once = True
    try:
        yield
    finally:
        _here.at_once = before


@contextlib.contextmanager
def held(hub_id: UUID) -> Iterator[None]:
    """Runs the followers of a hub once at the end, for what this thread writes there one by one in great number."""
    before: frozenset[UUID] = getattr(_here, "held", frozenset())
    _here.held = before | {hub_id}
    try:
        yield
    finally:
        _here.held = before
        run(hub_id)


def catch_up() -> bool:
    """Waits until the followers have seen what this process wrote within the last second, at most until it is one;
    whether they have seen all. In a transaction nothing is waited for: the followers may need what it holds."""
    if _followers is None or transaction.get_connection().in_atomic_block:
        return True
    return _followers.caught_up()


def start() -> None:
    """From now on followers run in a thread of their own. It begins with the hubs that a process left behind that died
    between a write and its followers."""
    global _followers
    _followers = _Followers()
    _followers.thread.start()
    # A server starts in an event loop, which may ask no database.
    threading.Thread(target=_take_up, args=(_followers,), name="left-behind", daemon=True).start()


def _take_up(followers: _Followers) -> None:
    try:
        while True:
            try:
                found = _left_behind()
                break
            except Error as error:  # the server starts without its database, and says so where it is asked
                if outage(error) is None:
                    log.warning("not followed up yet: %s", error)
                    return
                connection.close()
                _pause.wait(PAUSE)
        for hub_id in found:
            followers.add(hub_id)
    finally:
        connection.close()


def _left_behind() -> list[UUID]:
    level = FollowerCursor.objects.filter(hub=OuterRef("pk"), seq__gte=OuterRef("sequence")).exclude(follower="reindex")
    some = FollowerCursor.objects.filter(hub=OuterRef("pk"), seq__lt=F("hub__sequence")).exclude(follower="reindex")
    hubs = Hub.objects.filter(Exists(some) | ~Exists(level), sequence__gt=0)
    return list(hubs.order_by("pk").values_list("pk", flat=True)[:AT_START])
