"""What the kinds of things that are found are called in the browser: the chapters' own names, and those of all else."""

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


def one(kind: str) -> str:
    """How one thing of a kind is called, as a label."""
    return capfirst(str(KIND_NAMES[kind][1]))


def several(kind: str) -> str:
    """How several things of a kind are called, as a label."""
    return str(KIND_NAMES[kind][0])
