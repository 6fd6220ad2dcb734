"""Signing up, in and out, through the forms."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db.models.signals import pre_save
from django.test import Client
from tests.conftest import PASSWORD

from nexus.accounts.attempts import BY_NETWORK
from nexus.accounts.models import Person, User

OTHER = "another battery 77 horse"
FORM = {"username": "Nadia", "email": "nadia@example.org", "password1": PASSWORD, "password2": PASSWORD}


def test_sign_up_makes_an_account_with_its_person(client, db):
    assert client.post("/account/signup/", FORM).status_code == 302
    user = User.objects.get(username="nadia")
    assert Person.objects.get(user=user).handle == "nadia"
    assert user.password.startswith("md5$")  # the tests' hasher; the next test looks at the real one
    assert "nadia" in client.get("/").content.decode()


def test_passwords_are_hashed_with_argon2(client, db, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    client.post("/account/signup/", FORM)
    assert User.objects.get().password.startswith("argon2$argon2id$")


@pytest.mark.parametrize(
    "change",
    [
        {"username": "operator"},
        {"username": "a b"},
        {"username": "-"},
        {"password1": "short", "password2": "short"},
        {"email": "x"},
    ],
)
def test_sign_up_says_what_is_wrong(client, db, change):
    response = client.post("/account/signup/", FORM | change)
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert not User.objects.exists()


def test_a_name_out_of_a_git_history_cannot_be_taken(client, db):
    Person.objects.create(handle="nadia", name="Nadia")
    client.post("/account/signup/", FORM)
    assert not User.objects.exists()


def test_sign_up_can_be_closed(client, db, settings):
    settings.SIGN_UP = "closed"
    assert "closed" in client.get("/account/signup/").content.decode()
    client.post("/account/signup/", FORM)
    assert not User.objects.exists()


def test_sign_in_and_out(client, cast):
    cast.user("lea")
    for login in ("lea", "lea@example.org"):
        response = client.post("/account/login/", {"login": login, "password": PASSWORD})
        assert response.status_code == 302
        assert "Sign out" in client.get("/").content.decode()
        client.post("/account/logout/")
        assert "Sign in" in client.get("/").content.decode()


def test_wrong_password_and_unknown_name_look_alike(client, cast):
    cast.user("lea")
    answers = [
        client.post("/account/login/", {"login": name, "password": "wrong wrong wrong"})
        .content.decode()
        .replace(name, "")
        for name in ("lea", "nobody")
    ]
    masked = [a[: a.index("csrfmiddlewaretoken")] + a[a.index('role="alert"') :] for a in answers]
    assert masked[0][-600:] == masked[1][-600:]


def test_deactivated_account_cannot_sign_in(client, cast):
    user = cast.user("lea")
    user.is_active = False
    user.save()
    client.post("/account/login/", {"login": "lea", "password": PASSWORD})
    assert "Sign in" in client.get("/").content.decode()


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https:evil.example", "javascript:alert(1)", "\t//evil.example"]
)
def test_after_signing_in_one_stays_here(client, cast, target):
    cast.user("lea")
    response = client.post("/account/login/", {"login": "lea", "password": PASSWORD, "next": target})
    assert response.headers["Location"] == "/"


def test_of_two_who_take_a_name_at_once_one_is_told(client, db):
    """Red once: a 500."""

    def rival(**_):
        pre_save.disconnect(rival, User)
        User.objects.bulk_create([User(username="nadia", email="rival@example.org")])

    pre_save.connect(rival, User)
    response = client.post("/account/signup/", FORM)
    assert response.status_code == 409
    assert "taken" in response.content.decode()


def shown(client, address, sent, *, mask=()):
    """An answer and the page it leads to, without what differs anyway."""
    answer = client.post(address, sent)
    pages = [answer.content.decode()]
    if answer.status_code == 302:
        pages += [answer.headers["Location"], client.get(answer.headers["Location"]).content.decode()]
    text = re.sub(r'csrfmiddlewaretoken" value="\w+"', "", "".join(pages))
    for word in mask:
        text = text.replace(word, "*")
    return answer.status_code, text


def walked(sent):
    """All that somebody sees who makes an account with an address and goes on with it."""
    name, email = sent["username"], sent["email"]
    client, mask = Client(), (name, sent["email"])
    yield shown(client, "/account/signup/", sent, mask=mask)
    client.post("/account/reauthenticate/", {"password": OTHER})
    for page in ("/account", "/account/email/"):
        yield masked(client.get(page), mask)
    for action in ("action_send", "action_primary", "action_remove"):
        yield shown(client, "/account/email/", {action: "", "email": email}, mask=mask)
    yield shown(client, "/account/email/", {"action_add": "", "email": email}, mask=mask)
    client.post("/account/logout/")
    for login in (email, name):
        yield shown(client, "/account/login/", {"login": login, "password": OTHER}, mask=mask)
    again = Client().post("/api/v1/auth/token", {"username": email, "password": OTHER}, "application/json")
    yield again.status_code, again.json()["code"]


def masked(response, mask):
    text = re.sub(r'csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    for word in mask:
        text = text.replace(word, "*")
    return response.status_code, text


@pytest.mark.security
def test_nobody_learns_by_signing_up_which_address_has_an_account(cast, db, mailoutbox):
    """To the byte, from the form to signing in again; the owner of the address is told."""
    cast.user("alice")
    own = {"password1": OTHER, "password2": OTHER}
    free = own | {"username": "wanda", "email": "free1@example.org"}
    taken = own | {"username": "wendy", "email": "alice@example.org"}
    for n, (one, other) in enumerate(zip(walked(free), walked(taken), strict=True)):
        assert one == other, n
    to = {address: [mail for mail in mailoutbox if mail.to == [address]] for address in (free["email"], taken["email"])}
    assert "confirm" in to["free1@example.org"][0].body.lower()
    assert all("/confirm-email/" not in mail.body for mail in to["alice@example.org"])
    assert "already" in to["alice@example.org"][0].body
    assert User.objects.get(username="alice").email == "alice@example.org"
    assert User.objects.get(username="wendy").email is None
    assert client_signs_in("alice@example.org") == "alice"


def client_signs_in(login):
    client = Client()
    client.post("/account/login/", {"login": login, "password": PASSWORD})
    user = User.objects.filter(pk=client.session.get("_auth_user_id")).first()
    return user and user.username


def test_an_address_is_the_accounts_once_it_is_confirmed(client, db, mailoutbox):
    client.post("/account/signup/", FORM)
    assert User.objects.get().email is None
    assert client_signs_in("nadia@example.org") is None
    (link,) = re.findall(r"http://testserver(/account/confirm-email/\S+)", mailoutbox[0].body)
    client.post(link)
    assert User.objects.get().email == "nadia@example.org"
    assert client_signs_in("nadia@example.org") == "nadia"
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    gone = client.post("/account/email/", {"action_remove": "", "email": "nadia@example.org"}, follow=True)
    assert User.objects.get().email == "nadia@example.org", gone.content


def test_of_two_who_gave_an_address_whoever_confirms_it_has_it(db, mailoutbox):
    first, second = Client(), Client()
    first.post("/account/signup/", FORM)
    cache.clear()  # a mail to one address is sent every few minutes only
    second.post("/account/signup/", FORM | {"username": "other"})
    links = [re.findall(r"http://testserver(/account/confirm-email/\S+)", mail.body) for mail in mailoutbox]
    assert [len(link) for link in links] == [1, 1]
    for client, (link,) in zip((second, first), reversed(links), strict=True):
        assert client.post(link).status_code == 302
    assert dict(User.objects.values_list("username", "email")) == {"nadia": None, "other": "nadia@example.org"}


@pytest.mark.parametrize("address", ["alice@example.org", "ALICE@Example.org"])
def test_an_account_cannot_take_the_address_of_another(client, cast, address, mailoutbox):
    """Red once: making it the main one was a 500."""
    cast.user("alice")
    cast.user("charlie")
    client.post("/account/login/", {"login": "charlie", "password": PASSWORD})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    added = client.post("/account/email/", {"action_add": "", "email": address})
    assert added.status_code == 302, added.headers
    assert (added.headers["Location"], EmailAddress.objects.filter(email="alice@example.org").count()) == (
        "/account/email/",
        1,
    )
    assert [mail.to for mail in mailoutbox] == [["alice@example.org"]]
    assert "confirm-email" not in mailoutbox[0].body
    answer = client.post("/account/email/", {"action_primary": "", "email": "alice@example.org"}, follow=True)
    assert "Confirm that address first" in answer.content.decode()
    assert User.objects.get(username="charlie").email == "charlie@example.org"


def attempts(client, name, address, times=1):
    form = {"login": name, "password": "wrong wrong wrong"}
    return [client.post("/account/login/", form, REMOTE_ADDR=address).content.decode() for _ in range(times)]


@pytest.mark.security
def test_the_count_of_failed_sign_ins_is_not_washed_out_by_other_names(client, cast):
    """B7. Each attempt comes from another address, as a botnet's do."""
    cast.user("lea")
    for n in range(10):
        attempts(client, "lea", f"10.0.0.{n}")
    for n in range(200):
        attempts(client, f"other-{n}", f"10.1.{n}.1")
    form = {"login": "lea", "password": PASSWORD}
    assert client.post("/account/login/", form, REMOTE_ADDR="10.2.0.1").status_code != 302


@pytest.mark.security
@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_no_header_resets_the_count_of_an_address(client, cast, header):
    for n in range(BY_NETWORK):
        client.post(
            "/account/login/", {"login": f"nobody-{n}", "password": "wrong wrong"}, headers={header: f"10.9.9.{n % 99}"}
        )
    cast.user("lea")
    form = {"login": "lea", "password": PASSWORD}
    assert client.post("/account/login/", form, headers={header: "10.9.9.99"}).status_code != 302
