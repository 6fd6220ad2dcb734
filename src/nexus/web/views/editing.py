"""Writing in the browser: the form that edits a page or makes one, its preview, and a merge to be finished by hand.

The form is a plain one; what scripts add to it (`frontend/src/editor.ts`) ends in the same text area. Whatever is refused
comes back with every word that was typed: here beside the reason, and where the hub itself cannot be shown any more in the
page that says so (`nexus.web.kept`).
"""

import contextlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from nexus.accounts.actor import Actor
from nexus.base.errors import Conflict, Invalid, Limited, NexusError, NotFound
from nexus.base.sentences import Sentence
from nexus.hubs.access import Capability, hub_for
from nexus.hubs.models import Hub, Visibility
from nexus.markdown import Document
from nexus.pages import actions, blobs, guard, history, queries
from nexus.pages.guard import SecretsFound, looked_through
from nexus.pages.merge import has_marks, merge_marked, with_line_ends_of
from nexus.pages.models import Change, Page, Version
from nexus.pages.parsing import INLINE_BYTES, parse_bounded
from nexus.pages.paths import checked_path, folder_of, is_page_name, name_of
from nexus.pages.starting import beginning
from nexus.search.addresses import change_address, page_address
from nexus.web.asking import reviewed
from nexus.web.door import actor_of
from nexus.web.kept import keeps
from nexus.web.long_texts import turn
from nexus.web.middleware import refused
from nexus.web.said import said
from nexus.web.throttle import take_turn
from nexus.web.views.pages import crumbs, html_of

#: How often somebody may have a text shown that is not saved, in a minute; and bytes above which it is no longer live.
PREVIEWS = 120
LIVE_BYTES = INLINE_BYTES


class Side(NamedTuple):
    """One of the texts of a merge, to be looked at."""

    name: str
    text: str
    href: str = ""


@dataclass
class Form:
    """What the form shows. `at`: the path in its address; `path`: the one it names, another one only for a new page. `base`:
    the version it began with; "" where there is none, so that it makes a page."""

    hub: Hub
    at: str
    path: str
    text: str = ""
    message: str = ""
    base: str = ""
    error: NexusError | None = None
    preview: SafeString | None = None
    conflicts: int = 0
    sides: list[Side] = field(default_factory=list)
    #: Marks were left in the text: whether they are meant.
    has_marks: bool = False
    #: The page that is written, and the number of the version it began with: what others save meanwhile is told of.
    page: uuid.UUID | None = None
    number: int = 0

    @property
    def suspects(self) -> Sequence[guard.Told]:
        """What more people would see, and seems not to be for them."""
        return self.error.found if isinstance(self.error, SecretsFound) else ()

    @property
    def is_page(self) -> bool:
        return is_page_name(self.path)

    @property
    def cancel(self) -> str:
        """Where one goes without saving."""
        return page_address(self.hub.slug, self.path if self.base else folder_of(self.path))


@require_http_methods(["GET", "HEAD", "POST"])
@keeps("text")
def edit(request: HttpRequest, hub: str, path: str) -> HttpResponse:
    """The text at a path as a form, or an empty one where nothing is; and saving it."""
    actor = actor_of(request)
    if request.method == "POST":
        return _sent(request, actor, hub, path)
    page = page_at(actor, hub, path)
    place = hub_for(actor, hub, Capability.PAGE_EDIT if page else Capability.PAGE_CREATE)
    if page is None:
        checked_path(path)
        return shown(request, Form(place, path, path, beginning(actor, place, request.GET.get("template", ""), path)))
    if not page.blob.is_text:
        raise Invalid(
            Sentence("Only texts are edited here."),
            field="path",
            value=path,
            remedy=Sentence("Upload another file in its place."),
        )
    form = Form(place, path, path, blobs.read(page.blob).decode("utf-8"), base=str(page.head_id))
    form.hub, form.page, form.number = page.hub, page.pk, page.head.number
    return shown(request, form)


@require_POST
@keeps("text")
def preview(request: HttpRequest, hub: str, path: str) -> HttpResponse:
    """A text as it would be shown at a path, and nothing else of a page: what the editor asks for. Nothing is stored."""
    place = hub_for(actor_of(request), hub, Capability.PAGE_EDIT)
    text = _text_of(request)
    if len(text.encode("utf-8", "replace")) > LIVE_BYTES:
        raise Limited(Sentence("Longer texts are shown by the button “Preview”."), field="text", code="text_too_large")
    return HttpResponse(_previewed(request, place, path, text))


def page_at(actor: Actor, hub: str, path: str) -> Page | None:
    """What is live at a path with its content; None where nothing is, or nothing for `actor`."""
    try:
        return queries.path_for(actor, hub, path)
    except NotFound:
        return None


def shown(request: HttpRequest, form: Form) -> HttpResponse:
    """The form as a page."""
    folder = folder_of(form.path)
    if form.base and form.page is None:
        with contextlib.suppress(NotFound):
            began = history.version_with_id(actor_of(request), form.hub.slug, uuid.UUID(form.base))
            form.page, form.number = began.page_id, began.number
    context = {
        "hub": form.hub,
        "in_hub": form.hub.slug,
        "form": form,
        "title": _("Edit %(name)s") % {"name": name_of(form.path)} if form.base else _("New page"),
        "crumbs": crumbs(form.hub, folder),
        "folder": folder,
    }
    response = render(request, "web/edit.html", context)
    return refused(response, form.error) if form.error else response


def _text_of(request: HttpRequest) -> str:
    return request.POST.get("text", "").replace("\r\n", "\n")


def _sent(request: HttpRequest, actor: Actor, hub: str, path: str) -> HttpResponse:
    """What was sent is saved, previewed, or comes back with what is in the way. Raises what says nothing of a hub."""
    base = _base(request)
    capability = Capability.PAGE_EDIT if base else Capability.PAGE_CREATE
    place, at = hub_for(actor, hub, capability), path
    path = path if base else request.POST.get("path", path).strip()
    form = Form(place, at, path, _text_of(request), request.POST.get("message", ""), str(base or ""))
    if "preview" in request.POST:
        form.preview = _previewed(request, form.hub, path, form.text)
        return shown(request, form)
    if "merging" in request.POST and has_marks(form.text) and "marks" not in request.POST:
        form.has_marks = True
        form.error = Invalid(
            Sentence("There are still marks in the text."), field="text", code="marks_left",
            remedy=Sentence("Decide what stays at each, and take the lines with <<<<<<<, ======= and >>>>>>> out."),
        )  # fmt: skip
        return shown(request, form)
    try:
        change = looked_through(actor, reviewed(request), lambda: _saved(actor, form, base))
    except SecretsFound as refusal:
        form.error = refusal
        return shown(request, form)
    except Conflict as conflict:
        return shown(request, _to_merge(actor, form, conflict))
    except NotFound:
        # The hub is there, or this would not have come so far.
        form.error = Conflict(
            Sentence("The page is no longer at this path: it was moved or deleted meanwhile."), code="gone",
            remedy=Sentence("Save again to make a new page of this text here, or copy it to where the page is now."),
        )  # fmt: skip
        form.base = ""
        return shown(request, form)
    except (Invalid, Limited) as error:
        form.error = error
        if error.code == "unknown_version" and (page := page_at(actor, hub, path)):
            form.base = str(page.head_id)
            form.error = Conflict(
                Sentence("Another page stands at this path now."), code="gone",
                remedy=Sentence("Saving again puts your text in the place of its; its own stays in its history."),
            )  # fmt: skip
        return shown(request, form)
    messages.success(request, _told(actor, form.hub, change, base))
    return redirect(page_address(hub, path))


def _base(request: HttpRequest) -> uuid.UUID | None:
    given = request.POST.get("base", "")
    try:
        return uuid.UUID(given) if given else None
    except ValueError as error:
        raise Invalid(Sentence("That is no version."), field="base", value=given) from error


def _saved(actor: Actor, form: Form, base: uuid.UUID | None) -> Change | None:
    """The change that was made; None when the text says that already."""
    if base is None:
        content = _content(form.path, form.text)
        return actions.create_page(actor, form.hub.slug, form.path, content, message=form.message)
    before = queries.version_with_id(actor, form.hub.slug, base)
    was = blobs.read(before.blob).decode("utf-8", "replace") if before.blob.is_text else ""
    content = _content(form.path, with_line_ends_of(was, form.text))
    return actions.edit_page(
        actor, form.hub.slug, form.path, content, base=base, on_stale="merge", message=form.message
    )


def _content(path: str, text: str) -> bytes | blobs.Content:
    # A form may hold halves of characters, which no text may: they become question marks here, as everywhere on the way.
    data = text.encode("utf-8", "replace")
    return blobs.page_content(data) if is_page_name(path) else data


def _told(actor: Actor, hub: Hub, change: Change | None, base: uuid.UUID | None) -> str:
    """What is said of a save; the mark tells the scripts that a draft of it is no longer needed."""
    if change is None:
        return format_html("<span data-saved>{}</span>", _("Nothing was changed."))
    version = queries.versions_in(actor, change).select_related("blob").first()
    merged = base is not None and version is not None and version.parent_id != base
    words = _("Saved, together with what others wrote meanwhile.") if merged else _("Saved.")
    told = format_html(
        '<span data-saved>{}</span> <a href="{}">{}</a>', words, change_address(hub.slug, change.seq),
        _("Change %(n)s") % {"n": change.seq},
    )  # fmt: skip
    return told if version is None else format_html("{} {}", told, _remark(actor, hub, version))


def _remark(actor: Actor, hub: Hub, version: Version) -> str:
    """What the text seems to hold that only members should see, where only members do."""
    if not version.blob.suspects or hub.visibility != Visibility.PRIVATE:
        return ""
    found, _more = guard.look(actor, hub, [guard.Shown(version.path, version.blob_id)])
    if not found:
        return ""
    words = _("Line %(n)s seems to hold %(what)s: fine while only members read it; before others do, you are asked.")
    return format_html(
        '{} <a href="{}">{}</a>', words % {"n": found[0].line, "what": said(found[0].name)},
        reverse("suspects", args=[hub.slug]), _("Look at it"),
    )  # fmt: skip


def _to_merge(actor: Actor, form: Form, conflict: Conflict) -> Form:
    """The form with both sides in its text, or as it was where another page is in the way."""
    form.error = conflict
    if conflict.code != "merge_conflict":
        return form
    slug = form.hub.slug
    base, current = (
        queries.version_with_id(actor, slug, uuid.UUID(str(conflict.details[name]))) for name in ("base", "current")
    )
    if not (base.blob.is_text and current.blob.is_text):
        return form
    texts = [blobs.read(version.blob).decode("utf-8") for version in (base, current)]
    yours = with_line_ends_of(texts[0], form.text)
    who = current.change.author.name
    marked = merge_marked(texts[0], texts[1], yours, (who, _("you")))
    form.sides = [
        Side(_("As it was when you began"), texts[0], _address(slug, base)),
        Side(_("As %(who)s saved it meanwhile") % {"who": who}, texts[1], _address(slug, current)),
        Side(_("As you wrote it"), form.text),
    ]
    form.text, form.conflicts, form.base = marked.text, marked.conflicts, str(current.pk)
    form.error = Conflict(
        Sentence("Somebody else changed the same lines while you wrote. Nothing is lost; decide what stays."),
        code="merge_conflict",
    )
    return form


def _address(hub: str, version: Version) -> str:
    return change_address(hub, version.change.seq)


def _previewed(request: HttpRequest, hub: Hub, path: str, text: str) -> SafeString:
    """A text as it would be shown at a path. Raises Throttled, Limited, Unavailable."""
    take_turn(request, "preview", PREVIEWS, by_person=True)
    content = blobs.page_content(text.encode("utf-8", "replace"))
    parsed = parse_bounded(content.data or b"")
    with turn(len(parsed.data)):
        return html_of(hub, path, Document.from_json(parsed.data))
