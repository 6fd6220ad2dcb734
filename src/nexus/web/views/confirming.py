"""Confirm and deepen: a card for each find of which the rules are not sure, questions where a challenge leaves much open.

What is decided is kept beside the text; what is answered is written into it, as one change of each page.
"""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import get_args
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from nexus.accounts.actor import Actor
from nexus.base.errors import Conflict, Invalid, Limited, NexusError
from nexus.hubs.access import Capability, hub_for
from nexus.hubs.models import Hub
from nexus.knowledge import actions, queries
from nexus.knowledge.gaps import Question, questions
from nexus.knowledge.models import Entry, EntryKind, Verdict
from nexus.knowledge.reasons import why
from nexus.markdown.adding import Part
from nexus.pages.models import Page
from nexus.pages.queries import path_for
from nexus.search.addresses import page_address
from nexus.web.asking import asks
from nexus.web.chapters import BY_KIND, CHAPTERS
from nexus.web.door import actor_of
from nexus.web.kept import keeps
from nexus.web.middleware import refused
from nexus.web.passages import Passage
from nexus.web.views.chapters import passage_of

#: How many finds, and how many challenges, are asked about at once.
CARDS, CHALLENGES = 20, 3
_PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True, slots=True)
class Card:
    """A find that is asked about: its passage, why it was taken for that, and what is open."""

    entry: Entry
    passage: Passage
    why: str
    questions: tuple[tuple[Question, str], ...] = field(default=())


@require_http_methods(["GET", "HEAD", "POST"])
@keeps("answer-*")
@asks
def confirm(request: HttpRequest, hub: str) -> HttpResponse:
    """The cards of a page (`?page=`) or of the hub, one's own first; and what was said to them."""
    actor = actor_of(request)
    place = hub_for(actor, hub, Capability.PAGE_EDIT)
    path = request.GET.get("page", "")
    page = path_for(actor, hub, path) if path else None
    error: NexusError | None = None
    if request.method == "POST":
        try:
            _take(request, actor, hub)
        except (Invalid, Conflict, Limited) as refusal:
            error = refusal
        else:
            messages.success(request, _("Thank you: that is noted."))
            return redirect(page_address(hub, path) if path else reverse("confirm", args=[hub]))
    context = {
        "hub": place, "in_hub": hub, "page": page, "path": path, "title": _("Is this right?"), "error": error,
        "cards": [_card(row) for row in queries.doubtful(actor, place, page, limit=CARDS)],
        "thin": _thin(request, actor, place, page), "kinds": CHAPTERS, "sent": request.POST,
    }  # fmt: skip
    response = render(request, "web/confirm.html", context)
    return refused(response, error) if error else response


def to_confirm(actor: Actor, hub: Hub, path: str = "") -> str:
    """A link to what is doubtful in a page, or in a hub; empty where nothing is. For those who may decide."""
    page = path_for(actor, hub.slug, path) if path else None
    number = len(queries.doubtful(actor, hub, page, limit=CARDS))
    if not number:
        return ""
    asked = f"?{urlencode({'page': path})}" if path else ""
    words = ngettext("One find is doubtful: right?", "%(n)d finds are doubtful: right?", number) % {"n": number}
    return format_html('<a href="{}{}">{}</a>', reverse("confirm", args=[hub.slug]), asked, words)


def _card(row: Entry, asked: tuple[tuple[Question, str], ...] = ()) -> Card:
    return Card(row, passage_of(row), why(BY_KIND[row.kind].one, row.reason, row.confidence), asked)


def _thin(request: HttpRequest, actor: Actor, hub: Hub, page: Page | None) -> list[Card]:
    """The challenges that are asked about, with what was typed already."""
    cards = []
    for row in queries.thin(actor, hub, page, limit=CHALLENGES):
        passage = passage_of(row)
        asked = questions(row, passage.text)
        typed = tuple((one, request.POST.get(f"answer-{row.pk}-{one.part}", "")) for one in asked)
        cards.append(_card(row, typed))
    return cards


def _take(request: HttpRequest, actor: Actor, hub: str) -> None:
    """Does what the form says: decisions, then answers, page by page. Fields that are no card's are not looked at."""
    answers: dict[str, list[actions.Answer]] = defaultdict(list)
    for name in request.POST:
        value = request.POST.get(name, "")
        kind, _dash, rest = name.partition("-")
        entry, part = _uuid(rest[:36]), rest[37:]
        if entry is None or not value.strip():
            continue
        if kind == "verdict":
            other = value in EntryKind.values
            actions.decide_entry(actor, hub, entry, Verdict.OTHER_KIND if other else value, kind=value if other else "")
        elif kind == "answer":
            answers[request.POST.get(f"page-{entry}", "")] += [
                actions.Answer(entry, one, value.replace("\r\n", "\n")) for one in _PARTS if one == part
            ]
    for path, given in answers.items():
        done = actions.answer_entries(actor, hub, path, given, message=_("Answers about challenges"))
        if done.apart:
            messages.info(
                request,
                _("Some stand below the table, since no cell of it takes them: that is where they can be read."),
            )


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
