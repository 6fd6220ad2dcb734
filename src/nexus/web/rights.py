"""What a reader may do here, in the form in which templates ask: buttons are for those who may."""

from collections.abc import Collection, Mapping
from typing import Any

from nexus.hubs.access import Capability
from nexus.web.chapters import CHAPTERS

_ASKED = {
    "create": Capability.PAGE_CREATE, "edit": Capability.PAGE_EDIT, "move": Capability.PAGE_MOVE,
    "delete": Capability.PAGE_DELETE, "restore": Capability.PAGE_RESTORE,
}  # fmt: skip


def may(held: Collection[Capability]) -> Mapping[str, Any]:
    """`{{ may.edit }}` and the like, and the chapters something can be added to; empty where nothing is allowed."""
    allowed = {name: capability in held for name, capability in _ASKED.items()}
    return {**allowed, "chapters": CHAPTERS if allowed["edit"] else ()} if any(allowed.values()) else {}
