"""The start page and a hub's first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nexus.base.errors import NotFound
from nexus.hubs import queries
from nexus.web.door import actor_of
from nexus.web.views.pages import folder_page

#: How many hubs the start page lists.
HUBS_SHOWN = 200


def start(request: HttpRequest) -> HttpResponse:
    """The hubs one may see."""
    hubs = list(queries.hubs(actor_of(request))[: HUBS_SHOWN + 1])
    return render(request, "web/start.html", {"hubs": hubs[:HUBS_SHOWN], "is_cut": len(hubs) > HUBS_SHOWN})


def overview(request: HttpRequest, hub: str) -> HttpResponse:
    """A hub: its README and what lies at its top."""
    actor = actor_of(request)
    found = queries.hubs(actor).filter(slug=hub).first()
    if found is None:
        raise NotFound
    return folder_page(request, actor, found, "")
