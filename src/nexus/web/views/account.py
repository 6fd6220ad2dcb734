"""`/account`: what one is called, where one is signed in, what acts for one, and how to leave. Passwords and addresses are
allauth's, below `/account/` too."""

import time
import uuid
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from nexus.accounts import actions, names, queries, sessions
from nexus.accounts.actor import Actor, Scope
from nexus.base import clock
from nexus.base.errors import Conflict, Denied, Invalid, NexusError
from nexus.base.ids import text_key
from nexus.base.sentences import Sentence
from nexus.exchange.own_data import own_data
from nexus.hubs import leaving, lifetime
from nexus.hubs import queries as hub_queries
from nexus.hubs.access import visible_memberships
from nexus.web.door import actor_of, sent_number
from nexus.web.kinds import role_names
from nexus.web.middleware import refused
from nexus.web.throttle import take_turn

#: How many of each the pages list.
SHOWN = 100
#: How long ago one may have signed in elsewhere before the account is ended, in seconds.
RECENT = 600


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Everything about oneself, and what is done to it elsewhere."""
    actor = actor_of(request)
    user = queries.account_of(actor)
    error: NexusError | None = None
    if request.method == "POST":
        do = request.POST.get("do", "")
        try:
            return _done(request, actor, do)
        except (Invalid, Conflict) as refusal:
            error = refusal
            user = queries.account_of(actor)
    memberships = visible_memberships(actor).filter(user=user).select_related("hub").order_by("hub__slug")
    context = {
        "title": _("Account"), "account": user, "error": error, "sent": request.POST if error else {},
        "memberships": memberships[:SHOWN],
        "roles": {role.value: role.name for role in role_names(("guest", "learner", "mentor", "owner"))},
        "deleted": [(hub, lifetime.purged_on(hub)) for hub in hub_queries.deleted(actor)[:SHOWN]],
        "has_password": user.has_usable_password(), "mail": settings.MAIL_IS_SET,
    }  # fmt: skip
    response = render(request, "account/account.html", context)
    return refused(response, error) if error else response


def _done(request: HttpRequest, actor: Actor, do: str) -> HttpResponse:
    match do:
        case "name":
            names.rename_person(actor, name=request.POST.get("name", ""))
        case "username":
            names.rename_person(actor, username=request.POST.get("username", "").strip().lower())
        case "restore":
            back = lifetime.restore_hub(actor, request.POST.get("hub", ""))
            messages.success(request, _("%(hub)s is back.") % {"hub": back.title})
            return redirect("hub", back.slug)
        case _:
            raise Invalid(Sentence("There is no such setting."), field="do", value=do)
    messages.success(request, _("Saved."))
    return redirect("account")


@require_http_methods(["GET", "HEAD", "POST"])
def signed_in(request: HttpRequest) -> HttpResponse:
    """Where one is signed in, ending one of them, or all."""
    actor = actor_of(request)
    user = queries.account_of(actor)
    sessions.keep(user, request.session, request.headers.get("User-Agent", ""))
    if request.method == "POST":
        if request.POST.get("do") == "everywhere":
            actions.sign_out_everywhere(actor)
            logout(request)
            messages.success(request, _("You are signed out everywhere. Tokens made before hold no more either."))
            return redirect("account_login")
        sessions.end_session(actor, _id(request, "session"))
        messages.success(request, _("It is signed out."))
        return redirect("account_sessions")
    context = {
        "title": _("Where you are signed in"), "here": request.session.session_key,
        "sessions": sessions.browser_sessions(actor)[:SHOWN], "programs": sessions.programs(actor)[:SHOWN],
    }  # fmt: skip
    return render(request, "account/sessions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The personal tokens, making one (its secret is shown this once, in the answer itself) and revoking one."""
    actor = actor_of(request)
    queries.account_of(actor)
    context: dict[str, Any] = {"title": _("Tokens"), "sent": {}}
    error: NexusError | None = None
    if request.method == "POST":
        if request.POST.get("do") == "revoke":
            actions.revoke_personal_token(actor, _id(request, "token"))
            messages.success(request, _("It holds no more."))
            return redirect("account_tokens")
        try:
            context["made"], context["secret"] = actions.create_personal_token(
                actor,
                request.POST.get("name", ""),
                scopes=request.POST.getlist("scope"),
                days=sent_number(request.POST, "days", actions.TOKEN_DAYS),
            )
        except (Invalid, Conflict) as refusal:
            error = context["error"] = refusal
            context["sent"] = request.POST
    context |= {
        "tokens": queries.personal_tokens(actor)[:SHOWN], "days": actions.TOKEN_DAYS, "most_days": actions.MAX_TOKEN_DAYS,
        "scopes": [
            (Scope.READ.value, _("Read what you may read")), (Scope.WRITE.value, _("Also write pages as you")),
            (Scope.ADMIN.value, _("Everything you may do, in every hub of yours")),
        ],
    }  # fmt: skip
    response = render(request, "account/tokens.html", context)
    return refused(response, error) if error else response


def _id(request: HttpRequest, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get(name, ""))
    except ValueError:
        raise Invalid(Sentence("That is no id."), field=name, value=request.POST.get(name)) from None


@require_POST
def data(request: HttpRequest) -> HttpResponseBase:
    """All that is held about one, as a zip."""
    actor = actor_of(request)
    queries.account_of(actor)
    take_turn(request, f"own data {text_key(str(actor.user_id))}", 3)
    name = f"nexus-{clock.now():%Y-%m-%d}.zip"
    response = FileResponse(own_data(actor), as_attachment=True, filename=name, content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponseBase:
    """Ending the account, for a while or for good; what happens to one's texts is said first."""
    queries.account_of(actor_of(request))
    if request.method != "POST":
        return _leaving(request, None)
    if _is_stale(request):
        raise Denied(
            Sentence("You signed in a while ago."), code="sign_in_again",
            remedy=Sentence("Sign out, sign in again, and come back within ten minutes."),
        )  # fmt: skip
    ended: HttpResponseBase = _ended(request)
    return ended


def _is_stale(request: HttpRequest) -> bool:
    """Whether somebody who has no password to be asked for signed in elsewhere longer ago than what cannot be undone
    allows."""
    if queries.account_of(actor_of(request)).has_usable_password():
        return False
    return all(time.time() - record["at"] > RECENT for record in get_authentication_records(request, request.user))


@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
def _ended(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    do = request.POST.get("do", "")
    if do != "deactivate" and (do, request.POST.get("sure")) != ("delete", "yes"):
        unsure = Invalid(
            Sentence("Nothing was ended."), field="sure", remedy=Sentence("Say by the box that you mean it.")
        )
        return _leaving(request, unsure)
    try:
        if do == "deactivate":
            leaving.deactivate_account(actor)
        else:
            leaving.delete_account(actor, keep_name=request.POST.get("name") == "keep")
    except Conflict as refusal:
        return _leaving(request, refusal)
    logout(request)
    messages.success(
        request, _("Your account is deactivated.") if do == "deactivate" else _("Your account is gone. Thank you.")
    )
    return redirect("start")


def _leaving(request: HttpRequest, error: NexusError | None) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "title": _("Leave Nexus"), "error": error, "alone": leaving.owned_alone(actor)[:SHOWN],
        "account": queries.account_of(actor),
    }  # fmt: skip
    response = render(request, "account/leave.html", context)
    return refused(response, error) if error else response
