"""A form that is refused because of what it would show comes back with that, and with the words that it may be seen."""

import functools
from collections.abc import Callable
from typing import Concatenate

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nexus.hubs.access import Capability, capabilities, visible_hubs
from nexus.pages.guard import SecretsFound, looked_through
from nexus.web.door import actor_of
from nexus.web.kept import Kept, kept


def reviewed(request: HttpRequest) -> list[str]:
    """The suspects that a form says may be seen."""
    return [one for given in request.POST.getlist("reviewed") for one in given.split(",") if one]


def asks[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Has a view take the decision with the form (`reviewed`)."""

    @functools.wraps(view)
    def ask(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        chosen = reviewed(request) if request.method == "POST" else []
        if not chosen:
            return view(request, *args, **kwargs)
        return looked_through(actor_of(request), chosen, lambda: view(request, *args, **kwargs))

    return ask


def asking_page(request: HttpRequest, error: SecretsFound) -> HttpResponse:
    """What would be seen, and the form once more: as it was typed, to take that out; or with the decision."""
    form = kept(request) or Kept(request.get_full_path(), [], [])
    carried = [
        (name, value)
        for name in request.POST
        if name not in {"csrfmiddlewaretoken", "reviewed", *(typed for typed, _ in form.typed)}
        for value in request.POST.getlist(name)
    ]
    hub = visible_hubs(actor_of(request)).filter(slug=error.slug).first()
    context = {
        "error": error, "found": error.found, "more": error.details["more"], "hub": hub, "address": form.address,
        "typed": form.typed, "carried": carried, "ids": ",".join(one.id for one in error.found),
        "may_decide": hub is not None and Capability.SUSPECT_REVIEW in capabilities(actor_of(request), hub),
    }  # fmt: skip
    return render(request, "web/asking.html", context)
