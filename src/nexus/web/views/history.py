"""What a page was: its versions, each by an address that stays, and what differs between two of them."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from nexus.accounts.actor import Actor
from nexus.base.errors import NotFound
from nexus.hubs.access import Capability, capabilities
from nexus.markdown import Document
from nexus.pages import actions, blobs, history
from nexus.pages.models import Kind, Page, Version
from nexus.pages.paths import folder_of
from nexus.search.addresses import page_address
from nexus.web.asking import asks
from nexus.web.differences import VIEWS, laid_out
from nexus.web.door import actor_of, shared_page
from nexus.web.long_texts import turn
from nexus.web.views.changes import number
from nexus.web.views.pages import bytes_of, crumbs, html_of, may_restore

#: Versions on one page of a page's history.
VERSIONS = 50


@require_safe
@shared_page
def page(request: HttpRequest, hub: str, path: str) -> HttpResponse:
    """The versions of what is, or was last, at a path, across its moves."""
    actor = actor_of(request)
    found = _page_asked(request, actor, hub, path)
    old, new = number(request, "from"), number(request, "to")
    if new is not None:
        chosen = history.version_numbered(actor, found, max(old or 0, new))
        response = redirect("difference", hub, chosen.pk)
        response["Location"] += f"?from={min(old, new)}" if old is not None else ""
        return response
    held = capabilities(actor, found.hub) if actor.is_signed_in else ()
    rows = history.versions_before(actor, found, before=number(request, "before"), limit=VERSIONS + 1)
    context = {
        "hub": found.hub, "in_hub": hub, "page": found, "title": _("History"),
        "crumbs": crumbs(found.hub, folder_of(found.path)), "path": path,
        "versions": [(version, history.became(version)) for version in rows[:VERSIONS]],
        "before": rows[VERSIONS - 1].number if len(rows) > VERSIONS else None,
        "may_restore": Capability.PAGE_RESTORE in held, "may_purge": Capability.PAGE_PURGE in held,
    }  # fmt: skip
    return render(request, "web/history.html", context)


@require_safe
@shared_page
def version(request: HttpRequest, hub: str, version: uuid.UUID) -> HttpResponse:
    """A page as it was, at an address that stays."""
    actor = actor_of(request)
    found = history.version_with_id(actor, hub, version, content=True)
    context = _of_version(actor, found) | {"title": found.page.title}
    if found.kind == Kind.FILE:
        return render(request, "web/version.html", context)
    if not found.document:
        return render(request, "web/version.html", context | {"source": blobs.read(found.blob).decode("utf-8")})
    with turn(len(found.document)):
        document = Document.from_json(found.document)
        read = {
            # As if it stood there now: links are taken from where it was.
            "html": html_of(found.page.hub, found.path, document),
            "has_heading": any(heading.level == 1 for heading in document.outline),
            "language": document.language,
        }
        return render(request, "web/version.html", read | context)


@require_safe
def raw(request: HttpRequest, hub: str, version: uuid.UUID) -> HttpResponseBase:
    """The bytes of a version, at an address that stays."""
    found = history.version_with_id(actor_of(request), hub, version, content=True)
    return bytes_of(request, found.blob, found.path)


@require_safe
@shared_page
def difference(request: HttpRequest, hub: str, version: uuid.UUID) -> HttpResponse:
    """What a version changed, compared with the one before or with any other of its page."""
    actor = actor_of(request)
    new = history.version_with_id(actor, hub, version)
    asked = number(request, "from")
    before = asked if asked is not None else new.number - 1
    old = history.version_numbered(actor, new.page, before) if before else None
    view = request.GET.get("view", "")
    context = _of_version(actor, new) | {
        "title": _("What changed"), "old": old, "view": view if view in VIEWS else VIEWS[0],
        "laid": laid_out(old, new, view=view), "asked": asked,
    }  # fmt: skip
    return render(request, "web/difference.html", context)


@require_POST
@asks
def restore(request: HttpRequest, hub: str, version: uuid.UUID) -> HttpResponse:
    """Brings back a deleted page, or what a version said, as a new version."""
    actor = actor_of(request)
    found = history.version_with_id(actor, hub, version)
    page = found.page
    change = actions.restore_page(actor, hub, page.path, page_id=page.pk, number=found.number)
    if change is None:
        messages.info(request, _("That is how it is: there was nothing to restore."))
    else:
        messages.success(request, _("Version %(n)d is back.") % {"n": found.number})
    return redirect(page_address(hub, page.path))


def _page_asked(request: HttpRequest, actor: Actor, hub: str, path: str) -> Page:
    """The page that was last at `path`; by `?page=` another that was there. Raises NotFound."""
    given = request.GET.get("page", "")
    if not given:
        return history.page_once_at(actor, hub, path)
    try:
        return history.page_with_history(actor, hub, uuid.UUID(given))
    except ValueError as error:
        raise NotFound from error


def _of_version(actor: Actor, found: Version) -> dict[str, Any]:
    page, place = found.page, found.page.hub
    return {
        "hub": place, "in_hub": place.slug, "page": page, "version": found, "change": found.change,
        "what": history.became(found), "crumbs": crumbs(place, folder_of(found.path)), "path": page.path,
        "is_newest": page.head_id == found.pk, "may_restore": may_restore(actor, place),
    }  # fmt: skip
