"""`/{hub}/purge`: taking a file or a passage out of a hub for good; told first, then asked once more, then done."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from nexus.base.errors import Invalid, NexusError, NotFound
from nexus.base.sentences import Sentence
from nexus.hubs.access import Capability, hub_for
from nexus.hubs.audit import remember
from nexus.pages import purging
from nexus.web.door import actor_of
from nexus.web.middleware import refused


@require_http_methods(["GET", "HEAD", "POST"])
def purge(request: HttpRequest, hub: str) -> HttpResponse:
    """What a purge would take out, and the purge itself; for owners."""
    actor = actor_of(request)
    place = hub_for(actor, hub, Capability.PAGE_PURGE)
    asked = {name: (request.POST.get(name) or request.GET.get(name, "")).strip() for name in ("path", "passage")}
    if request.method != "POST":
        asked["passage"] = ""  # never in an address
    context: dict[str, Any] = {
        "hub": place, "in_hub": hub, "title": _("Purge"), **asked, "least": purging.SHORTEST, "most": purging.LONGEST,
    }  # fmt: skip
    error: NexusError | None = None
    if request.method == "POST":
        try:
            if request.POST.get("do") == "purge":
                done = purging.purge(actor, hub, **asked, confirm=request.POST.get("confirm", "").strip())
                messages.success(request, _("It is gone for good. This change says so, and not what it was."))
                return redirect("change", hub, done.change.seq)
            context["found"] = purging.look_for(actor, hub, **asked)
        except NotFound:
            error = Invalid(
                Sentence("Nothing is or was at that path."), code="not_found", field="path", value=asked["path"]
            )
        except NexusError as refusal:
            error = refusal
            remember(refusal)
            if error.field == "confirm":
                context["found"] = purging.look_for(actor, hub, **asked)
    response = render(request, "web/purge.html", context | {"error": error})
    response["Cache-Control"] = "private, no-store"
    return refused(response, error) if error else response
