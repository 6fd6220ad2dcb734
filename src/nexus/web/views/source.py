"""The Git repository that a hub is connected with: what came of the last pull, pulling, and how it is connected."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from nexus.accounts.actor import Actor
from nexus.base.errors import NexusError, NotFound
from nexus.exchange import connecting
from nexus.exchange.access import source_of
from nexus.exchange.pulling import label_of
from nexus.hubs.access import Capability, capabilities, hub_for
from nexus.web.door import actor_of, sent_number
from nexus.web.middleware import refused

#: What of a report's lists is shown, and the schedules that are offered, in minutes.
SHOWN, SCHEDULES = 50, (0, 15, 60, 360, 1440, 10_080)
#: After how many seconds a page looks again while something is under way.
AGAIN = 3


@require_http_methods(["GET", "HEAD", "POST"])
def source(request: HttpRequest, hub: str) -> HttpResponse:
    """The state and the forms; what is asked for is done, and the page shown anew."""
    actor = actor_of(request)
    place = hub_for(actor, hub, Capability.PAGE_IMPORT)
    context: dict[str, Any] = {}
    error = None
    if request.method == "POST":
        try:
            context["secret"] = _done(request, actor, hub)
        except NotFound:
            raise
        except NexusError as refusal:
            error = context["error"] = refusal
        else:
            if not context["secret"]:
                return redirect("source", hub)
    found = source_of(actor, hub)
    files = ((found.report if found else None) or {}).get("files", {})
    context |= {
        "hub": place, "in_hub": hub, "title": _("Connected source"), "source": found, "schedules": _schedules(),
        "schedule": dict(_schedules()).get(found.every, _("every %(n)d minutes") % {"n": found.every}) if found else "",
        "may_connect": Capability.HUB_SETTINGS in capabilities(actor, place), "files": files,
        "url": label_of(found.url) if found else "", "conflicts": (found.conflicts if found else [])[:SHOWN],
        "form": {name: request.POST.get(name, getattr(found, name, "")) for name in ("url", "branch", "prefix")},
        "push": request.build_absolute_uri(f"/api/v1/hubs/{hub}/source/push"),
    }  # fmt: skip
    response = render(request, "web/source.html", context)
    if context.get("secret"):
        response["Cache-Control"] = "private, no-store"
    elif found and (found.is_pulling or found.wanted_at) and not context["may_connect"]:
        # Not while somebody may be filling the form in.
        response["Refresh"] = str(AGAIN)
    return refused(response, error) if error else response


def _schedules() -> list[tuple[int, str]]:
    names = (_("never"), _("every 15 minutes"), _("every hour"), _("every 6 hours"), _("every day"), _("every week"))
    return list(zip(SCHEDULES, names, strict=True))


def _done(request: HttpRequest, actor: Actor, hub: str) -> str:
    """Does what a form asked for; a new secret is what is to be shown."""
    sent = request.POST
    match sent.get("do"):
        case "pull":
            connecting.pull_source(actor, hub)
        case "disconnect":
            connecting.disconnect_source(actor, hub)
            messages.success(request, _("Disconnected. What came from there stays."))
        case "secret":
            return connecting.rotate_source_secret(actor, hub)[1]
        case _:
            whose = sent.get("authors", "me")
            connecting.connect_source(
                actor, hub, sent.get("url", "").strip(), branch=sent.get("branch", "").strip(),
                prefix=sent.get("prefix", "").strip(), every=sent_number(sent, "every", 0),
                history=whose == "git", authors=whose,
            )  # fmt: skip
    return ""
