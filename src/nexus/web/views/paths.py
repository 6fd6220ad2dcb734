"""What happens to paths in the browser: moving, deleting and bringing back pages and folders, and putting files there."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from nexus.accounts.actor import Actor
from nexus.base.errors import Conflict, Invalid, Limited, NexusError, NotFound
from nexus.base.sentences import Sentence
from nexus.hubs.access import Capability, hub_for
from nexus.hubs.models import Hub
from nexus.pages import actions, blobs, queries
from nexus.pages.guard import SecretsFound, looked_through
from nexus.pages.models import Change, Kind, Page
from nexus.pages.paths import folder_of, is_page_name, name_of
from nexus.pages.uploading import MAX_FILES, Brought, upload_files
from nexus.search.addresses import change_address, page_address
from nexus.web.asking import asks, reviewed
from nexus.web.door import actor_of, sent_number
from nexus.web.images import bitmap_type
from nexus.web.kept import keeps
from nexus.web.middleware import refused
from nexus.web.said import said
from nexus.web.views.editing import page_at
from nexus.web.views.pages import crumbs


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at a path: a page or file, or a folder with so many below it."""

    hub: Hub
    path: str
    page: Page | None
    inside: int

    @property
    def is_folder(self) -> bool:
        return self.page is None

    @property
    def base(self) -> uuid.UUID | None:
        return self.page.head_id if self.page else None


def place_at(actor: Actor, hub: str, path: str, capability: Capability) -> Place:
    """What stands at a path, for somebody who holds `capability`. Raises NotFound, Denied."""
    there = hub_for(actor, hub, capability)
    page = page_at(actor, hub, path)
    inside = 0 if page else queries.paths(actor, hub, below=path).count()
    if page is None and not inside:
        raise NotFound
    return Place(there, path, page, inside)


@require_http_methods(["GET", "HEAD", "POST"])
@keeps("target", "message")
@asks
def move(request: HttpRequest, hub: str, path: str) -> HttpResponse:
    """Moves or renames what stands at a path; a folder with all that is in it."""
    actor = actor_of(request)
    target = request.POST.get("target", path).strip()

    def do() -> Change | None:
        return actions.move_page(actor, hub, path, target, base=_base(request), message=request.POST.get("message", ""))

    told = _("Moved to %(path)s.") % {"path": target}
    return _asked(request, hub, path, Capability.PAGE_MOVE, "web/move.html", do, target, told)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, hub: str, path: str) -> HttpResponse:
    """Takes away what stands at a path; its history stays, and it can be brought back."""
    actor = actor_of(request)

    def do() -> Change | None:
        return actions.delete_page(actor, hub, path, base=_base(request), message=request.POST.get("message", ""))

    told = _("%(path)s was deleted.") % {"path": path}
    return _asked(request, hub, path, Capability.PAGE_DELETE, "web/delete.html", do, folder_of(path), told)


def _asked(
    request: HttpRequest, hub: str, path: str, capability: Capability, template: str, do: Callable[[], Change | None],
    after: str, told: str,
) -> HttpResponse:  # fmt: skip
    """A form that asks first; when it is sent, what it says is done, and the way leads to `after`."""
    actor = actor_of(request)
    error: NexusError | None = None
    if request.method == "POST":
        try:
            change = do()
        except (Invalid, Conflict, Limited) as refusal:
            error = refusal
        else:
            _tell(request, hub, change, told)
            return redirect(page_address(hub, after if _is_there(actor, hub, after) else ""))
    place = place_at(actor, hub, path, capability)
    context = {
        "hub": place.hub, "in_hub": hub, "place": place, "path": path, "name": name_of(path), "error": error, "title": path,
        "target": request.POST.get("target", path), "message": request.POST.get("message", ""),
        "crumbs": crumbs(place.hub, folder_of(path)), "folder": folder_of(path),
    }  # fmt: skip
    response = render(request, template, context)
    return refused(response, error) if error else response


def _is_there(actor: Actor, hub: str, path: str) -> bool:
    return bool(page_at(actor, hub, path)) or queries.paths(actor, hub, below=path).exists()


def _base(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST["base"]) if request.POST.get("base") else None
    except ValueError as error:
        raise Invalid(Sentence("That is no version."), field="base", value=request.POST["base"]) from error


def _tell(request: HttpRequest, hub: str, change: Change | None, words: str) -> None:
    if change is None:
        messages.success(request, _("Nothing was changed."))
        return
    link = format_html('<a href="{}">{}</a>', change_address(hub, change.seq), _("Change %(n)s") % {"n": change.seq})
    messages.success(request, format_html("{} {}", words, link))


@require_http_methods(["GET", "HEAD", "POST"])
@asks
def restore(request: HttpRequest, hub: str, path: str) -> HttpResponse:
    """Brings back what was deleted at a path last."""
    actor = actor_of(request)
    place = hub_for(actor, hub, Capability.PAGE_RESTORE)
    error: NexusError | None = None
    if request.method == "POST":
        number = sent_number(request.POST, "number", None)
        try:
            change = actions.restore_page(actor, hub, path, number=number, message=request.POST.get("message", ""))
        except (Invalid, Conflict) as refusal:
            error = refusal
        else:
            _tell(request, hub, change, _("%(path)s is back.") % {"path": path})
            return redirect(page_address(hub, path))
    last = queries.versions(actor, hub, path).first()
    is_there = page_at(actor, hub, path) is not None
    context = {
        "hub": place, "in_hub": hub, "path": path, "name": name_of(path), "title": path, "last": last,
        "is_there": is_there, "error": error, "crumbs": crumbs(place, folder_of(path)), "folder": folder_of(path),
    }  # fmt: skip
    response = render(request, "web/restore.html", context)
    return refused(response, error) if error else response


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, hub: str, folder: str = "") -> HttpResponse:
    """Puts files into a folder as one change. For scripts (`Accept: application/json`) the answer is what to write into the
    text for each."""
    actor = actor_of(request)
    place = hub_for(actor, hub, Capability.PAGE_CREATE)
    for_script = request.headers.get("Accept", "") == "application/json"
    done: list[Page | None] = []
    refusals: list[tuple[str, NexusError]] = []
    if request.method == "POST":
        try:
            put = partial(_put, request, actor, hub, folder, rename=for_script)
            done, refusals = looked_through(actor, reviewed(request), put)
        except (Invalid, Conflict, Limited, SecretsFound) as error:
            refusals = [("", error)]
        if for_script:
            return _for_script(done, refusals)
        names = [page.name for page in done if page]
        if names:
            messages.success(request, _("Put here: %(names)s.") % {"names": ", ".join(names)})
        if not refusals:
            return redirect(page_address(hub, folder))
    context = {
        "hub": place, "in_hub": hub, "folder": folder, "title": _("Upload files"), "refusals": refusals,
        "crumbs": crumbs(place, folder), "most": MAX_FILES,
        "found": [one for _name, refusal in refusals if isinstance(refusal, SecretsFound) for one in refusal.found],
    }  # fmt: skip
    response = render(request, "web/upload.html", context)
    return refused(response, refusals[0][1]) if refusals else response


def _put(
    request: HttpRequest, actor: Actor, hub: str, folder: str, *, rename: bool
) -> tuple[list[Page | None], list[tuple[str, NexusError]]]:
    """The files of a form as they stand in the hub now, in their order (None for one that was refused), and what was
    refused by its name, and why."""
    sent = [file for file in request.FILES.getlist("files") if isinstance(file, UploadedFile)]
    names = [name_of((file.name or "file").replace("\\", "/")) for file in sent]
    whole: dict[int, Brought] = {}
    why: dict[int, NexusError] = {}
    for number, file in enumerate(sent[: MAX_FILES + 1]):
        try:
            whole[number] = Brought(names[number], blobs.content_from(file.chunks()))
        except Limited as error:
            why[number] = error
    paths: dict[int, str] = {}
    if whole or not why:
        told = upload_files(
            actor, hub, folder, list(whole.values()), message=request.POST.get("message", ""), rename=rename
        )
        numbers = list(whole)
        paths = {numbers[n]: path for n, path in told.paths.items()}
        why |= {numbers[n]: error for n, error in told.refused.items()}
    pages = queries.pages_at(actor, hub, paths.values())
    refusals = [(names[number], error) for number, error in sorted(why.items())]
    return [pages.get(paths.get(number, "")) for number in range(len(sent))], refusals


def _for_script(done: list[Page | None], refusals: list[tuple[str, NexusError]]) -> JsonResponse:
    told: dict[str, Any] = {
        # In the order they were sent, null for one that was refused.
        "files": [page and {"path": page.path, "name": page.name, "image": _is_image(page)} for page in done],
        "refused": [f"{name}: {said(error.message)} {said(error.remedy)}".strip(": ") for name, error in refusals],
    }
    return JsonResponse(told, status=200 if any(done) or not refusals else refusals[0][1].status)


def _is_image(page: Page) -> bool:
    """Whether a browser shows it in its place."""
    if page.kind != Kind.FILE or page.blob.data is not None or is_page_name(page.path):
        return False
    with blobs.open_file(page.blob) as file:
        return bitmap_type(file.read(32)) is not None
