"""What is found, and in which order: the querysets of a search, built of what is sought or of what stands for it."""

from functools import reduce
from operator import and_, or_
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Length

from nexus.accounts.actor import Actor
from nexus.knowledge.access import visible_entries
from nexus.knowledge.models import Topic
from nexus.search.access import visible_findables
from nexus.search.models import Findable
from nexus.search.results import ENTRY_KINDS
from nexus.search.sought import Part, Things, Topics, Word

#: How many of the best are ranked, counted and paged through; whoever needs the next one had better say more.
WINDOW = 1000
MAX_TOPICS = 10

# Why something was found, best first. A person or hub is found by its name alone.
SAME_ERROR, EXACT, SIMILAR_ERROR, IN_TITLE, IN_ENTRY, SAME_CLASS, LISTED, IN_PATH, IN_TEXT = range(9)
#: What says little more than its name: its topic gathers all of it, so that it comes after what says something.
_NAMES = Q(kind__in=("technology", "concept"))


def topics(actor: Actor, form: Topics, *, user: UUID | None, **values: str) -> QuerySet[Topic, tuple[Any, ...]]:  # noqa: ARG001  the actor is whose form it is
    """The rank and slug of topics that somebody whom the actor may read has written about."""
    sought = form.filled(values)
    said = visible_entries(actor).filter(topics=OuterRef("pk"))
    for slug in sought.hubs:
        said = said.filter(hub__slug=slug)
    words = reduce(and_, map(_in_slug, sought.parts), Q(pk__gt=""))
    without = [Q(slug__contains=part) for part in sought.excluded]
    is_named = Q(slug=sought.slug) if sought.slug else Q(pk="")
    named = Topic.objects.filter((is_named | words) & ~reduce(or_, without, Q(pk=""))).filter(Exists(said))
    exact = Case(When(is_named, then=Value(EXACT)), default=Value(IN_TITLE), output_field=IntegerField())
    rows = named.annotate(rank=exact, size=Length("slug")).order_by("rank", "size", "slug")
    return rows.values_list("rank", "slug")[:MAX_TOPICS]


def things(actor: Actor, form: Things, *, user: UUID | None, **values: str) -> QuerySet[Findable, tuple[Any, ...]]:  # noqa: ARG001  the same
    """The rank, kind, key and person of what is in the index, best first."""
    sought = form.filled(values)
    scope = _narrowed(visible_findables(actor), sought)
    if sought.is_error:
        scope, rank = _like_the_error(scope, sought)
    elif sought.words:
        scope, rank = _with_the_words(scope, sought)
    else:
        rank = Case(default=Value(IN_TEXT), output_field=IntegerField())
    rows: QuerySet[Any, Any] = scope.annotate(rank=rank).order_by("rank", "-is_solved", "-at", "-pk")
    return rows.values_list("rank", "kind", "pk", "person")[:WINDOW]


def _narrowed(scope: QuerySet[Findable], sought: Things) -> QuerySet[Findable]:
    if sought.kind:
        scope = scope.filter(kind=sought.kind)
    for slug in sought.hubs:
        scope = scope.filter(hub__slug=slug)
    if sought.handle:
        of = Q(person__handle=sought.handle)
        if sought.person:
            of |= Q(person__in=scope.filter(kind="person", head__contains=sought.person).values("person"))
        scope = scope.filter(of)
    if sought.topic:
        scope = scope.filter(entry__in=Topic.entries.through.objects.filter(topic=sought.topic).values("entry"))
    for word in sought.excluded:
        scope = scope.exclude(_anywhere(word))
    return scope


def _with_the_words(scope: QuerySet[Findable], sought: Things) -> tuple[QuerySet[Findable], Case]:
    found = reduce(and_, map(_anywhere, sought.words))
    in_head = reduce(and_, (Q(head__contains=word.text) for word in sought.words))
    in_path = reduce(and_, (Q(path__contains=word.path) for word in sought.words if word.path), Q())
    titles = Q(head=sought.title)
    if sought.other:
        found |= _anywhere(sought.other)
        in_head |= Q(head__contains=sought.other.text)
        titles |= Q(head=sought.other_title)
    same = _same_error(sought)
    entry = Q(kind__in=ENTRY_KINDS)
    rank = _rank(same, (_NAMES, LISTED), (titles, EXACT), (in_head, IN_TITLE), (entry, IN_ENTRY), (in_path, IN_PATH))
    return scope.filter(found | same if same else found), rank


def _like_the_error(scope: QuerySet[Findable], sought: Things) -> tuple[QuerySet[Findable], Case]:
    """What met this error, or has most of its words, or an error of its class."""
    same = _same_error(sought)
    same_class = Q(error_class=sought.error_class) if sought.error_class else Q()
    alike = Q()
    if sought.words:
        said = [Q(body__contains=word.text) | Q(head__contains=word.text) for word in sought.words]
        scope = scope.annotate(common=sum(map(_one_if, said), start=Value(0)))
        # Whatever has so many of them has one of these; comparing with all of them is for what has.
        alike = reduce(or_, said[: len(said) - sought.needed + 1]) & Q(common__gte=sought.needed)
    found = reduce(or_, (q for q in (same, alike, same_class) if q))
    rank = _rank(
        same,
        (alike & (same_class | Q(kind="challenge")) if alike else Q(), SIMILAR_ERROR),
        (alike & Q(kind__in=ENTRY_KINDS) if alike else Q(), IN_ENTRY),
        (same_class, SAME_CLASS),
    )
    return scope.filter(found), rank


def _same_error(sought: Things) -> Q:
    return Q(fingerprint=sought.digest) if sought.digest else Q()


def _rank(same: Q, *others: tuple[Q, int]) -> Case:
    whens = [When(condition, then=Value(rank)) for condition, rank in ((same, SAME_ERROR), *others) if condition]
    return Case(*whens, default=Value(IN_TEXT), output_field=IntegerField())


def _one_if(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _anywhere(word: Word) -> Q:
    found = Q(body__contains=word.text) | Q(head__contains=word.text)
    return found | Q(path__contains=word.path) if word.path else found


def _in_slug(part: Part) -> Q:
    within = Q(slug__contains=part.within)
    return Q(slug=part.alone) | Q(slug__startswith=part.first) | within if part.alone else within
