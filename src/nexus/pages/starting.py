"""What a new page may begin with: the pages in a hub's folder `templates/`, and those that come with Nexus.

A template is a page like any other. In it `{{title}}`, `{{name}}`, `{{date}}` and `{{hub}}` are filled in once, when a page
is begun; everything else is copied as it is, and what nobody knows stays as it was written.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from nexus.accounts.actions import author_for
from nexus.accounts.actor import Actor
from nexus.base import clock
from nexus.base.errors import NotFound
from nexus.hubs.access import hub_for
from nexus.hubs.models import Hub
from nexus.pages import blobs, queries
from nexus.pages.models import Kind
from nexus.pages.paths import name_of

FOLDER = "templates"
_PACKAGED = Path(__file__).parent / "starts"
_PLACEHOLDER = re.compile(r"\{\{ ?(title|name|date|hub) ?\}\}")
#: The most templates of a hub that are offered.
LIMIT = 50


class Template(NamedTuple):
    """A template: the name of its file, by which it is asked for, and what it is called."""

    name: str
    title: str


@cache
def _packaged() -> Mapping[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(_PACKAGED.glob("*.md"))}


def templates(actor: Actor, hub: str) -> list[Template]:
    """The templates of a hub, its own first, then those of Nexus that it has not replaced by one of the same name. Raises
    NotFound; three statements."""
    own = queries.listing(hub_for(actor, hub), FOLDER, limit=LIMIT).pages
    found = {page.name: Template(page.name, page.title) for page in own if page.kind == Kind.PAGE}
    return [*found.values(), *(Template(name, _called(name)) for name in _packaged() if name not in found)]


def template_text(actor: Actor, hub: str, name: str) -> str:
    """The text of a template. Raises NotFound."""
    try:
        page = queries.path_for(actor, hub, f"{FOLDER}/{name}")
    except NotFound:
        hub_for(actor, hub)
        if name not in _packaged():
            raise
        return _packaged()[name]
    if page.kind != Kind.PAGE:
        raise NotFound
    return blobs.read(page.blob).decode("utf-8")


def beginning(actor: Actor, hub: Hub, template: str, path: str) -> str:
    """What a page at `path` of a hub that the actor was shown begins with: the template called so, filled in for them and
    today (UTC); nothing for "" and for what is no template."""
    if not template:
        return ""
    try:
        text = template_text(actor, hub.slug, template)
    except NotFound:
        return ""
    writer = author_for(actor)
    values = {
        "title": title_of(path), "name": writer.name if writer else "", "date": clock.now().date().isoformat(),
        "hub": hub.title,
    }  # fmt: skip
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def title_of(path: str) -> str:
    """What a page may be called by the name of its file: `log/week-3.md` → "Week 3"."""
    words = re.sub(r"[-_\s]+", " ", name_of(path).rpartition(".")[0]).strip()
    return words[:1].upper() + words[1:]


def _called(name: str) -> str:
    """The name of a packaged template; a README is called that."""
    return "README" if name == "README.md" else title_of(name)
