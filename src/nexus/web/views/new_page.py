"""A new page: where it is to be and what it begins with. What is chosen leads to the form; nothing is stored here."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nexus.accounts.actor import Actor
from nexus.base.errors import Conflict, Invalid, NexusError
from nexus.base.sentences import Sentence
from nexus.hubs.access import Capability, hub_for
from nexus.pages.paths import checked_path, is_page_name
from nexus.pages.starting import templates
from nexus.web.door import actor_of
from nexus.web.middleware import refused
from nexus.web.views.editing import page_at
from nexus.web.views.pages import crumbs


@require_safe
def new(request: HttpRequest, hub: str) -> HttpResponse:
    """Asks for the path and the template of a new page."""
    actor = actor_of(request)
    place = hub_for(actor, hub, Capability.PAGE_CREATE)
    folder = request.GET.get("folder", "").strip("/")
    path, template = request.GET.get("path"), request.GET.get("template", "")
    error: NexusError | None = None
    if path is not None:
        try:
            wanted = _wanted(actor, hub, path)
        except (Invalid, Conflict) as refusal:
            error = refusal
        else:
            query = f"?{urlencode({'template': template})}" if template else ""
            return redirect(reverse("edit", args=[hub, wanted]) + query)
    context = {
        "hub": place, "in_hub": hub, "title": _("New page"), "error": error, "templates": templates(actor, hub),
        "path": path if path is not None else (f"{folder}/" if folder else ""), "chosen": template, "folder": folder,
        "crumbs": crumbs(place, folder),
    }  # fmt: skip
    response = render(request, "web/new.html", context)
    return refused(response, error) if error else response


def _wanted(actor: Actor, hub: str, given: str) -> str:
    """The path that was given, as a page's. Raises Invalid, Conflict."""
    path = given.strip().lstrip("/")
    if path and not path.endswith("/") and not is_page_name(path):
        path += ".md"
    checked_path(path)
    if page_at(actor, hub, path):
        raise Conflict(
            Sentence("There is a page at that path already."), code="path_taken", field="path", value=path,
            remedy=Sentence("Give another path, or edit what is there."),
        )  # fmt: skip
    return path
