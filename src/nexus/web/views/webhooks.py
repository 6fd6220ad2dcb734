"""`/{hub}/webhooks`: who is told what happens in a hub, and what came of it; for its owners."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from nexus.accounts.actor import Actor
from nexus.base.errors import Invalid, Limited, NexusError
from nexus.base.sentences import Sentence
from nexus.exchange import access
from nexus.exchange import webhooks as actions
from nexus.exchange.models import Webhook
from nexus.hubs.access import Capability, hub_for
from nexus.web.door import actor_of
from nexus.web.middleware import refused

#: How many deliveries are shown.
SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest, hub: str) -> HttpResponse:
    """The webhooks of a hub, and making one: its secret is shown this once, in the answer itself."""
    actor = actor_of(request)
    context: dict[str, Any] = {"sent": request.POST}
    error = None
    if request.method == "POST":
        hub_for(actor, hub, Capability.HUB_WEBHOOKS)
        try:
            made, secret = actions.create_webhook(
                actor, hub, request.POST.get("url", "").strip(), events=request.POST.get("events", "").split()
            )
            context |= {"made": made, "secret": secret, "sent": {}}
        except (Invalid, Limited) as refusal:
            error = context["error"] = refusal
    place = hub_for(actor, hub, Capability.HUB_WEBHOOKS)
    context |= {
        "hub": place, "in_hub": hub, "title": _("Webhooks"),
        "webhooks": access.webhooks(actor, hub).order_by("created_at", "pk"), "types": sorted(actions.NAMED),
    }  # fmt: skip
    response = render(request, "web/webhooks.html", context)
    return refused(response, error) if error else response


def _switch(actor: Actor, hub: str, key: uuid.UUID, sent: Mapping[str, str]) -> str:
    actions.update_webhook(actor, hub, key, enabled=sent.get("do") == "on")
    return _("Saved.")


def _ping(actor: Actor, hub: str, key: uuid.UUID, _sent: Mapping[str, str]) -> str:
    actions.ping_webhook(actor, hub, key)
    return _("A ping is on its way. Reload to see what came of it.")


def _redeliver(actor: Actor, hub: str, key: uuid.UUID, sent: Mapping[str, str]) -> str:
    try:
        delivery = uuid.UUID(sent.get("delivery", ""))
    except ValueError:
        raise Invalid(Sentence("That is no id."), field="delivery", value=sent.get("delivery")) from None
    actions.redeliver_event(actor, hub, key, delivery)
    return _("It is sent once more. Reload to see what came of it.")


_DEEDS: Mapping[str, Callable[[Actor, str, uuid.UUID, Mapping[str, str]], str]] = {
    "on": _switch, "off": _switch, "ping": _ping, "redeliver": _redeliver,
}  # fmt: skip


def _done(actor: Actor, hub: str, key: uuid.UUID, sent: Mapping[str, str]) -> str:
    deed = _DEEDS.get(sent.get("do", ""))
    if deed is None:
        raise Invalid(Sentence("There is no such setting."), field="do", value=sent.get("do"))
    return deed(actor, hub, key, sent)


@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, hub: str, webhook: uuid.UUID) -> HttpResponse:
    """A webhook with its newest deliveries, and what one may do with it."""
    actor = actor_of(request)
    found = access.webhook_for(actor, hub, webhook)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    error: NexusError | None = None
    secret = ""
    if do == "delete":
        actions.delete_webhook(actor, hub, webhook)
        return redirect("webhooks", hub)
    if do == "rotate":
        found, secret = actions.rotate_webhook_secret(actor, hub, webhook)
    elif request.method == "POST":
        try:
            messages.success(request, _done(actor, hub, webhook, request.POST.dict()))
        except Invalid as refusal:
            error = refusal
        else:
            return redirect("webhook", hub, webhook)
    response = render(request, "web/webhook.html", _context(actor, hub, found, secret, error))
    return refused(response, error) if error else response


def _context(actor: Actor, hub: str, found: Webhook, secret: str, error: NexusError | None) -> dict[str, Any]:
    deliveries = access.deliveries(actor, hub, found.pk).order_by("-created_at", "-pk")[:SHOWN]
    return {
        "hub": found.hub, "in_hub": hub, "title": _("Webhook"), "webhook": found, "secret": secret, "error": error,
        "deliveries": deliveries,
    }  # fmt: skip
