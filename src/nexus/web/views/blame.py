"""Who wrote which line."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nexus.pages import history
from nexus.pages.paths import folder_of
from nexus.search.addresses import blame_address
from nexus.web.door import actor_of, shared_page
from nexus.web.long_texts import LONG, turn
from nexus.web.views.changes import number
from nexus.web.views.pages import crumbs

#: Lines that are shown.
LINES = 5_000


@require_safe
@shared_page
def blame(request: HttpRequest, hub: str, path: str) -> HttpResponse:
    """A text with who wrote each line, when, and in which change; `?version=N`: as it was in that version."""
    actor = actor_of(request)
    page = history.page_once_at(actor, hub, path)
    if page.is_live and page.path != path and not request.GET:
        return redirect(blame_address(hub, page.path))
    version = history.version_numbered(actor, page, number(request, "version") or page.head.number)
    with turn(LONG + 1 if version.blob.size > LONG // 10 else 0):
        found = history.blamed(actor, version)
    left, shown = LINES, []
    for passage in found.passages:
        if left <= 0:
            break
        shown.append(passage._replace(lines=passage.lines[:left]))
        left -= len(passage.lines)
    context = {
        "hub": page.hub, "in_hub": hub, "page": page, "version": version, "title": _("Who wrote what"), "path": path,
        "crumbs": crumbs(page.hub, folder_of(version.path)), "passages": shown, "is_whole": found.is_whole,
        "is_cut": left < 0, "is_newest": page.head_id == version.pk,
    }  # fmt: skip
    return render(request, "web/blame.html", context)
