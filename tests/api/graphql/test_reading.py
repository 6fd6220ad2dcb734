"""What is asked of the graph, and how lists go on."""

import pytest
from tests.api.graphql.conftest import bearer
from tests.api.graphql.graph import make_graph
from tests.conftest import make_hub

from nexus.base import clock
from nexus.hubs import actions as hubs
from nexus.hubs.following import nudge
from nexus.hubs.models import Hub
from nexus.pages import actions
from nexus.pages.models import Page, Version

TEXT = b"""# Week

## Challenges

- **Challenge:** It hung. **Solution:** Restart.

## Technologies

- **Docker**: boxes
"""


@pytest.fixture
def written(cast, hub):
    """A page of Lea's, edited by Leo, and a file."""
    change = actions.create_page(cast.lea, hub.slug, "lea/week.md", TEXT, message="my week")
    nudge(hub.pk)
    head = change.versions.get().pk
    actions.edit_page(cast.leo, hub.slug, "lea/week.md", TEXT + b"\n- **Redis**: caches\n", base=head)
    actions.create_page(cast.lea, hub.slug, "lea/photo.png", b"\x89PNG\xff")
    nudge(hub.pk)
    return hub


def test_the_whole_graph_in_one_query(ask, written):
    """hubs, pages, versions, entries, topics, people, challenges."""
    said = ask(
        """{ hub(slug: "cohort") { title pages(first: 2) { path author { handle }
             versions { number change { author { handle } } }
             entries(kind: TECHNOLOGY) { title topics { slug
               people(first: 3) { handle entries(status: SOLVED) { title isSolved } } } } } } }""",
        "gus",
    )
    (page,) = said["hub"]["pages"]
    assert (page["path"], page["author"]["handle"]) == ("lea/week.md", "leo")
    assert [(v["number"], v["change"]["author"]["handle"]) for v in page["versions"]] == [(2, "leo"), (1, "lea")]
    docker, redis = page["entries"]
    assert [docker["topics"][0]["slug"], redis["topics"][0]["slug"]] == ["docker", "redis"]
    assert docker["topics"][0]["people"] == [{"handle": "lea", "entries": [{"title": "It hung.", "isSolved": True}]}]
    assert redis["topics"][0]["people"] == [{"handle": "leo", "entries": []}]


def test_ids_are_those_of_every_other_door(ask, written):
    page = Page.objects.get(path="lea/week.md")
    said = ask(
        '{ hub(slug: "cohort") { id } page(hub: "cohort", path: "lea/week.md") { id versionId text size number } }',
        "lea",
    )
    assert said["hub"]["id"] == str(written.pk)
    text = (TEXT + b"\n- **Redis**: caches\n").decode()
    assert said["page"] == {
        "id": str(page.pk),
        "versionId": str(page.head_id),
        "text": text,
        "size": len(text),
        "number": page.seq,
    }


def test_a_file_has_no_text(ask, written):
    said = ask(
        '{ page(hub: "cohort", path: "lea/photo.png") { kind text size } '
        'hub(slug: "cohort") { pages(kind: FILE) { path } } }',
        "lea",
    )
    assert said == {"page": {"kind": "FILE", "text": None, "size": 5}, "hub": {"pages": [{"path": "lea/photo.png"}]}}


UNSEEN = {
    "hub": 'hub(slug: "%s") { id }',
    "page": 'page(hub: "%s", path: "lea/week.md") { id }',
    "topic": 'topic(slug: "docker", hub: "%s") { slug }',
    "person": 'person(name: "lea", hub: "%s") { id }',
    "changes": 'changes(hub: "%s") { nodes { id } }',
    "entries": 'entries(hub: "%s") { nodes { id } }',
    "activity": 'activity(hub: "%s") { nodes { seq } }',
    "members": 'members(hub: "%s") { nodes { user } }',
    "trash": 'trash(hub: "%s") { nodes { id } }',
    "difference": 'difference(hub: "%s", path: "lea/week.md") { added }',
    "blame": 'blame(hub: "%s", path: "lea/week.md") { isWhole }',
}


@pytest.mark.parametrize("field", UNSEEN)
def test_what_may_not_be_seen_is_null_without_an_error(ask, written, field):
    for name in ("charlie", "rita", "anonymous"):
        unseen, absent = (ask("{ " + UNSEEN[field] % slug + " }", name) for slug in ("cohort", "nowhere"))
        assert unseen == absent == {field: None}
    assert ask("{ " + UNSEEN[field] % "cohort" + " }", "gus")[field] is not None


def test_what_may_not_be_seen_is_in_no_list(ask, written):
    """Nor is it found across hubs, by a name that somebody may know."""
    query = """{ hubs { nodes { id } } changes { nodes { id } } entries { nodes { id } } topic(slug: "docker") { slug }
      person(name: "lea") { id } }"""
    for name in ("charlie", "rita", "anonymous"):
        none = {"nodes": []}
        assert ask(query, name) == {"hubs": none, "changes": none, "entries": none, "topic": None, "person": None}


def test_the_log_tells_of_members_only_to_members(ask, cast, written):
    hubs.update_hub(cast.alice, "cohort", visibility="public")
    query = '{ activity(hub: "cohort", first: 100) { nodes { seq verb data } } }'
    mine, others = (
        {row["verb"].partition(".")[0] for row in ask(query, name)["activity"]["nodes"]} for name in ("gus", "charlie")
    )
    assert "member" in mine
    assert "member" not in others
    assert "hub" in others


def test_a_persons_lists_are_of_the_hub_they_were_reached_through(ask, cast, written):
    make_hub(cast, "second")
    actions.create_page(cast.lea, "second", "other.md", TEXT)
    for each in Hub.objects.all():
        nudge(each.pk)
    pages = "pages { path } entries { hub { slug } } topics { slug entryCount } changes { hub { slug } }"
    said = {}
    for key, person in {
        "all": 'person(name: "lea")', "one": 'person(name: "lea", hub: "second")',
    }.items():  # fmt: skip
        said |= ask(f"{{ {key}: {person} {{ {pages} }} }}", "mona")
    said |= ask(f'{{ hub(slug: "second") {{ people {{ {pages} }} }} }}', "mona")
    assert [page["path"] for page in said["one"]["pages"]] == ["other.md"]
    assert said["hub"]["people"] == [said["one"]]
    assert {entry["hub"]["slug"] for entry in said["one"]["entries"]} == {"second"}
    assert said["one"]["topics"] == [{"slug": "docker", "entryCount": 1}]
    assert {page["path"] for page in said["all"]["pages"]} == {"lea/week.md", "lea/photo.png", "other.md"} - {
        "lea/photo.png"
    }
    assert said["all"]["topics"] == [{"slug": "docker", "entryCount": 2}]


def test_a_persons_pages_are_those_they_began(ask, cast, written):
    """Leo only edited one; each page once, also where it has many versions; what was deleted is gone."""
    query = '{ a: person(name: "lea") { pages { path } } b: person(name: "leo") { pages { path } } }'
    assert ask(query, "lea") == {"a": {"pages": [{"path": "lea/week.md"}]}, "b": {"pages": []}}
    people = '{ hub(slug: "cohort") { people { handle pages { path } } } }'
    assert {row["handle"]: len(row["pages"]) for row in ask(people, "lea")["hub"]["people"]} == {
        "lea": 1, "leo": 0,
    }  # fmt: skip
    actions.delete_page(cast.lea, "cohort", "lea/week.md")
    assert ask(query, "lea")["a"] == {"pages": []}


def test_challenges_that_met_the_same_error(ask, cast):
    make_graph(cast, 3)
    query = """{ entries(hub: "first", kind: CHALLENGE, topic: "", first: 50) {
      nodes { errorText sameError(first: 1) { id errorText } } } }"""
    nodes = ask(query, "lea")["entries"]["nodes"]
    met = [node for node in nodes if node["errorText"]]
    assert len(met) == 3
    assert all(node["sameError"][0]["errorText"] == node["errorText"] for node in met)
    assert all(node["sameError"] == [] for node in nodes if not node["errorText"])


PAGED = {
    "hubs": "hubs(first: 2%s) { nodes { id: slug } pageInfo { hasNextPage endCursor } }",
    "entries": 'entries(hub: "first", first: 2%s) { nodes { id } pageInfo { hasNextPage endCursor } }',
    "changes": 'changes(hub: "first", first: 2%s) { nodes { id } pageInfo { hasNextPage endCursor } }',
    "all changes": "changes(first: 2%s) { nodes { id } pageInfo { hasNextPage endCursor } }",
    "activity": 'activity(hub: "first", first: 2%s) { nodes { id: seq } pageInfo { hasNextPage endCursor } }',
    "search": 'search(query: "build", first: 2%s) { nodes { id } pageInfo { hasNextPage endCursor } }',
}


@pytest.mark.parametrize("name", PAGED)
def test_a_list_is_walked_to_its_end(ask, cast, name):
    """Each thing once, in the order of one long page."""
    make_graph(cast, 3, hubs=3)
    (whole,) = ask("{ " + PAGED[name].replace("first: 2", "first: 100") % "" + " }", "lea").values()
    found, after = [], ""
    for _ in range(100):
        (page,) = ask("{ " + PAGED[name] % after + " }", "lea").values()
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = f', after: "{page["pageInfo"]["endCursor"]}"'
    assert found == whole["nodes"]
    assert len(found) > 2


def test_each_of_a_list_has_its_place(ask, cast):
    make_graph(cast, 3)
    for field in ('changes(hub: "first"', 'search(query: "build"'):
        (page,) = ask(f"{{ {field}, first: 3) {{ edges {{ cursor node {{ id }} }} }} }}", "lea").values()
        first, *others = page["edges"]
        (rest,) = ask(
            f'{{ {field}, first: 2, after: "{first["cursor"]}") {{ nodes {{ id }} pageInfo {{ hasPreviousPage }} }} }}',
            "lea",
        ).values()
        assert rest["nodes"] == [edge["node"] for edge in others]
        assert rest["pageInfo"]["hasPreviousPage"]


@pytest.mark.parametrize("field", ["hubs", "changes", "entries", 'activity(hub: "cohort"', 'search(query: "x"'])
@pytest.mark.parametrize("cursor", ["nonsense", "e30", "W10", "", "9" * 3000])
def test_a_cursor_that_is_none(post, hub, field, cursor):
    begun = field if "(" in field else f"{field}("
    response = post({"query": f'{{ {begun} after: "{cursor}") {{ nodes {{ __typename }} }} }}'}, "lea")
    said = response.json()
    if cursor:
        assert said["errors"][0]["extensions"]["code"] == "invalid", said
        assert said["errors"][0]["extensions"]["field"] == "after"
    else:
        assert "errors" not in said


def test_texts_that_are_too_much_together(post, ask, cast, hub, monkeypatch):
    """Beyond a bound the texts are an error, and the rest of the answer is there."""
    for n in range(5):
        actions.create_page(cast.lea, "cohort", f"{n}.md", b"x" * 1_900_000)
    query = '{ hub(slug: "cohort") { pages(first: %d) { path text } } }'
    assert len(ask(query % 4, "lea")["hub"]["pages"]) == 4
    said = post({"query": query % 5}, "lea").json()
    assert {error["extensions"]["code"] for error in said["errors"]} == {"answer_too_large"}
    assert [page["text"] for page in said["data"]["hub"]["pages"]] == [None] * 5


def test_a_deleted_page_lives_on_in_its_versions(ask, cast, written):
    actions.delete_page(cast.lea, "cohort", "lea/week.md")
    said = ask('{ changes(hub: "cohort", first: 1) { nodes { versions { isDeletion text page { id } } } } }', "lea")
    (version,) = said["changes"]["nodes"][0]["versions"]
    assert version["isDeletion"]
    assert version["page"] is None
    assert "Docker" in version["text"]
    assert Version.objects.filter(is_deletion=True).count() == 1


def test_search_by_a_pasted_error(ask, cast):
    make_graph(cast, 3)
    said = ask(
        """query ($q: String!) { search(query: $q) { error isCut facets { kind count } nodes { type match isSolved
             title { text marks { start end } } hub { slug } page { path } entry { solution } person { handle }
             topic { slug } } } }""",
        "lea", q="ModuleNotFoundError: No module named 'part'",
    )["search"]  # fmt: skip
    best = said["nodes"][0]
    assert said["error"].startswith("ModuleNotFoundError")
    assert (best["type"], best["match"], best["isSolved"]) == ("entry", "same error", True)
    assert best["hub"] == {"slug": "first"}
    assert best["page"]["path"].startswith("notes/")
    assert best["entry"]["solution"] == "install it"
    assert {"kind": "challenge", "count": 3} in said["facets"]


def test_the_viewer(ask, cast):
    assert ask("{ viewer { username } }") == {"viewer": None}
    said = ask("{ viewer { username email person { handle } tokens { name } } }", "charlie")
    assert said["viewer"] == {
        "username": "charlie", "email": "charlie@example.org", "person": {"handle": "charlie"}, "tokens": [],
    }  # fmt: skip


def test_members_are_told_to_members_as_over_rest(ask, client, cast, written):
    hubs.update_hub(cast.alice, "cohort", visibility="public")
    plain = "user name role since"
    nodes = f"{{ nodes {{ {plain} }} }}"
    both = f'{{ hub(slug: "cohort") {{ members(first: 50) {{ {plain} }} }} members(hub: "cohort") {nodes} }}'
    rows = client.get("/api/v1/hubs/cohort/members", headers=bearer(cast, "gus")).json()["results"]
    for name in ("gus", "alice"):
        said = ask(both, name)
        assert said["hub"]["members"] == said["members"]["nodes"]
        assert [(row["user"], row["name"], row["role"].lower()) for row in said["members"]["nodes"]] == [
            (row["username"], row["name"], row["role"]) for row in rows
        ]
    for name in ("charlie", "rita", "anonymous"):
        assert ask(both, name) == {"hub": {"members": None}, "members": None}
        assert client.get("/api/v1/hubs/cohort/members", headers=bearer(cast, name)).status_code == 403


def test_turns_are_counted_with_those_of_rest(client, cast, post, settings):
    settings.RATE_SIGNED_IN = 3
    with clock.at(clock.now()):
        first = post({"query": "{ viewer { username } }"}, "lea")
        assert (first.headers["RateLimit-Limit"], first.headers["RateLimit-Remaining"]) == ("3", "2")
        refused = post({"query": "{ nothing }"}, "lea")
        assert (refused.status_code, refused.headers["RateLimit-Remaining"]) == (400, "1")
        assert client.get("/api/v1/me", headers=bearer(cast, "lea")).headers["RateLimit-Remaining"] == "0"
        over = post({"query": "{ viewer { username } }"}, "lea")
        assert (over.status_code, over.json()["errors"][0]["extensions"]["code"]) == (429, "throttled")
        assert over.headers["Retry-After"] == over.headers["RateLimit-Reset"]
        assert post({"query": "{ viewer { username } }"}, "leo").status_code == 200
        forged = post({"query": "{ viewer { username } }"}, Authorization="Bearer x")
        assert (forged.status_code, forged.headers["RateLimit-Limit"]) == (401, str(settings.RATE_ANONYMOUS))
