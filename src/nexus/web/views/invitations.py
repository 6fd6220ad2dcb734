"""Inviting others to a hub, and joining one.

The secret leaves the address at once: the link keeps it in the session and leads to `/invitations`, so that it is in no
history, no `Referer` and no address of the way through signing in.
"""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nexus.accounts.actor import Actor
from nexus.base.errors import Invalid, NexusError, NotFound
from nexus.hubs import actions, queries
from nexus.hubs.access import hub_for
from nexus.hubs.invitations import DAYS, MAX_DAYS, MAX_USES
from nexus.web.door import actor_of, sent_number
from nexus.web.kinds import role_names
from nexus.web.middleware import refused

_SESSION_KEY = "invitation"
_SECRET = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


def invite_form(actor: Actor, hub: Any) -> dict[str, Any]:
    """What the form "Invite someone" needs; without roles there is none. At most one statement."""
    roles = role_names(queries.roles_to_invite(actor, hub) if actor.is_signed_in else ())
    return {"roles": roles, "days": DAYS, "most_days": MAX_DAYS, "most_uses": MAX_USES}


@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: HttpRequest, hub: str) -> HttpResponse:
    """The open invitations of a hub, and making one: its link is shown this once, in the answer itself."""
    actor = actor_of(request)
    context: dict[str, Any] = {"sent": request.POST}
    error = None
    if request.method == "POST":
        try:
            context["made"] = _invited(request, actor, hub)
        except Invalid as refusal:
            error = context["error"] = refusal
    place = hub_for(actor, hub)
    open_ones = queries.invitations(actor, hub).order_by("-created_at", "-pk")
    context |= {"hub": place, "in_hub": hub, "title": _("Invitations"), "open": open_ones} | invite_form(actor, place)
    response = render(request, "web/invitations.html", context)
    return refused(response, error) if error else response


def _invited(request: HttpRequest, actor: Actor, hub: str) -> actions.Invited:
    return actions.invite_member(
        actor,
        hub,
        request.POST.get("role", ""),
        email=request.POST.get("email", "").strip(),
        uses=sent_number(request.POST, "uses", 1),
        days=sent_number(request.POST, "days", DAYS),
        site=request.build_absolute_uri("/"),
    )


@require_POST
def revoke(request: HttpRequest, hub: str, invitation: uuid.UUID) -> HttpResponse:
    """Ends an invitation."""
    actions.revoke_invitation(actor_of(request), hub, invitation)
    return redirect("invitations", hub)


@require_safe
def arrive(request: HttpRequest, token: str) -> HttpResponse:
    """The link: keeps the secret, and leads to where it can be accepted."""
    queries.invitation_shown(actor_of(request), token)
    request.session[_SESSION_KEY] = token
    response = redirect("invitation")
    for name, value in _SECRET.items():
        response[name] = value
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Which hub and which role, and "Join". Whoever is not signed in does that first and comes back."""
    actor = actor_of(request)
    token = request.session.get(_SESSION_KEY)
    if not isinstance(token, str):
        raise NotFound
    error = None
    if request.method == "POST":
        if not actor.is_signed_in:
            way = "account_signup" if request.POST.get("way") == "signup" and _is_open() else "account_login"
            return redirect(f"{reverse(way)}?{urlencode({'next': reverse('invitation')})}")
        try:
            member = actions.accept_invitation(actor, token)
        except NotFound:
            del request.session[_SESSION_KEY]
            raise
        except NexusError as refusal:
            error = refusal
        else:
            del request.session[_SESSION_KEY]
            messages.success(request, _("You are a member of %(hub)s now.") % {"hub": member.hub.title})
            return redirect("hub", member.hub.slug)
    shown = queries.invitation_shown(actor, token)
    (role,) = role_names([shown.role])
    context = {"invitation": shown, "role": role, "error": error, "sign_up": _is_open()}
    response = render(request, "web/invitation.html", context)
    return refused(response, error) if error else response


def _is_open() -> bool:
    return bool(settings.SIGN_UP == "open")
