"""A hub's chapters, and each thing found, by its own address."""

import uuid
from dataclasses import dataclass
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from nexus.base.errors import NotFound
from nexus.hubs.access import capabilities, hub_for
from nexus.hubs.caching import Basis
from nexus.knowledge import queries
from nexus.knowledge.models import Entry
from nexus.knowledge.queries import EVERYWHERE, Scope
from nexus.knowledge.reasons import why
from nexus.pages.queries import path_for
from nexus.search.addresses import entry_address
from nexus.web.chapters import BY_KIND, BY_SLUG, Chapter, tabs
from nexus.web.door import actor_of, shared_page
from nexus.web.passages import Passage, passage_in
from nexus.web.rights import may

#: Entries on one page of a chapter.
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A chapter as it is read: topics of technologies and concepts, else entries; and which one the next page follows."""

    chapter: Chapter
    topics: list[queries.TopicLine]
    entries: list[Entry]
    following: uuid.UUID | None


def listed(basis: Basis, scope: Scope, chapter: Chapter, request: HttpRequest) -> Listed:
    """What a chapter of a hub or person holds: one statement, and one for where the page begins. Raises NotFound."""
    if chapter.kind in ("technology", "concept"):
        return Listed(chapter, queries.topics(basis, scope, chapter.kind), [], None)
    solved = {"solved": True, "stuck": False}.get(request.GET.get("only", "")) if chapter.kind == "challenge" else None
    rows = queries.newest(basis.actor, scope, chapter.kind, solved=solved, after=after(request), limit=AT_ONCE + 1)
    return Listed(chapter, [], rows[:AT_ONCE], rows[AT_ONCE - 1].pk if len(rows) > AT_ONCE else None)


def after(request: HttpRequest) -> uuid.UUID | None:
    """The entry that a page of a list follows, from its address. Raises NotFound for what is no id."""
    given = request.GET.get("after", "")
    try:
        return uuid.UUID(given) if given else None
    except ValueError as error:
        raise NotFound from error


@require_safe
@shared_page
def chapter(request: HttpRequest, hub: str, chapter: str) -> HttpResponse:
    """One chapter of a hub."""
    actor = actor_of(request)
    place = hub_for(actor, hub)
    about = BY_SLUG[chapter]
    basis, scope = Basis(actor, place), Scope(place)
    counts = queries.counts(basis, scope)
    context = {
        "hub": place,
        "title": about.name,
        "tabs": tabs(f"/{hub}", counts, about.kind),
        "listed": listed(basis, scope, about, request),
        "count": counts.get(about.kind, 0),
        "only": request.GET.get("only", ""),
        "in_hub": hub,
        "may": may(capabilities(actor, place)),
    }
    return render(request, "web/chapter.html", context)


@require_safe
@shared_page
def everywhere(request: HttpRequest, chapter: str) -> HttpResponse:
    """One chapter over all hubs one may read."""
    actor = actor_of(request)
    about = BY_SLUG[chapter]
    context = {
        "title": about.name,
        "listed": listed(Basis(actor), EVERYWHERE, about, request),
        "count": 1,
        "only": request.GET.get("only", ""),
        "canonical": request.path,
    }
    return render(request, "web/chapter.html", context)


@require_safe
@shared_page
def entry(request: HttpRequest, hub: str, chapter: str, entry_id: uuid.UUID) -> HttpResponse:  # noqa: ARG001  the id decides
    """Something found: what it says, whose it is, the passage it was read from, and why it was taken for that."""
    actor = actor_of(request)
    found = queries.entry(actor, hub, entry_id)
    address = entry_address(hub, found.kind, found.pk, found.title)
    if request.path != unquote(address):
        return redirect(address)
    about = BY_KIND[found.kind]
    context = {
        "hub": found.hub,
        "entry": found,
        "title": found.title,
        "chapter": about,
        "passage": passage_of(found),
        "why": why(about.one, found.reason, found.confidence),
        "topics": queries.topics_of(actor, found),
        "same": queries.same_error(actor, found),
        "tabs": tabs(f"/{hub}", queries.counts(Basis(actor, found.hub), Scope(found.hub)), found.kind),
        "canonical": address,
    }
    return render(request, "web/entry.html", context)


@require_safe
def found(request: HttpRequest, hub: str, kind: str, start: int, path: str) -> HttpResponse:
    """Leads from a place in a page to the address of what was found there: a page's own list knows no ids."""
    actor = actor_of(request)
    page = path_for(actor, hub, path)
    row = queries.entry_at(actor, page, kind, start)
    return redirect(entry_address(hub, row.kind, row.pk, row.title))


def passage_of(row: Entry) -> Passage:
    """The passage that `queries.with_passage` read with an entry."""
    read = bytes(getattr(row, "passage", None) or b"")
    return passage_in(read, getattr(row, "before", 0), row.end - row.start)
