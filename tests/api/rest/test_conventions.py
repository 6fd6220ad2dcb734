"""What holds for every resource: who asks, what may come in, what goes out, how a refusal reads, how often one may ask."""

import json
import uuid

import pytest
from django.test import Client
from django.urls import get_resolver
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.accounts.test_tokens import forged
from tests.conftest import PASSWORD, make_hub

from nexus.accounts import actions
from nexus.api.rest import parsers
from nexus.api.rest.urls import urlpatterns
from nexus.base import clock
from nexus.base.errors import Invalid
from nexus.pages.models import Change, Page


def test_signing_in_refreshing_and_out(api, cast):
    cast.user("lea")
    nobody = api()
    answer = nobody("POST", "auth/token", {"username": "lea", "password": PASSWORD})
    pair = answer.json()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    lea = {"Authorization": f"Bearer {pair['access']}"}
    assert nobody("GET", "me", headers=lea).json()["username"] == "lea"
    after = nobody("POST", "auth/token/refresh", {"refresh": pair["refresh"]}).json()
    assert set(after) == {"access", "refresh", "expires_in"}
    nobody.refused(401, "token_reused", "POST", "auth/token/refresh", {"refresh": pair["refresh"]})
    assert nobody("POST", "auth/token/revoke", {"token": after["refresh"]}).json() == {"revoked": True}
    nobody.refused(401, "invalid_token", "POST", "auth/token/refresh", {"refresh": after["refresh"]})
    told = nobody.refused(401, "invalid_credentials", "POST", "auth/token", {"username": "lea", "password": "no"})
    assert PASSWORD not in json.dumps(told)


def test_personal_tokens(api, cast, hub):
    alice = api("alice")
    made = alice.post("me/tokens", {"name": "script", "scopes": ["read"], "hubs": [hub.slug]})
    assert made["token"].startswith("nxp_")
    (listed,) = alice.get("me/tokens")["results"]
    assert "token" not in listed
    make_hub(cast, "another")
    script = {"Authorization": f"Bearer {made['token']}"}
    nobody = api()
    assert [h["slug"] for h in nobody("GET", "hubs", headers=script).json()["results"]] == [hub.slug]
    body = {"path": "a.md", "text": "x"}
    nobody.refused(403, "insufficient_scope", "POST", f"hubs/{hub.slug}/pages", body, headers=script)
    nobody.refused(404, "not_found", "GET", "hubs/another", headers=script)
    nobody.refused(401, "sign_in_required", "POST", "me/tokens", {"name": "x", "scopes": ["admin"]}, headers=script)
    api("charlie").refused(404, "not_found", "DELETE", f"me/tokens/{made['id']}")
    alice.refused(404, "not_found", "POST", "me/tokens", {"name": "x", "scopes": ["read"], "hubs": ["no-such-hub"]})
    assert alice("DELETE", f"me/tokens/{made['id']}").status_code == 204
    nobody.refused(401, "invalid_token", "GET", "hubs", headers=script)


@pytest.mark.security
def test_forged_tokens(api, cast):
    """S15."""
    pair = (cast.user("lea"), actions.sign_in("lea", PASSWORD, address="192.0.2.1"))[1]
    for name, token in forged(pair.access).items():
        if token.isascii() and "\0" not in token and len(token) < 10_000:
            told = api().refused(401, "invalid_token", "GET", "hubs", headers={"Authorization": f"Bearer {token}"})
            assert set(told) <= {"type", "title", "status", "code", "detail", "remedy"}, name
    for header in ("Basic bGVhOng=", "Bearer", "bearer ", "Token x", ""):
        api().refused(401, "invalid_token", "GET", "hubs", headers={"Authorization": header})


@pytest.mark.security
def test_a_session_writes_only_with_its_csrf_token(cast, hub):
    """S20."""
    browser = Client(enforce_csrf_checks=True)
    cast.user("lea")
    browser.login(username="lea", password=PASSWORD)
    address, body = "/api/v1/hubs/cohort/pages", json.dumps({"path": "a.md", "text": "x"})
    assert browser.get(address).status_code == 200
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
        answer = browser.post(address, body, content_type=kind)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    browser.get("/account/login/")
    browser.get("/show-me")
    token = browser.cookies["nexus_csrf"].value
    answer = browser.post(address, body, content_type="application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 201
    assert Page.objects.count() == 1


# --- Refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.security
def test_not_signed_in_is_told_only_where_a_hub_is_known_to_be_public(api, cast):
    make_hub(cast, "hidden", "private")
    make_hub(cast, "open", "public")
    body = {"path": "a.md", "text": "x"}
    told = api().refused(401, "sign_in_required", "POST", "hubs/open/pages", body)
    assert told["remedy"]
    hidden = api().refused(404, "not_found", "POST", "hubs/hidden/pages", body)
    assert hidden == api().refused(404, "not_found", "POST", "hubs/absent/pages", body)
    assert set(hidden) == {"type", "title", "status", "code", "detail"}, "a 404 says nothing of what was asked for"
    assert api()("POST", "hubs/open/pages", body)["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "address", ["", "nothing", "hubs/", "hubs/cohort/", "hubs/cohort/pages/not-a-uuid", "hubs/a/b/c"]
)
def test_an_address_that_is_none(api, hub, address):
    for method in ("GET", "POST", "DELETE", "PATCH"):
        api("alice").refused(404, "not_found", method, address)


def test_a_method_that_is_not_done_here(api, hub):
    answer = api("lea")("DELETE", "hubs")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer["Allow"]


def test_a_defect_is_a_problem_too(api, hub, monkeypatch):
    def broken(*_):
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr("nexus.api.rest.hubs.queries.hubs", broken)
    told = api("lea").refused(500, "error", "GET", "hubs")
    assert "secret" not in json.dumps(told)


BODIES = {
    "nothing": b"", "no JSON": b"{", "a list": b"[]", "a text": b'"x"', "twice": b'{"path":"a","path":"b","text":""}',
    "NaN": b'{"path":NaN}', "bad UTF-8": b'{"path":"\xff"}', "deep": b"[" * 2_000 + b"]" * 2_000, "NUL": b'{"path":"a\0"}',
    "escaped NUL": b'{"path":"a\\u0000.md","text":""}', "surrogate": b'{"path":"a.md","text":"\\ud800"}',
    "huge number": b'{"path":1e999}', "long number": b'{"path":' + b"9" * 10_000 + b"}",
    "UTF-16": '{"path":"a.md"}'.encode("utf-16"),
}  # fmt: skip


@pytest.mark.security
@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_cannot_be_taken(api, hub, what):
    """S31: F5, F6, T19."""
    lea = api("lea")
    answer = lea.client.generic(
        "POST", "/api/v1/hubs/cohort/pages", BODIES[what], "application/json", headers=lea.headers
    )
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] in (
        {"invalid_text"} if what in {"escaped NUL", "surrogate"} else {"malformed", "invalid"}
    )
    assert not Page.objects.exists()


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_only_json_is_taken(api, hub, kind):
    lea = api("lea")
    answer = lea.client.generic(
        "POST", "/api/v1/hubs/cohort/pages", b'{"path":"a.md","text":""}', kind, headers=lea.headers
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
@settings(max_examples=200, deadline=None)
def test_json_that_is_in_order_is_taken_as_it_is(value):
    data = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    try:
        assert parsers.loads(data) == value
    except Invalid:
        text = json.dumps(value)
        assert "\\u0000" in text or "\\ud" in text or parsers._depth(data) > parsers.MAX_DEPTH


@pytest.mark.security
def test_unknown_fields_are_refused_everywhere(api, cast, hub):
    """S21: what a resource does not declare cannot be set; no field of a row is reachable but those named."""
    alice = api("alice")
    page = alice.post("hubs/cohort/pages", {"path": "a.md", "text": "x"})
    foreign = {"id": str(uuid.uuid4()), "pk": 1, "author": "mona", "created_at": "2020-01-01T00:00:00Z", "hub": "another",
               "is_administrator": True, "role": "owner", "sequence": 9, "owner": "lea", "password": "x"}  # fmt: skip
    writes = [
        ("POST", "hubs", {"slug": "new"}), ("PATCH", "hubs/cohort", {"title": "x"}),
        ("PUT", "hubs/cohort/members/gus", {"role": "guest"}),
        ("POST", "hubs/cohort/pages", {"path": "b.md", "text": ""}), ("POST", "hubs/cohort/changes/1/revert", {}),
        ("PATCH", f"hubs/cohort/pages/{page['id']}", {"path": "c.md"}),
        ("POST", f"hubs/cohort/pages/{page['id']}/restore", {}),
        ("POST", "hubs/cohort/changes", {"steps": []}), ("POST", "me/tokens", {"name": "x", "scopes": ["read"]}),
        ("POST", "auth/token", {"username": "x", "password": "x"}), ("POST", "auth/token/refresh", {"refresh": "x"}),
    ]  # fmt: skip
    before, match = Change.objects.count(), {"If-Match": f'"{page["version"]}"'}
    for method, address, body in writes:
        for name, value in foreign.items():
            if name not in body:
                told = alice.refused(400, "unknown_field", method, address, body | {name: value}, headers=match)
                assert told["field"] == name
    assert Change.objects.count() == before


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"x": "1"}, "x"), ({"limit": "0"}, "limit"), ({"limit": "101"}, "limit"), ({"limit": "x"}, "limit"),
     ({"cursor": "x"}, "cursor"), ({"order": "author__password"}, "order"), ({"hub__slug": "x"}, "hub__slug"),
     ({"prefix": "a\0b"}, "prefix")],
)  # fmt: skip
def test_unknown_parameters_are_refused(api, hub, asked, field):
    told = api("lea")("GET", "hubs/cohort/pages", **asked).json()
    assert (told["status"], told["field"]) == (400, field), told


def test_a_parameter_that_came_twice(api, hub):
    lea = api("lea")
    told = lea.client.get("/api/v1/hubs/cohort/pages?path=a&path=b", headers=lea.headers).json()
    assert (told["status"], told["field"]) == (400, "path")


# --- Answers --------------------------------------------------------------------------------------------------------


def test_every_resource_has_an_entity_tag(api, hub):
    lea = api("lea")
    lea.post("hubs/cohort/pages", {"path": "a.md", "text": "# A"})
    for address in (
        "hubs",
        "hubs/cohort",
        "hubs/cohort/pages",
        "hubs/cohort/changes",
        "me",
        "hubs/cohort/entries",
        "hubs/cohort/graph",
    ):
        first = lea("GET", address)
        again = lea("GET", address, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b""), address
        assert lea("GET", address, headers={"If-None-Match": '"another"'}).status_code == 200
        assert lea("HEAD", address)["ETag"] == first["ETag"]
        assert "no-cache" in first["Cache-Control"]


def test_options_say_the_same_whether_or_not_there_is_anything(api, cast, hub):
    for name in ("anonymous", "charlie", "alice"):
        known, unknown = (api(name)("OPTIONS", f"hubs/{slug}/pages") for slug in ("cohort", "absent"))
        assert (
            (known.status_code, known["Allow"])
            == (unknown.status_code, unknown["Allow"])
            == (204, "GET, POST, HEAD, OPTIONS")
        )


def test_a_list_leads_on(api, cast):
    for n in range(5):
        make_hub(cast, f"hub-{n}", roles={})
    alice = api("alice")
    answer = alice("GET", "hubs", limit=2)
    link = answer["Link"]
    assert link.endswith('; rel="next"')
    assert f"cursor={answer.json()['next']}" in link
    seen, cursor = [], ""
    while cursor is not None:
        page = alice.get("hubs", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [hub["slug"] for hub in page["results"]]
        cursor = page["next"]
    assert seen == [f"hub-{n}" for n in range(5)]


def test_text_stays_as_it_is(api, hub):
    body = {"path": "größe/日本 語.md", "text": "# ሰላም\n"}
    made = api("lea").post("hubs/cohort/pages", body)
    assert made["path"] == body["path"]
    assert "ሰላም" in api("lea")("GET", "hubs/cohort/pages").content.decode()


# --- Limits ---------------------------------------------------------------------------------------------------------


def test_how_often_one_may_ask(api, hub, settings):
    with clock.at(clock.now()):  # turns are counted by the minute, and this is to be one
        settings.RATE_ANONYMOUS, settings.RATE_SIGNED_IN = 2, 3
        lea, nobody = api("lea"), api()
        assert [lea("GET", "hubs").status_code for _ in range(4)] == [200, 200, 200, 429]
        told = lea.refused(429, "throttled", "GET", "hubs")
        answer = lea("GET", "hubs")
        assert 1 <= int(answer["Retry-After"]) <= 60
        assert (answer["RateLimit-Limit"], answer["RateLimit-Remaining"]) == ("3", "0")
        assert told["remedy"]
        assert [nobody("GET", "hubs").status_code for _ in range(3)] == [200, 200, 429]
        assert api("leo")("GET", "hubs")["RateLimit-Remaining"] == "2"


# --- Once -----------------------------------------------------------------------------------------------------------


def test_a_write_that_comes_again_is_done_once(api, hub):
    lea, body = api("lea"), {"path": "a.md", "text": "x"}
    key = {"Idempotency-Key": "a-key"}
    first = lea("POST", "hubs/cohort/pages", body, headers=key)
    again = lea("POST", "hubs/cohort/pages", body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Location"] == first["Location"]
    assert again["Idempotency-Replayed"] == "true"
    assert Change.objects.count() == 1
    other = {"path": "b.md", "text": "x"}
    lea.refused(409, "idempotency_key_reused", "POST", "hubs/cohort/pages", other, headers=key)
    assert api("leo")("POST", "hubs/cohort/pages", other, headers=key).status_code == 201, "a key is its owner's"
    lea.refused(400, "idempotency_key", "POST", "hubs/cohort/pages", body, headers={"Idempotency-Key": "a b"})
    lea.refused(400, "idempotency_key", "POST", "hubs/cohort/pages", body, headers={"Idempotency-Key": "x" * 256})


def test_a_refusal_is_not_kept(api, hub):
    lea, key = api("lea"), {"Idempotency-Key": "k"}
    lea.refused(400, "invalid_path", "POST", "hubs/cohort/pages", {"path": "..", "text": "x"}, headers=key)
    assert lea("POST", "hubs/cohort/pages", {"path": "a.md", "text": "x"}, headers=key).status_code == 201


# --- The document ---------------------------------------------------------------------------------------------------


def test_the_document_names_every_address(api, db):
    document = api().get("schema")
    assert document["openapi"].startswith("3.1")
    named = {path.removeprefix("/api/v1/") for path in document["paths"]}
    routes = [str(each.pattern) for each in urlpatterns if not str(each.pattern).startswith("^")]
    assert len(routes) > 30
    for route in routes:
        plain = route.replace("<str:", "{").replace("<uuid:", "{").replace("<int:", "{").replace(">", "}")
        assert plain in named, route
    for path, operations in document["paths"].items():
        for method, told in operations.items():
            assert told["summary"], (path, method)
            assert {"401", "404", "429"} <= set(told["responses"]), (path, method)


def test_its_operations_have_names_of_their_own(api, db):
    operations = [each for path in api().get("schema")["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(names) == len(set(names)) > 40
    assert {"list_pages", "put_a_text", "search"} <= set(names)
    assert {"pages", "hubs", "auth"} <= {each["tags"][0] for each in operations}


def test_it_is_written_in_both_forms(api, db):
    assert api()("GET", "schema", format="yaml").content.startswith(b"openapi: 3.1")
    assert api()("GET", "schema", format="json").json()
    api().refused(400, "invalid", "GET", "schema", format="xml")


def test_nothing_is_routed_twice():
    patterns = [str(p.pattern) for p in urlpatterns]
    assert len(patterns) == len(set(patterns))
    assert get_resolver()
