"""The instance's administration in the browser: for administrators, and without any private content."""

import re

import pytest
from tests.conftest import PASSWORD, make_hub

from nexus.accounts import actions as accounts
from nexus.accounts.models import User
from nexus.hubs import actions as hubs
from nexus.hubs import lifetime
from nexus.hubs.models import Activity, AuditEntry, Hub
from nexus.pages import actions as pages

PAGES = ["/administration", "/administration/hubs", "/administration/audit"]
SECRET = "kanarienvogel"


def body(response) -> str:
    return re.sub(r'value="\w{64}"', "", response.content.decode())


@pytest.fixture
def adele(client, cast):
    accounts.set_administrator(cast.operator, cast.user("adele"), administrator=True)
    client.login(username="adele", password=PASSWORD)
    client.get("/account")
    return client


@pytest.mark.parametrize("address", PAGES)
def test_it_exists_for_administrators_alone(client, cast, hub, address):
    for name in ("anonymous", "alice", "charlie"):
        if name != "anonymous":
            cast.user(name)
            client.login(username=name, password=PASSWORD)
        client.get("/")
        assert body(client.get(address)) == body(client.get("/nowhere"))
        assert client.post(address, {"do": "deactivate", "user": "alice"}).status_code == 404 or address.endswith(
            "audit"
        )
    assert User.objects.get(username="alice").is_active


def test_it_shows_that_hubs_exist_and_nothing_in_them(adele, cast, hub):
    hubs.update_hub(cast.alice, "cohort", title=f"{SECRET} title")
    pages.create_page(cast.lea, "cohort", f"{SECRET}.md", f"# {SECRET}".encode())
    shown = "".join(body(adele.get(address)) for address in PAGES)
    assert "cohort" in shown
    assert "1 page or file" in shown
    assert SECRET not in shown
    assert adele.get("/cohort/").status_code == 404


def test_entering_is_seen_by_the_members(adele, cast, hub):
    assert adele.post("/administration/hubs", {"do": "enter", "hub": "cohort"}).headers["Location"] == "/cohort/"
    assert adele.get("/cohort/").status_code == 200
    assert Activity.objects.filter(verb="administrator.entered", hub=hub).count() == 1


def test_accounts_are_deactivated_and_brought_back(adele, cast):
    cast.user("lea")
    for do, is_active in (("deactivate", False), ("activate", True)):
        assert adele.post("/administration", {"do": do, "user": "lea"}).status_code == 302
        assert User.objects.get(username="lea").is_active is is_active
    adele.post("/administration", {"do": "quota", "user": "lea", "max_hubs": "0", "max_mb": "3"})
    assert User.objects.get(username="lea").max_hubs == 0
    assert User.objects.get(username="lea").max_bytes == 3_000_000
    adele.post("/administration", {"do": "administrator", "user": "lea"})
    assert User.objects.get(username="lea").is_administrator
    adele.post("/administration", {"do": "no-administrator", "user": "lea"})
    last = adele.post("/administration", {"do": "no-administrator", "user": "adele"})
    assert last.status_code == 409
    assert "at least one administrator" in body(last)
    assert AuditEntry.objects.filter(who="adele", door="web", data__user="lea").count() == 5
    assert "made somebody an administrator (user: lea)" in body(adele.get("/administration/audit"))


def test_a_link_for_a_new_password_is_shown_once(adele, cast):
    cast.user("lea")
    shown = body(adele.post("/administration", {"do": "reset", "user": "lea"}))
    assert re.search(r'value="http://testserver/account/password/reset/key/\w+-[\w-]+/"', shown)
    assert "password/reset/key" not in body(adele.get("/administration"))


@pytest.mark.parametrize("sent", [{"do": "x"}, {"do": "quota", "max_hubs": "x"}, {"do": "quota", "max_hubs": "9" * 10}])
def test_what_cannot_be_is_refused(adele, cast, sent):
    cast.user("lea")
    assert adele.post("/administration", sent | {"user": "lea"}).status_code == 400
    assert adele.post("/administration", {"do": "deactivate", "user": "nobody"}).status_code == 404


def test_hubs_have_limits_come_back_and_are_purged(adele, cast, hub):
    at = "/administration/hubs"
    adele.post(at, {"do": "quota", "hub": "cohort", "max_pages": "7", "max_mb": "3"})
    assert list(Hub.objects.values_list("max_pages", "max_bytes")) == [(7, 3_000_000)]
    assert adele.post(at, {"do": "quota", "hub": "cohort", "max_pages": "x"}).status_code == 400
    assert adele.post(at, {"do": "purge", "hub": "cohort", "confirm": "cohort"}).status_code == 404  # it is there
    lifetime.delete_hub(cast.alice, "cohort", confirm="cohort")
    adele.post(at, {"do": "restore", "hub": "cohort"})
    assert Hub.objects.get().deleted_at is None
    lifetime.delete_hub(cast.alice, "cohort", confirm="cohort")
    assert adele.post(at, {"do": "purge", "hub": "cohort", "confirm": "x"}).status_code == 400
    adele.post(at, {"do": "purge", "hub": "cohort", "confirm": "cohort"})
    assert not Hub.objects.exists()


@pytest.mark.parametrize("items", [1, 30])
def test_lists_cost_the_same(adele, cast, django_assert_num_queries, items):
    for n in range(items):
        cast.user(f"u{n}")
        make_hub(cast, f"h{n}", roles={})
    for address in PAGES:
        adele.get(address)
        # The session, who it is, the list; of people also what their hubs hold.
        with django_assert_num_queries(4 if address == "/administration" else 3):
            adele.get(address)
