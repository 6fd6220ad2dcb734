"""`/administration`: people, hubs as far as they exist, quotas and what was done to accounts; for instance administrators.

For whoever is none it does not exist. No private content is shown: to read a hub an administrator enters it, which its
members see.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from nexus.accounts import queries as account_queries
from nexus.accounts.actor import Actor
from nexus.base.errors import Conflict, Denied, Invalid, NexusError, NotFound
from nexus.base.sentences import Sentence
from nexus.hubs import actions, administering, audit, lifetime, queries
from nexus.hubs.quotas import held_by
from nexus.web.door import actor_of, sent_number
from nexus.web.middleware import refused

#: How many people or hubs a page lists.
SHOWN = 100

type Sent = Mapping[str, str]


def _administrator(request: HttpRequest) -> Actor:
    """Raises NotFound, as at an absent address, for everybody else."""
    actor = actor_of(request)
    if not actor.is_administrator:
        raise NotFound
    return actor


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """All accounts, and what an administrator does to one."""
    actor = _administrator(request)
    context: dict[str, Any] = {}
    error: NexusError | None = None
    if request.method == "POST":
        try:
            said = _to_person(actor, request.POST.dict())
        except (Invalid, Conflict, Denied) as refusal:
            error = refusal
        else:
            if not isinstance(said, tuple):
                messages.success(request, said)
                return redirect("administration")
            context["link"] = request.build_absolute_uri(said[0])
    after = request.GET.get("after", "")
    found = list(account_queries.users(actor).select_related("person").filter(username__gt=after)[: SHOWN + 1])
    held = held_by([one.pk for one in found])
    context |= {
        "title": _("Administration"), "person_mb": settings.PERSON_MB,
        "people": [(one, held.get(one.pk, 0), _megabytes(one.max_bytes)) for one in found[:SHOWN]],
        "after": found[SHOWN - 1].username if len(found) > SHOWN else "",
        "error": error, "sign_up": settings.SIGN_UP, "hub_creation": settings.HUB_CREATION, "mail": settings.MAIL_IS_SET,
        "hubs_per_person": settings.HUBS_PER_PERSON,
    }  # fmt: skip
    response = render(request, "web/administration.html", context)
    return refused(response, error) if error else response


def _to_person(actor: Actor, sent: Sent) -> str | tuple[str]:
    """What was done, in words; or alone in a tuple the address at which they set a new password."""
    user = account_queries.user_named(actor, sent.get("user", ""))
    match sent.get("do"):
        case "deactivate":
            administering.set_active(actor, user, active=False)
        case "activate":
            administering.set_active(actor, user, active=True)
        case "administrator":
            administering.set_administrator(actor, user, administrator=True)
        case "no-administrator":
            administering.set_administrator(actor, user, administrator=False)
        case "reset":
            uid, _dash, key = administering.reset_key(actor, user).partition("-")
            return (reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": key}),)
        case "quota":
            administering.set_quota(
                actor,
                user,
                max_hubs=sent_number(sent, "max_hubs", None),
                max_bytes=sent_number(sent, "max_mb", None, times=1_000_000),
            )
        case _:
            raise Invalid(Sentence("There is no such setting."), field="do", value=sent.get("do"))
    return _("Saved.")


@require_http_methods(["GET", "HEAD", "POST"])
def hubs(request: HttpRequest) -> HttpResponse:
    """Every hub there is and how much it holds; quotas, entering, bringing back and purging."""
    actor = _administrator(request)
    error: NexusError | None = None
    if request.method == "POST":
        sent = request.POST.dict()
        deed = _TO_HUB.get(sent.get("do", ""))
        try:
            if deed is not None:
                return deed(request, actor, sent)
            error = Invalid(Sentence("There is no such setting."), field="do", value=sent.get("do"))
        except (Invalid, Conflict, Denied) as refusal:
            error = refusal
    after = request.GET.get("after", "")
    found = list(queries.all_hubs(actor).filter(slug__gt=after)[: SHOWN + 1])
    context = {
        "title": _("Hubs"), "error": error,
        "hubs": [(hub, lifetime.purged_on(hub), _megabytes(hub.max_bytes)) for hub in found[:SHOWN]],
        "after": found[SHOWN - 1].slug if len(found) > SHOWN else "",
        "most_pages": settings.HUB_PAGES, "most_mb": settings.HUB_MB,
    }  # fmt: skip
    response = render(request, "web/administration_hubs.html", context)
    return refused(response, error) if error else response


def _megabytes(size: int | None) -> int | None:
    return None if size is None else size // 1_000_000


def _enter(request: HttpRequest, actor: Actor, sent: Sent) -> HttpResponse:
    entered = actions.enter_hub(actor, sent.get("hub", ""))
    messages.success(request, _("You are a guest of this hub now. Its members see that you came in as administrator."))
    return redirect("hub", entered.hub.slug)


def _quota(request: HttpRequest, actor: Actor, sent: Sent) -> HttpResponse:
    actions.set_hub_quota(
        actor,
        sent.get("hub", ""),
        max_pages=sent_number(sent, "max_pages", None),
        max_bytes=sent_number(sent, "max_mb", None, times=1_000_000),
    )
    messages.success(request, _("Saved."))
    return redirect("administration_hubs")


def _restore(request: HttpRequest, actor: Actor, sent: Sent) -> HttpResponse:
    lifetime.restore_hub(actor, sent.get("hub", ""))
    messages.success(request, _("It is back."))
    return redirect("administration_hubs")


def _purge(request: HttpRequest, actor: Actor, sent: Sent) -> HttpResponse:
    if sent.get("confirm") != sent.get("hub"):
        raise Invalid(Sentence("That is not the address of this hub."), field="confirm", value=sent.get("confirm"))
    lifetime.purge_hub(actor, sent.get("hub", ""))
    messages.success(request, _("It is gone for good."))
    return redirect("administration_hubs")


_TO_HUB: Mapping[str, Callable[[HttpRequest, Actor, Sent], HttpResponse]] = {
    "enter": _enter, "quota": _quota, "restore": _restore, "purge": _purge,
}  # fmt: skip


@require_safe
def record(request: HttpRequest) -> HttpResponse:
    """What was done to accounts and the instance."""
    actor = _administrator(request)
    context = {"title": _("Who did what"), "rows": audit.of_instance(actor)[: audit.LIMIT], "limit": audit.LIMIT}
    return render(request, "web/administration_audit.html", context)
