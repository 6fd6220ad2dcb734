"""What was deleted and can come back."""

import uuid

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nexus.base.errors import NotFound
from nexus.hubs.access import hub_for
from nexus.pages import history
from nexus.web.door import actor_of, shared_page
from nexus.web.views.pages import may_restore

#: How many are on one page.
PAGES = 50


@require_safe
@shared_page
def trash(request: HttpRequest, hub: str) -> HttpResponse:
    """The pages and files that were deleted in a hub, the last first."""
    actor = actor_of(request)
    place = hub_for(actor, hub)
    rows = history.trash(actor, place)
    if request.GET.get("after"):
        rows = rows.filter(_behind(request.GET["after"]))
    found = list(rows.order_by("-seq", "pk")[: PAGES + 1])
    last = found[PAGES - 1] if len(found) > PAGES else None
    context = {
        "hub": place, "in_hub": hub, "title": _("Trash"), "pages": found[:PAGES],
        "after": f"{last.seq}.{last.pk}" if last else "", "may_restore": may_restore(actor, place),
    }  # fmt: skip
    return render(request, "web/trash.html", context)


def _behind(place: str) -> Q:
    """What follows a place in the list. Raises NotFound for what names none."""
    seq, _dot, page = place.partition(".")
    try:
        if not (seq.isascii() and seq.isdigit() and len(seq) < 19):
            raise NotFound
        return Q(seq__lt=int(seq)) | Q(seq=int(seq), pk__gt=uuid.UUID(page))
    except ValueError as error:
        raise NotFound from error
