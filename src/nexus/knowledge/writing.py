"""Writing into pages what is to be found in them: what somebody adds, and what they answer. Each is one change of a page."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from nexus.accounts.actor import Actor
from nexus.base.errors import Conflict, Invalid, Limited, NotFound
from nexus.base.sentences import Sentence
from nexus.hubs.access import Capability, hub_for
from nexus.knowledge.access import visible_entries
from nexus.knowledge.models import Entry, EntryKind
from nexus.markdown import Document, parse
from nexus.markdown.adding import Part, Said, answer_entry
from nexus.markdown.adding import add_entry as add_to_text
from nexus.pages import actions, blobs, queries
from nexus.pages.models import Change, Kind, Page
from nexus.pages.parsing import INLINE_BYTES
from nexus.pages.paths import is_page_name
from nexus.pages.starting import title_of

#: Characters of what is added, in each of its parts.
MAX_SAID = 10_000
MAX_ANSWERS = 20


def add_entry(actor: Actor, hub: str, path: str, said: Said, *, message: str = "") -> Change:
    """Writes `said` into the page at `path`, where such things stand in it; into a new page where there is none.

    After it the page's text says what it said, byte for byte, and `said`. Raises NotFound, Denied, Limited, Conflict,
    Invalid (also "unplaced": there is no place where it would be read as that, or it is said already).
    """
    place = hub_for(actor, hub)
    _check_said(said)
    page = _page_or_none(actor, hub, path)
    hub_for(actor, hub, Capability.PAGE_EDIT if page else Capability.PAGE_CREATE)
    text = _text_of(page) if page else f"# {title_of(path)}\n"
    made = add_to_text(text, said)
    if made is None:
        raise Invalid(
            Sentence("This page has no place where that would be found, or says it already."), code="unplaced",
            field="title", value=said.title, remedy=Sentence("Edit the page and write it where it belongs."),
        )  # fmt: skip
    content = blobs.page_content(made.text.encode("utf-8"))
    if page is None:
        return actions.create_page(actor, place.slug, path, content, message=message)
    change = actions.edit_page(actor, hub, path, content, base=page.head_id, on_stale="merge", message=message)
    assert change is not None  # noqa: S101  something was put in
    return change


def _check_said(said: Said) -> None:
    if said.kind not in EntryKind.values:
        raise Invalid(
            Sentence("There is no such kind."), field="kind", value=said.kind,
            remedy=Sentence("One of %(kinds)s.", kinds=", ".join(EntryKind.values)),
        )  # fmt: skip
    if not said.title.strip():
        raise Invalid(Sentence("There is nothing to add yet."), field="title", remedy=Sentence("Say what it is."))
    for name in ("title", "detail", "cause", "solution", "error_text"):
        _check_part(name, getattr(said, name))


def _check_part(name: str, value: str) -> None:
    if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise Invalid(Sentence("A text holds no NUL and no lone surrogates."), field=name, code="invalid_text")
    if len(value) > MAX_SAID:
        raise Limited(
            Sentence("That is too long."), field=name, code="text_too_large",
            remedy=Sentence("Use at most %(most)s characters, or edit the page.", most=MAX_SAID),
        )  # fmt: skip


def _page_or_none(actor: Actor, hub: str, path: str) -> Page | None:
    try:
        page = queries.path_for(actor, hub, path)
    except NotFound:
        page = None
    if (page is None and not is_page_name(path)) or (page is not None and page.kind != Kind.PAGE):
        raise Invalid(
            Sentence("That is no page."), field="path", value=path, remedy=Sentence("Name one that ends in .md.")
        )
    return page


def _text_of(page: Page) -> str:
    """The text of a page into which something is put: not a long one, since it is parsed several times."""
    if page.blob.size > INLINE_BYTES:
        raise Limited(
            Sentence("This page is too long for that."), code="text_too_large", field="path", value=page.path,
            remedy=Sentence("Edit it, and write it where it belongs."),
        )  # fmt: skip
    return blobs.read(page.blob).decode("utf-8")


class Answer(NamedTuple):
    """An answer to what a challenge leaves open."""

    entry: UUID
    part: Part
    text: str


class Answered(NamedTuple):
    """The change that wrote answers, None when there was nothing to write; and the parts that fitted into no cell of their
    challenge's table and stand below it, which the change's message says as well."""

    change: Change | None
    apart: tuple[Part, ...] = ()


def answer_entries(actor: Actor, hub: str, path: str, answers: Sequence[Answer], *, message: str = "") -> Answered:
    """Writes `answers` (at most MAX_ANSWERS; empty ones are left out) about challenges of the page at `path` into its text,
    as one change.

    Raises NotFound, Denied, Limited, Invalid (also "unplaced": the text is of a form that takes no such answer), Conflict
    ("stale_version": the page says something else since).
    """
    hub_for(actor, hub, Capability.PAGE_EDIT)
    # A commit belongs to the solution, so it is written before anything else stands behind that.
    given = sorted((answer for answer in answers if answer.text.strip()), key=lambda answer: answer.part != "commit")
    if len(given) > MAX_ANSWERS:
        raise Invalid(Sentence("That are too many at once."), field="answers", value=len(given))
    page = queries.path_for(actor, hub, path)
    text = before = _text_of(page)
    rows = {row.pk: row for row in visible_entries(actor).filter(page=page, pk__in=[a.entry for a in given])}
    numbers = {row.pk: _number_of(row, page, parse(text)) for row in rows.values()}
    apart: list[Part] = []
    for answer in given:
        if answer.entry not in numbers:
            raise NotFound
        _check_part(answer.part, answer.text)
        if answer.part == "commit" and not answer.text.strip().startswith(("https://", "http://")):
            raise Invalid(
                Sentence("That is no address."), field=answer.part, value=answer.text,
                remedy=Sentence("Give the commit's address, beginning with https://."),
            )  # fmt: skip
        made = answer_entry(text, numbers[answer.entry], answer.part, answer.text)
        if made is None:
            raise Invalid(
                Sentence("This text is of a form into which that cannot be written."), code="unplaced", field=answer.part,
                value=answer.text, remedy=Sentence("Edit the page and write it where it belongs."),
            )  # fmt: skip
        text = made.text
        apart += [answer.part] if made.is_apart else []
    if text == before:
        return Answered(None)
    content = blobs.page_content(text.encode("utf-8"))
    if apart:
        message = f"{message}\n\nBelow the table, since no cell takes it: {', '.join(apart)}.".strip()
    return Answered(actions.edit_page(actor, hub, path, content, base=page.head_id, message=message), tuple(apart))


def _number_of(row: Entry, page: Page, document: Document) -> int:
    """Which entry of the page's text a row is. Raises Conflict when it was read from another version."""
    found = [n for n, entry in enumerate(document.entries) if (entry.kind, entry.start) == (row.found_as, row.start)]
    if row.version_id != page.head_id or not found:
        raise Conflict(
            Sentence("The page was changed since you read it."), code="stale_version",
            remedy=Sentence("Look at it again."),
        )  # fmt: skip
    return found[0]
