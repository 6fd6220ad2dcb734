"""The hub's numbered log, and those who follow it. A row is the truth; the nudge after the commit only says "look"."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Subquery

from nexus.accounts import origins
from nexus.accounts.actions import author_for
from nexus.accounts.actor import Actor
from nexus.accounts.models import Person
from nexus.base.broadcast import broadcast
from nexus.base.errors import NotFound, Unauthenticated
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.hubs.following import nudge
from nexus.hubs.models import Activity, FollowerCursor, Hub
from nexus.statements.prepared import Prepared
from nexus.statements.single import insert_one, update_one


def locked_hub(hub_id: UUID) -> Hub:
    """The hub's row, locked until the transaction ends: the first row every write of a hub locks, so none deadlocks
    with another and numbers have an order. Raises NotFound when it is gone."""
    hub = _locked.first(hub=hub_id)
    if hub is None:
        raise NotFound
    return hub


_locked = Prepared(lambda *, hub: Hub.objects.select_for_update().filter(pk=hub), hub=UUID)


def record(
    hub: Hub, actor: Actor, verb: str, data: dict[str, Any] | None = None, *, person: Person | None = None
) -> Activity:
    """Appends to the log of `hub` (which must be locked) and has its followers nudged after the commit.

    `person`: who is named instead of the actor's own person, for somebody else's text that the actor brings in.
    """
    author = person or author_for(actor)
    if author is None:
        raise Unauthenticated(Sentence("Sign in to change anything."))
    hub.sequence += 1
    counted = ("sequence", "page_count", "byte_count")  # the counts, which a change brought up to date
    update_one(Hub, hub.pk, {name: getattr(hub, name) for name in counted})
    written = Activity(
        hub=hub, seq=hub.sequence, verb=verb, person=author, door=actor.door.value, data=data or {},
        address=origins.address(),
    )  # fmt: skip
    insert_one(written)
    transaction.on_commit(partial(broadcast, hub.pk, written.seq), robust=True)
    transaction.on_commit(partial(nudge, hub.pk), robust=True)
    return written


def made_anew(hub_id: UUID) -> None:
    """Says that what is derived from a hub was made anew without an activity: whatever was kept of it is out of date."""
    cursor, _ = FollowerCursor.objects.select_for_update().get_or_create(hub_id=hub_id, follower="reindex")
    cursor.seq += 1
    cursor.save(update_fields=["seq"])


#: How many activities a follower takes in one transaction.
BATCH = 500


def follow(hub_id: UUID, follower: str, handle: Callable[[list[Activity]], None], *, after: str = "") -> int:
    """Hands `follower` all activities behind its cursor, oldest first, a batch and its cursor's step in one transaction.

    Of several processes one follows at a time, and `handle` may see an activity twice only when it failed. `after`: a
    follower whose work this one reads; it is followed no further than that one has come. Returns how many there were.
    """

    @in_transaction
    def step() -> int:
        if not Hub.objects.filter(pk=hub_id).exists():
            return 0
        FollowerCursor.objects.get_or_create(hub_id=hub_id, follower=follower)
        cursor = FollowerCursor.objects.select_for_update().get(hub_id=hub_id, follower=follower)
        log = Activity.objects.filter(hub_id=hub_id, seq__gt=cursor.seq)
        if after:
            log = log.filter(seq__lte=Subquery(FollowerCursor.objects.filter(hub=hub_id, follower=after).values("seq")))
        behind = list(log.order_by("seq")[:BATCH])
        if behind:
            handle(behind)
            cursor.seq = behind[-1].seq
            cursor.save(update_fields=["seq"])
        return len(behind)

    total = 0
    while count := step():
        total += count
        if count < BATCH:
            break
    return total
