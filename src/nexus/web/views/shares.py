"""Share links: making and ending them, and reading by one.

Whoever reads by a link is told nothing but what it shares: no other path, no author, no count; what it leads to outside
stays
plain text, whether or not it is there. Nothing of it is kept by anybody on the way, found by search engines, or told on by a
`Referer`.
"""

import uuid
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nexus.base.errors import Conflict, Denied, Invalid, NexusError, NotFound, Throttled
from nexus.base.sentences import Sentence
from nexus.hubs.access import Capability, hub_for
from nexus.markdown import Reference, Target
from nexus.pages import blobs, shares
from nexus.pages.links import Link, resolve_links
from nexus.pages.models import Kind
from nexus.pages.paths import folder_of, name_of
from nexus.pages.queries import Listing, Reading, readme_in
from nexus.pages.shares import Opened
from nexus.web.asking import asks
from nexus.web.door import actor_of, sent_number
from nexus.web.long_texts import turn
from nexus.web.middleware import refused
from nexus.web.views.pages import BESIDE_LIMIT, bytes_of, made_of

_SECRET = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}
_SESSION_KEY = "shares"
#: How many shares with a password one session is let into.
MOST = 20


@require_http_methods(["GET", "HEAD", "POST"])
@asks
def manage(request: HttpRequest, hub: str) -> HttpResponse:
    """The open share links of a hub, and making one: it is shown this once, in the answer itself."""
    actor = actor_of(request)
    context: dict[str, Any] = {"sent": request.POST, "path": request.GET.get("path", "")[:1024]}
    error: NexusError | None = None
    if request.method == "POST":
        hub_for(actor, hub, Capability.PAGE_SHARE)
        context["path"] = request.POST.get("path", "")
        try:
            context["made"] = shares.create_share(
                actor, hub, request.POST.get("path", "").strip(), days=sent_number(request.POST, "days", shares.DAYS),
                password=request.POST.get("password", ""), site=request.build_absolute_uri("/"),
            )  # fmt: skip
        except NotFound:
            error = context["error"] = Invalid(
                Sentence("Nothing is at that path."), code="not_found", field="path", value=request.POST.get("path")
            )
        except (Invalid, Conflict) as refusal:
            error = context["error"] = refusal
    found = shares.shares(actor, hub).order_by("-created_at", "-pk")
    context |= {
        "hub": hub_for(actor, hub), "in_hub": hub, "title": _("Share links"), "open": found, "days": shares.DAYS,
        "most_days": shares.MAX_DAYS, "least": shares.SHORTEST,
    }  # fmt: skip
    response = render(request, "web/shares.html", context)
    return refused(response, error) if error else response


@require_POST
def revoke(request: HttpRequest, hub: str, share: uuid.UUID) -> HttpResponse:
    """Ends a share link."""
    shares.revoke_share(actor_of(request), hub, share)
    return redirect("shares", hub)


@require_http_methods(["GET", "HEAD", "POST"])
def shared(request: HttpRequest, token: str) -> HttpResponseBase:
    """What is shared, or the question for its password."""
    opened = shares.opened(token)
    if request.method == "POST":
        return _marked(_let_in(request, token, opened))
    if not _is_let_in(request, opened):
        return _marked(render(request, "web/share_password.html", {"token": token}))
    return _marked(_shown(request, token, opened, opened.share.path))


@require_safe
def shared_page(request: HttpRequest, token: str, path: str) -> HttpResponseBase:
    """A page or folder below what is shared."""
    opened = shares.opened(token)
    if not _is_let_in(request, opened):
        return _marked(redirect("shared", token))
    return _marked(_shown(request, token, opened, path))


@require_safe
def shared_raw(request: HttpRequest, token: str, path: str) -> HttpResponseBase:
    """The bytes of what is shared."""
    opened = shares.opened(token)
    if not _is_let_in(request, opened):
        return _marked(redirect("shared", token))
    page = shares.shared_reading(opened, path).page
    return _marked(bytes_of(request, page.blob, page.path))


def _marked(response: HttpResponseBase) -> HttpResponseBase:
    for name, value in _SECRET.items():
        response[name] = value
    return response


def _let_in(request: HttpRequest, token: str, opened: Opened) -> HttpResponse:
    try:
        shares.check_share_password(
            opened, request.POST.get("password", ""), address=request.META.get("REMOTE_ADDR", "")
        )
    except (Denied, Throttled) as refusal:
        return refused(render(request, "web/share_password.html", {"token": token, "error": refusal}), refusal)
    let_in = request.session.get(_SESSION_KEY, [])
    request.session[_SESSION_KEY] = [*let_in[1 - MOST :], opened.share.hash]
    return redirect("shared", token)


def _is_let_in(request: HttpRequest, opened: Opened) -> bool:
    return not opened.share.password or opened.share.hash in request.session.get(_SESSION_KEY, [])


def _shown(request: HttpRequest, token: str, opened: Opened, path: str) -> HttpResponseBase:
    context: dict[str, Any] = {"token": token, "folder": "", "up": _up(token, opened, path)}
    try:
        reading = shares.shared_reading(opened, path)
    except NotFound:
        listing = shares.shared_listing(opened, path)
        context |= {"title": name_of(path), "entries": _entries(token, listing), "is_cut": listing.is_cut}
        readme = readme_in(listing)
        if readme is None:
            return render(request, "web/shared.html", context)
        reading = shares.shared_reading(opened, readme.path)
    page = reading.page
    context |= {"raw": _address(token, page.path, "raw"), "updated": page.head.change.created_at}
    context.setdefault("title", page.title)
    if page.kind == Kind.FILE:
        return render(request, "web/shared.html", context | {"size": page.blob.size})
    if reading.stored is None:
        return render(request, "web/shared.html", context | {"source": blobs.read(page.blob).decode("utf-8")})
    with turn(len(reading.stored)):
        return render(request, "web/shared.html", context | _text(token, opened, reading))


def _text(token: str, opened: Opened, reading: Reading) -> dict[str, Any]:
    document = reading.document
    if document is None:
        return {}
    links = dict(
        zip(
            document.references,
            resolve_links(opened.hub, reading.page.path, document.references),
            strict=True,
        )
    )
    return {
        "html": made_of(document, lambda reference: _target(token, opened, reference, links[reference])),
        "has_heading": any(heading.level == 1 for heading in document.outline),
        "outline": document.outline[:BESIDE_LIMIT] if len(document.outline) > 1 else (),
        "language": document.language,
    }


def _target(token: str, opened: Opened, reference: Reference, link: Link) -> Target:
    """Inside the share, its own address; elsewhere in the hub, nowhere, whether or not it is there."""
    fragment = f"#{quote(link.fragment)}" if link.fragment else ""
    match link.kind:
        case "external":
            return Target(reference.target, "external")
        case "anchor":
            return Target(fragment or "#")
        case "page" | "file" | "folder" if opened.holds(link.path):
            shows = link.kind == "file" and reference.kind in ("image", "embed")
            return Target(_address(token, link.path, "raw" if shows else "pages") + ("" if shows else fragment))
        case _:
            return Target(None)


def _address(token: str, path: str, what: str = "pages") -> str:
    return f"/shared/{token}/{what}/{quote(path, safe='/')}"


def _entries(token: str, listing: Listing) -> list[dict[str, str]]:
    folders = [{"href": _address(token, each.path), "name": f"{each.name}/"} for each in listing.folders]
    return folders + [{"href": _address(token, each.path), "name": each.title} for each in listing.pages]


def _up(token: str, opened: Opened, path: str) -> str:
    """The address of the folder around `path`, if it is shared too."""
    around = folder_of(path)
    if path == opened.share.path or not around or not opened.holds(around):
        return ""
    return _address(token, around)
