"""Reads about what was: versions by their permanent ids, what differs between two, who wrote which line, what was deleted.

Each begins at an `access.visible_*` queryset, and costs the same statements whether a page has one version or 10,000.
"""

import datetime
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Left

from nexus.accounts.actor import Actor
from nexus.base.errors import Invalid, NotFound
from nexus.base.ids import text_key
from nexus.base.sentences import Sentence
from nexus.hubs.access import hub_for
from nexus.hubs.models import Hub
from nexus.pages import blobs, documents
from nexus.pages.access import visible_trash, visible_versions
from nexus.pages.blame import Passage, blame
from nexus.pages.diff import Difference, difference
from nexus.pages.events import what_became
from nexus.pages.models import Page, Version
from nexus.pages.queries import told_changes

#: Versions that blame looks at, the newest first, and bytes of their texts together.
BLAME_VERSIONS, BLAME_BYTES = 2_000, 8_000_000
#: Changes are narrowed to at most this long a path.
MAX_PATH = 1024


def version_with_id(actor: Actor, hub: str, version_id: uuid.UUID, *, content: bool = False) -> Any:
    """A version by its id, which it keeps for ever, with page, hub, change and author, its content's row, and as `document`
    the stored parse; `content`: with its bytes. One statement. Raises NotFound."""
    rows = visible_versions(actor).filter(page__hub__slug=hub, pk=version_id)
    rows = rows.select_related("page__hub", "page__head", "change__author", "blob", "parent")
    if not content:
        rows = rows.defer("blob__data")
    found = rows.annotate(document=documents.newest("blob_id")).first()
    if found is None:
        raise NotFound
    return found


def page_once_at(actor: Actor, hub: str, path: str) -> Page:
    """The page or file that was at `path` last, wherever it is now, live or not; with its hub, and its head version's change
    and author. Two statements at most. Raises NotFound."""
    place = hub_for(actor, hub)
    here = visible_versions(actor).filter(page__hub=place, path_key=text_key(path)).order_by("-change__seq")
    newest = here.select_related("page__hub", "page__head__change__author").first()
    if newest is None:
        raise NotFound
    return newest.page


def page_with_history(actor: Actor, hub: str, page_id: uuid.UUID) -> Page:
    """A page by its id, live or not, as `page_once_at` gives it. One statement. Raises NotFound."""
    rows = visible_versions(actor).filter(page__hub__slug=hub, page=page_id).order_by("-number")
    newest = rows.select_related("page__hub", "page__head__change__author").first()
    if newest is None:
        raise NotFound
    return newest.page


def versions_before(actor: Actor, page: Page, *, before: int | None, limit: int) -> list[Version]:
    """The versions of a page that the actor was shown, the newest first (those before number `before`), each with the one
    before it, its change and author; one statement."""
    rows = visible_versions(actor).filter(page=page)
    if before is not None:
        rows = rows.filter(number__lt=before)
    rows = rows.select_related("change__author", "change__reverts", "blob", "parent").defer("blob__data")
    return list(rows.order_by("-number")[:limit])


def version_numbered(actor: Actor, page: Page, number: int) -> Version:
    """A version of a page that the actor was shown, by its number, with its change and author. Raises NotFound."""
    rows = visible_versions(actor).filter(page=page, number=number)
    found = rows.select_related("page__hub", "change__author", "blob").defer("blob__data").first()
    if found is None:
        raise NotFound
    return found


def became(version: Version) -> str:
    """What the change of a version (which came with its `parent`) did to its page: created, edited, moved, …"""
    return became_since(version.parent, version)


def became_since(before: Version | None, now: Version) -> str:
    """What happened to a page between two of its versions (None: it was not there), as one word."""
    return what_became(
        now.is_deletion, before is None, before is not None and before.is_deletion,
        before is not None and before.path != now.path,
    )  # fmt: skip


def compared(old: Version | None, new: Version) -> Difference | None:
    """What differs between two versions that the actor was shown (None: nothing was there); None when one is no text. One
    statement, and none when both say the same."""
    if old is not None and old.blob_id == new.blob_id:
        return Difference([], 0, 0)
    before, after = texts_of([old, new])
    return None if before is None or after is None else difference(before, after)


def texts_of(versions: Sequence[Version | None]) -> list[str | None]:
    """What versions that the actor was shown say, "" for None, and None for what is no text; one statement."""
    hashes = {version.blob_id for version in versions if version is not None}
    found = {blob.hash: blob for blob in blobs.of(hashes)} if hashes else {}
    said: dict[str, str | None] = {
        name: bytes(blob.data).decode("utf-8") if blob.is_text and blob.data is not None else None
        for name, blob in found.items()
    }
    return ["" if version is None else said.get(version.blob_id) for version in versions]


# --- Who wrote which line -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Blamed:
    """A text by its lines' versions; `is_whole` when all versions were looked at, else some lines may have none."""

    passages: list[Passage[Version]]
    is_whole: bool


def blamed(actor: Actor, version: Version) -> Blamed:
    """Who wrote which line of a version that the actor was shown, and in which change. Two statements, at most
    BLAME_VERSIONS versions and BLAME_BYTES of text. Raises Invalid("no_text")."""
    rows = visible_versions(actor).filter(page_id=version.page_id, number__lte=version.number)
    told = (
        rows.select_related("change__author", "change__brought_by", "change__reverts", "blob")
        .defer("blob__data")
        .order_by("-number")
    )
    walk = list(_affordable(told[: BLAME_VERSIONS + 1]))
    if not walk:
        raise Invalid(
            Sentence("That is no text."), code="no_text", field="path", value=version.path,
            remedy=Sentence("Only lines of a text have writers."),
        )  # fmt: skip
    said = blobs.of(rows.filter(number__gte=walk[-1].number).values("blob"))
    texts = {blob.hash: bytes(blob.data or b"").decode("utf-8") for blob in said}
    found = blame(((each, texts[each.blob_id]) for each in walk), is_whole=walk[-1].number == 1)
    return Blamed(found, is_whole=all(passage.version is not None for passage in found))


def _affordable(versions: QuerySet[Version]) -> Iterator[Version]:
    """The newest of `versions`, as many as may be looked at; a file among them ends it, since it has no lines."""
    volume = 0
    seen: set[str] = set()
    for number, version in enumerate(versions):
        if version.blob_id not in seen:
            volume += version.blob.size
            seen.add(version.blob_id)
        if not version.blob.is_text or number == BLAME_VERSIONS or (volume > BLAME_BYTES and number):
            return
        yield version


# --- What was deleted, and what was done ----------------------------------------------------------------------------


def trash(actor: Actor, hub: Hub) -> QuerySet[Page]:
    """What was deleted in a hub that the actor was shown and is not back, with the change that deleted it and its author, in
    no order."""
    rows = visible_trash(actor).filter(hub=hub)
    return rows.select_related("hub", "blob", "head__change__author").defer("blob__data")


def changes_of(
    actor: Actor, hub: Hub, *, person: str = "", path: str = "", since: datetime.datetime | None = None
) -> QuerySet[Any]:
    """The changes of a hub that the actor was shown, as `told_changes` tells them, in no order: those of somebody (by
    handle), those of the page that was at `path` last or of anything below the folder `path`, those since a moment."""
    rows = told_changes(actor).filter(hub=hub)
    if person:
        rows = rows.filter(author__handle=person)
    if path:
        rows = rows.filter(touching(actor, hub.slug, path))
    return rows if since is None else rows.filter(created_at__gte=since)


def touching(actor: Actor, hub: str, path: str) -> Q:
    """The condition of changes that touch the page that was at `path` last, or anything below the folder `path`."""
    made = Version.objects.filter(change=OuterRef("pk"))
    # Compared whole: LIKE knows no case on SQLite, and no end of a folder's name anywhere.
    folder = f"{path.rstrip('/')}/"[:MAX_PATH]
    below = Exists(made.annotate(above=Left("path", len(folder))).filter(above=folder))
    try:
        page = page_once_at(actor, hub, path)
    except NotFound:
        return Q(below)
    return Q(Exists(made.filter(page=page))) | Q(below)
