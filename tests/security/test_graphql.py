"""S22 and E10: what asks for too much, or comes another way, is refused before anything runs, each with its own code."""

import json
import time

import pytest
from django.test import Client
from tests.api.graphql import conftest

from nexus.api.graphql import execution
from nexus.api.graphql.requests import Asked
from nexus.base.errors import Invalid

pytestmark = pytest.mark.security
post = conftest.post
JSON = "application/json"


def nested(levels: int) -> str:
    """hub, pages, hub, pages … one of each."""
    return '{ hub(slug: "cohort") { id ' + "pages(first: 1) { hub { id " * levels + "} }" * levels + " } }"


def deep_fragments(count: int) -> str:
    """Each fragment spreads the next one twice: 2 ** count fields."""
    parts = [f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(count)]
    return "query { ...f0 } " + " ".join(parts) + f" fragment f{count} on Query {{ __typename }}"


def overlapping(count: int) -> str:
    """As many fragments that select the same: comparing each with each is quadratic."""
    names = [f"g{n}" for n in range(count)]
    return "{ " + " ".join(f"...{n}" for n in names) + " } " + " ".join(
        f"fragment {n} on Query {{ viewer {{ id username }} }}" for n in names
    )  # fmt: skip


INTROSPECTION = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"
BODY = '{"query": "{ viewer { id } }"}'
#: What is sent, and the code and status it is refused with.
QUERIES = {
    "1,000 aliases": ("{ " + " ".join(f"a{n}: viewer {{ id }}" for n in range(1000)) + " }", "query_too_long"),
    "40 aliases": ("{ " + " ".join(f"a{n}: __typename" for n in range(40)) + " }", "too_many_aliases"),
    "20 aliases of one read": ("{ " + " ".join(f"a{n}: viewer {{ id }}" for n in range(20)) + " }", "query_too_wide"),
    "5,000 fields again": ("{ " + "__typename " * 5000 + "}", "query_too_long"),
    "600 fields again": ("{ viewer { " + "id " * 600 + "} }", "too_many_repeats"),
    "fields again in inline fragments": ("{ viewer { " + "... { id } " * 60 + "} }", "too_many_repeats"),
    "directive flood": ("{ viewer " + "@include(if: true) " * 100 + "{ id } }", "too_many_directives"),
    "directives on an operation": ("query " + "@a " * 100 + "{ viewer { id } }", "too_many_directives"),
    "directives on a variable": ("query ($a: Int " + "@a " * 100 + ") { viewer { id } }", "too_many_directives"),
    "fragment cycle": ("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }", "fragment_cycle"),
    "fragment in itself": ("{ viewer { ...a } } fragment a on Viewer { ...a }", "fragment_cycle"),
    "an operation without a name beside another": (
        "query { viewer { id } } query two { ...a } fragment a on Query { ...a }", "unknown_operation",
    ),
    "fragments that double": (deep_fragments(25), "too_many_repeats"),
    "many fragments": (overlapping(60), "too_many_fragments"),
    "fragments that overlap": (overlapping(25), "query_too_wide"),
    "introspection loop": (INTROSPECTION, "query_too_deep"),
    "introspection again": (
        "{ " + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(9)) + " }", "query_too_costly",
    ),
    "first: 1e9": ("{ hubs(first: 1000000000) { nodes { id } } }", "invalid"),
    "first: 101": ('{ hub(slug: "cohort") { pages(first: 101) { id } } }', "invalid"),
    "first: 0": ("{ hubs(first: 0) { nodes { id } } }", "invalid"),
    "first: -1": ("{ hubs(first: -1) { nodes { id } } }", "invalid"),
    "100 of 100 of 100": (
        '{ hub(slug: "cohort") { pages(first: 100) { versions(first: 100) { change { versions(first: 100) { id } } } } } }',
        "query_too_costly",
    ),
    "depth": ("{ a " * 20 + "}" * 20, "query_too_deep"),
    "depth by edges": (nested(8), "query_too_wide"),
    "depth that no parser takes": ("{ a" * 400, "query_too_deep"),
    "a list in a list in a list": ('{ hub(slug: ' + "[" * 900 + "]" * 900 + ") { id } }", "query_too_deep"),
    "many reads": (
        """{ hub(slug: "cohort") { pages { text author { changes { hub { id } } entries { version { text } } }
           entries { page { text } topics { people { name } } } } } }""",
        "query_too_wide",
    ),
    "a long query": ("{ viewer { id } } #" + "x" * 60_000, "query_too_long"),
    "many comments": ("{ viewer { id } }\n" + "#\n" * 3000, "query_too_long"),
    "many mutations": (
        "mutation { " + " ".join(f'a{n}: archiveHub(hub: "x") {{ errors {{ code }} }}' for n in range(20)) + " }",
        "too_many_mutations",
    ),
    "many mutations in a fragment": (
        "mutation { ...f } fragment f on Mutation { "
        + " ".join(f'a{n}: archiveHub(hub: "x") {{ errors {{ code }} }}' for n in range(20)) + " }",
        "too_many_mutations",
    ),
    "a subscription": ('subscription { hubActivity(hub: "x") { seq } }', "wrong_transport"),
    "no such field": ("{ viewers { id } }", "invalid_query"),
    "no such argument": ('{ hub(slug: "x", owner: "me") { id } }', "invalid_query"),
    "NUL in a literal": ('{ hub(slug: "a\\u0000b") { id } }', "invalid_text"),
    "NUL in a default": ('query ($s: String! = "\\u0000") { hub(slug: $s) { id } }', "invalid_text"),
    "a lone surrogate in a literal": ('{ hub(slug: "\\ud800") { id } }', "invalid_query"),
    "no query": ("   ", "invalid"),
    "only a fragment": ("fragment a on Query { viewer { id } }", "unknown_operation"),
    "two operations, none named": ("query a { viewer { id } } query b { viewer { id } }", "unknown_operation"),
}  # fmt: skip


@pytest.fixture
def nothing_runs(monkeypatch):
    """Execution is watched, not replaced: it may not be reached."""
    ran = []
    original = execution.execute_sync
    monkeypatch.setattr(execution, "execute_sync", lambda *args, **more: ran.append(1) or original(*args, **more))
    return ran


def code_of(response) -> str:
    return response.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("name", QUERIES)
def test_refused_before_it_runs(post, db, nothing_runs, name):
    query, code = QUERIES[name]
    response = post({"query": query})
    assert (response.status_code, code_of(response)) == (400, code), response.json()
    assert nothing_runs == []
    assert "Did you mean" not in response.content.decode()
    assert "data" not in response.json()


def test_by_variables_too(post, db, nothing_runs):
    query = "query ($n: Int = 5000) { hubs(first: $n) { nodes { id } } }"
    for variables in ({"n": 10**9}, {"n": 0}, {}):
        assert code_of(post({"query": query, "variables": variables})) == "invalid"
    assert nothing_runs == []
    for variables in ({"n": "5"}, {"n": True}, {"n": 1.5}, {"n": [1]}, {"n": 2**70}):
        response = post({"query": query, "variables": variables})
        assert code_of(response) in {"invalid_query", "invalid"}, response.json()
        assert response.json().get("data") is None


#: (method or body), headers → status and code.
REQUESTS = {
    "array batch": (f"[{BODY}, {BODY}]", JSON, 400, "batch_refused"),
    "form": ("query=%7Bviewer%7Bid%7D%7D", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    "multipart": ("--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415, "unsupported_media_type"),
    "plain text": (BODY, "text/plain", 415, "unsupported_media_type"),
    "the query alone": ("{ viewer { id } }", "application/graphql", 415, "unsupported_media_type"),
    "no media type": (BODY, "", 415, "unsupported_media_type"),
    "no JSON": ("{", JSON, 400, "invalid_json"),
    "a string": ('"query"', JSON, 400, "invalid_json"),
    "not UTF-8": (b'{"query": "\xff"}', JSON, 400, "invalid_json"),
    "NaN": ('{"query": "{ viewer { id } }", "variables": {"a": NaN}}', JSON, 400, "invalid_json"),
    "a number of 10,000 digits": (f'{{"query": "x", "variables": {{"a": {"9" * 10_000}}}}}', JSON, 400, "invalid_json"),
    "JSON nested 100,000 deep": ('{"query": "x", "variables": {"a": ' + "[" * 100_000, JSON, 400, "invalid_json"),
    "JSON nested 30 deep": (
        '{"query": "{ viewer { id } }", "variables": {"a": ' + "[" * 30 + "]" * 30 + "}}", JSON, 400, "invalid_json",
    ),
    "NUL": ('{"query": "{ viewer { id } }", "variables": {"a": "\\u0000"}}', JSON, 400, "invalid_text"),
    "NUL in a key": ('{"query": "{ viewer { id } }", "variables": {"\\u0000": 1}}', JSON, 400, "invalid_text"),
    "a lone surrogate": ('{"query": "{ viewer { id } }", "variables": {"a": "\\ud800"}}', JSON, 400, "invalid_text"),
    "a lone surrogate in the query": ('{"query": "{ viewer { id } } # \\udfff"}', JSON, 400, "invalid_text"),
    "another member": ('{"query": "{ viewer { id } }", "id": 1}', JSON, 400, "invalid"),
    "variables that are none": ('{"query": "{ viewer { id } }", "variables": [1]}', JSON, 400, "invalid"),
    "a name that is none": ('{"query": "{ viewer { id } }", "operationName": 1}', JSON, 400, "invalid"),
    "no query": ("{}", JSON, 400, "invalid"),
    "7 MB": ('{"query": "' + "x" * 7_000_000 + '"}', JSON, 413, "too_large"),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_of_another_kind_is_refused(post, db, nothing_runs, name):
    body, kind, status, code = REQUESTS[name]
    response = post(body, content_type=kind)
    assert (response.status_code, code_of(response)) == (status, code)
    assert response.json()["errors"][0]["extensions"]["status"] == status
    assert nothing_runs == []


def test_only_post_asks(client, db, nothing_runs):
    """A GET, by which any site could make a browser write, is no query; nor is anything else."""
    address = "/graphql?query=mutation%20%7B%20signOutEverywhere%20%7B%20errors%20%7B%20code%20%7D%20%7D%20%7D"
    for method in ("get", "head", "put", "patch", "delete", "options", "trace"):
        response = getattr(client, method)(address, headers={"Accept": "application/json"})
        assert response.status_code == 405, method
        assert response["Allow"] == "POST"
        assert method == "head" or code_of(response) == "method_not_allowed"
    assert nothing_runs == []


def test_a_session_needs_its_csrf_token(cast, nothing_runs):
    """S20: another site cannot ask by the cookie of whoever visits it."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.user("lea"))
    bare = browser.post("/graphql", BODY, "application/json")
    assert (bare.status_code, code_of(bare)) == (403, "csrf")
    wrong = browser.post("/graphql", BODY, "application/json", headers={"X-CSRFToken": "x" * 32})
    assert (wrong.status_code, code_of(wrong)) == (403, "csrf")
    assert nothing_runs == []
    browser.get("/graphql", headers={"Accept": "text/html"})
    token = browser.cookies["nexus_csrf"].value
    right = browser.post("/graphql", BODY, "application/json", headers={"X-CSRFToken": token})
    assert (right.status_code, "errors" in right.json()) == (200, False)


def test_introspection_can_be_closed(post, db, settings, nothing_runs):
    query = {"query": "{ __schema { types { name } } }"}
    assert post(query).status_code == 200
    settings.GRAPHQL_INTROSPECTION = False
    for asked in (
        "{ __schema { types { name } } }",
        '{ __type(name: "Hub") { name } }',
        "{ ...f } fragment f on Query { __schema { types { name } } }",
    ):
        response = post({"query": asked})
        assert (response.status_code, code_of(response)) == (400, "introspection_closed")
    assert len(nothing_runs) == 1
    assert post({"query": "{ __typename }"}).json() == {"data": {"__typename": "Query"}}


def test_no_refusal_takes_long(post, db):
    """The work of each is bounded by tokens and steps, not by what is asked; measured beside a query that is allowed."""
    post({"query": "{ viewer { id } }"})
    for name, (query, _) in QUERIES.items():
        begun = time.thread_time()
        with pytest.raises(Invalid):
            execution.prepared(Asked(query, {}, None))
        assert time.thread_time() - begun < 2, name  # a runaway, not a speed


def test_a_subscription_beside_it_that_may_select_nothing_is_no_defect(post, db, nothing_runs):
    follow = 'subscription b ($n: Boolean!) { hubActivity(hub: "x") @include(if: $n) { seq } }'
    response = post({"query": f"query a {{ viewer {{ id }} }} {follow}", "operationName": "a"})
    assert (response.status_code, code_of(response)) == (400, "invalid_query")
    assert nothing_runs == []


def test_an_operation_that_does_not_run_is_measured_too(post, db, nothing_runs):
    """It is validated with the other, which takes as long."""
    body = {
        "query": "query one { viewer { id } } query two { ...a } fragment a on Query { ...a }",
        "operationName": "one",
    }
    assert code_of(post(body)) == "fragment_cycle"
    assert nothing_runs == []


def test_a_defect_is_masked_and_logged(post, cast, hub, monkeypatch, caplog):
    """What went wrong is in the log with the request's id; the client gets the id and nothing else."""
    from nexus.api.graphql.nouns import hubs

    def broken(*_args, **_more):
        raise RuntimeError("secret of the database")

    monkeypatch.setattr(hubs, "visible_changes", broken)
    response = post({"query": '{ hub(slug: "cohort") { slug changes { id } } }'}, "lea")
    said = response.json()
    assert response.status_code == 200
    assert said["data"] == {"hub": None}
    (error,) = said["errors"]
    assert error["extensions"]["code"] == "error"
    assert error["extensions"]["request"] == response["X-Request-ID"]
    assert "secret" not in response.content.decode()
    logged = [
        record for record in caplog.records if "secret of the database" in record.getMessage() + str(record.exc_info)
    ]
    assert logged


FORGED = [
    "x", "a.b.c", "nxp_" + "a" * 43, "nxr_" + "a" * 43, "e30.e30.", "e30.e30.e30", "Bearer", "0" * 100_000, "nxp_", "\u00e9",
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2V0Yy9wYXNzd2QifQ.e30.x",
]  # fmt: skip


def test_forged_tokens(client, cast, hub, nothing_runs):
    """S15 over this door; the forgeries themselves are made in tests/accounts/test_tokens.py."""
    shapes = set()
    for token in FORGED:
        response = client.post("/graphql", BODY, "application/json", headers={"Authorization": f"Bearer {token}"})
        assert (response.status_code, code_of(response)) == (401, "invalid_token"), token[:40]
        assert response["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        shapes.add(json.dumps(response.json()))
    basic = client.post("/graphql", BODY, "application/json", headers={"Authorization": "Basic bGVhOng="})
    assert (basic.status_code, code_of(basic)) == (401, "invalid_token")
    assert len(shapes) == 1
    assert nothing_runs == []


def test_a_forged_token_is_not_helped_by_a_session(client, cast, hub, nothing_runs):
    client.force_login(cast.user("lea"))
    response = client.post("/graphql", BODY, "application/json", headers={"Authorization": "Bearer x"})
    assert response.status_code == 401
    assert nothing_runs == []
