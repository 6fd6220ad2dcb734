"""`/{hub}/suspects`: what seems not to be for everybody, and saying that it may be seen."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from nexus.hubs.access import Capability, capabilities, hub_for
from nexus.pages import guard
from nexus.web.door import actor_of


@require_http_methods(["GET", "HEAD", "POST"])
def suspects(request: HttpRequest, hub: str) -> HttpResponse:
    """What nobody decided about yet; and deciding about what is chosen, here or on the page of an import (`next`)."""
    actor = actor_of(request)
    if request.method == "POST":
        decided = guard.review_suspects(actor, hub, request.POST.getlist("suspect"))
        words = ngettext("One may be seen now.", "%(n)d may be seen now.", decided) % {"n": decided}
        messages.success(request, words)
        after = request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(after, allowed_hosts=None) and after.startswith(f"/{hub}/"):
            return redirect(after)
        return redirect("suspects", hub)
    found, more = guard.suspects(actor, hub)
    place = hub_for(actor, hub, Capability.SUSPECT_REVIEW)
    context = {
        "hub": place,
        "in_hub": hub,
        "title": _("Keys and personal data"),
        "found": found,
        "more": more,
        "may_purge": Capability.PAGE_PURGE in capabilities(actor, place),
    }
    return render(request, "web/suspects.html", context)
