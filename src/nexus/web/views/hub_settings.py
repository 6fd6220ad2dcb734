"""`/{hub}/settings`: what a hub is, who may what, and its end. One form does one thing, which its button's name says."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings as site
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from nexus.accounts.actor import Actor
from nexus.base.errors import Denied, Invalid, NexusError, NotFound, Unauthenticated
from nexus.base.sentences import Sentence
from nexus.exchange import jobs
from nexus.hubs import actions, audit, lifetime, queries
from nexus.hubs.access import capabilities, hub_for, is_wider
from nexus.hubs.models import Hub
from nexus.pages.guard import SecretsFound
from nexus.web import rights
from nexus.web.asking import asks
from nexus.web.door import actor_of
from nexus.web.kinds import role_names
from nexus.web.middleware import refused

#: How many members are on the page; the others are reached by name.
MEMBERS = 200

type Sent = QueryDict
type Deed = Callable[[Actor, Hub, Sent], str]


@require_http_methods(["GET", "HEAD", "POST"])
@asks
def settings(request: HttpRequest, hub: str) -> HttpResponse:
    """What one may see of a hub's settings, and changing one of them."""
    actor = actor_of(request)
    place = hub_for(actor, hub)
    if not actor.is_signed_in:
        raise Unauthenticated(Sentence("Sign in to see the settings of a hub."))
    error: NexusError | None = None
    warned = ""
    if request.method == "POST":
        do = request.POST.get("do", "")
        try:
            if do == "visibility" and _is_unsure(place, request.POST):
                warned = request.POST.get("visibility", "")
            else:
                return _done(request, actor, place, do)
        except (NotFound, SecretsFound):
            raise
        except NexusError as refusal:
            audit.remember(refusal)
            error = refusal
            place = hub_for(actor, hub)
    response = render(request, "web/hub_settings.html", _context(actor, place, request.POST, error, warned))
    return refused(response, error) if error else response


def _is_unsure(hub: Hub, sent: Sent) -> bool:
    return is_wider(sent.get("visibility", ""), hub.visibility) and sent.get("sure") != "yes"


def _done(request: HttpRequest, actor: Actor, hub: Hub, do: str) -> HttpResponse:
    deed = _DEEDS.get(do)
    if deed is None:
        raise Invalid(Sentence("There is no such setting."), field="do", value=do)
    messages.success(request, deed(actor, hub, request.POST))
    try:
        now = next(each for each in queries.hubs(actor).filter(pk=hub.pk))
    except StopIteration:  # deleted, or left
        return redirect("start")
    return redirect(f"{reverse('hub_settings', args=[now.slug])}#{_PLACES.get(do, '')}".rstrip("#"))


def _title(actor: Actor, hub: Hub, sent: Sent) -> str:
    actions.update_hub(actor, hub.slug, title=sent.get("title", ""))
    return _("Saved.")


def _visibility(actor: Actor, hub: Hub, sent: Sent) -> str:
    actions.update_hub(actor, hub.slug, visibility=sent.get("visibility", ""))
    return _("Saved.")


def _rename(actor: Actor, hub: Hub, sent: Sent) -> str:
    renamed = lifetime.rename_hub(actor, hub.slug, sent.get("slug", "").strip())
    return _("The address is /%(slug)s now; the old one leads there.") % {"slug": renamed.slug}


def _member(actor: Actor, hub: Hub, sent: Sent) -> str:
    username = sent.get("user", "").strip()
    actions.set_member(actor, hub.slug, username, sent.get("role", ""))
    return _("Saved.")


def _remove(actor: Actor, hub: Hub, sent: Sent) -> str:
    username = sent.get("user", "").strip()
    actions.remove_member(actor, hub.slug, username)
    return _("%(name)s is no member any more.") % {"name": username}


def _transfer(actor: Actor, hub: Hub, sent: Sent) -> str:
    username = sent.get("user", "").strip()
    lifetime.transfer_hub(actor, hub.slug, username)
    return _("%(name)s owns this hub now.") % {"name": username}


def _leave(actor: Actor, hub: Hub, _sent: Sent) -> str:
    actions.leave_hub(actor, hub.slug)
    return _("You are no member of %(hub)s any more.") % {"hub": hub.title}


def _archive(actor: Actor, hub: Hub, _sent: Sent) -> str:
    actions.archive_hub(actor, hub.slug)
    return _("It can be read now, and not changed.")


def _unarchive(actor: Actor, hub: Hub, _sent: Sent) -> str:
    actions.archive_hub(actor, hub.slug, archived=False)
    return _("It can be changed again.")


def _delete(actor: Actor, hub: Hub, sent: Sent) -> str:
    gone = lifetime.delete_hub(actor, hub.slug, confirm=sent.get("confirm", "").strip())
    day = lifetime.purged_on(gone)
    return _("%(hub)s is deleted. You can bring it back under your account until %(day)s.") % {
        "hub": gone.title,
        "day": f"{day:%Y-%m-%d}",
    }


def _export(actor: Actor, hub: Hub, sent: Sent) -> str:
    jobs.start_export(actor, hub.slug, sent.get("format", ""))
    return _("It is being packed. Reload this page to fetch it.")


#: What a form does, by its button's value; and where on the page one is afterwards.
_DEEDS: Mapping[str, Deed] = {
    "title": _title, "visibility": _visibility, "rename": _rename, "member": _member, "remove": _remove,
    "transfer": _transfer, "leave": _leave, "archive": _archive, "unarchive": _unarchive, "delete": _delete,
    "export": _export,
}  # fmt: skip
_PLACES = {"member": "members", "remove": "members", "transfer": "members", "export": "export"}


def _context(actor: Actor, hub: Hub, sent: Sent, error: NexusError | None, warned: str) -> dict[str, Any]:
    held = capabilities(actor, hub)
    roles, deeds = rights.table()
    try:
        members = list(queries.members(actor, hub.slug).order_by("user__username")[: MEMBERS + 1])
    except Denied:
        members = []
    names = rights.visibility_names()
    return {
        "hub": hub,
        "in_hub": hub.slug,
        "title": _("Settings"),
        "may": {capability.name.lower(): True for capability in held},
        "roles": roles,
        "choices": role_names(role.value for role in roles),
        "deeds": deeds,
        "members": members[:MEMBERS],
        "is_cut": len(members) > MEMBERS,
        "mine": next((each for each in members if each.user_id == actor.user_id), None),
        "visibilities": names,
        "now_visible": next(each for each in names if each.value == hub.visibility),
        "warned": next((each for each in names if each.value == warned), None),
        "exports": list(jobs.visible_jobs(actor).filter(hub=hub, kind="export").order_by("-created_at")[:5]),
        "formats": list(jobs.SUFFIXES),
        "grace": site.DELETED_HUB_DAYS,
        "sent": sent if error else {},
        "error": error,
        "did": sent.get("do", "") if error else "",
    }


@require_safe
def audit_view(request: HttpRequest, hub: str) -> HttpResponse:
    """Who did what about rights in a hub, and what was refused; for its owners."""
    actor = actor_of(request)
    done, refusals = audit.done_in(actor, hub), audit.refused_in(actor, hub)
    context = {
        "hub": hub_for(actor, hub), "in_hub": hub, "title": _("Who did what"), "done": done, "refusals": refusals,
        "limit": audit.LIMIT,
    }  # fmt: skip
    return render(request, "web/audit.html", context)
