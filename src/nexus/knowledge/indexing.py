"""From stored documents to entry rows. Every function may be run again at any time and then changes nothing."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any, NamedTuple
from uuid import UUID

from nexus import markdown
from nexus.knowledge.fingerprint import fingerprint
from nexus.knowledge.models import Decision, Entry, EntryKind, EntryTopic, Topic, Verdict
from nexus.knowledge.reconcile import Known, reconcile
from nexus.knowledge.weeks import Place, places
from nexus.pages import documents
from nexus.pages.inserting import insert_many, update_many
from nexus.pages.models import ChangeKind, Kind, Page, Version

PAGES_AT_ONCE = 200
#: The kinds whose entries are names.
_NAMES = (EntryKind.TECHNOLOGY, EntryKind.CONCEPT)
#: Characters of an anchor that are kept; a longer one belongs to a heading nobody links to.
MAX_ANCHOR = 255
_FIELDS = ["kind", "found_as", "verdict",
           "person", "since", "week", "day", "is_present", "version", "start", "end", "anchor", "title", "problem", "cause",
           "solution", "error_text", "fingerprint", "confidence", "reason"]  # fmt: skip


def index_pages(pages: Iterable[Page]) -> None:
    """Makes the entries of `pages` what their texts say now; a deleted page says nothing. Holds PAGES_AT_ONCE documents."""
    for some in batched(pages, PAGES_AT_ONCE, strict=False):
        made = plan(some)
        insert_many(Entry, made.created)
        update_many(Entry, made.changed, _FIELDS, batch_size=100)
        _write_topics(made.topics)


@dataclass
class Plan:
    """What it takes to bring the rows of some pages up to date: rows to make and to change, and each entry's topics."""

    created: list[Entry] = field(default_factory=list)
    changed: list[Entry] = field(default_factory=list)
    topics: dict[UUID, tuple[str, ...]] = field(default_factory=dict)


def plan(pages: Sequence[Page]) -> Plan:
    """The plan for `pages` (at most PAGES_AT_ONCE): reads only. One without rows says that the index is up to date."""
    parsed = documents.documents({page.blob_id for page in pages if page.is_live and page.kind == Kind.PAGE})
    rows: dict[UUID, list[Entry]] = defaultdict(list)
    for row in Entry.objects.filter(page__in=pages).order_by("first_version_id", "ordinal", "pk"):
        rows[row.page_id].append(row)
    said = {page.pk: _said(page, parsed.get(page.blob_id)) for page in pages}
    first = {row.first_version_id for page in pages for row in rows[page.pk]}
    origins = _origins(first | {page.head_id for page in pages if said[page.pk]})
    decided = _decided(pages)
    made = Plan()
    for page in pages:
        if said[page.pk] or rows[page.pk]:
            _match(page, rows[page.pk], said[page.pk], Facts(origins, decided), made)
    return made


def _decided(pages: Sequence[Page]) -> dict[UUID, Decision]:
    """What was decided last about the entries of `pages`, by entry."""
    return {row.entry_id: row for row in Decision.objects.filter(entry__page__in=pages).order_by("seq")}


class Said(NamedTuple):
    """Something a page says now: the entry, its place in time, and the id of the element it begins in."""

    entry: markdown.Entry
    place: Place
    anchor: str | None


def _said(page: Page, document: markdown.Document | None) -> list[Said]:
    if not page.is_live or document is None or not document.entries:
        return []
    anchors = markdown.anchors(document)
    return [
        Said(entry, place, anchors.get(entry.start))
        for entry, place in zip(document.entries, places(page.path, document), strict=True)
    ]


class Origin(NamedTuple):
    """Where a version came from."""

    person: UUID
    at: datetime.datetime
    is_import: bool


class Facts(NamedTuple):
    """What no text says: where versions came from, and what was decided about entries."""

    origins: dict[UUID, Origin]
    decided: dict[UUID, Decision]


def _origins(versions: set[UUID]) -> dict[UUID, Origin]:
    fields = ("pk", "change__author", "change__created_at", "change__authored_at", "change__kind")
    # A commit says when its author wrote it; any other import only when it was brought.
    return {
        pk: Origin(person, authored or at, kind == ChangeKind.IMPORT and authored is None)
        for ids in batched(versions, 500, strict=False)
        for pk, person, at, authored, kind in Version.objects.filter(pk__in=ids).values_list(*fields)
    }


def _match(page: Page, rows: list[Entry], said: list[Said], facts: Facts, made: Plan) -> None:
    """Gives each thing the page says its row: the one it had, or a new one."""
    says = [one.entry for one in said]
    known = [_known(row) for row in rows]
    matched = reconcile(known, says).matched
    by_id: dict[Hashable, Entry] = {row.pk: row for row in rows}
    kept: set[UUID] = set()
    ordinals = Counter(_found_as(row) for row in rows if row.first_version_id == page.head_id)
    for index, one in enumerate(said):
        entry = one.entry
        if index not in matched:
            row = Entry(
                page=page,
                hub_id=page.hub_id,
                found_as=entry.kind,
                first_version_id=page.head_id,
                ordinal=ordinals[entry.kind],
            )
            ordinals[entry.kind] += 1
            _describe(row, page, one, facts)
            made.created.append(row)
        else:
            row = by_id[matched[index]]
            kept.add(row.pk)
            if _describe(row, page, one, facts):
                made.changed.append(row)
        made.topics[row.pk] = _topics_of(row, entry)
    for row in rows:
        if row.pk not in kept and row.is_present:
            row.is_present = False
            made.changed.append(row)
            made.topics[row.pk] = ()


def _known(row: Entry) -> Known:
    # What was decided to be nothing is hidden, not gone: whether the text says it still is found out anew each time.
    return Known(
        id=row.pk, kind=_found_as(row), title=row.title, problem=row.problem, solution=row.solution,
        error_text=row.error_text, start=row.start, gone=not row.is_present and row.verdict != Verdict.NOT_THIS,
    )  # fmt: skip


def _found_as(row: Entry) -> str:
    return row.found_as or row.kind


def _topics_of(row: Entry, entry: markdown.Entry) -> tuple[str, ...]:
    """What a row is about: a name is about itself; what nobody sees is about nothing."""
    if not row.is_present:
        return ()
    if row.kind == entry.kind:
        return entry.topics
    if row.kind in _NAMES:
        return (markdown.topic_slug(entry.title),)
    return markdown.topics_in(entry.title) if entry.kind in _NAMES else entry.topics


def _describe(row: Entry, page: Page, said: Said, facts: Facts) -> bool:
    """Copies what the text says and what was decided into the row; True when that changed something."""
    before = _values(row)
    origin = facts.origins[row.first_version_id]
    decision = facts.decided.get(row.pk)
    row.verdict = decision.verdict if decision else None
    row.found_as = said.entry.kind
    row.kind = decision.kind if decision and decision.kind else said.entry.kind
    entry, place = said.entry, said.place
    row.anchor = said.anchor if said.anchor and len(said.anchor) <= MAX_ANCHOR else None
    row.person_id, row.since, row.week = origin.person, origin.at, place.week
    row.day = place.day or (None if origin.is_import else origin.at.date())
    error = fingerprint(entry.error_text) if entry.error_text else None
    row.is_present, row.start, row.end = row.verdict != Verdict.NOT_THIS, entry.start, entry.end
    row.title, row.problem, row.cause, row.solution = entry.title, entry.problem, entry.cause, entry.solution
    row.error_text, row.fingerprint = entry.error_text, error.digest if error else None
    if row.kind == EntryKind.CHALLENGE:
        row.problem = row.problem or entry.title
    else:
        row.problem = row.cause = row.solution = row.error_text = row.fingerprint = None
    row.confidence, row.reason = 1.0 if decision else entry.confidence, entry.reason
    row.version_id = page.head_id
    return before != _values(row)


def _values(row: Entry) -> list[Any]:
    return [getattr(row, f"{name}_id" if name in {"person", "version"} else name) for name in _FIELDS]


def topic_links(topics: dict[UUID, tuple[str, ...]]) -> tuple[set[tuple[UUID, str]], list[int]]:
    """The (entry, topic) links that are missing, and the ids of those that should not be."""
    wanted = {(entry, slug) for entry, slugs in topics.items() for slug in slugs}
    held = {
        (link.entry_id, link.topic_id): link.pk
        for ids in batched(topics, 500, strict=False)
        for link in EntryTopic.objects.filter(entry__in=ids)
    }
    return wanted - held.keys(), [pk for pair, pk in held.items() if pair not in wanted]


def _write_topics(topics: dict[UUID, tuple[str, ...]]) -> None:
    new, stale = topic_links(topics)
    Topic.objects.bulk_create((Topic(slug=s) for s in sorted({s for _, s in new})), ignore_conflicts=True)
    insert_many(EntryTopic, (EntryTopic(entry_id=e, topic_id=s) for e, s in sorted(new)))
    for some in batched(stale, 500, strict=False):
        EntryTopic.objects.filter(pk__in=some).delete()
