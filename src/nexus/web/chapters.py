"""The chapters by which every hub and every person is read, and what the face calls them."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Words = str | Promise


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter: the kind of entry it holds, its place in addresses, its name, one of its things, and how it is filled."""

    kind: str
    slug: str
    name: Words
    one: Words
    hint: Words

    @property
    def is_named(self) -> bool:
        """Whether its things are names, which stand beside each other, and not sentences."""
        return self.kind in ("technology", "concept")


CHAPTERS = (
    Chapter(
        "technology", "technologies", _("Technologies"), _("technology"),
        _("Name what was used below a heading such as “Technologies”, one to a line."),
    ),
    Chapter(
        "concept", "concepts", _("Concepts"), _("concept"),
        _("List the ideas below a heading such as “Concepts”, each with a sentence on what it is for."),
    ),
    Chapter(
        "challenge", "challenges", _("Challenges"), _("challenge"),
        _("Below a heading such as “Challenges”, write “Problem:”, “Cause:” and “Solution:”, with the message you saw."),
    ),
    Chapter(
        "practice", "practices", _("Practices"), _("practice"),
        _("Below a heading such as “Best practices”, write one to a line, as you would say it to a colleague."),
    ),
    Chapter(
        "project", "projects", _("Projects"), _("project"),
        _("Below a heading such as “Projects”, give each a heading of its own."),
    ),
)  # fmt: skip
BY_KIND: Mapping[str, Chapter] = {chapter.kind: chapter for chapter in CHAPTERS}
BY_SLUG: Mapping[str, Chapter] = {chapter.slug: chapter for chapter in CHAPTERS}


@dataclass(frozen=True, slots=True)
class Tab:
    """A chapter of a hub or person as a link; `count` None for the overview."""

    name: Words
    href: str
    count: int | None = None
    is_current: bool = False


def tabs(base: str, counts: Mapping[str, int], current: str = "") -> list[Tab]:
    """Overview and the chapters that hold something, below the address `base` (no slash at its end); `current` a kind."""
    first = Tab(_("Overview"), base if base.count("/") > 1 else f"{base}/", None, is_current=not current)
    return [first] + [
        Tab(chapter.name, f"{base}/{chapter.slug}", counts.get(chapter.kind, 0), chapter.kind == current)
        for chapter in CHAPTERS
        if counts.get(chapter.kind) or chapter.kind == current
    ]


def missing(counts: Mapping[str, int]) -> list[Chapter]:
    """The chapters that hold nothing yet; nobody is asked for projects."""
    return [chapter for chapter in CHAPTERS if not counts.get(chapter.kind) and chapter.kind != "project"]
