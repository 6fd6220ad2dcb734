"""The search itself: four statements, five with a kind, whatever is asked and however much there is; two while what was
found is kept (hubs.caching)."""

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from nexus.accounts.actor import Actor
from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence
from nexus.hubs import following
from nexus.hubs.caching import Basis, cached
from nexus.search import finding, language
from nexus.search.finding import WINDOW
from nexus.search.folding import composed
from nexus.search.language import Query
from nexus.search.results import KINDS, Results
from nexus.search.showing import Wanted, shown
from nexus.search.sought import Things, Topics
from nexus.statements.prepared import Prepared

MAX_LIMIT = 100

_MATCHES = {
    finding.SAME_ERROR: "same error",
    finding.SIMILAR_ERROR: "similar error",
    finding.SAME_CLASS: "similar error",
}
_TOPIC = "topic"


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
    is_of_topics = asked.words and not (asked.person or asked.topic or asked.is_error)
    topics = _topics(basis.actor, Topics.of(asked, hubs)) if is_of_topics else []
    hits = _things(basis.actor, Things.of(asked, hubs, kind), topics if kind in {"", _TOPIC} else [])
    counted = _things(basis.actor, Things.of(asked, hubs), topics) if kind else hits
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


def _topics(actor: Actor, sought: Topics) -> list[_Hit]:
    """Topics that somebody whom the actor may read has written about; the one that the query names first."""
    return [_Hit(rank, _TOPIC, slug) for rank, slug in _asked(finding.topics, actor, sought)]


def _things(actor: Actor, sought: Things, topics: Sequence[_Hit]) -> list[_Hit]:
    """The best WINDOW of both, in order; a person who wrote in several hubs once."""
    following.catch_up()
    found: list[_Hit] = []
    people: set[Any] = set()
    for rank, kind, key, person in _asked(finding.things, actor, sought):
        if kind == "person":
            if person in people:
                continue
            people.add(person)
        found.append(_Hit(rank, kind, key))
    return sorted([*topics, *found], key=lambda hit: hit.rank)[:WINDOW]


def _asked(build: Callable[..., Any], actor: Actor, sought: Things | Topics) -> list[tuple[Any, ...]]:
    values = sought.values()
    return _prepared(build, tuple(values)).rows(actor.form, sought.form(), user=actor.user_id, **values)


@functools.lru_cache(256)
def _prepared(build: Callable[..., Any], names: tuple[str, ...]) -> Prepared[tuple[Any, ...]]:
    return Prepared(build, user=UUID | None, **dict.fromkeys(names, str))


def _facets(hits: Sequence[_Hit]) -> dict[str, int]:
    counts = Counter(hit.kind for hit in hits)
    return {kind: counts[kind] for kind in KINDS if counts[kind]}
