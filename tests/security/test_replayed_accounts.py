"""S37, section B: accounts, sessions and tokens, what no other test replays (tests/security/replays.py)."""

import json

import pytest
from django.test import Client
from tests.api.rest.conftest import api  # noqa: F401  a fixture
from tests.conftest import PASSWORD
from tests.security.counting import HASHED

from nexus.accounts import actions as accounts
from nexus.accounts.models import User
from nexus.hubs.models import Activity, Membership
from nexus.pages.models import Page

pytestmark = pytest.mark.security


def test_a_form_sets_nothing_it_does_not_show(cast, hub, client):
    """B1: in the browser too, where forms do not refuse what they do not know."""
    cast.user("lea")
    client.login(username="lea", password=PASSWORD)
    more = {"is_administrator": "on", "is_staff": "1", "is_superuser": "1", "is_active": "on", "role": "owner",
            "hub": "cohort", "owner": "lea", "user": "lea", "username": "alice", "id": str(cast.user("alice").pk),
            "max_hubs": "9", "author": "alice", "password": "another long password",
            "groups": "[1]", "email": "a@b.example"}  # fmt: skip
    before = dict(User.objects.filter(username="alice").values()[0])
    for address in (
        "/account",
        "/cohort/settings",
        "/cohort/people",
        "/cohort/new",
        "/cohort/invitations",
        "/account/tokens",
    ):
        for do in ("", "name", "member", "save", "leave?"):
            client.post(address, more | {"do": do, "title": "x", "name": "Lea"})
    lea = User.objects.get(username="lea")
    assert (lea.is_administrator, lea.is_active, lea.email) == (False, True, "lea@example.org")
    assert lea.check_password(PASSWORD)
    assert Membership.objects.get(user=lea, hub=hub).role == "learner"
    assert User.objects.filter(username="alice").values()[0] == before


def test_a_link_for_a_new_password_lets_nobody_in_who_was_shut_out(cast, db):
    """B3: made before the account was deactivated; and none is good for another account."""
    lea, key = cast.user("lea"), accounts.reset_key(cast.operator, cast.user("lea"))
    theirs = accounts.reset_key(cast.operator, cast.user("leo")).partition("-")
    accounts.set_active(cast.operator, lea, active=False)
    sent = {"password1": "another long password", "password2": "another long password"}
    for tried in (key, f"{key.partition('-')[0]}-{theirs[2]}"):
        browser = Client()
        shown = browser.get(f"/account/password/reset/key/{tried}/", follow=True)
        browser.post(shown.request["PATH_INFO"], sent)
        assert browser.get("/account").status_code == 401
        for password in (PASSWORD, sent["password1"]):
            told = browser.post(
                "/api/v1/auth/token", {"username": "lea", "password": password}, content_type="application/json"
            )
            assert told.status_code == 401
    assert not User.objects.get(username="lea").is_active


@pytest.mark.parametrize("spelling", [
    "/api/v1/hubs/cohort/pages", "//api/v1/hubs/cohort/pages", "/api//v1/hubs/cohort/pages",
    "/api/v1/hubs/cohort/pages/", "/api/v1/hubs/cohort%2fpages", "/api/v1/hubs/cohort/pages.",
    "/api/v1/hubs/cohort/pages.json", "/API/v1/hubs/cohort/pages",
    "/api/v1/./hubs/cohort/pages", "/api/v1/x/../hubs/cohort/pages", "/api/v1/hubs/cohort/pages;x",
    "/api/v1/hubs/cohort/pages%00",
])  # fmt: skip
def test_what_only_reads_writes_by_no_spelling(cast, hub, client, spelling):
    """B6: with a token for reading, by other spellings, and by methods hidden in another."""
    _, secret = accounts.create_personal_token(cast.lea, "reading", scopes=["read"])
    before = Activity.objects.count()
    body = {"path": "planted.md", "text": "planted"}
    for method in ("get", "post", "put", "patch", "delete"):
        for hidden in (
            {},
            {"X-HTTP-Method-Override": "POST"},
            {"X-HTTP-Method": "POST"},
            {"X-Method-Override": "POST"},
        ):
            headers = {"Authorization": f"Bearer {secret}"} | hidden
            answer = client.generic(
                method.upper(),
                f"{spelling}?_method=POST",
                json.dumps(body),
                "application/json",
                headers=headers,
            )
            assert answer.status_code in {200, 301, 400, 403, 404, 405, 415, 428}, answer.content
            assert answer.status_code != 200 or method == "get"
    assert Activity.objects.count() == before
    assert not Page.objects.exists()
    _, writing = accounts.create_personal_token(cast.lea, "writing", scopes=["write"])
    for token, status in ((secret, 403), (writing, 201)):  # where it is spelled as it is, and asked for as it is
        headers = {"Authorization": f"Bearer {token}"}
        assert client.post("/api/v1/hubs/cohort/pages", body, "application/json", headers=headers).status_code == status


def test_nobody_is_who_a_header_says(cast, hub, api):  # noqa: F811
    """B8: who is signed in is never a header's word."""
    cast.user("alice")
    for header in ("Remote-User", "Remote_User", "X-Remote-User", "X-Forwarded-User", "X-Auth-Request-User", "X-User"):
        assert Client().get("/account", headers={header: "alice"}).status_code == 401
        assert Client().get("/api/v1/me", headers={header: "alice"}).status_code == 401
        assert Client().get("/api/v1/hubs/cohort", headers={header: "alice"}).status_code in {401, 404}


@pytest.mark.parametrize("door", ["form", "token"])
def test_who_is_not_there_costs_as_much(cast, settings, door):
    """B9: hashes that are made, not milliseconds: as many for a name that nobody has, or that may not sign in."""
    settings.PASSWORD_HASHERS = ["tests.security.counting.CountingHasher"]
    accounts.set_active(cast.operator, cast.user("leo"), active=False)
    cast.user("lea")
    costs = {}
    for name in ("lea", "leo", "nobody", "nobody@example.org"):
        HASHED.clear()
        if door == "form":
            Client().post("/account/login/", {"login": name, "password": "a wrong password"})
        else:
            sent = {"username": name, "password": "a wrong password"}
            Client().post("/api/v1/auth/token", sent, content_type="application/json")
        costs[name] = HASHED.total()
    assert set(costs.values()) == {1}, costs


def test_a_session_of_before_is_not_that_of_after(cast, client):
    """B12: what somebody was given, or gave themselves, before signing in."""
    cast.user("lea")
    client.get("/show-me")
    client.cookies["nexus_session"] = "planted" * 4
    client.post("/account/login/", {"login": "lea", "password": PASSWORD})
    first = client.cookies["nexus_session"].value
    assert first != "planted" * 4
    other = Client()
    other.cookies["nexus_session"] = first  # somebody gives hers to another, who signs in
    cast.user("leo")
    other.post("/account/logout/")
    other.post("/account/login/", {"login": "leo", "password": PASSWORD})
    assert other.cookies["nexus_session"].value != first
    assert Client().get("/account", headers={"Cookie": f"nexus_session={first}"}).status_code == 401
