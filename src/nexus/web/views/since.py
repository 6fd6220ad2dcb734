"""What others did since somebody looked at a hub, page by page, and saying that one has seen it."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from nexus.accounts.actor import Actor
from nexus.base.errors import NotFound
from nexus.hubs import looks
from nexus.hubs.access import Capability, capabilities, hub_for
from nexus.hubs.models import Hub
from nexus.pages import since
from nexus.web.differences import steps
from nexus.web.door import actor_of, sent_number
from nexus.web.views.changes import number

#: Pages that are shown at once, and the days that a first look may go back.
PAGES, WEEK = 25, 7


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, hub: str) -> HttpResponse:
    """What differs from how somebody saw the hub last (or `?days=`, `?from=`), with buttons to say that it is seen."""
    actor = actor_of(request)
    place = hub_for(actor, hub)
    if request.method == "POST":
        return _seen(request, actor, place)
    days, after = number(request, "days"), number(request, "from")
    start = _start(actor, place, after, days)
    rows = since.pages_since(actor, place, start).order_by(*since.NEWEST_FIRST)
    if request.GET.get("after"):
        rows = rows.filter(_behind(request.GET["after"]))
    found = list(rows[: PAGES + 1])
    news = since.news_of(actor, found[:PAGES])
    told = steps([(each.before, each.now) for each in news])
    last = found[PAGES - 1] if len(found) > PAGES else None
    context = {
        "hub": place, "in_hub": hub, "title": _("Since you looked") if start.is_own else _("What is new"), "start": start,
        "news": list(zip(news, told, strict=True)), "days": days, "after_number": after, "week": WEEK,
        "following": f"{last.page.seq}.{last.pk}" if last else "", "is_begin": not request.GET.get("after"),
        "may_look": actor.is_signed_in and Capability.HUB_LOOK in capabilities(actor, place), "undo": _undo(request),
    }  # fmt: skip
    return render(request, "web/since.html", context)


def _start(actor: Actor, hub: Hub, after: int | None, days: int | None) -> since.Start:
    """From where on: as asked; else since somebody looked, which their first visit begins; a week for nobody."""
    if after is None and days is None:
        if not actor.is_signed_in:
            days = WEEK
        elif looks.look_at(actor, hub) is None:
            looks.begin_looking(actor, hub.slug)
    start = since.start_for(actor, hub, after=after, days=days)
    if start is None:
        raise NotFound
    return start


def _seen(request: HttpRequest, actor: Actor, hub: Hub) -> HttpResponse:
    """Marks the hub or one page of it as seen, up to what was shown; the way back says how to take that back."""
    before = looks.look_at(actor, hub)
    page_id, until = _uuid(request.POST.get("page", "")), sent_number(request.POST, "until", None)
    since.mark_seen(actor, hub.slug, page=page_id, until=until)
    if request.POST.get("undo"):
        messages.success(request, _("It is new again."))
        return redirect("since", hub.slug)
    messages.success(request, _("Marked as seen."))
    back = reverse("since", args=[hub.slug])
    if page_id:
        return redirect(f"{back}?undo=0&page={page_id}")
    return redirect(f"{back}?undo={before.seq}" if before else back)


def _undo(request: HttpRequest) -> dict[str, Any] | None:
    """What the button that takes the last mark back sends; None without one."""
    until = number(request, "undo")
    return None if until is None else {"until": until, "page": _uuid(request.GET.get("page", ""))}


def _uuid(given: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(given) if given else None
    except ValueError as error:
        raise NotFound from error


def _behind(place: str) -> Q:
    """What follows a place in the list. Raises NotFound for what names none."""
    seq, _dot, version = place.partition(".")
    found, key = _number_or_404(seq), _uuid(version)
    if key is None:
        raise NotFound
    return Q(page__seq__lt=found) | Q(page__seq=found, pk__gt=key)


def _number_or_404(given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise NotFound
    return int(given)
