"""Show me: what Nexus finds in a text somebody brings, without an account; and keeping it, with one.

Nothing is stored before "Keep it". Then the text waits in the visitor's session, one only and for a day, until they are
signed in and have named the hub; an archive is chosen once more, and an address is fetched once more.
"""

import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from nexus.accounts.actor import Actor
from nexus.base import clock
from nexus.base.errors import Conflict, Denied, Invalid, Limited, NexusError, Unavailable
from nexus.base.sentences import Sentence
from nexus.exchange import preview
from nexus.exchange.actions import import_new_hub
from nexus.hubs.models import Hub, Visibility
from nexus.knowledge.gaps import gaps
from nexus.markdown import MAX_BYTES
from nexus.web.asking import asks
from nexus.web.door import actor_of
from nexus.web.kinds import several
from nexus.web.lit import lit
from nexus.web.middleware import refused
from nexus.web.throttle import take_turn
from nexus.web.views.confirming import to_confirm

#: How many are looked at at once in a process: each may take a parser process of its own, and seconds.
AT_ONCE = 2
#: Bytes of a text that are shown, and how many finds are listed.
SHOWN_BYTES, SHOWN_FINDS = 300_000, 500
#: The largest request: an archive, and what a form puts around it.
MAX_REQUEST = preview.LIMITS.file_bytes + 200_000
KEPT_SECONDS = 24 * 3600
_SESSION_KEY = "show_me"
_PAGE_NAME = re.compile(r"[\w .-]{1,60}\.(?:md|markdown)", re.IGNORECASE)
_CHAPTERS = ("challenge", "technology", "concept", "practice", "project")
_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Brought:
    """What somebody brought: a text with its name, an archive, or an address; exactly one of them."""

    text: bytes = b""
    name: str = "README.md"
    archive: UploadedFile | None = None
    address: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def show_me(request: HttpRequest) -> HttpResponse:
    """The form, and what was found in what it brought; a refusal beside the form, which keeps what was typed."""
    context: dict[str, object] = {"max_mb": preview.LIMITS.file_bytes // 1_000_000}
    if request.method != "POST":
        return render(request, "web/show_me.html", context)
    _check_size(request)
    try:
        return _shown(request)
    except NexusError as error:
        context |= {"error": error, "text": request.POST.get("text", ""), "address": request.POST.get("address", "")}
        return refused(render(request, "web/show_me.html", context), error)


def _shown(request: HttpRequest) -> HttpResponse:
    brought = _brought(request)
    limit = settings.SHOW_ME_ADDRESSES if brought.address else settings.SHOW_ME_TEXTS
    take_turn(request, "show-me-address" if brought.address else "show-me", limit)
    with _turn():
        seen = _preview(brought)
    entries = seen.document.entries[:SHOWN_FINDS]
    numbered = [(number, entry) for number, entry in enumerate(entries, start=1)]
    context = {
        "seen": seen,
        "pieces": lit(seen.text, entries, SHOWN_BYTES),
        "is_cut": len(seen.text.encode()) > SHOWN_BYTES,
        "chapters": [
            (several(kind), [(n, entry, entry.end <= SHOWN_BYTES) for n, entry in numbered if entry.kind == kind])
            for kind in _CHAPTERS
            if any(entry.kind == kind for entry in entries)
        ],
        "gaps": gaps(seen.document.entries),
        "text": seen.text,
        "address": brought.address,
        # A form changes line breaks on its way, and an archive cannot be sent back: such files are chosen once more.
        "is_file": brought.archive is not None or "\r" in seen.text,
    }
    return render(request, "web/shown.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@asks
def keep(request: HttpRequest) -> HttpResponse:
    """ "Keep it": what is to be kept waits in the session; then the form that makes a hub of it."""
    _check_size(request)
    if request.method == "POST" and "slug" not in request.POST:
        take_turn(request, "show-me", settings.SHOW_ME_TEXTS)
        request.session[_SESSION_KEY] = _waiting(request)
        return redirect("show_me_keep")
    if not actor_of(request).is_signed_in:
        after = urlencode({"next": reverse("show_me_keep")})
        return redirect(f"{reverse('account_signup' if settings.SIGN_UP == 'open' else 'account_login')}?{after}")
    waiting = _still_waiting(request)
    if waiting is None:
        return redirect("show_me")
    if request.method == "POST":
        return _made(request, waiting)
    return render(request, "web/keep.html", _form(request, waiting, {}))


# --- Bringing -------------------------------------------------------------------------------------------------------


def _check_size(request: HttpRequest) -> None:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_REQUEST:
        raise Limited(
            Sentence("That is more than can be looked at here."), field="file",
            remedy=Sentence("Show one page or a smaller archive; `nexus import` takes everything."),
        )  # fmt: skip


def _brought(request: HttpRequest) -> Brought:
    """What the form brings; the file before the address before the text. Raises Invalid, Limited."""
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile) and file.size:
        name = Path(file.name or "").name
        if name.lower().endswith(".zip"):
            return Brought(archive=file)
        if file.size > MAX_BYTES:
            raise Limited(
                Sentence("A page may have 2 MB."),
                code="text_too_large",
                field="file",
                remedy=Sentence("Show a part of it."),
            )
        return Brought(file.read(), name if name.lower().endswith((".md", ".markdown")) else "README.md")
    if address := request.POST.get("address", "").strip():
        return Brought(address=address)
    # A form sends every line break as CR LF (WHATWG HTML, "multipart form data").
    text = request.POST.get("text", "").replace("\r\n", "\n")
    if not text.strip():
        raise Invalid(
            Sentence("There is nothing to look at yet."),
            field="text",
            remedy=Sentence("Paste a README, choose a file, or give an address."),
        )
    return Brought(text.encode("utf-8", "replace"))


def _preview(brought: Brought) -> preview.Preview:
    if brought.address:
        return preview.preview_source(brought.address)
    if brought.archive is None:
        return preview.preview_text(brought.text, brought.name)
    with _on_disk(brought.archive) as path:
        return preview.preview_source(path)


@contextmanager
def _on_disk(file: UploadedFile, name: str = "brought.zip") -> Iterator[Path]:
    """An upload as a file of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="show-me-") as folder:
        path = Path(folder, name)
        with path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        yield path


@contextmanager
def _turn() -> Iterator[None]:
    """One of the few turns to look at what somebody brought. Raises Unavailable when others have them all."""
    if not _turns.acquire(blocking=False):
        raise Unavailable(
            Sentence("Others are being shown theirs right now."), remedy=Sentence("Try again in a moment.")
        )
    try:
        yield
    finally:
        _turns.release()


# --- Keeping --------------------------------------------------------------------------------------------------------


def _waiting(request: HttpRequest) -> dict[str, object]:
    """What the session holds from here on, instead of anything it held before."""
    text = request.POST.get("text", "").replace("\r\n", "\n")
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise Limited(
            Sentence("A page may have 2 MB."),
            code="text_too_large",
            field="text",
            remedy=Sentence("Keep a part of it."),
        )
    name = request.POST.get("name", "")
    address = request.POST.get("address", "").strip()[:2000]
    is_file = bool(request.POST.get("is_file"))
    if not (text.strip() or address or is_file):
        raise Invalid(Sentence("There is nothing to keep yet."), field="text", remedy=Sentence("Show a text first."))
    name = name if _PAGE_NAME.fullmatch(name) else "README.md"
    return {"text": text, "name": name, "address": address, "is_file": is_file, "at": clock.now().timestamp()}


def _still_waiting(request: HttpRequest) -> dict[str, str] | None:
    waiting: dict[str, str] | None = request.session.get(_SESSION_KEY)
    if waiting is not None and clock.now().timestamp() - float(waiting["at"]) > KEPT_SECONDS:
        del request.session[_SESSION_KEY]
        return None
    return waiting


def _form(
    request: HttpRequest, waiting: dict[str, str], given: dict[str, str], error: NexusError | None = None
) -> dict[str, object]:
    """What the form shows: what was given, else a hub named after what is kept, or after whoever keeps it."""
    name = waiting["address"].rstrip("/").rpartition("/")[2].removesuffix(".git") or Path(waiting["name"]).stem
    who = request.user.get_username()
    own = name.lower() == "readme"
    title = given.get("title", _("What %(name)s learned") % {"name": who} if own else name)
    return {
        "waiting": waiting,
        "title": title,
        "slug": given.get("slug", slugify(who if own else title)[:63].strip("-")),
        "visibility": given.get("visibility", "private"),
        "visibilities": Visibility.choices,
        "error": error,
    }


def _made(request: HttpRequest, waiting: dict[str, str]) -> HttpResponse:
    """The hub, and the way to it; or the form again, with what is wrong in it."""
    given = {name: request.POST.get(name, "").strip() for name in ("title", "slug", "visibility")}
    take_turn(request, "show-me-keep", settings.SHOW_ME_ADDRESSES)
    try:
        with _turn():
            hub = _import(actor_of(request), request, waiting, given)
    except (Invalid, Conflict, Denied, Limited) as error:
        return render(request, "web/keep.html", _form(request, waiting, given, error), status=error.status)
    del request.session[_SESSION_KEY]
    if link := to_confirm(actor_of(request), hub):
        messages.info(request, link)
    return redirect("hub", hub=hub.slug)


def _import(actor: Actor, request: HttpRequest, waiting: dict[str, str], given: dict[str, str]) -> Hub:
    found = partial(
        import_new_hub, actor, given["slug"], title=given["title"], visibility=given["visibility"] or "private",
        limits=preview.LIMITS,
    )  # fmt: skip
    if waiting["address"]:
        return found(source=waiting["address"])
    if not waiting["is_file"]:
        with tempfile.TemporaryDirectory(prefix="show-me-") as folder:
            path = Path(folder, waiting["name"])
            path.write_bytes(waiting["text"].encode("utf-8", "replace"))
            return found(source=path)
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise Invalid(Sentence("The file is missing."), field="file", remedy=Sentence("Choose it once more."))
    is_zip = (file.name or "").lower().endswith(".zip")
    with _on_disk(file, "archive.zip" if is_zip else waiting["name"]) as path:
        return found(source=path)
