"""The log of a hub as readers are told of it: every activity with the facts of its kind (docs/events.md).

Facts about pages are read from the versions themselves, so that nothing of a path is kept in a second place.
"""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from nexus.accounts.actor import Actor, Door
from nexus.hubs.access import MEMBERS_ONLY
from nexus.hubs.models import Activity
from nexus.hubs.queries import activities
from nexus.pages.access import visible_changes, visible_versions

#: Every type of event there is.
TYPES = (
    "hub.created", "hub.updated", "hub.archived", "hub.unarchived", "hub.renamed", "hub.deleted", "hub.restored",
    "member.added", "member.changed", "member.invited", "member.uninvited", "member.removed", "member.transferred",
    "administrator.entered", "share.created", "share.revoked", "change.edit", "change.import", "change.revert",
    "suspect.reviewed", "change.purge", "entry.decided", "person.claimed", "source.connected", "source.disconnected",
    "source.asked",
    "source.rotated", "source.pulled", "webhook.created", "webhook.updated", "webhook.deleted", "webhook.rotated",
    "webhook.pinged", "webhook.redelivered", "webhook.switched_off",
)  # fmt: skip
#: How many pages an event names; for the others one asks the change.
PAGES = 50
#: How much of a change's message it says, in characters.
MESSAGE = 200


@dataclass(frozen=True, slots=True)
class Event:
    """One activity, ready to be told. `facts` differ by `type`, the activity's verb; all of it is JSON but `at`."""

    seq: int
    type: str
    at: datetime.datetime
    person: dict[str, str]
    facts: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """As it stands in a frame, without what depends on the reader."""
        at = self.at.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"type": self.type, "seq": self.seq, "at": at, "person": self.person, "facts": self.facts}


def events(
    actor: Actor,
    hub: UUID,
    *,
    after: int,
    until: int | None = None,
    limit: int = 100,
    types: Collection[str] | None = None,
) -> list[Event]:
    """What `actor` may know of the hub's log behind `after` (up to `until`), oldest first, at most `limit`, only of `types`.

    Three statements, and one more for each change of more than PAGES pages.
    """
    log = activities(actor, hub, after=after, until=until)
    rows = list((log if types is None else log.filter(verb__in=types))[:limit])
    facts = _facts_of_changes(actor, hub, [row for row in rows if row.verb.startswith("change.")])
    return [
        Event(
            row.seq, row.verb, row.at, {"handle": row.person.handle, "name": row.person.name},
            facts.get(row.seq, row.data),
        )
        for row in rows
    ]  # fmt: skip


class Told(NamedTuple):
    """A stretch of a hub's log for many readers at once: what members are told of it (True), what all others (False)."""

    events: dict[bool, list[Event]]
    #: How far it goes, and whether the log may go on behind that.
    until: int
    is_cut: bool


def events_for_readers(hub: UUID, *, after: int, limit: int = 200) -> Told:
    """The log of `hub` behind number `after`, at most `limit` activities, read once for all who follow it.

    It is for those whom `hubs.queries.readers` names, asked *after* this: whoever was removed by something told here, or
    before it, hears nothing of it.
    """
    found = events(Actor.operator(Door.WEBSOCKET), hub, after=after, limit=limit)
    others = [event for event in found if not event.type.startswith(MEMBERS_ONLY)]
    return Told({True: found, False: others}, found[-1].seq if found else after, len(found) == limit)


def _facts_of_changes(actor: Actor, hub: UUID, rows: list[Activity]) -> dict[int, dict[str, Any]]:
    """The facts of each change by its number."""
    if not rows:
        return {}
    counts: dict[int, dict[str, int]] = {row.seq: row.data["pages"] for row in rows}
    totals = {seq: sum(count.values()) for seq, count in counts.items()}
    facts: dict[int, dict[str, Any]] = {
        seq: {"message": "", "reverts": None, "counts": count, "pages": [], "more": max(totals[seq] - PAGES, 0)}
        for seq, count in counts.items()
    }
    said = visible_changes(actor).filter(hub=hub, seq__in=counts)
    for seq, message, reverts in said.values_list("seq", "message", "reverts__seq"):
        facts[seq] |= {"message": message[:MESSAGE], "reverts": reverts}
    small = [seq for seq, total in totals.items() if total <= PAGES]
    large = [seq for seq, total in totals.items() if total > PAGES]
    for seqs, limit in [(small, None), *(([seq], PAGES) for seq in large)]:
        for seq, page in _pages_of(actor, hub, seqs, limit):
            facts[seq]["pages"].append(page)
    return facts


def _pages_of(actor: Actor, hub: UUID, seqs: Collection[int], limit: int | None) -> list[tuple[int, dict[str, Any]]]:
    """(number of the change, what became of a page in it), by path."""
    if not seqs:
        return []
    rows = visible_versions(actor).filter(change__hub=hub, change__seq__in=seqs).order_by("change__seq", "path", "page")
    columns = rows.values_list(
        "change__seq", "page", "pk", "path", "kind", "is_deletion", "parent", "parent__path", "parent__is_deletion"
    )
    return [
        (seq, {"id": str(page), "version": str(version), "path": path, "kind": kind,
               "what": what_became(is_deletion, parent is None, bool(was_deleted), was_at != path)})
        for seq, page, version, path, kind, is_deletion, parent, was_at, was_deleted in columns[:limit]
    ]  # fmt: skip


def what_became(is_deletion: bool, is_first: bool, was_deleted: bool, is_elsewhere: bool) -> str:
    """What a change did to a page, by its version and the one before: one of the names in an event's `counts`."""
    if is_deletion:
        return "deleted"
    if is_first:
        return "created"
    if was_deleted:
        return "restored"
    return "moved" if is_elsewhere else "edited"
