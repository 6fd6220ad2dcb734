"""What says "look" after a commit, in this process and by Redis in the others. It carries no more: the row is the truth."""

from collections.abc import Callable
from uuid import UUID

from nexus.base import shared

#: Where nudges travel between processes, as "HUB SEQ".
CHANNEL = "nudges"
#: Called with hub and number, in whichever thread committed: each hands over to where it works, at once, and never fails.
listeners: list[Callable[[UUID, int], None]] = []


def broadcast(hub: UUID, seq: int) -> None:
    """Says that activity `seq` of `hub` is committed. From any thread; without Redis, or when it is down, only here."""
    hear(hub, seq)
    shared.publish(CHANNEL, f"{hub} {seq}")


def hear(hub: UUID, seq: int) -> None:
    """Has all listeners of this process look; what came from another process too."""
    for listener in listeners:
        listener(hub, seq)
