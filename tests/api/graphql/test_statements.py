"""S24: any query that is allowed, with 50 of each list, takes at most 12 statements; and the same for 1 item as for 30."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import parse
from tests.api.graphql.graph import at_random, lists_in, make_graph, query_along, routes

from nexus.api.graphql import limits
from nexus.api.graphql.schema import schema
from nexus.api.graphql.subscriptions import subscription
from nexus.base.errors import Invalid
from nexus.hubs.models import Hub
from nexus.pages import actions, guard
from nexus.pages.events import events
from nexus.pages.models import Reviewed, Version

pytestmark = pytest.mark.security

MOST = 12
#: How many of each list, outermost first: as many as the limits let through.
FIRSTS = (
    [50] * 9,
    [50, 50, 5, 1, 1, 1],
    [50, 50, 1, 1, 1, 1],
    [50, 10, 5, 1, 1, 1],
    [50, 1, 1, 1, 1, 1],
    [10, 1, 1, 1],
)


def asked(post, query):
    """The response, and how many statements it took."""
    with CaptureQueriesContext(
        connection,
    ) as caught:
        response = post({"query": query}, "lea")
    return response, [each["sql"] for each in caught.captured_queries]


def bound(query):
    """The statements that a query was reckoned to take, and the one that finds whose token it is."""
    document = parse(query)
    return limits.check(document, limits.operation_of(document, None), {}).reads + 1


def code_of(response):
    return response.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("longest", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_every_edge_with_fifty_of_each(cast, post, longest):
    """All routes of so many edges through the schema: each that is allowed is bounded, and most are."""
    make_graph(cast, 35, hubs=2)
    allowed = refused = 0
    widest = 0
    seen = set()
    for route in routes(schema.query_type, longest):
        for firsts in FIRSTS:
            query = query_along(route, firsts[: lists_in(route)])
            response, statements = asked(post, query)
            if response.status_code == 200:
                break
            assert code_of(response) in {"query_too_costly", "query_too_wide"}, (query, response.json())
        if response.status_code != 200:
            refused += 1
            continue
        assert "errors" not in response.json(), (query, response.json())
        assert len(statements) <= bound(query) <= MOST, (query, statements)
        widest = max(widest, len(statements))
        allowed += 1
        seen |= {id(field) for _, field in route}
    assert allowed > (250 if longest == 3 else 60)
    assert refused < allowed / 10
    print(f"{allowed} queries allowed, {refused} refused, along {len(seen)} edges, at most {widest} statements")


def test_queries_at_random(cast, post):
    """Selections nobody thought of: whatever is allowed keeps the bound."""
    make_graph(cast, 32)
    dice = random.Random(24)
    allowed, widest = 0, 0
    while allowed < 60:
        query = at_random(dice)
        response, statements = asked(post, query)
        if response.status_code == 200:
            allowed += 1
            widest = max(widest, len(statements))
            assert "errors" not in response.json(), (query, response.json())
            assert len(statements) <= bound(query) <= MOST, (query, statements)
    assert widest > 6


PINNED = {
    "{ viewer { username person { name } } }": 3,
    "{ hubs(first: 50) { nodes { slug title } pageInfo { endCursor } } }": 2,
    '{ hub(slug: "first") { title pages(first: 50) { path title author { name } topics { name } } } }': 5,
    '{ hub(slug: "first") { people(first: 50) { name topics { name } entries { title } } } }': 5,
    '{ page(hub: "first", path: "notes/0.md") { text size versions(first: 50) { number change { author { name } } } } }': 7,
    '{ entries(hub: "first", kind: CHALLENGE, first: 50) { edges { node { title page { path } person { name } } } } }': 5,
    '{ topic(slug: "docker", hub: "first") { name peopleCount entryCount people { name } entries { title } } }': 6,
    '{ person(name: "lea") { name pages { path hub { slug } } changes { number versions { path } } } }': 6,
    '{ changes(hub: "first", first: 50) { nodes { number author { name } versions { path page { path } } } } }': 6,
    '{ activity(hub: "first", first: 50) { nodes { seq verb person { name } } } }': 4,
    '{ search(query: "build", first: 50) { nodes { title { text } hub { slug } page { path } entry { title } } } }': 7,
}


@pytest.mark.parametrize("items", [1, 30])
def test_main_queries_cost_what_they_cost_whatever_there_is(cast, post, items):
    make_graph(cast, items)
    found = {}
    for query in PINNED:
        response, statements = asked(post, query)
        assert response.status_code == 200, response.json()
        assert "errors" not in response.json(), response.json()
        found[query] = len(statements)
    assert found == PINNED


#: As wide as a query may be.
WIDE = """{ hub(slug: "first") { slug
  pages(first: 50) { path text author { name } entries(first: 5) { title topics(first: 2) { name } }
    topics(first: 2) { name } }
  changes(first: 50) { number } activity(first: 50) { seq } } }"""


def test_a_session_costs_two_statements_and_stays_within_the_bound(cast, client):
    make_graph(cast, 30)
    client.force_login(cast.user("lea"))
    with CaptureQueriesContext(connection) as caught:
        response = client.post("/graphql", {"query": WIDE}, "application/json")
    assert "errors" not in response.json(), response.json()
    assert len(caught) == limits.MAX_READS + 2 == bound(WIDE) + 1 == MOST


@pytest.mark.parametrize("longest", [3, pytest.param(4, marks=pytest.mark.slow)])
def test_every_event_costs_what_its_selection_says(cast, longest):
    """The answer to an event along every route, beside the two statements that find out who asks."""
    make_graph(cast, 30)
    hub = Hub.objects.get(slug="first")
    told = events(cast.lea, hub.pk, after=0)
    allowed = 0
    for route in routes(schema.subscription_type, longest):
        for firsts in FIRSTS:
            inner = query_along(route, firsts[: lists_in(route)])
            for name, argument in {"hubActivity": 'hub: "first"', "pagePresence": f'page: "{hub.pk}"'}.items():
                inner = inner.replace(f"{{ {name} ", f"{{ {name}({argument}) ", 1)
            try:
                asked = subscription({"query": f"subscription {inner}"})
                break
            except Invalid:  # asks for too much, as a query would
                continue
        else:
            continue
        allowed += 1
        for event in (told[0], told[-1]):
            with CaptureQueriesContext(connection) as caught:
                said = (
                    asked.event(cast.lea, hub.pk, event, event.seq - 1)
                    if asked.field == "hubActivity"
                    else asked.present(cast.lea, [{"handle": "lea", "name": "Lea"}], 0)
                )
            assert "errors" not in said, (inner, said)
            assert len(caught) <= asked.reads <= MOST - 2, inner
    assert allowed > (12 if longest == 3 else 40)


def test_suspects_that_were_all_decided_cost_no_more_than_is_reckoned(cast, post, monkeypatch):
    """However many contents there are in which nothing is left to decide, only so many are looked through."""
    make_graph(cast, 1)
    monkeypatch.setattr(guard, "TEXTS", 3)  # many turns, in few texts
    for number in range(14):
        text = f"Write to somebody{number}@elsewhere.io\n"
        actions.create_page(cast.lea, "first", f"told/{number}.md", text.encode())
    found, _more = guard.suspects(cast.lea, "first")
    assert found
    hub = Hub.objects.get(slug="first")
    person = cast.user("lea").person
    ids = [one.id for one in guard.look_at_all(cast.lea, hub, guard._suspicious(Version.objects.filter(page__hub=hub)))]
    Reviewed.objects.bulk_create(Reviewed(hub=hub, suspect=one, person=person) for one in set(ids))
    response, statements = asked(post, '{ suspects(hub: "first") { nodes { id } more } }')
    assert response.json()["data"]["suspects"] == {"nodes": [], "more": True}
    assert len(statements) <= MOST, statements
