"""Reads about pages and files. Each begins at an `access.visible_*` queryset, so what may not be seen is not found."""

import datetime
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Left, Lower

from nexus.accounts.actions import OPERATOR_HANDLE, author_for
from nexus.accounts.actor import Actor
from nexus.accounts.models import Person
from nexus.accounts.people import claimer_of
from nexus.base.errors import Invalid, NotFound
from nexus.base.ids import text_key
from nexus.base.sentences import Sentence
from nexus.hubs.access import Capability, capabilities_as, hub_filter, hub_for, require, role_in
from nexus.hubs.models import Hub
from nexus.markdown import Document
from nexus.pages import documents
from nexus.pages.access import visible_changes, visible_paths, visible_versions
from nexus.pages.models import Change, ChangeKind, Folder, Kind, Page, Version
from nexus.pages.paths import folder_of, is_readme, natural_key
from nexus.statements.prepared import Prepared

#: How many pages, and how many folders, of one folder a listing holds; and the tree beside a text.
LISTING_LIMIT = 1000
TREE_LIMIT = 200
#: What is told of a version's change.
_TOLD = ("change__author", "change__brought_by", "change__reverts")
#: In a folder too large for the tree, how many pages before the one that is read are in it.
TREE_BEFORE = 8


class ListedPage(NamedTuple):
    """A page or file in a listing."""

    path: str
    name: str
    title: str
    kind: str


class ListedFolder(NamedTuple):
    """A folder in a listing, and how many pages and files are anywhere below it."""

    path: str
    name: str
    total: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies directly in a folder; `is_cut` when there is more than was asked for."""

    folders: list[ListedFolder]
    pages: list[ListedPage]
    is_cut: bool


def path_for(actor: Actor, hub: str, path: str) -> Page:
    """What is live at `path`, with its hub, content row and head version. Raises NotFound."""
    page = (
        visible_paths(actor)
        .filter(hub__slug=hub, live_key=text_key(path))
        .select_related("hub", "blob", "head__change__author")
        .first()
    )
    if page is None:
        raise NotFound
    return page


def pages_at(actor: Actor, hub: str, paths: Collection[str]) -> dict[str, Page]:
    """What is live at `paths` (a few), with content rows, by path; what is not there is missing. One statement."""
    found = visible_paths(actor).filter(hub__slug=hub, live_key__in=[text_key(path) for path in paths])
    return {page.path: page for page in found.select_related("blob").defer("blob__data")}


def hub_of_page(actor: Actor, page: uuid.UUID) -> uuid.UUID:
    """The hub of a page that is, or was there: its history is as readable as the hub. Raises NotFound; one statement."""
    hub = visible_versions(actor).filter(page=page).values_list("page__hub", flat=True).first()
    if hub is None:
        raise NotFound
    return hub


def listing(hub: Hub, folder: str, *, limit: int = LISTING_LIMIT) -> Listing:
    """What lies directly in `folder` of a hub that the actor was shown, as people count (its README first), at most `limit`
    of each; two statements."""
    key = text_key(folder)
    in_folder = Folder.objects.filter(hub=hub, parent_key=key).order_by("name")
    folders = [ListedFolder(*row) for row in in_folder.values_list("path", "name", "count")[: limit + 1]]
    at_folder = Page.objects.filter(hub=hub, folder_key=key).order_by("name")
    pages = [ListedPage(*row) for row in at_folder.values_list(*ListedPage._fields)[: limit + 1]]
    is_cut = len(folders) > limit or len(pages) > limit
    return Listing(
        sorted(folders[:limit], key=lambda row: natural_key(row.name)),
        sorted(pages[:limit], key=lambda row: (not is_readme(row.name), natural_key(row.name))),
        is_cut,
    )


def tree_around(page: Page) -> Listing:
    """The folder of a page (which came with its hub) as it is listed beside the text: the first TREE_LIMIT of each, and in a
    larger folder the pages from some before this one on. Two statements, four in a larger folder."""
    folder = folder_of(page.path)
    tree = listing(page.hub, folder, limit=TREE_LIMIT)
    if not tree.is_cut:
        return tree
    pages = listing(page.hub, folder).pages
    at = next((index for index, listed in enumerate(pages) if listed.path == page.path), 0)
    first = max(0, at - TREE_BEFORE)
    return Listing(tree.folders, pages[first : first + TREE_LIMIT], is_cut=True)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The pages before and after one in the order of its folder."""

    previous: ListedPage | None
    following: ListedPage | None


def neighbours(listing: Listing, path: str) -> Neighbours:
    """Where a reader goes from `path`; nowhere from what the listing does not hold."""
    pages = [page for page in listing.pages if page.kind == Kind.PAGE]
    at = next((index for index, page in enumerate(pages) if page.path == path), None)
    if at is None:
        return Neighbours(None, None)
    return Neighbours(pages[at - 1] if at else None, pages[at + 1] if at + 1 < len(pages) else None)


def readme_in(listing: Listing) -> ListedPage | None:
    """The README of a folder: the page called so, in any case; `README.md` before others."""
    found = [page for page in listing.pages if page.kind == Kind.PAGE and is_readme(page.name)]
    return min(found, key=lambda page: (page.name != "README.md", page.name), default=None)


@dataclass(frozen=True, slots=True)
class Reading:
    """A page as it is read: the row with its hub, head version, change and author, and its stored parse, if there is one."""

    page: Page
    stored: str | None
    #: What the reader may do in its hub.
    held: frozenset[Capability] = frozenset()

    @property
    def document(self) -> Document | None:
        """The stored parse; unpacked at each call, which takes long for a long one."""
        return Document.from_json(self.stored) if self.stored else None


def reading(actor: Actor, hub: str, path: str) -> Reading:
    """What is live at `path`, ready to be shown, and what the actor may do there; one statement, without the content's
    bytes. Raises NotFound."""
    page: Any = _reading.first(actor.form, hub=hub, key=text_key(path), user=actor.user_id)
    if page is None:
        raise NotFound
    held = capabilities_as(actor, page.hub, page.role)
    return Reading(page, page.document if page.kind == Kind.PAGE else None, held)


def _to_read(actor: Actor, *, hub: str, key: str, user: uuid.UUID) -> QuerySet[Any]:  # noqa: ARG001  the actor is whose form it is
    rows = visible_paths(actor).filter(hub__slug=hub, live_key=key)
    rows = rows.select_related("hub", "blob", "head__change__author").defer("blob__data")
    return rows.annotate(document=documents.newest("blob_id"), role=role_in(actor, "hub"))


_reading = Prepared(_to_read, hub=str, key=str, user=uuid.UUID | None)


def all_paths(actor: Actor, hub: str) -> QuerySet[Page]:
    """Everything live in a hub with its content rows, in the order it came; raises NotFound."""
    return visible_paths(actor).filter(hub=hub_for(actor, hub)).select_related("blob").order_by("pk")


def paths(actor: Actor, hub: str, *, kind: str = "", path: str = "", below: str = "") -> QuerySet[Page]:
    """What is live in a hub, with head version, change and author, in no order: pages and files, or those of one `kind`;
    what is at `path`; what is anywhere below the folder `below`. Raises NotFound."""
    found = visible_paths(actor).filter(hub=hub_for(actor, hub))
    found = found.select_related("blob", "head__change__author").defer("blob__data")
    if kind:
        found = found.filter(kind=kind)
    if path:
        found = found.filter(live_key=text_key(path))
    if below:  # compared whole: LIKE knows no case on SQLite, and no end of a folder's name anywhere
        folder = below.rstrip("/") + "/"
        found = found.annotate(above=Left("path", len(folder))).filter(above=folder)
    return found


def page_with_id(actor: Actor, hub: str, page_id: uuid.UUID, *, deleted: bool = False) -> Page:
    """A page or file by its id, with hub, blob row, head version, change and author; a deleted one only with `deleted`.
    One statement. Raises NotFound."""
    page = _page_with_id.first(actor.form, deleted, hub=hub, page=page_id, user=actor.user_id)
    if page is None:
        raise NotFound
    return page


def _pages_with_id(actor: Actor, deleted: bool, *, hub: str, page: uuid.UUID, user: uuid.UUID) -> QuerySet[Page]:  # noqa: ARG001  the actor is whose form it is
    found = Page.objects.filter(hub_filter(actor, Capability.HUB_READ, "hub__"), hub__slug=hub, pk=page)
    if not deleted:
        found = found.filter(live_key__isnull=False)
    return found.select_related("hub", "blob", "head__change__author").defer("blob__data")


_page_with_id = Prepared(_pages_with_id, hub=str, page=uuid.UUID, user=uuid.UUID | None)


def versions_of(actor: Actor, page: Page) -> QuerySet[Version]:
    """The versions of a page that the actor was shown, with change, author and blob row, in no order."""
    return visible_versions(actor).filter(page=page).select_related(*_TOLD, "blob").defer("blob__data")


def version_with_id(actor: Actor, hub: str, version: uuid.UUID) -> Version:
    """A version of whatever page or file of a hub, with its content, change and author; one statement. Raises NotFound."""
    found = visible_versions(actor).filter(page__hub__slug=hub, pk=version)
    row = found.select_related("blob", "change__author").first()
    if row is None:
        raise NotFound
    return row


def change_with_seq(actor: Actor, hub: str, seq: int) -> Change:
    """A change by its number, with its author and what it takes back; one statement. Raises NotFound."""
    found = (
        visible_changes(actor).filter(hub__slug=hub, seq=seq).select_related("author", "brought_by", "reverts").first()
    )
    if found is None:
        raise NotFound
    return found


def change_to_revert(actor: Actor, hub: str, seq: int) -> tuple[Change, Capability]:
    """The change, and the capability that taking it back needs, which the actor holds. Raises NotFound, Denied."""
    place = hub_for(actor, hub)
    change = visible_changes(actor).filter(hub=place, seq=seq).select_related("author", "brought_by").first()
    if change is None:
        raise NotFound
    if change.kind == ChangeKind.PURGE:
        raise Invalid(
            Sentence("A purge cannot be taken back."), code="purge_is_final", field="seq", value=seq,
            remedy=Sentence("Write anew what is to be there."),
        )  # fmt: skip
    own = is_own(actor, change)
    capability = Capability.CHANGE_REVERT_OWN if own else Capability.CHANGE_REVERT
    require(actor, capability, place)
    return change, capability


def is_own(actor: Actor, change: Change) -> bool:
    """Whether a change (which came with its people) is the actor's: they made it, or brought it."""
    whose = {change.author.user_id, change.brought_by.user_id if change.brought_by else None}
    return actor.user_id is not None and actor.user_id in whose


def versions_in(actor: Actor, change: Change) -> QuerySet[Version]:
    """The versions that a change the actor was shown made, in no order."""
    return visible_versions(actor).filter(change=change).select_related("blob", "parent").defer("blob__data")


def authors_of(actor: Actor, hub: str = "") -> QuerySet[Person]:
    """Who wrote something (in a hub) that `actor` may read, in no order; the operator is nobody. Raises NotFound."""
    wrote = visible_changes(actor).filter(author=OuterRef("pk"))
    if hub:
        wrote = wrote.filter(hub=hub_for(actor, hub))
    return Person.objects.filter(Exists(wrote)).exclude(handle=OPERATOR_HANDLE)


def changes(actor: Actor, hub: str) -> QuerySet[Change]:
    """The changes of a hub, newest first, with their authors. Raises NotFound."""
    return visible_changes(actor).filter(hub=hub_for(actor, hub)).select_related("author").order_by("-seq")


def versions(actor: Actor, hub: str, path: str) -> QuerySet[Version]:
    """The versions of the page at `path` (also one that was deleted there last), newest first. Raises NotFound."""
    place = hub_for(actor, hub)
    here = visible_versions(actor).filter(page__hub=place, path_key=text_key(path)).order_by("-change__seq")
    newest = here.first()
    if newest is None:
        raise NotFound
    rows = visible_versions(actor).filter(page_id=newest.page_id)
    return rows.select_related("change__author", "blob").order_by("-number")


class AuthorLine(NamedTuple):
    """Somebody who wrote in a hub: ids of both, how many changes, and when the last one was."""

    person: uuid.UUID
    hub: uuid.UUID
    changes: int
    latest: datetime.datetime


def authors(actor: Actor, hub: Hub | None = None, person: Person | None = None, *, limit: int) -> list[AuthorLine]:
    """Who changed something in a hub, or in all, the latest first; one statement. The operator is nobody."""
    made = visible_changes(actor).exclude(author__handle=OPERATOR_HANDLE)
    if hub:
        made = made.filter(hub=hub)
    if person:
        made = made.filter(author=person)
    rows: Any = made.values_list("author", "hub").annotate(n=Count("pk"), latest=Max("created_at"))
    return [AuthorLine(*row) for row in rows.order_by("-latest", "author")[:limit]]


def recent_changes(
    actor: Actor,
    hub: Hub | None = None,
    person: Person | None = None,
    *,
    since: datetime.datetime | None = None,
    limit: int,
) -> list[Change]:
    """The newest changes, as `told_changes` tells them; one statement."""
    made = told_changes(actor)
    if hub:
        made = made.filter(hub=hub)
    if person:
        made = made.filter(author=person)
    if since:
        made = made.filter(created_at__gte=since)
    newest_first = ("-seq",) if hub else ("-created_at", "-seq")
    return list(made.order_by(*newest_first)[:limit])


def told_changes(actor: Actor) -> QuerySet[Any]:
    """All changes that `actor` may read, in no order, with hub and author, and of each `added`, `edited`, `removed` (numbers
    of versions) and `path`, one path of it: a change of many thousand pages costs no more than it must to be counted."""
    versions = Version.objects.filter(change=OuterRef("pk")).order_by()
    made = visible_changes(actor).annotate(
        added=_number(versions.filter(number=1)), removed=_number(versions.filter(is_deletion=True)),
        edited=_number(versions.filter(number__gt=1, is_deletion=False)),
        path=Subquery(versions.order_by("pk").values("path")[:1]),
    )  # fmt: skip
    return made.select_related("hub", "author", "brought_by", "reverts")


def _number(versions: QuerySet[Version]) -> Coalesce:
    return Coalesce(Subquery(versions.values("change").annotate(n=Count("pk")).values("n")), 0)


def pages_by(actor: Actor, person: Person, hub: Hub | None = None, *, limit: int) -> list[Page]:
    """The live pages that somebody began, the last changed first, with their hubs; one statement."""
    began = Version.objects.filter(number=1, change__author=person).values("page")
    found = visible_paths(actor).filter(kind=Kind.PAGE, pk__in=began)
    if hub:
        found = found.filter(hub=hub)
    return list(found.select_related("hub").order_by("-seq", "path")[:limit])


def edited_by(actor: Actor, *, limit: int) -> list[Any]:
    """The live pages that the actor wrote last, in all hubs, with their hubs and as `mine` when that was, the last first;
    what they imported or took back is not meant. One statement."""
    if not actor.is_signed_in:
        return []
    wrote = visible_changes(actor).filter(author__user=actor.user_key, kind=ChangeKind.EDIT)
    made = Version.objects.filter(change__in=wrote, page=OuterRef("pk")).order_by().values("page")
    found = visible_paths(actor).filter(kind=Kind.PAGE, pk__in=Version.objects.filter(change__in=wrote).values("page"))
    latest = made.annotate(latest=Max("change__created_at")).values("latest")
    return list(found.annotate(mine=Subquery(latest)).select_related("hub").order_by("-mine", "path")[:limit])


def own_paths(actor: Actor, hub: str, *, limit: int) -> list[str]:
    """Where the live pages are that the actor began in a hub, the last changed first; two statements."""
    writer = author_for(actor)
    if writer is None:
        return []
    began = Version.objects.filter(number=1, change__author=writer).values("page")
    found = visible_paths(actor).filter(hub__slug=hub, kind=Kind.PAGE, pk__in=began)
    return list(found.order_by("-seq", "path").values_list("path", flat=True)[:limit])


def first_path(actor: Actor) -> str:
    """Where somebody's first page may be: a README in a folder of their name."""
    writer = author_for(actor)
    return f"{writer.handle}/README.md" if writer else "README.md"


def pages_like(actor: Actor, hub: str, typed: str, *, limit: int) -> list[ListedPage]:
    """The pages of a hub whose title or path has `typed` in it, the last changed first; one statement."""
    found = visible_paths(actor).filter(hub__slug=hub, kind=Kind.PAGE)
    if typed:
        # Lowered on both sides: LIKE knows case on MariaDB, whose columns are compared byte for byte.
        found = found.annotate(title_low=Lower("title"), path_low=Lower("path"))
        found = found.filter(Q(title_low__contains=typed.lower()) | Q(path_low__contains=typed.lower()))
    rows = found.order_by("-seq", "path").values_list(*ListedPage._fields)
    return [ListedPage(*row) for row in rows[:limit]]


def person_for(actor: Actor, handle: str, hub: Hub | None = None) -> Person:
    """Who is called `handle`, if they wrote anything (there) that `actor` may read; one statement. Raises NotFound."""
    wrote = visible_changes(actor).filter(author=OuterRef("pk"))
    found = Person.objects.filter(Exists(wrote.filter(hub=hub) if hub else wrote), handle=handle).first()
    if found is None:
        raise NotFound
    return found


def person_now(actor: Actor, handle: str, hub: Hub | None = None) -> Person:
    """Who is called `handle` now, as `person_for`; whoever was claimed is who claimed them. Raises NotFound."""
    try:
        return person_for(actor, handle, hub)
    except NotFound:
        claimer = claimer_of(handle)
        if claimer is None:
            raise
        return person_for(actor, claimer.handle, hub)


def newest_addresses(actor: Actor, *, limit: int) -> list[tuple[str, str]]:
    """Hub and path of pages, for search engines; one statement."""
    found = visible_paths(actor).filter(kind=Kind.PAGE).order_by("-pk")
    return list(found.values_list("hub__slug", "path")[:limit])
