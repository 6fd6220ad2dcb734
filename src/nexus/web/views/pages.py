"""Reading: pages, files, folders, and their bytes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nexus.accounts.actor import Actor
from nexus.base.errors import NotFound
from nexus.hubs.access import Capability, capabilities, hub_for
from nexus.hubs.models import Hub
from nexus.knowledge.queries import decided_in
from nexus.knowledge.reasons import is_doubtful
from nexus.markdown import Document, Reference, Target, anchors
from nexus.pages import blobs, history, queries
from nexus.pages.links import Link, resolve_links
from nexus.pages.models import Blob, Kind, Page
from nexus.pages.paths import folder_of, name_of, saved_name
from nexus.search.addresses import found_address, page_address, raw_address
from nexus.web.chapters import BY_KIND, CHAPTERS, Chapter
from nexus.web.door import actor_of, shared_page
from nexus.web.images import bitmap_type
from nexus.web.long_texts import turn
from nexus.web.rights import may

#: How many headings, and how many things found of each kind, are listed beside a text.
BESIDE_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step of the way to a path: its name and where it leads."""

    name: str
    href: str


class Find(NamedTuple):
    """Something found in a text: the byte span of its passage, the id of the element where that begins, its address."""

    title: str
    anchor: str
    start: int
    end: int
    address: str


@require_safe
@shared_page
def show(request: HttpRequest, hub: str, path: str) -> HttpResponse:
    """A page, a file's card, or a folder."""
    actor = actor_of(request)
    try:
        reading = queries.reading(actor, hub, path)
    except NotFound:
        return _not_there(request, actor, hub, path)
    page = reading.page
    tree = queries.tree_around(page)
    context = {
        "hub": page.hub,
        "page": page,
        "title": page.title,
        "crumbs": crumbs(page.hub, folder_of(path)),
        "tree": tree,
        "neighbours": queries.neighbours(tree, path),
        "folder": folder_of(path),
        "raw": raw_address(hub, path),
        "change": page.head.change,
        "may": may(reading.held),
    }
    if page.kind == Kind.FILE:
        return render(request, "web/file.html", context | {"size": page.blob.size})
    if reading.stored is None:
        return render(request, "web/page.html", context | {"source": blobs.read(page.blob).decode("utf-8")})
    with turn(len(reading.stored)):
        return render(request, "web/page.html", context | reading_context(actor, reading))


@require_safe
@shared_page
def top(request: HttpRequest, hub: str) -> HttpResponse:
    """The top folder of a hub has one address: the hub's."""
    hub_for(actor_of(request), hub)
    return redirect("hub", hub=hub)


@require_safe
def raw(request: HttpRequest, hub: str, path: str) -> HttpResponseBase:
    """The bytes at a path, as they were written. Only bitmaps are shown in place; nothing is ever run."""
    actor = actor_of(request)
    try:
        page = queries.path_for(actor, hub, path)
    except NotFound:
        return redirect(raw_address(hub, _elsewhere(actor, hub, path)))
    return bytes_of(request, page.blob, path)


def bytes_of(request: HttpRequest, blob: Blob, path: str) -> HttpResponseBase:
    """The bytes of a content (which came with them) that is or was at `path`, unless the reader has them already."""
    etag = f'"{blob.hash}"'
    response: HttpResponseBase
    if etag in (request.headers.get("If-None-Match") or ""):
        response = HttpResponseNotModified()
    elif blob.data is not None:
        response = HttpResponse(bytes(blob.data), content_type="text/plain; charset=utf-8")
    else:
        file = blobs.open_file(blob)
        kind = bitmap_type(file.read(32))
        file.seek(0)
        response = FileResponse(file, content_type=kind or "application/octet-stream")
        disposition = content_disposition_header(as_attachment=kind is None, filename=saved_name(path))
        response["Content-Disposition"] = disposition or "attachment"
        response["Content-Length"] = str(blob.size)
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _not_there(request: HttpRequest, actor: Actor, hub: str, path: str) -> HttpResponse:
    """A folder; else the way to where the page of that path is now, or what became of it. Raises NotFound."""
    place = hub_for(actor, hub)
    try:
        return folder_page(request, actor, place, path)
    except NotFound:
        page = history.page_once_at(actor, hub, path)
    if page.is_live:
        return redirect(page_address(hub, page.path))
    context = {
        "hub": place, "in_hub": hub, "page": page, "title": page.title, "change": page.head.change,
        "crumbs": crumbs(place, folder_of(path)), "may_restore": may_restore(actor, place),
    }  # fmt: skip
    return render(request, "web/gone.html", context, status=404)


def may_restore(actor: Actor, hub: Hub) -> bool:
    """Whether buttons that restore are shown; at most one statement."""
    return actor.is_signed_in and Capability.PAGE_RESTORE in capabilities(actor, hub)


def _elsewhere(actor: Actor, hub: str, path: str) -> str:
    """Where the page that was last at `path` is now. Raises NotFound when it is nowhere."""
    page = history.page_once_at(actor, hub, path)
    if not page.is_live:
        raise NotFound
    return page.path


def folder_page(request: HttpRequest, actor: Actor, hub: Hub, path: str) -> HttpResponse:
    """A folder: its README, if it has one, and what lies in it. Raises NotFound when there is no such folder."""
    listing = queries.listing(hub, path)
    if not (listing.folders or listing.pages):
        raise NotFound
    context = {
        "hub": hub,
        "title": name_of(path),
        "folder": path,
        "crumbs": crumbs(hub, folder_of(path)),
        "listing": listing,
        "may": may(capabilities(actor, hub)),
    }
    readme = queries.readme_in(listing)
    if readme is None:
        return render(request, "web/folder.html", context)
    reading = queries.reading(actor, hub.slug, readme.path)
    with turn(len(reading.stored or "")):
        return render(request, "web/folder.html", context | {"readme": reading.page} | reading_context(actor, reading))


def reading_context(actor: Actor, reading: queries.Reading) -> dict[str, object]:
    """What a template needs to show a text; nothing for one that is not indexed yet. At most two statements."""
    document = reading.document
    if document is None:
        return {}
    hub, path = reading.page.hub, reading.page.path
    decided = decided_in(actor, reading.page) if document.entries else {}
    return {
        "html": html_of(hub, path, document),
        "has_heading": any(heading.level == 1 for heading in document.outline),
        "outline": document.outline[:BESIDE_LIMIT] if len(document.outline) > 1 else (),
        "found": found_in(reading.page, document, decided),
        "doubtful": Capability.PAGE_EDIT in reading.held and _doubtful(document, decided),
        "language": document.language,
        "description": document.opening(),
        "canonical": page_address(hub.slug, path),
    }


def html_of(hub: Hub, path: str, document: Document) -> SafeString:
    """What a text at a path of `hub` says, each reference leading where it leads now; at most one statement."""
    links = dict(zip(document.references, resolve_links(hub, path, document.references), strict=True))
    return made_of(document, lambda reference: target_of(hub, reference, links[reference]))


def made_of(document: Document, resolve: Callable[[Reference], Target]) -> SafeString:
    """The HTML of a document: sanitised when it was parsed, its slots escaped when they are filled."""
    html = mark_safe(document.render(resolve))  # noqa: S308  sanitised when it was parsed
    if "unparsed" not in document.warnings:
        return html
    why = _("This text is shown as it was written: to make a page of it takes too long.")
    return format_html('<p class="notice">{}</p>{}', why, html)


def found_in(
    page: Page, document: Document, decided: Mapping[tuple[str, int], str]
) -> list[tuple[Chapter, list[Find]]]:
    """What was found in a page's text, as people decided, by chapter, in the text's order; at most BESIDE_LIMIT of each. The
    addresses name the place, not the entry."""
    places = anchors(document)
    finds: dict[str, list[Find]] = {chapter.kind: [] for chapter in CHAPTERS}
    for entry in document.entries:
        kind = decided.get((entry.kind, entry.start), entry.kind)
        if kind and len(of_kind := finds[kind]) < BESIDE_LIMIT:
            address = found_address(page.hub.slug, kind, entry.start, page.path)
            of_kind.append(Find(entry.title, places.get(entry.start, ""), entry.start, entry.end, address))
    return [(BY_KIND[kind], of_kind) for kind, of_kind in finds.items() if of_kind]


def _doubtful(document: Document, decided: Mapping[tuple[str, int], str]) -> int:
    """How many finds of a text the rules are not sure of, and nobody decided."""
    return sum(
        is_doubtful(entry.kind, entry.reason, entry.confidence) and (entry.kind, entry.start) not in decided
        for entry in document.entries
    )


def target_of(hub: Hub, reference: Reference, link: Link) -> Target:
    """Where a reference of a text in `hub` leads in the browser."""
    fragment = f"#{quote(link.fragment)}" if link.fragment else ""
    shows = reference.kind in ("image", "embed")
    match link.kind:
        case "external":
            return Target(reference.target, "external")
        case "anchor":
            return Target(fragment or "#")
        case "missing" if not link.path:  # one of too many to be looked up
            return Target(None, "missing")
        case "missing":
            return Target(None if shows else page_address(hub.slug, link.path), "missing")
        case "file" if shows:
            return Target(raw_address(hub.slug, link.path))
        case _:
            return Target(page_address(hub.slug, link.path) + fragment)


def crumbs(hub: Hub, folder: str) -> list[Crumb]:
    """The folders down to `folder`, outermost first."""
    parts = folder.split("/") if folder else []
    return [Crumb(part, page_address(hub.slug, "/".join(parts[: n + 1]))) for n, part in enumerate(parts)]
