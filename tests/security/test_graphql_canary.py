"""S1 to S4 over GraphQL: nothing of a private hub leaves, what one may not see is answered like what does not exist, and
nobody changes what is not theirs. Fields, mutations and arguments are taken from the schema, so that none is forgotten."""

import json
import uuid

import pytest
from graphql import GraphQLNonNull, get_named_type, is_required_argument
from tests.api.graphql import conftest
from tests.api.graphql.graph import lists_in, query_along, routes
from tests.security import test_canary
from tests.security.test_canary import CANARY, OUTSIDERS, READERS, SECRET_PATHS, digest

from nexus.api.graphql import limits
from nexus.api.graphql.schema import schema
from nexus.hubs.activity import nudge
from nexus.hubs.models import Hub, Invitation
from nexus.knowledge.models import Entry
from nexus.pages import actions
from nexus.pages.models import Change, Page, Version
from nexus.search.models import Findable

pytestmark = pytest.mark.security
post, victim = conftest.post, test_canary.victim
#: What of the answers is open to all: the text of the public page that names the canary.
OPEN = (f"Open {CANARY} x", f"[[{CANARY}]]")


def body(response) -> str:
    """All of an answer but its id, and what the public hub says itself."""
    headers = {k: v for k, v in response.headers.items() if k != "X-Request-ID" and not k.startswith("RateLimit-")}
    said = response.content.decode()
    for part in OPEN:
        said = said.replace(part, "")
    return f"{response.status_code} {sorted(headers.items())} {said}"


def named(hub: str) -> list[str]:
    """Every field at the top that takes a name, with those of a hub; and search for words that are no echo."""
    return [
        f'hub(slug: "{hub}") {{ %s }}',
        *(f'page(hub: "{hub}", path: "{path}") {{ %s }}' for path in SECRET_PATHS.values()),
        f'topic(slug: "{CANARY}", hub: "{hub}") {{ %s }}',
        f'person(name: "lea", hub: "{hub}") {{ %s }}',
        f'entries(hub: "{hub}") {{ nodes {{ %s }} }}',
        f'changes(hub: "{hub}") {{ nodes {{ %s }} }}',
        *(
            f'{what}(hub: "{hub}", path: "{path}") {{ %s }}'
            for what in ("difference", "blame")
            for path in SECRET_PATHS.values()
        ),
        f'trash(hub: "{hub}") {{ nodes {{ %s }} }}',
        f'since(hub: "{hub}", days: 7) {{ nodes {{ %s }} }}',
        f'activity(hub: "{hub}") {{ nodes {{ %s }} }}',
        f'suspects(hub: "{hub}") {{ more nodes {{ %s }} }}',
        f'members(hub: "{hub}") {{ nodes {{ %s }} }}',
        f'search(query: "title", hub: "{hub}") {{ isCut facets {{ kind count }} nodes {{ %s }} }}',
        f'search(query: "kind:page", hub: "{hub}") {{ isCut facets {{ kind count }} nodes {{ %s }} }}',
    ]


ID = {
    "difference": "added hunks { rows { after { text } } }", "blame": "passages { lines }", "topic": "slug",
    "activity": "seq", "members": "user",
    "since": "path now { text } before { text }",
}  # fmt: skip


def queries(hub: str) -> list[str]:
    return ["{ " + each % ID.get(each.partition("(")[0], "id") + " }" for each in named(hub)]


def test_every_field_at_the_top_is_probed():
    """S2: a new one fails here until the matrix names it."""
    probed = {each.partition("(")[0] for each in named("x")} | {"viewer", "hubs"}
    assert set(schema.query_type.fields) == probed


@pytest.mark.parametrize("name", OUTSIDERS)
def test_nothing_private_leaves_and_nothing_tells_that_it_exists(cast, post, victim, name):
    """S1, S4: by every name; the answer is that for a hub that does not exist, to the byte."""
    if name == "suspended":
        name = "charlie"  # whose token does not hold at all: test_tokens
    for query, absent in zip(queries(victim.slug), queries("absent"), strict=True):
        seen, unseen = (body(post({"query": each}, name)) for each in (query, absent))
        assert CANARY not in seen, query
        assert seen == unseen, query


@pytest.mark.parametrize("name", ["charlie", "anonymous", "adele"])
def test_nothing_private_leaves_along_any_edge(cast, post, victim, name):
    """S1: along every route of two edges from what is open to all: people, topics, searches, lists across hubs."""
    starts = {
        "hubs": "", "entries": "", "changes": "", "person": '(name: "lea")', "topic": f'(slug: "{CANARY}")',
        "search": '(query: "title")', "viewer": "", "hub": '(slug: "open")', "page": '(hub: "open", path: "README.md")',
        "difference": '(hub: "open", path: "README.md")', "blame": '(hub: "open", path: "README.md")',
        "suspects": '(hub: "open")',
        "trash": '(hub: "open")', "since": '(hub: "open", days: 7)', "activity": '(hub: "open")', "members": '(hub: "open")',
    }  # fmt: skip
    probes = 0
    for route in routes(schema.query_type, 2):
        query = query_along(route, [20, 10, 5, 2][: lists_in(route)])
        first = route[0][0]
        head = query.partition(first)[2]
        kept = f"first: {20}" if "first" in route[0][1].args else ""
        given = starts[first].strip("()")
        arguments = ", ".join(part for part in (given, kept) if part)
        rest = head[head.index(")") + 1 :] if head.startswith("(") else head
        response = post({"query": f"{{ {first}{f'({arguments})' if arguments else ''}{rest}"}, name)
        assert response.status_code == 200, (query, response.json())
        assert "errors" not in response.json(), (query, response.json())
        assert CANARY not in body(response), query
        probes += 1
    assert probes > 40


@pytest.mark.parametrize("name", READERS)
def test_the_canary_is_there_for_those_who_may_read(cast, post, victim, name):
    """What the tests above would find if it leaked."""
    fields = "title pages { text title } changes { message } entries { title }"
    query = f'{{ hub(slug: "{victim.slug}") {{ {fields} }} }}'
    assert body(post({"query": query}, name)).count(CANARY) > 10


SHARED = """## Technologies

- **Docker**: boxes

## Challenges

- **Challenge:** It broke with

  ```
  ValueError: too many boxes
  ```

  **Solution:** fewer
"""
COUNTED = [
    'topic(slug: "docker") { peopleCount entryCount people { handle } entries { id } }',
    'person(name: "lea") { topics { slug entryCount peopleCount people { handle } } changes { id } entries { id } }',
    "entries { nodes { id sameError { id } topics { slug peopleCount entryCount } } }",
    'search(query: "kind:challenge") { facets { kind count } isCut nodes { id } }',
    'search(query: "docker") { facets { kind count } isCut nodes { id topic { entryCount } } }',
]


def test_counts_across_hubs_do_not_tell(cast, post, victim):
    """Numbers of people, entries, facets of what is in a private hub and in a public one: as if only the latter were."""
    for author, hub in ((cast.lea, "open"), (cast.lea, victim.slug), (cast.leo, victim.slug)):
        actions.create_page(author, hub, f"{author.user_key}.md", SHARED.encode())
    for hub in Hub.objects.all():
        nudge(hub.pk)
    names = ("charlie", "anonymous", "oscar")
    before = {(name, query): body(post({"query": f"{{ {query} }}"}, name)) for name in names for query in COUNTED}
    theirs = {query: body(post({"query": f"{{ {query} }}"}, "mona")) for query in COUNTED}
    assert not [query for query in COUNTED if theirs[query] == before["charlie", query]]
    assert Entry.objects.exclude(fingerprint=None).count() == 3
    Findable.objects.filter(hub__slug=victim.slug).delete()
    Entry.objects.filter(hub__slug=victim.slug).delete()
    for (name, query), said in before.items():
        assert body(post({"query": f"{{ {query} }}"}, name)) == said, query


# --- Writes ---------------------------------------------------------------------------------------------------------


def given(name: str, hub: str) -> dict[str, str]:
    """Arguments of a mutation that name what is the victim's."""
    page = Page.objects.filter(hub__slug="victim", path=SECRET_PATHS["page"]).get()
    return {
        "hub": f'"{hub}"', "slug": f'"{hub}"', "path": f'"{SECRET_PATHS["page"]}"', "source": f'"{SECRET_PATHS["page"]}"',
        "target": '"mine.md"', "text": '"mine"', "base": f'"{page.head_id}"', "number": "9", "username": '"charlie"',
        "kind": "PRACTICE", "entry": f'"{uuid.uuid4()}"', "verdict": "NOT_THIS", "detail": '"mine"', "cause": '"mine"',
        "solution": '"mine"', "errorText": '"mine"',
        "answers": f'[{{entry: "{uuid.uuid4()}", part: CAUSE, text: "mine"}}]',
        "role": "OWNER", "visibility": "PUBLIC", "title": '"mine"', "message": '"mine"', "archived": "true",
        "name": '"mine"', "steps": '[{verb: CREATE, path: "mine.md", text: "mine"}]',
        "id": f'"{Invitation.objects.get(hub__slug="victim").pk}"',
        "suspects": f'["{"0" * 32}"]', "confirm": f'"{hub}"', "password": '""',
        "email": '"mine@example.org"', "uses": "1", "days": "1",
        "url": '"https://example.org/mine"', "events": '["change.*"]', "enabled": "true", "webhook": f'"{uuid.uuid4()}"',
    }  # fmt: skip


#: What concerns one's own account alone, or makes a hub of one's own; tests/api/graphql/test_mutations.py.
OWN = {
    "acceptInvitation",
    "claimPerson",
    "createHub",
    "createPersonalToken",
    "revokePersonalToken",
    "signOutEverywhere",
}


def calls(hub: str) -> list[str]:
    """Every mutation of something in a hub, with its required arguments, and with all of them."""
    found = []
    for name, field in schema.mutation_type.fields.items():
        if name in OWN:
            continue
        for wanted in (is_required_argument, lambda _: True):
            values = given(name, hub)
            arguments = ", ".join(f"{key}: {values[key]}" for key, argument in field.args.items()
                                  if wanted(argument) and key in values)  # fmt: skip
            found.append(
                f"mutation {{ {name}({arguments}) {{ object {{ __typename }} errors {{ code message field value }} }} }}"
            )
    return found


@pytest.mark.parametrize("name", ["charlie", "rita", "oscar", "adele", "anonymous"])
def test_nobody_changes_what_is_not_theirs(cast, post, victim, name):
    """S3, S4: no row differs, and the answer is that for a hub that does not exist."""
    if name != "anonymous":
        cast.user(name)
    before = digest()
    for call, absent in zip(calls(victim.slug), calls("absent"), strict=True):
        seen, unseen = (body(post({"query": each}, name)) for each in (call, absent))
        assert seen == unseen, call
        assert '"code":"not_found"' in seen, call
        assert CANARY not in seen
    assert digest() == before


def test_the_victims_ids_name_nothing_elsewhere(cast, post, victim):
    """A1, S4: an id of another hub's is as a random one: versions as bases, changes' numbers, members."""
    from nexus.hubs import actions as hubs

    hubs.create_hub(cast.charlie, "mine")
    theirs = Version.objects.filter(page__hub__slug=victim.slug).first()
    assert theirs
    post({"query": 'mutation { createPage(hub: "mine", path: "a.md", text: "a") { errors { code } } }'}, "charlie")
    before = digest()
    for of in (
        'editPage(hub: "mine", path: "a.md", text: "b", base: "{}")',
        'deletePage(hub: "mine", path: "a.md", base: "{}")',
    ):
        seen, unseen = (
            body(
                post(
                    {"query": f"mutation {{ {of.format(each)} {{ object {{ id }} errors {{ code field value }} }} }}"},
                    "charlie",
                )
            ).replace(str(each), "X")
            for each in (theirs.pk, uuid.uuid4())
        )
        assert seen == unseen
    number = Change.objects.filter(hub__slug=victim.slug).order_by("-seq").values_list("seq", flat=True)[0]
    for each in (number, 10**6):
        said = post(
            {"query": f'mutation {{ revertChange(hub: "mine", number: {each}) {{ errors {{ code }} }} }}'}, "charlie"
        )
        assert said.json()["data"]["revertChange"]["errors"] == [{"code": "not_found"}]
    stored = digest()
    assert Hub.objects.get(slug=victim.slug).title.startswith(CANARY)
    assert (
        stored == before or Page.objects.get(path="a.md").live_key
    )  # a stored text that no version names is no change


#: S21: what a model has and no mutation takes.
FOREIGN_FIELDS = [
    "id",
    "owner",
    "author",
    "hubId",
    "createdAt",
    "isAdministrator",
    "userId",
    "sequence",
    "isActive",
    "password",
    "confidence",
]


def test_what_is_not_declared_is_refused(cast, post, victim):
    """S21: the schema knows no argument but those of the action, and takes no object of free form."""
    before = digest()
    refused = 0
    for name, field in schema.mutation_type.fields.items():
        assert not [
            key for key, each in field.args.items() if get_named_type(each.type).name in ("JSON", "GenericScalar")
        ]
        for extra in FOREIGN_FIELDS:
            if extra in field.args:
                continue
            call = f"mutation {{ {name}({extra}: 1) {{ errors {{ code }} }} }}"
            response = post({"query": call}, "alice")
            assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (
                400,
                "invalid_query",
            ), call
            refused += 1
    assert refused > 100
    assert digest() == before


def test_a_token_reaches_no_further_than_it_says(cast, client, victim):
    """Scopes and hubs of a personal token, over this door."""
    from nexus.accounts import actions as accounts

    other = Hub.objects.get(slug="open")
    _, secret = accounts.create_personal_token(cast.alice, "elsewhere", hubs=[other.pk])
    headers = {"Authorization": f"Bearer {secret}"}
    for query, absent in zip(queries(victim.slug), queries("absent"), strict=True):
        seen, unseen = (
            body(client.post("/graphql", json.dumps({"query": each}), "application/json", headers=headers))
            for each in (query, absent)
        )
        assert seen == unseen
    before = digest()
    call = """mutation { updateHub(hub: "open", title: "x") { errors { code } }
      createPage(hub: "open", path: "n.md", text: "") { errors { code } } }"""
    said = client.post("/graphql", json.dumps({"query": call}), "application/json", headers=headers).json()["data"]
    assert [each["errors"][0]["code"] for each in said.values()] == ["insufficient_scope"] * 2
    assert digest() == before


def test_the_limits_are_the_same_for_everybody():
    """No field is free: what reads says so, or is a plain field of its row."""
    for kind in (schema.query_type, *schema.type_map.values()):
        for name, field in getattr(kind, "fields", {}).items():
            if not name.startswith("__") and getattr(field, "args", None) and "first" in field.args:
                assert field.extensions["reads"] > 0, (kind, name)
                assert isinstance(field.args["first"].type, GraphQLNonNull)
    assert limits.MAX_READS <= 10
