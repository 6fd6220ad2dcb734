"""Reads about entries and topics. Each begins at `access.visible_entries(actor)`, so what may not be seen is not counted."""

import datetime
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import batched
from typing import Any

from django.db.models import BinaryField, Case, Count, F, Min, Q, QuerySet, SmallIntegerField, Value, When
from django.db.models.functions import Coalesce, Least, Substr

from nexus.accounts.actor import Actor
from nexus.accounts.models import Person
from nexus.base.errors import NotFound
from nexus.hubs import following
from nexus.hubs.access import hub_for
from nexus.hubs.caching import Basis, cached
from nexus.hubs.models import Hub
from nexus.knowledge.access import decided_entries, visible_entries
from nexus.knowledge.models import Entry, EntryKind, Topic, Verdict
from nexus.knowledge.reasons import CLOSED_FORMS, DOUBTFUL, PROBLEMS
from nexus.knowledge.strips import Strip, Told, strips
from nexus.markdown import topic_name
from nexus.pages.models import Page
from nexus.pages.queries import authors

#: How many bytes of a passage, and around it, are read to be shown.
PASSAGE_BYTES, AROUND_BYTES = 8_000, 1_200
#: Ways of being found that say no more than a name.
BARE = ("listed-name", "category-with-names", "names-in-description", "name-in-sentence")
#: The entries that name a topic: how they spell it is how it is called where the vocabulary has no name.
NAMING = Q(kind__in=(EntryKind.TECHNOLOGY, EntryKind.CONCEPT))
#: The longest list of any of these queries.
LIMIT = 200


@dataclass(frozen=True, slots=True)
class Scope:
    """What is read together: a hub, a person, a person in a hub, a topic in either, or all that one may see."""

    hub: Hub | None = None
    person: Person | None = None
    topic: str = ""


EVERYWHERE = Scope()


def within(actor: Actor, scope: Scope) -> QuerySet[Entry]:
    """The entries of a scope that exist for `actor`, in no order."""
    return _named(actor, *_names(scope))


def entries(actor: Actor, hub: str, *, kind: str = "") -> QuerySet[Entry]:
    """What the pages of a hub say, of one kind or all, page by page in the text's order. Raises NotFound."""
    found = within(actor, Scope(hub_for(actor, hub)))
    if kind:
        found = found.filter(kind=kind)
    return found.select_related("page").order_by("page__path", "start", "ordinal", "pk")


def found_in(actor: Actor, page: Page) -> QuerySet[Entry]:
    """What a page says, in the text's order; one statement."""
    return visible_entries(actor).filter(page=page).order_by("start", "ordinal", "pk")


def decided_in(actor: Actor, page: Page) -> dict[tuple[str, int], str]:
    """What was decided about what the rules find in a page's text: by what it was found as and where it begins, the kind
    it is of, "" for nothing; one statement, and one more right after the page was changed."""
    fields = ("version", "found_as", "start", "kind", "verdict")
    rows = list(decided_entries(actor).filter(page=page).values_list(*fields))
    if any(version != page.head_id for version, *_ in rows) and following.catch_up():
        rows = list(decided_entries(actor).filter(page=page).values_list(*fields))
    return {
        (found_as, start): "" if verdict == Verdict.NOT_THIS else kind
        for version, found_as, start, kind, verdict in rows
        if version == page.head_id
    }


def doubtful(actor: Actor, hub: Hub, page: Page | None = None, *, limit: int) -> list[Entry]:
    """Finds of a hub, or of a page, of which the rules are not sure and nobody decided, with page and passage; one's own
    first, then the newest; one statement. For those who may decide."""
    found = visible_entries(actor).filter(hub=hub, verdict=None, confidence__lt=DOUBTFUL)
    found = found.exclude(kind=EntryKind.CHALLENGE, reason__in=PROBLEMS)  # as `reasons.is_doubtful`
    return _own_first(actor, found, page, limit)


def thin(actor: Actor, hub: Hub, page: Page | None = None, *, limit: int) -> list[Entry]:
    """Challenges of a hub, or of a page, that leave something open and into whose text an answer can be written, in the same
    order, with page and passage; one statement."""
    open_parts = Q(error_text=None) | Q(cause=None) | Q(solution=None)
    found = visible_entries(actor).filter(open_parts, hub=hub, kind=EntryKind.CHALLENGE, found_as=EntryKind.CHALLENGE)
    return _own_first(actor, found.exclude(reason__in=CLOSED_FORMS), page, limit)


def _own_first(actor: Actor, found: QuerySet[Entry], page: Page | None, limit: int) -> list[Entry]:
    if page:
        found = found.filter(page=page).order_by("start", "ordinal", "pk")
    else:
        mine = (
            Person.objects.filter(user_id=actor.user_key).values("pk") if actor.is_signed_in else Person.objects.none()
        )
        is_mine = Case(When(person__in=mine, then=0), default=1, output_field=SmallIntegerField())
        found = found.order_by(is_mine, "-since", "page__path", "start", "pk")
    return list(with_passage(found).select_related("page", "hub", "person")[:limit])


def counts(basis: Basis, scope: Scope) -> Mapping[str, int]:
    """How many entries of each kind a scope has, of technologies and concepts how many topics; two statements, or none."""
    return _counts(basis, *_names(scope))


def _names(scope: Scope) -> tuple[uuid.UUID | None, uuid.UUID | None, str]:
    """A scope as the arguments of something that is kept."""
    return scope.hub.pk if scope.hub else None, scope.person.pk if scope.person else None, scope.topic


def _named(actor: Actor, hub: uuid.UUID | None, person: uuid.UUID | None, topic: str) -> QuerySet[Entry]:
    """The entries of the scope with these names."""
    named = {"hub": hub, "person": person, "topics": topic}
    return visible_entries(actor).filter(**{name: key for name, key in named.items() if key})


@cached
def _counts(basis: Basis, hub: uuid.UUID | None, person: uuid.UUID | None, topic: str) -> dict[str, int]:
    found = _named(basis.actor, hub, person, topic)
    listed = (EntryKind.CHALLENGE, EntryKind.PRACTICE, EntryKind.PROJECT)
    rows: Any = found.filter(kind__in=listed).values_list("kind").annotate(n=Count("pk")).order_by()
    named = found.filter(NAMING)
    topics: Any = named.values_list("kind").annotate(n=Count("topics", distinct=True)).order_by()
    return dict(rows) | dict(topics)


def kinds_in(actor: Actor, pages: Iterable[uuid.UUID]) -> Counter[str]:
    """How many entries of each kind some pages have; a statement for each 500 pages."""
    found: Counter[str] = Counter()
    for some in batched(pages, 500, strict=False):
        said = visible_entries(actor).filter(page__in=some).order_by().values_list("kind")
        found.update(dict(said.annotate(n=Count("pk"))))
    return found


def newest(
    actor: Actor,
    scope: Scope,
    kind: str,
    *,
    solved: bool | None = None,
    after: uuid.UUID | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Entries of one kind with page, hub and person, newest first: at most `limit` that follow the entry `after`.

    `solved` True or False leaves only the challenges that tell a solution, or do not. One statement, two with `after`.
    """
    found = within(actor, scope).filter(kind=kind)
    if solved is not None:
        found = found.filter(solution__isnull=not solved)
    if after is not None:
        last = visible_entries(actor).filter(pk=after).values_list("since", flat=True).first()
        if last is None:
            raise NotFound
        found = found.filter(Q(since__lt=last) | Q(since=last, pk__lt=after))
    return list(found.select_related("page", "hub", "person").order_by("-since", "-pk")[: min(limit, LIMIT)])


class _Moment(Value):
    """A moment in the place of none. A literal is text for MySQL and MariaDB, and would make text of what is beside it."""

    def as_mysql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, params = self.as_sql(compiler, connection)
        return f"CAST({sql} AS datetime(6))", params


def told(actor: Actor, scope: Scope, kind: str = "", *, solved: bool | None = None) -> QuerySet[Entry]:
    """Entries with page, hub, person, version and topics, in no order, each with `at`, when it was first said: never null.

    `solved` True or False leaves only the challenges that tell a solution, or do not. Two statements when read.
    """
    found = within(actor, scope)
    if kind:
        found = found.filter(kind=kind)
    if solved is not None:
        found = found.filter(kind=EntryKind.CHALLENGE, solution__isnull=not solved)
    found = found.annotate(at=Coalesce("since", _Moment(datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC))))
    return found.select_related("page", "hub", "person", "version").prefetch_related("topics")


def of_week(actor: Actor, scope: Scope, week: int, start: datetime.date | None, *, limit: int = LIMIT) -> list[Entry]:
    """What was said in a week of a program whose first began at `start`, in the text's order; one statement."""
    when = Q(week=week)
    if start is not None:
        monday = start + datetime.timedelta(weeks=week - 1)
        when |= Q(week=None, day__gte=monday, day__lt=monday + datetime.timedelta(weeks=1))
    found = within(actor, scope).filter(when).select_related("page", "hub", "person")
    return list(found.order_by("page__path", "start", "ordinal", "pk")[: min(limit, LIMIT)])


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic in a list: how many people wrote about it in how many entries."""

    slug: str
    name: str
    people: int
    entries: int


def topics(basis: Basis, scope: Scope, kind: str = "", *, limit: int = LIMIT) -> list[TopicLine]:
    """The topics of a scope, those that most people wrote about first; one statement, or none."""
    rows = _most_told(basis, *_names(scope), kind, min(limit, LIMIT))
    return [TopicLine(*row) for row in rows]


@cached
def _most_told(
    basis: Basis, hub: uuid.UUID | None, person: uuid.UUID | None, topic: str, kind: str, limit: int
) -> list[Any]:
    found = _naming(_named(basis.actor, hub, person, topic), kind).order_by("-people", "-n", "topics")
    return [astuple(line) for line in _topic_lines(found[:limit])]


def named(actor: Actor, scope: Scope, kind: str = "", *, after: str = "", limit: int = LIMIT) -> list[TopicLine]:
    """The topics of a scope by slug, those behind `after`; one statement."""
    found = _naming(within(actor, scope), kind).filter(topics__gt=after).order_by("topics")
    return _topic_lines(found[: min(limit, LIMIT)])


def _naming(within_scope: QuerySet[Entry], kind: str) -> Any:
    """A row for each topic of a scope: its slug, who wrote about it in how many entries (of a kind), and its spelling."""
    found = within_scope.filter(topics__isnull=False)
    if kind:
        found = found.filter(kind=kind)
    return found.values("topics").annotate(
        people=Count("person", distinct=True), n=Count("pk", distinct=True), spelling=Min("title", filter=NAMING)
    )


def topic_title(slug: str, spelling: str | None = None) -> str:
    """How a topic is written: as the vocabulary has it, as people spell it, or its slug in words."""
    return topic_name(slug) or spelling or slug.replace("-", " ")


def _topic_lines(rows: Any) -> list[TopicLine]:
    return [
        TopicLine(row["topics"], topic_title(row["topics"], row["spelling"]), row["people"], row["n"]) for row in rows
    ]


def passages(actor: Actor, scope: Scope, kinds: Sequence[str], *, limit: int = 10) -> list[Entry]:
    """What says most, first: entries with page, hub and person and `passage`, the bytes of the text they were read from.

    An entry that only lists a name is left out. One statement.
    """
    found = within(actor, scope).filter(kind__in=kinds).exclude(reason__in=BARE)
    rows = with_passage(found).select_related("page", "hub", "person").annotate(length=F("end") - F("start"))
    return list(rows.order_by("-length", "-since", "-pk")[:limit])


def with_passage(found: QuerySet[Entry], around: int = 0) -> QuerySet[Entry]:
    """Adds `passage`: the bytes of an entry's text, at most PASSAGE_BYTES, and `around` more on either side; `before` says
    how many bytes stand in front of it."""
    before = Least(F("start"), Value(around))
    length = Least(F("end") - F("start"), Value(PASSAGE_BYTES)) + before + Value(around)
    bytes_of = Substr("version__blob__data", F("start") - before + Value(1), length, output_field=BinaryField())
    return found.annotate(before=before, passage=bytes_of)


@dataclass(frozen=True, slots=True)
class Mentions:
    """Who speaks of a topic."""

    people: int
    #: How many of them only list its name.
    listing: int
    spellings: list[str]
    #: Handle, name and number of entries of those who say most.
    tellers: list[tuple[str, str, int]]


def mentions(actor: Actor, scope: Scope) -> Mentions:
    """Who speaks of the scope's topic, and how they spell it; three statements. Raises NotFound when nobody does."""
    found = within(actor, scope)
    bare = Q(reason__in=BARE)
    said = found.aggregate(
        people=Count("person", distinct=True), telling=Count("person", distinct=True, filter=~bare), n=Count("pk"),
    )  # fmt: skip
    if not said["n"]:
        raise NotFound
    named = found.filter(NAMING)
    spelt: Any = named.values_list("title").annotate(n=Count("pk")).order_by("-n", "title")[:8]
    by: Any = (
        found.exclude(person=None).values_list("person__handle", "person__name").annotate(n=Count("pk", distinct=True))
    )
    tellers = list(by.order_by("-n", "person__handle")[:24])
    return Mentions(said["people"], said["people"] - said["telling"], [title for title, _ in spelt], tellers)


def who_on_what(
    actor: Actor, scope: Scope, slugs: Sequence[str], *, limit: int = 2_000
) -> list[tuple[str, str, str, int]]:
    """(handle, name, topic, entries) of who wrote about which of the topics, the most first; one statement."""
    found: Any = within(actor, scope).exclude(person=None).filter(topics__in=list(slugs))
    rows = found.values_list("person__handle", "person__name", "topics").annotate(n=Count("pk", distinct=True))
    return list(rows.order_by("-n", "person__handle", "topics")[:limit])


def entry(actor: Actor, hub: str, entry_id: uuid.UUID) -> Entry:
    """One entry with page, hub, person, version, its passage and what stands around it; one statement. Raises NotFound."""
    rows = with_passage(visible_entries(actor).filter(hub__slug=hub, pk=entry_id), AROUND_BYTES)
    found = rows.select_related("page", "hub", "person", "version__change__author").first()
    if found is None:
        raise NotFound
    return found


def entry_at(actor: Actor, page: Page, kind: str, start: int) -> Entry:
    """The entry of a kind that a page says at a byte offset. Raises NotFound."""
    found = visible_entries(actor).filter(page=page, kind=kind, start=start).order_by("ordinal").first()
    if found is None:
        raise NotFound
    return found


def topics_of(actor: Actor, of: Entry) -> list[tuple[str, str]]:
    """Slug and name of the topics of an entry, those most people in its hub write about first; one statement."""
    rows: Any = (
        visible_entries(actor)
        .filter(hub=of.hub_id, topics__in=Topic.objects.filter(entries=of))
        .values_list("topics")
        .annotate(people=Count("person", distinct=True), spelling=Min("title", filter=NAMING))
        .order_by("-people", "topics")[:30]
    )
    return [(slug, topic_title(slug, spelling)) for slug, _, spelling in rows]


def is_met(actor: Actor, fingerprint: str) -> bool:
    """Whether a challenge with that error may be read; one statement."""
    return visible_entries(actor).filter(fingerprint=fingerprint).exists()


def same_error(actor: Actor, of: Entry, *, limit: int = 10) -> list[Entry]:
    """The other challenges that met the same error, solved ones first; one statement, none without an error."""
    if of.fingerprint is None:
        return []
    others = visible_entries(actor).filter(fingerprint=of.fingerprint).exclude(pk=of.pk)
    rows = others.select_related("page", "hub", "person").order_by(F("solution").asc(nulls_last=True), "-since")
    return sorted(rows[:limit], key=lambda row: row.solution is None)


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody in a list: what they wrote in a hub, and when."""

    person: Person
    hub: Hub
    changes: int
    challenges: int
    topics: int
    latest: datetime.datetime
    strip: Strip | None


def people(
    actor: Actor, hub: Hub | None = None, person: Person | None = None, *, limit: int = LIMIT
) -> list[PersonLine]:
    """Who wrote in a hub, or in all, the latest first, with their weeks; a line for each hub. At most five statements."""
    lines = authors(actor, hub, person, limit=min(limit, LIMIT))
    found = visible_entries(actor).filter(
        person__in={line.person for line in lines}, hub__in={line.hub for line in lines}
    )
    named = Q(kind__in=(EntryKind.TECHNOLOGY, EntryKind.CONCEPT))
    rows: Any = (
        found.values_list("person", "hub")
        .annotate(
            challenges=Count("pk", distinct=True, filter=Q(kind=EntryKind.CHALLENGE)),
            named=Count("topics", distinct=True, filter=named),
        )
        .order_by()
    )
    said = {(person, hub): (challenges, named) for person, hub, challenges, named in rows}
    dated: Any = found.exclude(week=None, day=None).values_list("person", "hub", "week", "day")
    weeks = strips(Told(*row) for row in dated.annotate(n=Count("pk")).order_by())
    persons = Person.objects.in_bulk({line.person for line in lines})
    hubs = Hub.objects.in_bulk({line.hub for line in lines})
    return [
        PersonLine(
            persons[line.person], hubs[line.hub], line.changes, *said.get((line.person, line.hub), (0, 0)), line.latest,
            weeks.get((line.person, line.hub)),
        )
        for line in lines
    ]  # fmt: skip
