"""What REST and GraphQL list, as sets of names: tests/security/test_readable_sets.py compares them with the truth."""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from django.core.signals import request_finished
from django.db import close_old_connections
from tests.api.rest.conftest import Caller
from tests.security import readable_truth as truth
from tests.security.readable_truth import Asker
from tests.security.readable_world import WRITERS, Place, World

from nexus.exchange import jobs

#: The kinds of refusal by which a hub, or what is in it, does not exist for somebody.
UNSEEN = {"not_found", "unauthenticated", "denied"}


@contextlib.contextmanager
def ended(answer: Any) -> Iterator[Any]:
    """An answer that may be an open file, closed behind. The end of a request gives the connection back, which would end the
    transaction that everything here is in; Django's client looks to that only where it reads the answer itself."""
    try:
        yield answer
    finally:
        request_finished.disconnect(close_old_connections)
        answer.close()
        request_finished.connect(close_old_connections)


class Listing(NamedTuple):
    """A way to list what may be read. named: what it names for somebody in a world, None where it is not for them; truth:
    what it must name, of the hubs that they may read."""

    name: str
    named: Callable[[Asker, World], set[str] | None]
    truth: Callable[[Iterable[Place], Asker], set[str] | None]


LISTINGS: list[Listing] = []


def listing(name: str, of: Callable[[Iterable[Place], Asker], set[str] | None]) -> Callable[..., Any]:
    """Declares how a listing is read."""

    def declared(named: Callable[[Asker, World], set[str] | None]) -> Callable[[Asker, World], set[str] | None]:
        LISTINGS.append(Listing(name, named, of))
        return named

    return declared


# --- REST -----------------------------------------------------------------------------------------------------------


def read(asker: Asker, address: str, **query: Any) -> Any:
    """The JSON of an answer, None for what is not found or not for them."""
    answer = Caller(asker.headers, asker.client)("GET", address, **query)
    if answer.status_code == 200:
        return answer.json()
    assert answer.json()["code"] in UNSEEN, (address, answer.content)
    return None


def rows(asker: Asker, address: str, limit: int = 4, **query: Any) -> Iterator[Any]:
    """All pages of a list."""
    cursor = ""
    while True:
        told = read(asker, address, limit=limit, **query, **({"cursor": cursor} if cursor else {}))
        if told is None:
            return
        yield from told["results"]
        cursor = told["next"]
        if not cursor:
            return


def in_hubs(noun: str, of: Callable[..., Any], name: Callable[[Any], Any], **query: Any) -> None:
    """Declares a list of each hub."""

    @listing(f"REST {noun}", of)
    def named(asker: Asker, world: World) -> set[str]:
        return {
            place.at(f"{name(row)}")
            for place in world.places
            for row in rows(asker, f"hubs/{place.slug}/{noun}", **query)
        }


in_hubs("pages", truth.pages, lambda row: row["path"])
in_hubs("attachments", truth.files, lambda row: row["path"])
in_hubs("trash", truth.trash, lambda row: row["path"])
in_hubs("changes", truth.changes, lambda row: row["seq"])
in_hubs("activity", truth.log, lambda row: row["seq"])
in_hubs("entries", truth.entries, lambda row: f"{row['path']}: {row['title']}")
in_hubs("topics", truth.topics, lambda row: row["slug"])
in_hubs("people", truth.people, lambda row: row["handle"])
in_hubs("members", truth.members, lambda row: row["username"])
in_hubs("since", truth.new_to_them, lambda row: row["path"], after=0)


@listing("REST hubs", truth.hubs)
def _hubs(asker: Asker, _world: World) -> set[str]:
    return {row["slug"] for row in rows(asker, "hubs", 1)}


@listing("REST graph", truth.topics)
def _graph(asker: Asker, world: World) -> set[str]:
    told = [(place, read(asker, f"hubs/{place.slug}/graph")) for place in world.places]
    nodes = [(place, node) for place, graph in told if graph for node in graph["nodes"]]
    return {place.at(node["id"].partition(":")[2]) for place, node in nodes if node["type"] == "topic"}


@listing("REST search", truth.counted_pages)
def _search(asker: Asker, _world: World) -> set[str]:
    counted = read(asker, "search", q="zebra")["facets"].get("page", 0)
    found = {f"{row['hub']}/{row['path']}" for row in rows(asker, "search", q="zebra")}
    return found | {f"{counted} in all"}


@listing("REST search in a hub", truth.found_in_hubs)
def _search_in_hub(asker: Asker, world: World) -> set[str]:
    found = set()
    for place in world.places:
        for row in rows(asker, "search", 50, q="", hub=place.slug):
            at = f"{row['hub']}/{row['path']}"
            named = {"hub": row["hub"], "person": place.at(row["id"]), "entry": f"{at}: {row['title']}"}
            found.add(named.get(row["type"], at))
    return found


@listing("REST search for hubs", truth.hubs)
def _search_hubs(asker: Asker, _world: World) -> set[str]:
    return {row["hub"] for row in rows(asker, "search", q="kind:hub")}


@listing("REST person across hubs", truth.people)
def _person(asker: Asker, _world: World) -> set[str]:
    told = [(name, read(asker, f"people/{name}")) for name in (*WRITERS, "oscar")]
    return {f"{row['hub']}/{name}" for name, person in told if person for row in person["hubs"]}


@listing("REST exports", truth.paths)
def _export(asker: Asker, world: World) -> set[str] | None:
    if not asker.user:
        return None  # a job belongs to somebody
    found = set()
    for place in world.places:
        answer = Caller(asker.headers, asker.client)("POST", f"hubs/{place.slug}/exports", {"format": "json"})
        if answer.status_code == 202:
            while jobs.run_next():
                pass
            address = f"hubs/{place.slug}/exports/{answer.json()['id']}/content"
            with ended(Caller(asker.headers, asker.client)("GET", address)) as file:
                found |= {place.at(page["path"]) for page in json.loads(file.getvalue())["pages"]}
    return found


@listing("REST texts, one by one", truth.asked)
def _texts(asker: Asker, world: World) -> set[str]:
    found = set()
    for place, note in world.asked():
        address = f"hubs/{place.slug}/pages/{note.key}/text"
        with ended(Caller(asker.headers, asker.client)("GET", address)) as answer:  # which may be an open file
            if answer.status_code == 200:
                found.add(place.at(note.path))
    return found


@listing("REST topics, one by one", truth.asked_pages)
def _topics(asker: Asker, world: World) -> set[str]:
    return {place.at(note.title) for place, note in world.asked() if read(asker, f"topics/{note.title.lower()}")}


@listing("REST hubs, one by one", truth.hubs)
def _each_hub(asker: Asker, world: World) -> set[str]:
    return {place.slug for place in world.places if read(asker, f"hubs/{place.slug}")}


# --- GraphQL --------------------------------------------------------------------------------------------------------


def ask(asker: Asker, query: str, **variables: Any) -> Any:
    """The data of an answer, without what is refused as if it were not there."""
    sent = {"query": query, "variables": variables}
    told = asker.client.post("/graphql", sent, "application/json", headers=asker.headers).json()
    assert {error["extensions"]["code"] for error in told.get("errors", [])} <= UNSEEN, told
    return told["data"] or {}


def nodes(asker: Asker, field: str, selected: str, first: int = 9, **arguments: str) -> Iterator[Any]:
    """All of a connection, page by page."""
    after = None
    given = "".join(f", {name}: {value}" for name, value in arguments.items())
    query = (
        f"query($after: String) {{ {field}(first: {first}, after: $after{given}) "
        f"{{ edges {{ node {{ {selected} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
    )
    while True:
        told = ask(asker, query, after=after).get(field)
        if told is None:
            return
        yield from (edge["node"] for edge in told["edges"])
        if not told["pageInfo"]["hasNextPage"]:
            return
        after = told["pageInfo"]["endCursor"]


def connection(field: str, of: Callable[..., Any], selected: str, name: Callable[[Any], str], **arguments: str) -> None:
    """Declares a connection over all hubs."""

    @listing(f"GraphQL {field}", of)
    def named(asker: Asker, _world: World) -> set[str]:
        return {name(node) for node in nodes(asker, field, selected, **arguments)}


def connection_in_hubs(
    field: str, of: Callable[..., Any], selected: str, name: Callable[[Any], Any], **more: str
) -> None:
    """Declares a connection of each hub."""

    @listing(f"GraphQL {field}", of)
    def named(asker: Asker, world: World) -> set[str]:
        return {
            place.at(f"{name(node)}")
            for place in world.places
            for node in nodes(asker, field, selected, hub=f'"{place.slug}"', **more)
        }


connection("hubs", truth.hubs, "slug", lambda node: node["slug"])
connection("changes", truth.changes, "number hub { slug }", lambda node: f"{node['hub']['slug']}/{node['number']}")
connection("entries", truth.entries, "title page { path } hub { slug }",
           lambda node: f"{node['hub']['slug']}/{node['page']['path']}: {node['title']}")  # fmt: skip
connection_in_hubs("trash", truth.trash, "path", lambda node: node["path"])
connection_in_hubs("activity", truth.log, "seq", lambda node: node["seq"])
connection_in_hubs("members", truth.members, "user", lambda node: node["user"])
connection_in_hubs("since", truth.new_to_them, "path", lambda node: node["path"], number="0")


@listing("GraphQL search", truth.counted_pages)
def _graphql_search(asker: Asker, _world: World) -> set[str]:
    facets = ask(asker, '{ search(first: 1, query: "zebra") { facets { kind count } } }')["search"]["facets"]
    found = nodes(asker, "search", "path hub { slug } page { path }", query='"zebra"')
    counted = {facet["kind"]: facet["count"] for facet in facets}.get("page", 0)
    return {f"{node['hub']['slug']}/{node['page']['path']}" for node in found} | {f"{counted} in all"}


def edge(field: str, of: Callable[..., Any], selected: str, name: Callable[[Any], Any], arguments: str = "") -> None:
    """Declares what hangs on each of the hubs."""

    @listing(f"GraphQL hub's {field}{arguments}", of)
    def named(asker: Asker, _world: World) -> set[str]:
        given = f"first: 50{arguments}"
        told = ask(asker, f"{{ hubs(first: 9) {{ nodes {{ slug {field}({given}) {{ {selected} }} }} }} }}")["hubs"][
            "nodes"
        ]
        return {f"{hub['slug']}/{name(row)}" for hub in told for row in hub[field] or ()}


edge("pages", truth.pages, "path", lambda row: row["path"])
edge("pages", truth.files, "path", lambda row: row["path"], ", kind: FILE")
edge("changes", truth.changes, "number", lambda row: row["number"])
edge("activity", truth.log, "seq", lambda row: row["seq"])
edge("entries", truth.entries, "title page { path }", lambda row: f"{row['page']['path']}: {row['title']}")
edge("topics", truth.topics, "slug", lambda row: row["slug"])
edge("people", truth.people, "handle", lambda row: row["handle"])
edge("members", truth.members, "user", lambda row: row["user"])


@listing("GraphQL person's pages", truth.began)
def _persons(asker: Asker, _world: World) -> set[str]:
    query = "query($name: String!) { person(name: $name) { pages(first: 50) { path hub { slug } } } }"
    told = [(name, ask(asker, query, name=name).get("person")) for name in (*WRITERS, "oscar")]
    return {f"{name}: {page['hub']['slug']}/{page['path']}" for name, found in told if found for page in found["pages"]}


@listing("GraphQL topic", truth.quaggas)
def _topic(asker: Asker, _world: World) -> set[str]:
    query = '{ topic(slug: "quagga") { entryCount entries(first: 50) { page { path hub { slug } } } } }'
    told = ask(asker, query).get("topic")
    if told is None:
        return set()
    found = {f"{entry['page']['hub']['slug']}/{entry['page']['path']}" for entry in told["entries"]}
    return found | {f"{told['entryCount']} in all"}


@listing("GraphQL pages, one by one", truth.asked)
def _pages(asker: Asker, world: World) -> set[str]:
    query = "query($hub: String!, $path: String!) { page(hub: $hub, path: $path) { id } }"
    asked = [(place.slug, note.path) for place, note in world.asked()]
    return {f"{hub}/{path}" for hub, path in asked if ask(asker, query, hub=hub, path=path).get("page")}
