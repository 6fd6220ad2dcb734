"""The account page and what hangs on it."""

import io
import json
import zipfile

import pytest
from django.test import Client
from tests.conftest import PASSWORD, make_hub

from nexus.accounts import actions as accounts
from nexus.accounts.models import BrowserSession, Person, PersonalToken, User
from nexus.hubs import lifetime
from nexus.hubs.models import Membership
from nexus.pages import actions as pages


def body(response) -> str:
    return response.content.decode()


def signed_in(cast, name: str, agent: str = "") -> Client:
    cast.user(name)
    client = Client(headers={"User-Agent": agent} if agent else {})
    answer = client.post("/account/login/", {"login": name, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def confirmed(client: Client) -> Client:
    """With the password given once more."""
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client


PAGES = ["/account", "/account/sessions", "/account/tokens", "/account/leave"]


@pytest.mark.parametrize("address", PAGES)
def test_there_is_an_account_only_for_who_has_one(cast, client, address):
    assert client.get(address).status_code == 401
    assert client.post(address).status_code == 401
    assert signed_in(cast, "charlie").get(address).status_code == 200


def test_a_name_is_changed_and_the_old_address_leads_to_it(cast, client):
    make_hub(cast, "open", "public")
    pages.create_page(cast.lea, "open", "README.md", b"# A")
    lea = signed_in(cast, "lea")
    assert lea.post("/account", {"do": "name", "name": "Léa  Ndiaye"}).status_code == 302
    assert lea.post("/account", {"do": "username", "username": "Lea-N"}).status_code == 302
    person = Person.objects.get(user=cast.user("lea"))
    assert (person.name, person.handle, User.objects.get(pk=person.user_id).username) == (
        "Léa Ndiaye",
        "lea-n",
        "lea-n",
    )
    for address in ("/people/lea", "/open/people/lea"):
        led = client.get(address)
        assert (led.status_code, led.headers["Location"]) == (308, address.replace("lea", "lea-n"))
    taken = signed_in(cast, "charlie").post("/account", {"do": "username", "username": "lea"})
    assert taken.status_code == 409
    assert "taken" in body(taken)
    assert lea.post("/account", {"do": "username", "username": "lea"}).status_code == 302  # back again


@pytest.mark.parametrize(
    ("field", "value"), [("username", "operator"), ("username", "a b"), ("name", "\x07"), ("name", "")]
)
def test_a_name_that_cannot_be_is_refused(cast, field, value):
    refused = signed_in(cast, "lea").post("/account", {"do": field, field: value})
    assert refused.status_code == 400
    assert 'role="alert"' in body(refused)


def test_sessions_are_listed_and_ended(cast):
    here, there = signed_in(cast, "lea", "Firefox on a telephone"), signed_in(cast, "lea", "Chrome elsewhere")
    there.get("/account")
    shown = body(here.get("/account/sessions"))
    assert shown.count("Firefox on a telephone") == 1
    assert shown.count("Chrome elsewhere") == 1
    other = BrowserSession.objects.get(device="Chrome elsewhere")
    stranger = signed_in(cast, "charlie")
    assert stranger.post("/account/sessions", {"session": str(other.pk)}).status_code == 404
    assert there.get("/account").status_code == 200
    here.post("/account/sessions", {"session": str(other.pk)})
    assert there.get("/account").status_code == 401
    assert "Chrome elsewhere" not in body(here.get("/account/sessions"))


def test_signing_out_everywhere_ends_browsers_programs_and_tokens(cast, client):
    here, there = signed_in(cast, "lea"), signed_in(cast, "lea")
    pair = accounts.sign_in("lea", PASSWORD, address="", label="a program")
    assert "a program" in body(here.get("/account/sessions"))
    here.post("/account/sessions", {"do": "everywhere"})
    for browser in (here, there):
        assert browser.get("/account").status_code == 401
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {pair.access}"}).status_code == 401


def test_a_new_password_ends_other_sessions_and_keeps_this_one(cast):
    here, there = signed_in(cast, "lea"), signed_in(cast, "lea")
    there.get("/account")
    new = {"oldpassword": PASSWORD, "password1": "another long password", "password2": "another long password"}
    assert here.post("/account/password/change/", new).status_code == 302
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 401
    assert body(here.get("/account/sessions")).count("(this one)") == 1
    assert BrowserSession.objects.filter(user=cast.user("lea")).count() <= 2


def test_a_token_is_shown_once(cast, client):
    lea = signed_in(cast, "lea")
    made = lea.post("/account/tokens", {"do": "create", "name": "ci", "scope": "read", "days": "7"})
    token = PersonalToken.objects.get()
    secret = body(made).partition('readonly value="')[2].partition('"')[0]
    assert secret.startswith("nxp_")
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    assert secret not in body(lea.get("/account/tokens"))
    assert (
        signed_in(cast, "charlie").post("/account/tokens", {"do": "revoke", "token": str(token.pk)}).status_code == 404
    )
    lea.post("/account/tokens", {"do": "revoke", "token": str(token.pk)})
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


@pytest.mark.parametrize("change", [{"name": ""}, {"scope": "root"}, {"days": "0"}, {"days": "x"}, {"days": "9999"}])
def test_a_token_that_cannot_be_is_refused(cast, change):
    sent = {"do": "create", "name": "ci", "scope": "read", "days": "7"} | change
    assert signed_in(cast, "lea").post("/account/tokens", sent).status_code == 400
    assert not PersonalToken.objects.exists()


def test_own_data_holds_what_one_wrote_and_nothing_of_others(cast, hub):
    pages.create_page(cast.lea, "cohort", "lea/README.md", b"# mine \xff"[:-1])
    pages.create_page(cast.leo, "cohort", "leo.md", b"# a secret of Leo's")
    accounts.create_personal_token(cast.lea, "my ci")
    answer = signed_in(cast, "lea").post("/account/data")
    data = b"".join(answer.streaming_content)
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.read("texts/cohort/lea/README.md") == b"# mine "
    assert json.loads(archive.read("account.json"))["email"] == "lea@example.org"
    assert json.loads(archive.read("tokens.json"))[0]["name"] == "my ci"
    assert json.loads(archive.read("memberships.json"))[0]["hub__slug"] == "cohort"
    everything = b"".join(archive.read(name) for name in archive.namelist())
    for secret in (b"secret of Leo", b"leo@example.org", b"nxp_" + b"x", b"argon2", b"md5$"):
        assert secret not in everything
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_own_data_ends_with_the_right_to_read(cast, hub):
    from nexus.hubs.actions import remove_member

    pages.create_page(cast.lea, "cohort", "lea.md", b"# mine")
    remove_member(cast.alice, "cohort", "lea")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(signed_in(cast, "lea").post("/account/data").streaming_content)))
    assert not [name for name in archive.namelist() if name.startswith("texts/")]


def test_leaving_says_first_what_happens_and_asks_for_the_password(cast, hub):
    pages.create_page(cast.lea, "cohort", "lea.md", b"# mine")
    lea = signed_in(cast, "lea")
    assert "they stay, with their history" in body(lea.get("/account/leave"))
    asked = lea.post("/account/leave", {"do": "delete", "name": "keep", "sure": "yes"})
    assert asked.headers["Location"].startswith("/account/reauthenticate/")
    wrong = lea.post(asked.headers["Location"], {"password": "wrong wrong wrong"})
    assert wrong.status_code == 200
    assert User.objects.filter(username="lea").exists()
    lea.post(asked.headers["Location"], {"password": PASSWORD})
    assert not User.objects.filter(username="lea").exists()


@pytest.mark.parametrize(("keep", "name"), [("keep", "Lea"), ("none", "Former member")])
def test_texts_stay_under_the_name_that_was_chosen(cast, hub, keep, name):
    pages.create_page(cast.lea, "cohort", "lea.md", b"# mine")
    person = Person.objects.get(user=cast.user("lea"))
    lea = confirmed(signed_in(cast, "lea"))
    assert lea.post("/account/leave", {"do": "delete", "name": "keep"}).status_code == 400  # the box
    assert lea.post("/account/leave", {"do": "delete", "name": keep, "sure": "yes"}).status_code == 302
    assert not User.objects.filter(username="lea").exists()
    assert not Membership.objects.filter(user__username="lea").exists()
    person.refresh_from_db()
    assert (person.name, person.email, person.user_id) == (name, "", None)
    assert (person.handle == "lea") == (keep == "keep")
    shown = body(signed_in(cast, "mona").get("/cohort/pages/lea.md"))
    assert "mine" in shown
    assert name in shown
    assert lea.get("/account").status_code == 401


def test_nobody_leaves_a_hub_without_an_owner(cast, hub):
    alice = confirmed(signed_in(cast, "alice"))
    for sent in ({"do": "deactivate"}, {"do": "delete", "name": "keep", "sure": "yes"}):
        refused = alice.post("/account/leave", sent)
        assert refused.status_code == 409
        assert "Nobody else owns cohort" in body(refused)
    lifetime.transfer_hub(cast.alice, "cohort", "mona")
    assert alice.post("/account/leave", {"do": "deactivate"}).status_code == 302
    assert not User.objects.get(username="alice").is_active


def test_a_deleted_hub_is_brought_back(cast, hub):
    lifetime.delete_hub(cast.alice, "cohort", confirm="cohort")
    alice = signed_in(cast, "alice")
    assert "Bring it back" in body(alice.get("/account"))
    charlie = signed_in(cast, "charlie")
    assert "Bring it back" not in body(charlie.get("/account"))
    assert charlie.post("/account", {"do": "restore", "hub": "cohort"}).status_code == 404
    assert alice.post("/account", {"do": "restore", "hub": "cohort"}).headers["Location"] == "/cohort/"
    assert alice.get("/cohort/").status_code == 200


@pytest.mark.security
def test_asking_for_a_new_password_says_the_same_for_everybody(cast, client):
    cast.user("lea")
    answers = [client.post("/account/password/reset/", {"email": f"{name}@example.org"}) for name in ("lea", "nobody")]
    assert {(each.status_code, each.headers["Location"]) for each in answers} == {
        (302, "/account/password/reset/done/")
    }
    assert "This server sends no mail" in body(client.get("/account/password/reset/"))


@pytest.mark.security
def test_wrong_passwords_at_other_forms_count_as_failed_sign_ins(cast):
    """S17: changing the password and confirming it are doors too."""
    lea = signed_in(cast, "lea")
    for n in range(6):
        lea.post(
            "/account/password/change/",
            {"oldpassword": f"wrong {n} wrong", "password1": "x" * 12, "password2": "x" * 12},
        )
    for n in range(6):
        lea.post("/account/reauthenticate/", {"password": f"wrong {n} wrong"})
    refused = Client().post("/account/login/", {"login": "lea", "password": PASSWORD})
    assert refused.status_code == 200
    assert "Too many failed sign-ins" in body(refused)


@pytest.mark.parametrize("referer", ["/cohort/pages/a%20b.md?x=1", "/people/lea"])
def test_one_comes_back_to_where_one_was_not_let_in(cast, client, hub, referer):
    form = body(client.get("/account/login/", headers={"Referer": f"http://testserver{referer}"}))
    assert f'name="next" value="{referer}"' in form


@pytest.mark.security
@pytest.mark.parametrize(
    "referer",
    ["http://evil.example/x", "http://testserver//evil.example", "http://testserver/account/leave", "javascript:x",
     "http://testserver/" + "x" * 3000, "http://testserver:80@evil.example/x", "http://testserver/\\evil.example"],
)  # fmt: skip
def test_no_other_site_says_where_to(cast, client, referer):
    assert 'name="next"' not in body(client.get("/account/login/", headers={"Referer": referer}))
