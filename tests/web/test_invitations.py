"""Inviting in the browser: a form that shows its link once, and a link that leads through signing in to the hub."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from tests.conftest import PASSWORD

from nexus.hubs import actions
from nexus.hubs.models import Invitation, Membership

NEW = {"username": "nadia", "email": "nadia@example.org", "password1": PASSWORD, "password2": PASSWORD}


def signed_in(cast, name: str) -> Client:
    client = Client()
    client.login(username=cast.user(name).username, password=PASSWORD)
    return client


def body(response, status: int = 200) -> str:
    assert response.status_code == status, response
    return response.content.decode()


def members(hub) -> dict[str, str]:
    return dict(Membership.objects.filter(hub=hub).values_list("user__username", "role"))


@pytest.mark.parametrize(("name", "roles"), [("alice", 4), ("mona", 2), ("lea", 0), ("gus", 0)])
def test_who_may_invite_finds_the_form_beside_the_people(cast, hub, name, roles):
    shown = body(signed_in(cast, name).get("/cohort/people"))
    assert shown.count("<option") == roles
    assert ("Invite someone" in shown) == bool(roles)


def test_the_link_is_shown_once(cast, hub):
    mona = signed_in(cast, "mona")
    response = mona.post("/cohort/invitations", {"role": "learner", "email": "", "uses": "3"})
    (link,) = re.findall(r'value="(http://testserver/invitations/nxi_[\w-]+)"', body(response))
    assert "no-store" in response["Cache-Control"]
    assert "nxi_" not in body(mona.get("/cohort/invitations"))
    assert "0 of 3 joined" in body(mona.get("/cohort/invitations"))
    assert link.rpartition("/")[2] not in str(Invitation.objects.values())


@pytest.mark.parametrize(
    "wrong", [{"role": "owner"}, {"role": "x"}, {"email": "x"}, {"uses": "x"}, {"uses": "0"}, {"uses": "9" * 9}, {}]
)
def test_what_is_wrong_is_said_beside_the_form(cast, hub, wrong):
    sent = {"role": "learner", "email": "", "uses": "1"} | wrong
    response = signed_in(cast, "mona").post("/cohort/invitations", sent if wrong else {})
    assert response.status_code in (400, 403)
    assert "</form>" in response.content.decode()
    assert not Invitation.objects.exists()


def test_an_invitation_is_revoked(cast, hub):
    made = actions.invite_member(cast.mona, hub.slug, "learner")
    assert signed_in(cast, "lea").post(f"/cohort/invitations/{made.invitation.pk}/revoke").status_code == 403
    assert signed_in(cast, "mona").post(f"/cohort/invitations/{made.invitation.pk}/revoke").status_code == 302
    assert Client().get(f"/invitations/{made.token}").status_code == 404


def test_the_secret_leaves_the_address_at_once(cast, hub, client):
    """A16: it is in no `Referer`, no cache and no history."""
    token = actions.invite_member(cast.alice, hub.slug, "mentor").token
    response = client.get(f"/invitations/{token}")
    assert (response.status_code, response["Location"]) == (302, "/invitations")
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    page = client.get("/invitations")
    assert "no-store" in page["Cache-Control"]
    assert hub.title in body(page)
    assert "As Mentor" in body(page)
    assert 'content="noindex"' in body(page)
    assert token not in body(page)


def test_who_has_no_account_makes_one_and_comes_back(cast, hub, client):
    token = actions.invite_member(cast.alice, hub.slug, "learner").token
    client.get(f"/invitations/{token}")
    way = client.post("/invitations", {"way": "signup"})
    assert way["Location"] == "/account/signup/?next=%2Finvitations"
    assert token not in body(client.get(way["Location"]))
    back = client.post("/account/signup/", NEW | {"next": "/invitations"})
    assert back["Location"] == "/invitations"
    assert "You join as nadia" in body(client.get("/invitations"))
    joined = client.post("/invitations")
    assert joined["Location"] == "/cohort/"
    assert "You are a member of Cohort now." in body(client.get("/cohort/"))
    assert members(hub)["nadia"] == "learner"
    assert client.get("/invitations").status_code == 404


def test_who_has_one_signs_in_and_comes_back(cast, hub, client):
    cast.user("charlie")
    client.get(f"/invitations/{actions.invite_member(cast.alice, hub.slug, 'learner').token}")
    way = client.post("/invitations", {"way": "login"})["Location"]
    assert way == "/account/login/?next=%2Finvitations"
    sent = {"login": "charlie", "password": PASSWORD, "next": "/invitations"}
    assert client.post("/account/login/", sent)["Location"] == "/invitations"
    assert client.post("/invitations")["Location"] == "/cohort/"
    assert members(hub)["charlie"] == "learner"


def test_closed_sign_up_stays_closed(cast, hub, client, settings):
    settings.SIGN_UP = "closed"
    client.get(f"/invitations/{actions.invite_member(cast.alice, hub.slug, 'learner').token}")
    assert "Make an account" not in body(client.get("/invitations"))
    assert client.post("/invitations", {"way": "signup"})["Location"].startswith("/account/login/")


def test_one_for_another_address_says_so_and_one_that_is_over_is_not_there(cast, hub):
    made = actions.invite_member(cast.alice, hub.slug, "learner", email="nadia@example.org")
    charlie = signed_in(cast, "charlie")
    charlie.get(f"/invitations/{made.token}")
    assert "for another address" in body(charlie.post("/invitations"), 403)
    EmailAddress.objects.create(user=cast.user("charlie"), email="nadia@example.org", verified=True)
    actions.revoke_invitation(cast.alice, hub.slug, made.invitation.pk)
    gone, unknown = charlie.post("/invitations"), charlie.get("/invitations/nxi_unknown")
    assert (gone.status_code, unknown.status_code) == (404, 404)
    assert "charlie" not in members(hub)


def test_joining_wants_the_forms_token(cast, hub):
    """S20: another site cannot make somebody join."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.user("charlie"))
    client.get(f"/invitations/{actions.invite_member(cast.alice, hub.slug, 'learner').token}")
    assert client.post("/invitations").status_code == 403
    assert "charlie" not in members(hub)


def test_the_log_names_no_secret(cast, hub, client, caplog):
    token = actions.invite_member(cast.alice, hub.slug, "learner").token
    with caplog.at_level("INFO", "nexus.access"):
        client.get(f"/invitations/{token}")
    assert "/invitations/…" in caplog.text
    assert token not in caplog.text
