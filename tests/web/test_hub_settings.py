"""The settings of a hub in the browser: each form does one thing, and what one may not do is not there."""

import re

import pytest
from tests.conftest import PASSWORD, make_hub

from nexus.hubs.models import Hub, Membership
from nexus.pages import actions as pages

HERE = "/cohort/settings"


def sign_in(client, cast, name):
    cast.user(name)
    client.login(username=name, password=PASSWORD)
    return client


@pytest.fixture
def alice(client, cast, hub):
    return sign_in(client, cast, "alice")


def body(response) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())


def post(client, do, address=HERE, **fields):
    return client.post(address, {"do": do, **fields})


def test_an_owner_sees_everything_and_a_learner_what_is_theirs(client, cast, hub):
    shown = body(sign_in(client, cast, "alice").get(HERE))
    for words in ("Title", "Members", "Who may do what", "Delete this hub", "Transfer", "Change the address"):
        assert words in shown
    shown = body(sign_in(client, cast, "lea").get(HERE))
    assert "Leave this hub" in shown
    assert "Who may do what" in shown
    for words in ("Delete this hub", "Transfer", "Change the address", 'value="member"'):
        assert words not in shown


@pytest.mark.parametrize("name", ["charlie", "rita", "oscar"])
def test_for_charlie_there_are_no_settings(client, cast, hub, name):
    client = sign_in(client, cast, name)
    for method in (client.get, client.post):
        assert method(HERE).status_code == 404
        assert body(method(HERE)) == body(method("/nowhere/settings"))


def test_nobody_signed_in_sees_those_of_a_public_hub(client, cast):
    make_hub(cast, "open", "public")
    assert client.get("/open/settings").status_code == 401
    sign_in(client, cast, "charlie")
    assert client.get("/open/settings").status_code == 200
    for do in ("title", "visibility", "rename", "member", "transfer", "archive", "delete"):
        refused = post(client, do, "/open/settings", title="x", visibility="private", slug="x", confirm="open",
                       user="charlie", role="owner")  # fmt: skip
        assert refused.status_code in {400, 403}, do
    hub = Hub.objects.get(slug="open")
    assert (hub.title, hub.visibility, hub.archived_at, hub.deleted_at) == ("Open", "public", None, None)


def test_the_title_is_changed(alice, hub):
    assert post(alice, "title", title="Another").status_code == 302
    assert Hub.objects.get().title == "Another"
    refused = post(alice, "title", title="\x07")
    assert refused.status_code == 400
    assert "1 to 200 printable characters" in body(refused)


def test_opening_a_hub_says_first_what_it_means(alice, cast, hub):
    pages.create_page(cast.lea, "cohort", "README.md", b"# A")
    asked = body(post(alice, "visibility", visibility="public"))
    assert "all that was ever written here" in asked
    assert Hub.objects.get().visibility == "private"
    post(alice, "visibility", visibility="public", sure="yes")
    assert Hub.objects.get().visibility == "public"
    post(alice, "visibility", visibility="private")  # narrower is no risk
    assert Hub.objects.get().visibility == "private"


def test_members_come_change_and_go(alice, cast, hub):
    cast.user("nadia")
    post(alice, "member", user="nadia", role="guest")
    post(alice, "member", user="nadia", role="mentor")
    assert Membership.objects.get(user__username="nadia").role == "mentor"
    post(alice, "remove", user="nadia")
    assert not Membership.objects.filter(user__username="nadia").exists()
    unknown = post(alice, "member", user="nobody", role="guest")
    assert unknown.status_code == 400
    assert "Nobody of that name" in body(unknown)


def test_the_last_owner_stays(alice, hub):
    refused = post(alice, "leave")
    assert refused.status_code == 409
    assert "keeps at least one owner" in body(refused)


def test_a_hub_goes_into_other_hands(alice, cast, hub):
    post(alice, "transfer", user="mona")
    assert Membership.objects.get(user__username="mona").role == "owner"
    assert Membership.objects.get(user__username="alice").role == "mentor"
    assert post(alice, "delete", confirm="cohort").status_code == 403


def test_the_old_address_leads_to_the_new_one_for_who_may_see_it(alice, client, cast, hub):
    pages.create_page(cast.lea, "cohort", "a b.md", b"# A")
    moved = post(alice, "rename", slug="cohort-7")
    assert moved.headers["Location"] == "/cohort-7/settings"
    for path in ("/", "/pages/a%20b.md?x=1", "/settings"):
        led = alice.get(f"/cohort{path}")
        assert (led.status_code, led.headers["Location"]) == (308, f"/cohort-7{path}")
    sign_in(client, cast, "charlie")
    client.get("/")  # which tells what happened
    assert body(client.get("/cohort/")) == body(client.get("/nowhere/"))


def test_a_deleted_hub_is_gone_and_comes_back(alice, cast, hub):
    pages.create_page(cast.lea, "cohort", "README.md", b"# A")
    assert post(alice, "delete", confirm="other").status_code == 400
    assert post(alice, "delete", confirm="cohort").headers["Location"] == "/"
    assert alice.get("/cohort/").status_code == 404
    assert alice.get(HERE).status_code == 404


def test_packing_gives_the_bytes(alice, cast, hub):
    pages.create_page(cast.lea, "cohort", "README.md", b"# A")
    assert post(alice, "export", format="zip").status_code == 302
    assert "Not done yet" in body(alice.get(HERE)) or "Fetch" in body(alice.get(HERE))


def test_who_did_what_is_for_owners(client, cast, hub):
    sign_in(client, cast, "mona")
    assert client.get("/cohort/audit").status_code == 403
    post(client, "title", title="Mona's")
    shown = body(sign_in(client, cast, "alice").get("/cohort/audit"))
    assert "made this hub" in shown
    assert "was refused (capability: hub:settings" in shown
    assert "127.0.0.1" in shown


@pytest.mark.parametrize("members", [1, 30])
def test_statements_do_not_grow_with_members(alice, cast, hub, members, django_assert_num_queries):
    from nexus.hubs.actions import set_member

    for n in range(members):
        set_member(cast.alice, "cohort", cast.user(f"m{n}").username, "guest")
    alice.get(HERE)
    with django_assert_num_queries(8):
        alice.get(HERE)
