"""The search itself: four statements, five with a kind, whatever is asked and however much there is; two while what was
found is kept (hubs.caching)."""

from collections import Counter
from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import Any, NamedTuple

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Length

from nexus.accounts.actor import Actor
from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence
from nexus.hubs.caching import Basis, cached
from nexus.knowledge.access import visible_entries
from nexus.knowledge.models import Topic
from nexus.search import language
from nexus.search.access import visible_findables
from nexus.search.folding import composed, edges, fold
from nexus.search.language import Query, as_path_words
from nexus.search.models import Findable
from nexus.search.results import ENTRY_KINDS, KINDS, Results
from nexus.search.showing import Wanted, shown

#: How many of the best are ranked, counted and paged through; whoever needs the next one had better say more.
WINDOW = 1000
MAX_LIMIT = 100
MAX_TOPICS = 10

# Why something was found, best first. A person or hub is found by its name alone.
SAME_ERROR, EXACT, SIMILAR_ERROR, IN_TITLE, IN_ENTRY, SAME_CLASS, LISTED, IN_PATH, IN_TEXT = range(9)
_MATCHES = {SAME_ERROR: "same error", SIMILAR_ERROR: "similar error", SAME_CLASS: "similar error"}
_TOPIC = "topic"
#: What says little more than its name: its topic gathers all of it, so that it comes after what says something.
_NAMES = Q(kind__in=("technology", "concept"))


class _Hit(NamedTuple):
    """A thing found: how well, what, and which row (its id) or topic (its slug)."""

    rank: int
    kind: str
    key: Any


def search(actor: Actor, query: str, *, hub: str = "", kind: str = "", limit: int = 20, cursor: str = "") -> Results:
    """What `actor` may see of what `query` asks for, best first.

    query: what somebody typed or pasted, in the language of `language.parsed`; any text is one. hub, kind: a hub's slug and
    one of KINDS, as the operators of that name; a hub that may not be seen finds nothing. limit: 1 to MAX_LIMIT; cursor:
    `Results.next` of the page before. What may not be seen is neither found nor counted.
    Order: the same error, the title or topic itself, titles, what entries say, technologies and concepts that are named,
    paths, texts; in each solved challenges first, then the newest. Raises Invalid (kind, limit, cursor).
    """
    start = _checked(kind, limit, cursor)
    asked = language.parsed(query)
    if asked.is_empty and not (hub or kind):
        return Results(facets={})
    found = _found(Basis(actor), query, hub, kind)
    hits = [_Hit(*hit) for hit in found["hits"]]
    page = hits[start : start + limit]
    return Results(
        shown(actor, [Wanted(hit.kind, hit.key, _MATCHES.get(hit.rank, "")) for hit in page], asked.words),
        found["facets"],
        str(start + limit) if len(hits) > start + limit else "",
        found["is_cut"],
        _named(asked),
        asked.words,
    )


@cached
def _found(basis: Basis, query: str, hub: str, kind: str) -> dict[str, Any]:
    """Which things are found, in order, and how many of each kind. What is shown of them is read anew each time."""
    asked = language.parsed(query)
    kind = kind or asked.kind
    hubs = [composed(slug) for slug in (hub, asked.hub) if slug]
    everything = _ranked(_narrowed(visible_findables(basis.actor), asked, hubs), asked)
    topics = [] if asked.person or asked.topic else _topics(basis.actor, asked, hubs)
    hits = _hits(everything.filter(kind=kind) if kind else everything, topics if kind in {"", _TOPIC} else [])
    counted = _hits(everything, topics) if kind else hits
    return {"hits": hits, "facets": _facets(counted), "is_cut": max(len(hits), len(counted)) >= WINDOW}


def _checked(kind: str, limit: int, cursor: str) -> int:
    """Where the page asked for begins."""
    if kind and kind not in KINDS:
        raise Invalid(
            Sentence("There is no such kind."),
            field="kind",
            value=kind,
            remedy=Sentence("One of %(choices)s.", choices=", ".join(KINDS)),
        )
    if not 1 <= limit <= MAX_LIMIT:
        raise Invalid(
            Sentence("That is no limit."),
            field="limit",
            value=limit,
            remedy=Sentence("A number from 1 to %(most)s.", most=MAX_LIMIT),
        )
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 5):
        raise Invalid(
            Sentence("That is no cursor."),
            field="cursor",
            value=cursor,
            remedy=Sentence("Take the one that came as `next`."),
        )
    return int(cursor or 0)


def _named(asked: Query) -> str:
    if asked.error is None or not asked.is_error:
        return ""
    return ": ".join(part for part in (asked.error.error_class, asked.error.message) if part)


# --- What is found --------------------------------------------------------------------------------------------------


def _narrowed(scope: QuerySet[Findable], asked: Query, hubs: Sequence[str]) -> QuerySet[Findable]:
    for slug in hubs:
        scope = scope.filter(hub__slug=slug)
    if asked.person:
        named = scope.filter(kind="person", head__contains=fold(asked.person).strip()).values("person")
        scope = scope.filter(Q(person__handle=asked.person.lower()) | Q(person__in=named))
    if asked.topic:
        scope = scope.filter(entry__in=_about(asked.topic))
    for word in asked.excluded:
        scope = scope.exclude(_anywhere(word))
    return scope


def _about(slug: str) -> QuerySet[Any]:
    return Topic.entries.through.objects.filter(topic=slug).values("entry")


def _ranked(scope: QuerySet[Findable], asked: Query) -> Any:
    """The rows that are found, each with its `rank`, in order."""
    if asked.is_error:
        scope, rank = _like_the_error(scope, asked)
    elif asked.words:
        scope, rank = _with_the_words(scope, asked)
    else:
        rank = Case(default=Value(IN_TEXT), output_field=IntegerField())
    return scope.annotate(rank=rank).order_by("rank", "-is_solved", "-at", "-pk")


def _with_the_words(scope: QuerySet[Findable], asked: Query) -> tuple[QuerySet[Findable], Case]:
    # The longest word first: it is the rarest, and the others are then compared with few texts.
    words = sorted(asked.words, key=len, reverse=True)
    found = reduce(and_, (_anywhere(word) for word in words))
    in_head = reduce(and_, (_has("head", word) for word in words))
    in_path = reduce(and_, (_has("path", word) for word in as_path_words(words) if word), Q())
    titles = Q(head=f" {asked.title} ")
    if asked.other_name:
        found |= _anywhere(asked.other_name)
        in_head |= _has("head", asked.other_name)
        titles |= Q(head=f" {asked.other_name} ")
    same = _same_error(asked)
    entry = Q(kind__in=ENTRY_KINDS)
    rank = _rank(same, (_NAMES, LISTED), (titles, EXACT), (in_head, IN_TITLE), (entry, IN_ENTRY), (in_path, IN_PATH))
    return scope.filter(found | same if same else found), rank


def _like_the_error(scope: QuerySet[Findable], asked: Query) -> tuple[QuerySet[Findable], Case]:
    """What met this error, or has most of its words, or an error of its class."""
    same = _same_error(asked)
    class_ = fold(asked.error.error_class).strip()[:80] if asked.error else ""
    same_class = Q(error_class=class_) if class_ else Q()
    alike = Q()
    if asked.words:
        said = {word: _has("body", word) | _has("head", word) for word in asked.words}
        scope = scope.annotate(common=sum(map(_one_if, said.values()), start=Value(0)))
        # Whatever has so many of them has one of these; comparing with all of them is for what has.
        some = asked.words[: len(asked.words) - asked.needed + 1]
        alike = reduce(or_, (said[word] for word in some)) & Q(common__gte=asked.needed)
    found = reduce(or_, (q for q in (same, alike, same_class) if q))
    rank = _rank(
        same,
        (alike & (same_class | Q(kind="challenge")) if alike else Q(), SIMILAR_ERROR),
        (alike & Q(kind__in=ENTRY_KINDS) if alike else Q(), IN_ENTRY),
        (same_class, SAME_CLASS),
    )
    return scope.filter(found), rank


def _same_error(asked: Query) -> Q:
    return Q(fingerprint=asked.error.digest) if asked.error else Q()


def _rank(same: Q, *others: tuple[Q, int]) -> Case:
    whens = [When(condition, then=Value(rank)) for condition, rank in ((same, SAME_ERROR), *others) if condition]
    return Case(*whens, default=Value(IN_TEXT), output_field=IntegerField())


def _one_if(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _has(field: str, word: str) -> Q:
    before, after = edges(word)
    return Q(**{f"{field}__contains": before + word + after})


def _anywhere(word: str) -> Q:
    (in_path,) = as_path_words([word])
    found = _has("body", word) | _has("head", word)
    return found | _has("path", in_path) if in_path else found


def _topics(actor: Actor, asked: Query, hubs: Sequence[str]) -> list[_Hit]:
    """Topics that somebody whom the actor may read has written about; the one that the query names first."""
    if asked.is_error or not asked.words:
        return []
    said = visible_entries(actor).filter(topics=OuterRef("pk"))
    for slug in hubs:
        said = said.filter(hub__slug=slug)
    parts = [part for word in asked.words for part in as_path_words([word])[0].split()]
    words = reduce(and_, (_in_slug(part) for part in parts), Q(pk__gt=""))
    without = [Q(slug__contains=part) for word in asked.excluded for part in as_path_words([word])[0].split()[:1]]
    named = Topic.objects.filter((Q(slug=asked.topic_slug) | words) & ~reduce(or_, without, Q(pk=""))).filter(
        Exists(said)
    )
    exact = Case(When(slug=asked.topic_slug, then=Value(EXACT)), default=Value(IN_TITLE), output_field=IntegerField())
    rows = named.annotate(rank=exact, size=Length("slug")).order_by("rank", "size", "slug")
    return [_Hit(rank, _TOPIC, slug) for rank, slug in rows.values_list("rank", "slug")[:MAX_TOPICS]]


def _in_slug(part: str) -> Q:
    if edges(part) == ("", ""):
        return Q(slug__contains=part)
    return Q(slug=part) | Q(slug__startswith=f"{part}-") | Q(slug__contains=f"-{part}")


# --- What is done with it -------------------------------------------------------------------------------------------


def _hits(rows: Any, topics: Sequence[_Hit]) -> list[_Hit]:
    """The best WINDOW of both, in order; a person who wrote in several hubs once."""
    found: list[_Hit] = []
    people: set[Any] = set()
    for rank, kind, key, person in rows.values_list("rank", "kind", "pk", "person")[:WINDOW]:
        if kind == "person":
            if person in people:
                continue
            people.add(person)
        found.append(_Hit(rank, kind, key))
    return sorted([*topics, *found], key=lambda hit: hit.rank)[:WINDOW]


def _facets(hits: Sequence[_Hit]) -> dict[str, int]:
    counts = Counter(hit.kind for hit in hits)
    return {kind: counts[kind] for kind in KINDS if counts[kind]}
