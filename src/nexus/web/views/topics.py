"""Topics: what everybody wrote about one thing."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from nexus.hubs.access import hub_for
from nexus.hubs.caching import Basis
from nexus.hubs.models import Hub
from nexus.knowledge import queries
from nexus.knowledge.queries import Scope
from nexus.search.addresses import topic_address
from nexus.web.chapters import tabs
from nexus.web.door import actor_of, shared_page
from nexus.web.views.chapters import passage_of

#: How many of each are on a topic's page.
CHALLENGES, PRACTICES, PASSAGES = 30, 20, 10


@require_safe
@shared_page
def everywhere(request: HttpRequest, topic: str) -> HttpResponse:
    """A topic across all hubs one may read."""
    return _topic(request, topic, None)


@require_safe
@shared_page
def in_hub(request: HttpRequest, hub: str, topic: str) -> HttpResponse:
    """A topic in one hub."""
    return _topic(request, topic, hub_for(actor_of(request), hub))


def _topic(request: HttpRequest, topic: str, hub: Hub | None) -> HttpResponse:
    actor = actor_of(request)
    scope = Scope(hub, topic=topic)
    mentions = queries.mentions(actor, scope)
    challenges = queries.newest(actor, scope, "challenge", limit=CHALLENGES)
    passages = queries.passages(actor, scope, ("concept", "technology", "project"), limit=PASSAGES)
    context: dict[str, Any] = {
        "hub": hub,
        "in_hub": hub.slug if hub else "",
        "topic": topic,
        "title": queries.topic_title(topic, next(iter(mentions.spellings), None)),
        "mentions": mentions,
        "solved": [row for row in challenges if row.solution is not None],
        "stuck": [row for row in challenges if row.solution is None],
        "practices": queries.newest(actor, scope, "practice", limit=PRACTICES),
        "passages": [(row, passage_of(row)) for row in passages],
        "elsewhere": topic_address(topic) if hub else "",
        "canonical": topic_address(topic, hub.slug if hub else ""),
    }
    if hub:
        context["tabs"] = tabs(f"/{hub.slug}", queries.counts(Basis(actor, hub), Scope(hub)), "-")
    return render(request, "web/topic.html", context)


@require_safe
@shared_page
def index(request: HttpRequest, hub: str) -> HttpResponse:
    """Every topic of a hub, those most people wrote about first."""
    actor = actor_of(request)
    place = hub_for(actor, hub)
    basis, scope = Basis(actor, place), Scope(place)
    context = {
        "hub": place,
        "in_hub": hub,
        "topics": queries.topics(basis, scope),
        "tabs": tabs(f"/{hub}", queries.counts(basis, scope), "-"),
    }
    return render(request, "web/topics.html", context)
