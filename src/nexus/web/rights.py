"""What the capabilities and visibilities of a hub are called in the browser, and what a reader may do here: both are read
out of the table itself."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from nexus.hubs.access import CAPABILITIES, Capability
from nexus.hubs.models import Role
from nexus.web.chapters import CHAPTERS
from nexus.web.kinds import RoleName, role_names

#: Capabilities that are one thing to whoever reads the table, in its order.
_DEEDS = (
    (_("Read pages, history and people, and what changed since they looked"), {Capability.HUB_READ, Capability.HUB_LOOK}),
    (_("Write, move and delete pages, and import"), {
        Capability.PAGE_CREATE, Capability.PAGE_EDIT, Capability.PAGE_MOVE, Capability.PAGE_DELETE, Capability.PAGE_IMPORT,
    }),
    (_("Take back changes of their own"), {Capability.CHANGE_REVERT_OWN}),
    (_("Take back changes of others, and restore pages"), {Capability.CHANGE_REVERT, Capability.PAGE_RESTORE}),
    (_("Share a page or folder by a link"), {Capability.PAGE_SHARE}),
    (_("Invite others"), {Capability.MEMBER_INVITE}),
    (_("Say who belongs to it, and as what"), {Capability.MEMBER_MANAGE}),
    (_("Change settings, webhooks and sources; archive, delete and bring back"), {
        Capability.HUB_SETTINGS, Capability.HUB_WEBHOOKS, Capability.HUB_RESTORE,
    }),
    (_("Decide what may be seen that looks like a secret"), {Capability.SUSPECT_REVIEW}),
    (_("See who did what"), {Capability.HUB_AUDIT}),
    (_("Purge a file or a passage for good"), {Capability.PAGE_PURGE}),
)  # fmt: skip
#: What each visibility is called, and who then reads what.
_VISIBILITIES = {
    "private": (_("Members only"), _("Nobody else learns that this hub exists.")),
    "internal": (
        _("Signed-in people"),
        _("Whoever has an account here reads every page, the whole history and who wrote it. Only members change anything."),
    ),
    "public": (
        _("Everybody"),
        _("The whole internet reads every page, the whole history and who wrote it, and search engines find it. "
          "Only members change anything."),
    ),
}  # fmt: skip


class Deed(NamedTuple):
    """Something one may do, and for each role, in the roles' order, whether it may."""

    name: str
    by_role: list[bool]


class VisibilityName(NamedTuple):
    """A visibility, what it is called, and what it means."""

    value: str
    name: str
    means: str


def table() -> tuple[list[RoleName], list[Deed]]:
    """The roles, and who of them may what, out of hubs.access.CAPABILITIES."""
    deeds = [Deed(str(name), [needed <= CAPABILITIES[role] for role in Role]) for name, needed in _DEEDS]
    return role_names(Role.values), deeds


def told() -> set[Capability]:
    """The capabilities that the table speaks of."""
    return set().union(*(needed for _name, needed in _DEEDS))


def visibility_names() -> list[VisibilityName]:
    """All visibilities, the narrowest first."""
    return [VisibilityName(value, str(name), str(means)) for value, (name, means) in _VISIBILITIES.items()]


_ASKED = {
    "create": Capability.PAGE_CREATE, "edit": Capability.PAGE_EDIT, "move": Capability.PAGE_MOVE,
    "delete": Capability.PAGE_DELETE, "restore": Capability.PAGE_RESTORE,
}  # fmt: skip


def may(held: Collection[Capability]) -> Mapping[str, Any]:
    """`{{ may.edit }}` and the like, and the chapters something can be added to; empty where nothing is allowed."""
    allowed = {name: capability in held for name, capability in _ASKED.items()}
    return {**allowed, "chapters": CHAPTERS if allowed["edit"] else ()} if any(allowed.values()) else {}
