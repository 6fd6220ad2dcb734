"""What the kinds of things that are found are called in the browser: the chapters' own names, and those of all else."""

from collections.abc import Iterable
from typing import NamedTuple

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from nexus.web.chapters import CHAPTERS

#: How kinds are called where several are listed, and where one is.
KIND_NAMES = {chapter.kind: (chapter.name, chapter.one) for chapter in CHAPTERS} | {
    "topic": (_("Topics"), _("topic")),
    "page": (_("Pages"), _("page")),
    "person": (_("People"), _("person")),
    "hub": (_("Hubs"), _("hub")),
    "file": (_("Files"), _("file")),
}

#: What the roles of a hub are called, and what each may do.
_ROLES = {
    "guest": (_("Guest"), _("reads")),
    "learner": (_("Learner"), _("reads and writes pages")),
    "mentor": (_("Mentor"), _("also takes back changes, and invites learners")),
    "owner": (_("Owner"), _("also decides who belongs to the hub and who may read it")),
}


class RoleName(NamedTuple):
    """A role, what it is called, and what it may do."""

    value: str
    name: str
    may: str


def role_names(roles: Iterable[str]) -> list[RoleName]:
    """`roles` as they are shown."""
    return [RoleName(role, str(_ROLES[role][0]), str(_ROLES[role][1])) for role in roles]


def one(kind: str) -> str:
    """How one thing of a kind is called, as a label."""
    return capfirst(str(KIND_NAMES[kind][1]))


def several(kind: str) -> str:
    """How several things of a kind are called, as a label."""
    return str(KIND_NAMES[kind][0])
