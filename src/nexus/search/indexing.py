"""From pages, entries and authors to findable rows. Every function may be run again at any time and then changes nothing."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from nexus.accounts.models import Person
from nexus.hubs.models import Hub
from nexus.knowledge.fingerprint import fingerprint
from nexus.knowledge.models import Entry
from nexus.pages import documents
from nexus.pages.inserting import insert_many, update_many
from nexus.pages.models import Change, Kind, Page
from nexus.search.folding import composed, fold, fold_path, padded
from nexus.search.models import Findable

PAGES_AT_ONCE = 200
#: Characters of one page's text that are searched; each search compares all of them.
MAX_TEXT = 200_000
_FIELDS = ("kind", "person_id", "at", "is_solved", "fingerprint", "error_class", "head", "path", "body", "text")


@dataclass
class Plan:
    """What it takes to bring the rows of some things up to date. One without any says that the index is."""

    created: list[Findable] = field(default_factory=list)
    changed: list[Findable] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)


def index_pages(pages: QuerySet[Page]) -> None:
    """Makes the rows of `pages` and their entries what they say now; a deleted page has none."""
    for some in in_batches(pages):
        _write(plan(some))


def in_batches(pages: QuerySet[Page]) -> Iterator[tuple[Page, ...]]:
    """`pages` as `plan` takes them: as little of each as it needs, since an import brings thousands."""
    named = pages.annotate(author=F("head__change__author"), at=F("head__change__created_at"))
    rows = named.only("hub", "kind", "title", "name", "path", "live_key", "blob").order_by("pk")
    return batched(rows.iterator(chunk_size=500), PAGES_AT_ONCE, strict=False)


def index_hub(hub: Hub, people: Iterable[Person]) -> None:
    """Makes the rows of `hub` itself and of `people`, who wrote in it, what they are called now."""
    _write(plan_hub(hub, people))


def forget_people(hub_id: UUID) -> None:
    """Takes the rows of people out, to be made anew: some of them turned out to be one."""
    Findable.objects.filter(hub=hub_id, kind="person").delete()


def authors(hub_id: UUID) -> Iterator[Person]:
    """Everybody who wrote in a hub."""
    return Person.objects.filter(pk__in=Change.objects.filter(hub=hub_id).values("author")).iterator(chunk_size=500)


def plan(pages: Sequence[Page]) -> Plan:
    """The plan for `pages` (of `in_batches`): reads only."""
    live = [page for page in pages if page.is_live]
    texts = documents.plain_texts({page.blob_id for page in live if page.kind == Kind.PAGE})
    said: dict[UUID, list[Entry]] = defaultdict(list)
    entries = Entry.objects.filter(page__in=live, is_present=True).select_related("first_version__change")
    for entry in entries.order_by("pk"):
        said[entry.page_id].append(entry)
    wanted = [row for page in live for row in (_page(page, texts.get(page.blob_id, "")), *map(_entry, said[page.pk]))]
    return _difference(wanted, Findable.objects.filter(page__in=pages))


def plan_hub(hub: Hub, people: Iterable[Person]) -> Plan:
    """The plan for `hub` itself and `people`: reads only. Whoever wrote in a hub once has written in it."""
    wanted = [_hub(hub), *(_person(hub, person) for person in people)]
    made = _difference(wanted, Findable.objects.filter(hub=hub, kind__in=("hub", "person")))
    made.stale = []
    return made


def _page(page: Page, plain: str) -> Findable:
    text = composed(plain[:MAX_TEXT])
    return Findable(
        # annotated
        hub_id=page.hub_id, kind=page.kind, page_id=page.pk, person_id=page.author, at=page.at,  # type: ignore[attr-defined]
        head=_whole(page.title or page.name), path=fold_path(page.path), body=padded(text), text=text,
    )  # fmt: skip


def _entry(entry: Entry) -> Findable:
    text = composed("\n".join(filter(None, (entry.problem, entry.cause, entry.solution, entry.error_text)))[:MAX_TEXT])
    error = fingerprint(entry.error_text) if entry.error_text else None
    first = entry.first_version.change
    return Findable(
        hub_id=entry.hub_id, kind=entry.kind, page_id=entry.page_id, entry_id=entry.pk, person_id=first.author_id,
        at=first.created_at, is_solved=entry.kind == "challenge" and bool(entry.solution),
        fingerprint=entry.fingerprint or "", error_class=fold(composed(error.error_class)).strip()[:80] if error else "",
        head=_whole(entry.title), body=padded(text), text=text,
    )  # fmt: skip


def _hub(hub: Hub) -> Findable:
    return Findable(hub=hub, kind="hub", at=hub.created_at, head=_whole(hub.title), path=fold_path(hub.slug))


def _person(hub: Hub, person: Person) -> Findable:
    named = {"head": _whole(person.name), "path": fold_path(person.handle)}
    return Findable(hub=hub, kind="person", person=person, at=person.created_at, **named)


def _whole(text: str) -> str:
    """A title, folded, with one space between its words: so that the whole of it can be compared."""
    return f" {' '.join(fold(composed(text)).split())} "


def _difference(wanted: Sequence[Findable], rows: Iterable[Findable]) -> Plan:
    held: dict[Hashable, Findable] = {}
    made = Plan()
    for row in rows:
        if _key(row) in held:
            made.stale.append(row.pk)
        held.setdefault(_key(row), row)
    for new in wanted:
        if _key(new) not in held:
            made.created.append(new)
            continue
        old = held.pop(_key(new))
        if _said(old) != _said(new):
            for name in _FIELDS:
                setattr(old, name, getattr(new, name))
            made.changed.append(old)
    made.stale += [row.pk for row in held.values()]
    return made


def _key(row: Findable) -> Hashable:
    return row.page_id, row.entry_id, row.person_id if row.page_id is None else None


def _said(row: Findable) -> Mapping[str, Any]:
    return {name: getattr(row, name) for name in _FIELDS}


def _write(made: Plan) -> None:
    insert_many(Findable, made.created)
    update_many(Findable, made.changed, [name.removesuffix("_id") for name in _FIELDS], batch_size=50)
    for some in batched(made.stale, 500, strict=False):
        Findable.objects.filter(pk__in=some).delete()
