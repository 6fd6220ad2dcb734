"""What rooms ask the database, in threads of their own: the event loop never waits for it."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import close_old_connections

from nexus.accounts.actor import Door
from nexus.accounts.proofs import Proof, actors
from nexus.hubs.queries import Reader, readers
from nexus.live.closing import Close
from nexus.pages.events import Told, events_for_readers

#: The most activities one look takes from the log.
PAGE = 200

#: One thread for rooms, one for those who arrive, one for what GraphQL selects of events: a thousand who come back at once
#: delay nobody who is there. With a pool of connections, settings.py leaves three for them (and one for webhooks).
_rooms = ThreadPoolExecutor(1, thread_name_prefix="live-rooms")
_arrivals = ThreadPoolExecutor(1, thread_name_prefix="live-arrivals")
_answers = ThreadPoolExecutor(1, thread_name_prefix="live-answers")

type Standing = Reader | Close


async def for_rooms[**P, T](function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `function`, which may ask the database, for those who are there."""
    return await _in_thread(_rooms, partial(function, *args, **kwargs))


async def for_arrivals[**P, T](function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for those who arrive."""
    return await _in_thread(_arrivals, partial(function, *args, **kwargs))


async def for_answers[**P, T](function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for what is selected of events."""
    return await _in_thread(_answers, partial(function, *args, **kwargs))


async def _in_thread[T](pool: ThreadPoolExecutor, function: Callable[[], T]) -> T:
    def run() -> T:
        close_old_connections()
        try:
            return function()
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(pool, run)


@dataclass(frozen=True, slots=True)
class Check:
    """How those who were asked about stand to their hubs now, and the newest number of each hub."""

    standing: dict[tuple[UUID, Proof], Standing]
    sequences: dict[UUID, int]


def check(asked: Collection[tuple[UUID, Proof]]) -> Check:
    """Who may read which hub, as it is now: at most five statements for 500 connections."""
    behind = actors({proof for _, proof in asked}, Door.WEBSOCKET)
    pairs = {(hub, behind[proof]) for hub, proof in asked if proof in behind}
    found = readers(pairs)
    standing: dict[tuple[UUID, Proof], Standing] = {}
    for hub, proof in asked:
        if proof not in behind:
            standing[hub, proof] = Close.EXPIRED if proof.is_over() else Close.SIGNED_OUT
        else:
            standing[hub, proof] = found.may_read.get((hub, behind[proof]), Close.NOT_FOUND)
    return Check(standing, found.sequences)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the log of a hub: what there is to tell, and how each connection stands after that was read."""

    told: Told
    standing: dict[Proof, Standing]


def look(hub: UUID, proofs: Collection[Proof], after: int) -> Look:
    """The log behind `after`, then the rights of all who follow: whoever is removed by it hears none of it."""
    told = events_for_readers(hub, after=after, limit=PAGE)
    checked = check([(hub, proof) for proof in proofs])
    return Look(told, {proof: stands for (_, proof), stands in checked.standing.items()})
