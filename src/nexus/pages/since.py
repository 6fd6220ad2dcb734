"""What others did since somebody looked, page by page: each that differs now from what it was then, with both versions.

Where somebody looked is a number of the hub's log (hubs.Look), and of single pages a greater one (PageLook). Both are set by
whoever it is, never by reading (docs/adr/0105). A page is compared as it was before the first change by somebody else with
what it is now; when both are the same there is nothing to tell, whatever happened between.
"""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest

from nexus.accounts.actor import Actor
from nexus.base import clock
from nexus.base.errors import Invalid, NotFound, Unauthenticated
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.hubs import looks
from nexus.hubs.access import Capability, hub_for
from nexus.hubs.models import Hub, Look
from nexus.pages.access import visible_changes, visible_versions
from nexus.pages.history import became_since
from nexus.pages.models import Page, PageLook, Version

#: How a list of pages is ordered: the last changed first.
NEWEST_FIRST = ("-page__seq", "pk")
#: How far back one may look by days.
MAX_DAYS = 366
#: How many who wrote a page are named.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Start:
    """From where on something is new: behind number `seq`. is_own: where the actor looked last (`at`), and what they saw of
    single pages counts as well; else it was asked for."""

    seq: int
    is_own: bool
    at: datetime.datetime | None = None


class Writer(NamedTuple):
    """Somebody who wrote since."""

    handle: str
    name: str


@dataclass
class PageNews:
    """What became of a page since then. `before`: what it was; None: it was not there. `now`: its newest version.

    what: created, edited, moved, deleted or restored; changes: how many others made; writers: who, the last first, at most
    NAMED of them.
    """

    page: Page
    what: str
    before: Version | None
    now: Version
    changes: int
    writers: list[Writer]


def start_for(actor: Actor, hub: Hub, *, after: int | None = None, days: int | None = None) -> Start | None:
    """From where on the actor asks what is new in a hub they were shown: behind a number, in the last days, else since they
    looked; None when they never did. One statement at most.

    Raises Invalid (after, days), Unauthenticated for nobody who asks since they looked.
    """
    if after is not None and days is not None:
        raise Invalid(Sentence("Give one of both."), field="days", value=days, remedy=Sentence("Leave out `after`."))
    if after is not None:
        return Start(looks.checked_until(hub, after, "after"), is_own=False)
    if days is not None:
        if not 1 <= days <= MAX_DAYS:
            raise Invalid(
                Sentence("That is no number of days."), field="days", value=days,
                remedy=Sentence("One from 1 to %(most)s.", most=MAX_DAYS),
            )  # fmt: skip
        before = visible_changes(actor).filter(hub=hub, created_at__lt=clock.now() - datetime.timedelta(days=days))
        return Start(before.aggregate(last=Max("seq"))["last"] or 0, is_own=False)
    if not actor.is_signed_in:
        raise Unauthenticated(
            Sentence("Only somebody's looks are remembered."),
            remedy=Sentence("Sign in, or say since when: by `after` or `days`."),
        )
    look = looks.look_at(actor, hub)
    return None if look is None else Start(look.seq, is_own=True, at=look.at)


def pages_since(actor: Actor, hub: Hub, start: Start) -> QuerySet[Any]:
    """The pages and files that differ from what they were at `start`, by what others did, in no order: of each the first
    version that is new, with `parent` as what was before, and `page` with its `head` as what is now."""
    behind: Any = Value(start.seq, output_field=BigIntegerField())
    if start.is_own:
        behind = Greatest(behind, _page_look(actor))
    versions = visible_versions(actor).filter(page__hub=hub, page__seq__gt=start.seq, change__seq__gt=start.seq)
    found = _first_new(actor, versions.annotate(behind=behind))
    told = found.select_related("page__head__blob", "page__head__change", "page__blob", "parent__blob", "blob")
    return told.defer("page__head__blob__data", "page__blob__data", "parent__blob__data", "blob__data")


def news_of(actor: Actor, rows: Sequence[Any]) -> list[PageNews]:
    """What is to be told of rows of `pages_since`; one statement."""
    written: Any = visible_versions(actor).filter(_by_others(actor), page__in=[row.page_id for row in rows])
    since = Q(pk__in=[])
    for row in rows:
        since |= Q(page=row.page_id, number__gte=row.number)
    counted = written.filter(since).order_by().values_list("page", "change__author__handle", "change__author__name")
    by_page: dict[uuid.UUID, list[tuple[int, int, Writer]]] = {}
    if rows:
        for page, handle, name, number, latest in counted.annotate(n=Count("pk"), latest=Max("change__seq")):
            by_page.setdefault(page, []).append((latest, number, Writer(handle, name)))
    return [_told(row, sorted(by_page.get(row.page_id, []), reverse=True)) for row in rows]


def _told(row: Any, written: list[tuple[int, int, Writer]]) -> PageNews:
    page, before = row.page, row.parent
    return PageNews(
        page, became_since(before, page.head), before, page.head, sum(number for _, number, _ in written),
        [writer for _, _, writer in written[:NAMED]],
    )  # fmt: skip


class HubNews(NamedTuple):
    """A hub in which something is new, and how many of its pages are."""

    slug: str
    title: str
    pages: int


def news_by_hub(actor: Actor, *, limit: int) -> list[HubNews]:
    """The hubs that the actor looked at and may still read in which something is new since, most first; one statement."""
    if not actor.is_signed_in:
        return []
    looked = visible_versions(actor).filter(
        page__hub__looks__user=actor.user_key, page__hub__sequence__gt=F("page__hub__looks__seq"),
        page__seq__gt=F("page__hub__looks__seq"), change__seq__gt=F("page__hub__looks__seq"),
    )  # fmt: skip
    found = _first_new(actor, looked.annotate(behind=Greatest(F("page__hub__looks__seq"), _page_look(actor))))
    rows: Any = found.order_by().values_list("page__hub__slug", "page__hub__title").annotate(pages=Count("pk"))
    return [HubNews(*row) for row in rows.order_by("-pages", "page__hub__slug")[:limit]]


def _page_look(actor: Actor) -> Any:
    mine = PageLook.objects.filter(page=OuterRef("page"), user=actor.user_key).values("seq")
    return Coalesce(Subquery(mine), Value(0), output_field=BigIntegerField())


def _by_others(actor: Actor) -> Q:
    """Versions that somebody else made, and brought here."""
    if not actor.is_signed_in:
        return Q()
    return ~Q(change__author__user=actor.user_key) & ~Q(change__brought_by__user=actor.user_key)


def _first_new(actor: Actor, versions: QuerySet[Version]) -> QuerySet[Any]:
    """Of `versions`, each with the number it must be `behind`, the first of each page by somebody else, where the page is
    not what it was before."""
    new = versions.filter(_by_others(actor), change__seq__gt=F("behind"))
    earlier = Version.objects.filter(
        _by_others(actor), page=OuterRef("page"), number__lt=OuterRef("number"), change__seq__gt=OuterRef("behind")
    )
    was_there = Q(parent__isnull=False, parent__is_deletion=False)
    is_there = Q(page__live_key__isnull=False)
    is_the_same = Q(parent__blob=F("page__blob"), parent__path=F("page__path"))
    return new.filter(~Exists(earlier)).exclude(was_there & is_there & is_the_same).filter(was_there | is_there)


@in_transaction
def mark_seen(actor: Actor, hub: str, *, page: uuid.UUID | None = None, until: int | None = None) -> Look | None:
    """Says that the actor has seen what happened in a hub up to number `until` (the newest when none is given), or to one
    page of it (up to its last change). A number before the last one makes new again what came since.

    Returns how far the hub is seen; None when it never was. Raises NotFound, Denied, Invalid (until), Unauthenticated.
    """
    place = hub_for(actor, hub, Capability.HUB_LOOK)
    user = looks.somebody(actor)
    seen = looks.checked_until(place, until)
    if page is None:
        before = looks.look_at(actor, place)
        if before is not None:  # what was seen of pages by then says no more than both the old number and the new
            PageLook.objects.filter(user=user, page__hub=place, seq__lte=min(before.seq, seen)).delete()
        return looks.set_look(place, user, seen)
    found = Page.objects.filter(pk=page, hub=place).first()
    if found is None:
        raise NotFound
    PageLook.objects.update_or_create(page=found, user_id=user, defaults={"seq": found.seq if until is None else seen})
    return looks.look_at(actor, place)
