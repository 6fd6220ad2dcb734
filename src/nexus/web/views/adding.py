"""Adding a challenge, technology, concept, practice or project by a small form: it writes into a page."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from nexus.accounts.actor import Actor
from nexus.base.errors import Conflict, Invalid, Limited, NexusError
from nexus.hubs.access import Capability, hub_for
from nexus.hubs.caching import Basis
from nexus.knowledge import actions, queries
from nexus.knowledge.queries import Scope
from nexus.markdown.adding import Said
from nexus.pages import queries as page_queries
from nexus.pages.paths import folder_of
from nexus.search.addresses import change_address, page_address
from nexus.web.asking import asks
from nexus.web.chapters import BY_KIND
from nexus.web.door import actor_of
from nexus.web.kept import keeps
from nexus.web.middleware import refused
from nexus.web.views.pages import crumbs

#: Names that are proposed while somebody writes.
NAMES_SHOWN = 20
PAGES_OFFERED = 20
_FIELDS = ("title", "detail", "cause", "solution", "error_text")


@require_http_methods(["GET", "HEAD", "POST"])
@keeps("title", "detail", "error_text", "cause", "solution")
@asks
def add(request: HttpRequest, hub: str, kind: str) -> HttpResponse:
    """The form, and writing what it says into the page it names."""
    actor = actor_of(request)
    place = hub_for(actor, hub, Capability.PAGE_EDIT)
    sent = {name: request.POST.get(name, "").replace("\r\n", "\n").strip() for name in _FIELDS}
    error: NexusError | None = None
    own = _own_pages(actor, hub)
    path = (request.POST.get("page") or request.GET.get("page", "") or own[0]).strip()
    if request.method == "POST":
        try:
            change = actions.add_entry(actor, hub, path, Said(kind, **sent))  # type: ignore[arg-type]  # checked by the route
        except (Invalid, Conflict, Limited) as refusal:
            error = refusal
        else:
            link = format_html(
                '<a href="{}">{}</a>', change_address(hub, change.seq), _("Change %(n)s") % {"n": change.seq}
            )
            messages.success(request, format_html("<span data-saved>{}</span> {}", _("Added."), link))
            return redirect(page_address(hub, path))
    context: dict[str, Any] = {
        "hub": place, "in_hub": hub, "kind": kind, "chapter": BY_KIND[kind], "sent": sent, "path": path, "own": own,
        "error": error, "title": BY_KIND[kind].name, "folder": folder_of(path), "crumbs": crumbs(place, folder_of(path)),
    }  # fmt: skip
    response = render(request, "web/add.html", context)
    return refused(response, error) if error else response


def _own_pages(actor: Actor, hub: str) -> list[str]:
    """The paths that are offered: the pages somebody began, the last changed first; else where their first one may be."""
    paths = page_queries.own_paths(actor, hub, limit=PAGES_OFFERED)
    return paths or [page_queries.first_path(actor)]


@require_safe
def names(request: HttpRequest, hub: str) -> HttpResponse:
    """For the editor: the pages and topics of a hub whose name has what was typed in it, as JSON."""
    actor = actor_of(request)
    place = hub_for(actor, hub)
    typed = request.GET.get("q", "").strip()[:100]
    pages = page_queries.pages_like(actor, hub, typed, limit=NAMES_SHOWN)
    lowered = typed.casefold()
    topics = [
        line.name for line in queries.topics(Basis(actor, place), Scope(place)) if lowered in line.name.casefold()
    ]
    return JsonResponse(
        {"pages": [{"path": page.path, "title": page.title} for page in pages], "topics": topics[:NAMES_SHOWN]}
    )
