"""What was done in a hub: all of it, one change, and taking one back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from nexus.accounts.actor import Actor
from nexus.base.errors import Conflict, NotFound
from nexus.hubs.access import Capability, capabilities, hub_for
from nexus.hubs.models import Hub
from nexus.pages import actions, history, queries
from nexus.pages.models import Change, ChangeKind
from nexus.pages.reverting import reversion
from nexus.web.asking import asks
from nexus.web.differences import steps
from nexus.web.door import actor_of, shared_page
from nexus.web.middleware import refused

#: Changes on one page of a hub's history, and versions on one page of a change.
CHANGES, VERSIONS = 50, 25
#: The largest number that a database takes for one.
_MOST = 2**63 - 1


@require_safe
@shared_page
def index(request: HttpRequest, hub: str) -> HttpResponse:
    """The changes of a hub, the newest first; of somebody, of a page or folder, when asked for."""
    actor = actor_of(request)
    place = hub_for(actor, hub)
    person, path = request.GET.get("person", "")[:39], request.GET.get("path", "").strip()[: history.MAX_PATH]
    found = history.changes_of(actor, place, person=_plain(person), path=_plain(path))
    before = number(request, "before")
    if before is not None:
        found = found.filter(seq__lt=before)
    rows = list(found.order_by("-seq")[: CHANGES + 1])
    context = {
        "hub": place, "in_hub": hub, "title": _("Changes"), "changes": rows[:CHANGES], "person_asked": person,
        "path_asked": path, "before": rows[CHANGES - 1].seq if len(rows) > CHANGES else None,
    }  # fmt: skip
    return render(request, "web/changes.html", context)


@require_safe
@shared_page
def one(request: HttpRequest, hub: str, seq: int) -> HttpResponse:
    """One change: what it did to each page, with the differences."""
    actor = actor_of(request)
    change = _change(actor, hub, seq)
    after = number(request, "page") or 1
    first = (min(after, _MOST // VERSIONS) - 1) * VERSIONS
    rows = list(queries.versions_in(actor, change).select_related("parent__blob").defer("blob__data", "parent__blob__data")
                .order_by("pk")[first : first + VERSIONS + 1])  # fmt: skip
    if not rows and after > 1:
        raise NotFound
    place = change.hub
    context = {
        "hub": place, "in_hub": hub, "change": change, "title": _("Change %(n)d") % {"n": seq}, "page_number": after,
        "steps": steps([(version.parent, version) for version in rows[:VERSIONS]]),
        "following": after + 1 if len(rows) > VERSIONS else None,
        "may_revert": _may_revert(actor, place, change),
    }  # fmt: skip
    return render(request, "web/change.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@asks
def revert(request: HttpRequest, hub: str, seq: int) -> HttpResponse:
    """What taking a change back would do, and doing it."""
    actor = actor_of(request)
    error = None
    if request.method == "POST":
        try:
            made = actions.revert_change(actor, hub, seq, message=request.POST.get("message", ""))
        except Conflict as refusal:
            error = refusal
        else:
            if made is None:
                messages.info(request, _("Nothing of that change is left: there was nothing to take back."))
                return redirect("change", hub, seq)
            messages.success(request, _("Change %(n)d is taken back. This is what that did.") % {"n": seq})
            return redirect("change", hub, made.seq)
    told = reversion(actor, hub, seq)
    context = {
        "hub": hub_for(actor, hub), "in_hub": hub, "change": told.change, "reversion": told, "error": error,
        "title": _("Take back change %(n)d") % {"n": seq},
    }  # fmt: skip
    response = render(request, "web/revert.html", context)
    return refused(response, error) if error else response


def number(request: HttpRequest, name: str) -> int | None:
    """A whole number out of an address; None where there is none. Raises NotFound for what is no number."""
    given = request.GET.get(name, "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise NotFound
    return int(given)


def _change(actor: Actor, hub: str, seq: int) -> Any:
    """A change as lists tell it. Raises NotFound."""
    if seq > _MOST:
        raise NotFound
    found = queries.told_changes(actor).filter(hub__slug=hub, seq=seq).first()
    if found is None:
        raise NotFound
    return found


def _may_revert(actor: Actor, hub: Hub, change: Change) -> bool:
    if not actor.is_signed_in or change.kind == ChangeKind.PURGE:
        return False
    held = capabilities(actor, hub)
    own = queries.is_own(actor, change) and Capability.CHANGE_REVERT_OWN in held
    return own or Capability.CHANGE_REVERT in held


def _plain(text: str) -> str:
    """`text` without what no database takes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
