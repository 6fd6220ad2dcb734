"""What our layer of GraphQL costs: a list of 50 pages with author and topics, beside graphql-core written by hand.

    python -m benchmarks.graphql

Against the configured database (DATABASE_URL; SQLite in a temporary folder without one). Both run the same statements and
give the same answer, which is checked; CPU time of this thread, in turns, medians. The hand-written schema has just the
types of this query, resolvers that read attributes, and no rights, limits, cost or masking.
"""

import statistics
import time
from typing import Any

from benchmarks.reading import TEXT, set_up

RUNS, TIMES, PAGES = 15, 10, 60
QUERY = """{ hub(slug: "graph") { pages(first: 50) { id path title author { handle name } topics { slug name } } } }"""


def make_graph() -> Any:
    """A hub whose pages have an author and topics each; its owner."""
    from nexus.accounts import actions as accounts
    from nexus.accounts.actor import Actor, Door
    from nexus.hubs import actions as hubs
    from nexus.hubs.activity import nudge
    from nexus.pages import actions

    people = [
        accounts.create_user(Actor.operator(), f"writer-{n}", f"w{n}@example.org", f"correct horse battery {n}")
        for n in range(5)
    ]
    actors = [Actor.of(user, Door.GRAPHQL) for user in people]
    hub = hubs.create_hub(actors[0], "graph")
    for user in people[1:]:
        hubs.set_member(actors[0], "graph", user.username, "learner")
    for n in range(PAGES):
        text = f"{TEXT.format(n=n)}\n## Technologies\n\n- **Tool{n}**: more\n"
        actions.create_page(actors[n % 5], "graph", f"page-{n}.md", text.encode())
    nudge(hub.pk)
    return actors[0]


def by_hand(actor: Any) -> Any:
    """The same in plain graphql-core: everything is read in the resolver of the list."""
    from graphql import (
        GraphQLArgument,
        GraphQLField,
        GraphQLID,
        GraphQLInt,
        GraphQLList,
        GraphQLNonNull,
        GraphQLObjectType,
        GraphQLSchema,
        GraphQLString,
    )  # fmt: skip

    from nexus.api.graphql.nouns.topics import of_pages
    from nexus.hubs.access import hub_for
    from nexus.pages.access import visible_paths, visible_versions

    def text(*, of: Any = GraphQLString) -> Any:
        return GraphQLField(GraphQLNonNull(of))

    def pages(hub: Any, _info: Any, first: int) -> Any:
        rows = list(visible_paths(actor).filter(kind="page", hub__in=[hub.pk]).order_by("-seq", "pk")[:first])
        heads = visible_versions(actor).filter(pk__in=[row.head_id for row in rows]).select_related("change__author")
        authors = {head.pk: head.change.author for head in heads}
        topics = of_pages(actor, rows, first=10)
        for row in rows:
            row.author, row.topics = authors[row.head_id], topics.get(row.pk, [])
        return rows

    def many(of: Any) -> Any:
        return GraphQLNonNull(GraphQLList(GraphQLNonNull(of)))

    person = GraphQLObjectType("Person", {"handle": text(), "name": text()})
    topic = GraphQLObjectType("Topic", {"slug": text(), "name": text()})
    page = GraphQLObjectType("Page", {
        "id": text(of=GraphQLID), "path": text(), "title": text(), "author": GraphQLField(GraphQLNonNull(person)),
        "topics": GraphQLField(many(topic)),
    })  # fmt: skip
    first = GraphQLArgument(GraphQLNonNull(GraphQLInt), default_value=10)
    hub = GraphQLObjectType("Hub", {"pages": GraphQLField(many(page), {"first": first}, pages)})
    slug = GraphQLArgument(GraphQLNonNull(GraphQLString))
    find = GraphQLField(hub, {"slug": slug}, lambda _root, _info, slug: hub_for(actor, slug))
    return GraphQLSchema(GraphQLObjectType("Query", {"hub": find}))


def spent(run: Any) -> float:
    """CPU seconds of this thread for TIMES runs."""
    begun = time.thread_time()
    for _ in range(TIMES):
        run()
    return time.thread_time() - begun


def statements(caught: Any) -> list[str]:
    """Their words, lists of ids in one order (a set has none)."""
    return ["".join(sorted(each["sql"])) for each in caught.captured_queries]


def main() -> None:
    set_up()
    actor = make_graph()

    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from graphql import graphql_sync

    from nexus.api.graphql import execution
    from nexus.api.graphql.requests import Asked

    written = by_hand(actor)

    def ours() -> Any:
        return execution.answer(Asked(QUERY, {}, None), actor, "")["data"]

    def anew() -> Any:
        execution._valid.clear()  # as if this text had never been sent before
        return ours()

    def theirs() -> Any:
        return graphql_sync(written, QUERY).data

    assert ours() == theirs()
    with CaptureQueriesContext(connection) as one:
        ours()
    with CaptureQueriesContext(connection) as other:
        theirs()
    differing = [pair for pair in zip(statements(one), statements(other), strict=True) if pair[0] != pair[1]]
    assert not differing, differing
    rows = [(spent(ours), spent(anew), spent(theirs)) for _ in range(RUNS)]
    known, new, hand = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"{connection.vendor}: {len(one)} statements; by hand {hand / TIMES * 1000:.1f} ms")
    print(f"ours, a query that was sent before: {known / hand:.2f} of it; one that is new: {new / hand:.2f}")


if __name__ == "__main__":
    main()
