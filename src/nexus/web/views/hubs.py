"""The start page and a hub's overview."""

import datetime
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from nexus.accounts.actor import Actor
from nexus.base import clock
from nexus.base.errors import NotFound
from nexus.hubs import queries as hub_queries
from nexus.hubs.access import capabilities
from nexus.hubs.caching import Basis
from nexus.hubs.models import Hub
from nexus.knowledge import queries
from nexus.knowledge.fingerprint import fingerprint
from nexus.knowledge.models import Entry
from nexus.knowledge.queries import EVERYWHERE, PersonLine, Scope
from nexus.pages import queries as page_queries
from nexus.pages import since
from nexus.pages.models import Change, Page
from nexus.web.chapters import CHAPTERS, missing, tabs
from nexus.web.door import actor_of, shared_page
from nexus.web.long_texts import turn
from nexus.web.rights import may
from nexus.web.views.pages import reading_context

#: How many of each the start page and an overview show.
HUBS_SHOWN, STUCK_SHOWN, CHANGES_SHOWN, PEOPLE_SHOWN, MINE_SHOWN = 200, 6, 8, 12, 8
#: Up to how many pages that are new are counted.
MOST_NEW = 100
#: What "Try this traceback" asks, where somebody met it.
EXAMPLE = """Traceback (most recent call last):
  File "/app/manage.py", line 22, in <module>
    main()
  File "/usr/local/lib/python3.12/site-packages/django/db/backends/base/base.py", line 279, in ensure_connection
    self.connect()
django.db.utils.OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused
\tIs the server running on that host and accepting TCP/IP connections?"""
EXAMPLE_ERROR = fingerprint(EXAMPLE)
RECENTLY = datetime.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Mine:
    """What the start page tells somebody of their own: hubs with what they have not seen, and the pages they wrote last."""

    news: list[since.HubNews]
    pages: list[Page]


def mine(actor: Actor) -> Mine | None:
    """None for nobody; two statements, however many hubs."""
    if not actor.is_signed_in:
        return None
    return Mine(since.news_by_hub(actor, limit=MINE_SHOWN), page_queries.edited_by(actor, limit=MINE_SHOWN))


@dataclass(frozen=True, slots=True)
class News:
    """What is stuck, what changed (this week, or last when nothing did), and who writes."""

    stuck: list[Entry]
    changes: list[Change]
    is_this_week: bool
    people: list[PersonLine]


def news(actor: Actor, hub: Hub | None = None) -> News:
    """The news of a hub, or of all; at most eight statements."""
    recent = clock.now() - RECENTLY
    changes = page_queries.recent_changes(actor, hub, limit=CHANGES_SHOWN)
    this_week = [change for change in changes if change.created_at >= recent]
    return News(
        queries.newest(actor, Scope(hub), "challenge", solved=False, limit=STUCK_SHOWN),
        this_week or changes[: CHANGES_SHOWN // 2],
        bool(this_week),
        queries.people(actor, hub, limit=PEOPLE_SHOWN),
    )


def since_looked(actor: Actor, hub: Hub) -> int | None:
    """How many pages of a hub others changed since the actor looked, at most MOST_NEW; None for whoever never looked. Two
    statements for somebody, none for nobody."""
    start = since.start_for(actor, hub) if actor.is_signed_in else None
    return None if start is None else len(since.pages_since(actor, hub, start).values_list("pk")[:MOST_NEW])


@require_safe
@shared_page
def start(request: HttpRequest) -> HttpResponse:
    """The first screen: one question, what is here, what is stuck, who writes, what changed."""
    actor = actor_of(request)
    hubs = list(hub_queries.hubs(actor)[: HUBS_SHOWN + 1])
    basis = Basis(actor)
    counts = queries.counts(basis, EVERYWHERE)
    context = {
        "hubs": hubs[:HUBS_SHOWN],
        "is_cut": len(hubs) > HUBS_SHOWN,
        "counted": [(chapter, counts[chapter.kind]) for chapter in CHAPTERS if counts.get(chapter.kind)],
        "topics": queries.topics(basis, EVERYWHERE, limit=24),
        "news": news(actor),
        "mine": mine(actor),
        "example": EXAMPLE if EXAMPLE_ERROR and queries.is_met(actor, EXAMPLE_ERROR.digest) else "",
        "canonical": "/",
    }
    return render(request, "web/start.html", context)


@require_safe
@shared_page
def overview(request: HttpRequest, hub: str) -> HttpResponse:
    """A hub, to be read: what it is, who writes, what changed, what is stuck, and its README."""
    actor = actor_of(request)
    place = hub_queries.hubs(actor).filter(slug=hub).first()
    if place is None:
        raise NotFound
    basis = Basis(actor, place)
    counts = queries.counts(basis, Scope(place))
    listing = page_queries.listing(place, "", limit=page_queries.TREE_LIMIT)
    readme = page_queries.readme_in(listing)
    context = {
        "hub": place,
        "in_hub": hub,
        "title": place.title,
        "tabs": tabs(f"/{hub}", counts),
        "missing": missing(counts),
        "counts": counts,
        "topics": queries.topics(basis, Scope(place), limit=24),
        "listing": listing,
        "news": news(actor, place),
        "since": since_looked(actor, place),
        "canonical": f"/{hub}/",
        "may": may(capabilities(actor, place)),
    }
    if readme is None:
        return render(request, "web/overview.html", context)
    reading = page_queries.reading(actor, hub, readme.path)
    with turn(len(reading.stored or "")):
        return render(
            request, "web/overview.html", {"readme": reading.page} | reading_context(actor, reading) | context
        )
