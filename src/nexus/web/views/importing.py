"""Bringing what somebody has into a hub: a file or an address, whose it is, how far it is, and what came of it."""

import uuid
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nexus.accounts.actor import Actor
from nexus.base.errors import Invalid, NexusError, NotFound
from nexus.base.sentences import Sentence
from nexus.exchange import jobs
from nexus.exchange.access import source_of
from nexus.exchange.models import Job, JobKind, JobState
from nexus.hubs.access import Capability, capabilities, hub_for
from nexus.web.door import actor_of
from nexus.web.middleware import refused

#: Earlier imports that are listed, paths of a list that are shown, and after how many seconds an open page looks again.
EARLIER, SHOWN, AGAIN = 10, 50, 3


@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest, hub: str) -> HttpResponse:
    """The form, and the actor's own imports of the last day."""
    actor = actor_of(request)
    place = hub_for(actor, hub, Capability.PAGE_IMPORT)
    error = None
    if request.method == "POST":
        try:
            return redirect("import", hub, _begun(request, actor, hub).pk)
        except NotFound:
            raise
        except NexusError as refusal:
            error = refusal
    held, own = capabilities(actor, place), jobs.visible_jobs(actor).filter(hub=place, kind=JobKind.IMPORT)
    context = {
        "hub": place, "in_hub": hub, "title": _("Bring what you have"), "error": error, "sent": request.POST,
        "jobs": list(own.order_by("-created_at", "-pk")[:EARLIER]),
        "source": source_of(actor, hub), "may_name_others": Capability.MEMBER_INVITE in held,
        "may_connect": Capability.HUB_SETTINGS in held,
    }  # fmt: skip
    response = render(request, "web/imports.html", context)
    return refused(response, error) if error else response


def _begun(request: HttpRequest, actor: Actor, hub: str) -> Job:
    file, address = request.FILES.get("file"), request.POST.get("address", "").strip()
    whose = request.POST.get("authors", "me")
    options: dict[str, Any] = {
        "prefix": request.POST.get("prefix", ""), "message": request.POST.get("message", "").strip(),
        "history": whose == "git", "authors": whose,
    }  # fmt: skip
    if isinstance(file, UploadedFile) and file.size:
        if address:
            raise Invalid(Sentence("Either a file or an address is expected."), field="file")
        return jobs.start_import(actor, hub, file.name or "upload", chunks=file.chunks(), **options)
    if not address:
        raise Invalid(
            Sentence("There is nothing to bring yet."),
            field="file",
            remedy=Sentence("Choose a file, or give an address."),
        )
    return jobs.start_import(actor, hub, address, **options)


@require_safe
def one(request: HttpRequest, hub: str, job: uuid.UUID) -> HttpResponse:
    """How far an import is, or what came of it."""
    actor = actor_of(request)
    found = jobs.job_for(actor, hub, JobKind.IMPORT, job)
    is_open = found.state in (JobState.QUEUED, JobState.RUNNING)
    files = (found.report or {}).get("files", {})
    lists = [
        (title, files.get(name, [])[:SHOWN], len(files.get(name, [])))
        for title, name in (
            (_("Conflicts: changed here and there; kept as they are here"), "conflicts"), (_("Not taken"), "refused"),
            (_("Waiting for a look"), "held"),
            (_("Kept as files, not as pages"), "kept"),
        )
        if files.get(name)
    ]  # fmt: skip
    context = {
        "hub": found.hub, "in_hub": hub, "title": _("Import"), "job": found, "is_open": is_open, "files": files,
        "lists": lists, "suspects": files.get("suspects", [])[:SHOWN],
        "percent": round(100 * found.done) if found.done is not None else None,
    }  # fmt: skip
    response = render(request, "web/import.html", context)
    if is_open:  # without scripts the page itself looks again
        response["Refresh"] = str(AGAIN)
    return response


@require_POST
def cancel(request: HttpRequest, hub: str, job: uuid.UUID) -> HttpResponse:
    """Ends an import; the hub is as it was, but for what it had brought commit by commit."""
    jobs.cancel_job(actor_of(request), hub, JobKind.IMPORT, job)
    return redirect("import", hub, job)
