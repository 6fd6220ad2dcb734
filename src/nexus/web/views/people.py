"""People: what somebody learned, in one hub or across all."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from nexus.accounts.actor import Actor
from nexus.accounts.models import Person
from nexus.accounts.people import may_claim
from nexus.base.errors import NotFound
from nexus.hubs.access import capabilities, hub_for
from nexus.hubs.caching import Basis
from nexus.hubs.models import Hub
from nexus.knowledge import queries
from nexus.knowledge.queries import Scope
from nexus.knowledge.strips import Strip
from nexus.pages.claiming import claim_person
from nexus.pages.queries import pages_by, person_now, recent_changes
from nexus.search.addresses import person_address
from nexus.web.chapters import BY_SLUG, CHAPTERS, tabs
from nexus.web.door import actor_of, shared_page
from nexus.web.rights import may
from nexus.web.views.chapters import listed
from nexus.web.views.invitations import invite_form

#: How many of each are on a person's overview.
CHALLENGES, TOPICS, PRACTICES, PAGES, CHANGES = 12, 40, 12, 100, 8


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who is read about, where, and by whom."""

    basis: Basis
    person: Person

    @property
    def actor(self) -> Actor:
        return self.basis.actor

    @property
    def hub(self) -> Hub | None:
        return self.basis.hub

    @property
    def scope(self) -> Scope:
        return Scope(self.hub, self.person)

    def context(self, kind: str = "") -> dict[str, Any]:
        slug = self.hub.slug if self.hub else ""
        counts = queries.counts(self.basis, self.scope)
        address = person_address(self.person.handle, slug)
        return {
            "hub": self.hub,
            "in_hub": slug,
            "person": self.person,
            "counts": counts,
            "person_tabs": tabs(address, counts, kind),
            "address": address,
            "canonical": address,
        }


def _asked(request: HttpRequest, handle: str, hub: str) -> _Asked:
    actor = actor_of(request)
    place = hub_for(actor, hub) if hub else None
    return _Asked(Basis(actor, place), person_now(actor, handle, place))


@require_POST
def claim(request: HttpRequest, handle: str) -> HttpResponse:
    """ "This is me": whoever proved the e-mail of a Git author takes over what that one wrote."""
    own = claim_person(actor_of(request), handle)
    messages.success(request, _("What %(name)s wrote is yours now.") % {"name": handle})
    return redirect("person-everywhere", own.handle)


@require_safe
@shared_page
def person(request: HttpRequest, handle: str, hub: str = "") -> HttpResponse:
    """A person's overview; with `?week=N`, what they learned in that week of a hub's program."""
    asked = _asked(request, handle, hub)
    if asked.person.handle != handle:
        return redirect(person_address(asked.person.handle, hub))
    actor, scope = asked.actor, asked.scope
    lines = queries.people(actor, asked.hub, asked.person)
    context = asked.context() | {"lines": lines, "title": asked.person.name}
    context["is_from_git"] = actor.is_signed_in and asked.person.user_id is None and bool(asked.person.email)
    if asked.hub and actor.is_signed_in and asked.person.user_id == actor.user_id:
        context["may"] = may(capabilities(actor, asked.hub))
    context["may_claim"] = context["is_from_git"] and may_claim(actor, asked.person)
    if week := _week(request):
        if not asked.hub:
            raise NotFound
        found = queries.of_week(actor, scope, week, _start(lines[0].strip if lines else None))
        chapters = [(each, [entry for entry in found if entry.kind == each.kind]) for each in CHAPTERS]
        return render(request, "web/week.html", context | {"week": week, "found": [one for one in chapters if one[1]]})
    context |= {
        "stuck": queries.newest(actor, scope, "challenge", solved=False, limit=CHALLENGES),
        "solved": queries.newest(actor, scope, "challenge", solved=True, limit=CHALLENGES),
        "practices": queries.newest(actor, scope, "practice", limit=PRACTICES),
        "topics": queries.topics(asked.basis, scope, limit=TOPICS),
        "pages": pages_by(actor, asked.person, asked.hub, limit=PAGES),
        "changes": recent_changes(actor, asked.hub, asked.person, limit=CHANGES),
    }
    return render(request, "web/person.html", context)


def _week(request: HttpRequest) -> int:
    given = request.GET.get("week", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 3 else 0


def _start(strip: Strip | None) -> Any:
    return strip.start if strip else None


@require_safe
@shared_page
def chapter(request: HttpRequest, handle: str, chapter: str, hub: str = "") -> HttpResponse:
    """One chapter of a person."""
    asked = _asked(request, handle, hub)
    about = BY_SLUG[chapter]
    context = asked.context(about.kind) | {
        "title": about.name,
        "listed": listed(asked.basis, asked.scope, about, request),
        "only": request.GET.get("only", ""),
        "canonical": f"{person_address(handle, hub)}/{chapter}",
    }
    return render(request, "web/chapter.html", context | {"count": context["counts"].get(about.kind, 0)})


@require_safe
@shared_page
def index(request: HttpRequest, hub: str) -> HttpResponse:
    """Everybody who wrote in a hub."""
    actor = actor_of(request)
    place = hub_for(actor, hub)
    context = {
        "hub": place,
        "in_hub": hub,
        "people": queries.people(actor, place),
        "tabs": tabs(f"/{hub}", queries.counts(Basis(actor, place), Scope(place)), "-"),
    }
    return render(request, "web/people.html", context | invite_form(actor, place))
