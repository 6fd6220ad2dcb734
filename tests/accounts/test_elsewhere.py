"""Signing in with an account elsewhere, against a provider that is run for real; nobody takes one over."""

import html
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from tests.accounts.provider import CLIENT, SECRET, Provider
from tests.conftest import PASSWORD

from nexus import settings as ours
from nexus.accounts.models import Person, User
from nexus.ops.doctor.configuration import elsewhere

pytestmark = pytest.mark.security

ADA = {
    "sub": "1815",
    "preferred_username": "Ada.Lovelace",
    "name": "Ada",
    "email": "ada@example.org",
    "email_verified": True,
}
BEGIN = "/account/oidc/sso/login/"


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    made = Provider(claims=dict(ADA))
    settings.OIDC_ISSUER = made.issuer
    settings.SOCIALACCOUNT_PROVIDERS = ours.providers((made.issuer, "Campus", CLIENT, SECRET), ("", ""))
    yield made
    made.close()


def there(provider: Provider, client: Client, begin: str = BEGIN) -> str:
    """Presses the button; where the provider sends the browser back to."""
    page = client.post(begin)
    assert page.status_code == 200
    (target,) = re.findall(r'http-equiv="refresh" content="0;url=([^"]+)"', page.content.decode())
    parts = urlsplit(html.unescape(target))
    assert f"{parts.scheme}://{parts.netloc}" == provider.issuer
    return provider.authorize(dict(parse_qsl(parts.query)))


def back(client: Client, address: str, **change: str):
    parts = urlsplit(address)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()} | change
    return client.get(urlunsplit(("", "", parts.path, urlencode(asked), "")))


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def arrived(provider: Provider, client: Client) -> None:
    """An account is made by way of the provider."""
    assert back(client, there(provider, client))["Location"] == "/account/connections/signup/"
    form = client.get("/account/connections/signup/").content.decode()
    assert 'value="ada-lovelace"' in form
    assert "Campus" in form
    sent = {"username": "ada", "email": "ada@example.org"}
    assert client.post("/account/connections/signup/", sent).status_code == 302


def test_the_button_is_there_when_a_provider_is_set(provider, db, client):
    shown = client.get("/account/login/?next=/search").content.decode()
    assert "Continue with Campus" in shown
    assert f'action="{BEGIN}?next=%2Fsearch"' in shown
    assert "GitHub" not in shown


def test_without_one_there_is_neither_button_nor_address(db, client):
    assert "Continue with" not in client.get("/account/login/").content.decode()
    for address in (BEGIN, "/account/github/login/", f"{BEGIN}callback/", "/account/github/login/callback/"):
        assert client.get(address).status_code == client.post(address).status_code == 404


def test_from_the_sign_in_page_to_an_account_and_back_again(provider, db, client):
    arrived(provider, client)
    assert is_signed_in(client)
    user = User.objects.get(username="ada")
    assert Person.objects.get(user=user).handle == "ada"
    assert not user.has_usable_password()
    assert EmailAddress.objects.get(user=user).verified
    (asked,) = provider.asked
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["nonce"]) == 64
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    again = Client()
    assert back(again, there(provider, again, f"{BEGIN}?next=/search"))["Location"] == "/search"
    assert is_signed_in(again)
    assert User.objects.count() == 1


def test_github_is_asked_at_github(settings, db, client):
    settings.SOCIALACCOUNT_PROVIDERS = ours.providers(("", "", "", ""), ("id", "secret"))
    assert "Continue with GitHub" in client.get("/account/login/").content.decode()
    page = client.post("/account/github/login/").content.decode()
    target = urlsplit(html.unescape(re.findall(r"0;url=([^\"]+)", page)[0]))
    assert (target.scheme, target.netloc, target.path) == ("https", "github.com", "/login/oauth/authorize")
    assert parse_qs(target.query)["redirect_uri"] == ["http://testserver/account/github/login/callback/"]


def test_a_button_is_a_form_and_no_link(provider, db, client):
    """Login CSRF: another site sends nobody on the way."""
    assert "http-equiv" not in client.get(BEGIN).content.decode()
    assert Client(enforce_csrf_checks=True).post(BEGIN).status_code == 403
    assert not provider.asked


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_it_leads_back_to_this_site_alone(provider, db, client, target):
    """B11."""
    arrived(provider, client)
    again = Client()
    assert back(again, there(provider, again, f"{BEGIN}?{urlencode({'next': target})}"))["Location"] == "/"


def test_what_is_asked_of_the_provider_cannot_be_slipped_in(provider, db, client):
    there(provider, client, f"{BEGIN}?auth_params=prompt%3Dnone%26nonce%3Dmine&scope=everything")
    assert provider.asked[0]["nonce"] != "mine"
    assert "prompt" not in provider.asked[0]
    assert "everything" not in provider.asked[0]["scope"]


# --- What came back is not what was asked for -------------------------------------------------------------------------


def refused(provider: Provider, client: Client, **change: str) -> None:
    response = back(client, there(provider, client), **change)
    assert response.status_code == 401
    assert "Nobody was signed in" in response.content.decode()
    assert not is_signed_in(client)
    assert not User.objects.exists()
    assert client.get("/account/connections/signup/").status_code == 302  # no half-made account waits


@pytest.mark.parametrize("state", ["", "x", "a" * 16])
def test_another_state(provider, db, client, state):
    refused(provider, client, state=state)


def test_the_state_of_another_browser(provider, db, client):
    """B10: a code and a state are good where they were asked for."""
    address = there(provider, Client())
    response = back(client, address)
    assert response.status_code == 401
    assert not is_signed_in(client)


def test_a_state_is_good_once(provider, db, client):
    address = there(provider, client)
    back(client, address)
    assert back(Client(), address).status_code == 401


@pytest.mark.parametrize(
    "said",
    [{"nonce": "another"}, {"nonce": None}, {"iss": "https://evil.example"}, {"iss": None}, {"aud": "another"},
     {"aud": None}, {"exp": 1}, {"exp": None}, {"sub": "1816"}, {"sub": None}, {"iat": None}],
)  # fmt: skip
def test_an_id_token_that_is_not_for_this(provider, db, client, said):
    provider.token = said
    refused(provider, client)


def test_an_id_token_that_another_signed(provider, db, client):
    """B5."""
    provider.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    refused(provider, client)


def test_an_id_token_signed_by_a_secret(provider, db, client):
    """B5: the client's secret, or the public key, taken for one."""
    provider.algorithm, provider.key = "HS256", SECRET * 3
    refused(provider, client)


def test_an_id_token_that_nobody_signed(provider, db, client, monkeypatch):
    monkeypatch.setattr(
        jwt, "encode", lambda said, _key, _algorithm, headers: jwt.PyJWT().encode(said, None, "none", headers=headers)
    )
    refused(provider, client)


def test_claims_about_somebody_else(provider, db, client):
    """OpenID Connect Core 1.0 §5.3.2."""
    provider.info = {"sub": "1816"}
    refused(provider, client)


@pytest.mark.parametrize("about", [{"issuer": "https://evil.example"}, {"token_endpoint": None}, {"jwks_uri": 7}])
def test_a_provider_that_calls_itself_otherwise(provider, db, client, about):
    provider.about = about
    assert client.post(BEGIN).status_code == 503
    assert not is_signed_in(client)


def test_a_provider_that_does_not_answer(provider, settings, db, client):
    provider.close()
    response = client.post(BEGIN)
    assert response.status_code == 503
    assert "Campus does not answer" in response.content.decode()


# --- Nobody takes an account over ------------------------------------------------------------------------------------


@pytest.mark.parametrize("claimed", [False, "true", "false", 1, None])
def test_an_address_that_is_not_proved_there_is_not_proved_here(provider, db, client, claimed):
    provider.claims["email_verified"] = claimed
    arrived(provider, client)
    assert not EmailAddress.objects.get().verified


@pytest.mark.parametrize("claimed", [True, False])
def test_an_address_alone_gives_nobody_an_account(provider, cast, client, claimed):
    """B10: neither one that the provider says is proved, nor one that it does not."""
    ada = cast.user("ada")
    EmailAddress.objects.create(user=ada, email="ada@example.org", verified=True, primary=True)
    provider.claims["email_verified"] = claimed
    response = back(client, there(provider, client))
    if claimed:
        assert response.status_code == 409
        assert "connect the other one" in response.content.decode()
    else:  # who has not proved it is not told either
        assert response["Location"] == "/account/connections/signup/"
        client.post("/account/connections/signup/", {"username": "adah", "email": "ada@example.org"})
    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_the_same_subject_of_another_provider_is_somebody_else(provider, db, client, settings):
    """B10."""
    arrived(provider, client)
    SocialAccount.objects.update(provider="github")
    other = Client()
    provider.claims["email"] = "another@example.org"
    assert back(other, there(provider, other))["Location"] == "/account/connections/signup/"
    assert not is_signed_in(other)


def test_who_is_signed_in_connects_the_other_one(provider, cast, client):
    cast.user("ada")
    client.login(username="ada", password=PASSWORD)
    back(client, there(provider, client, f"{BEGIN}?process=connect"))
    assert not SocialAccount.objects.exists()  # who has only the browser connects nothing
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    back(client, there(provider, client, f"{BEGIN}?process=connect"))
    assert SocialAccount.objects.get().user.username == "ada"
    again = Client()
    assert back(again, there(provider, again)).status_code == 302
    assert is_signed_in(again)


def test_a_deactivated_account_stays_out(provider, db, client):
    arrived(provider, client)
    User.objects.update(is_active=False)
    again = Client()
    assert back(again, there(provider, again))["Location"] == "/account/inactive/"
    assert not is_signed_in(again)


def test_closed_sign_up_is_closed_from_elsewhere_too(provider, db, client, settings):
    settings.SIGN_UP = "closed"
    response = back(client, there(provider, client))
    assert "Sign-up is closed" in response.content.decode()
    assert not User.objects.exists()
    assert client.post("/account/connections/signup/", {"username": "ada", "email": "a@example.org"}).status_code == 302
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["operator", "root"])
def test_reserved_names_stay_reserved(provider, db, client, name):
    back(client, there(provider, client))
    client.post("/account/connections/signup/", {"username": name, "email": "ada@example.org"})
    assert not User.objects.exists()


# --- Settings ---------------------------------------------------------------------------------------------------------


def test_what_is_set_by_half_is_off():
    assert ours.providers(("https://id.example.org", "x", "id", ""), ("id", "")) == {}
    assert set(ours.providers(("https://id.example.org", "x", "id", "s"), ("id", "s"))) == {"openid_connect", "github"}


@pytest.mark.parametrize(
    ("issuer", "client_id", "secret", "levels"),
    [("", "", "", ["ok"]), ("https://id.example.org", "a", "b", ["ok"]), ("https://id.example.org", "a", "", ["failure"]),
     ("", "a", "b", ["failure"]), ("http://id.example.org", "a", "b", ["ok", "failure"]),
     ("http://127.0.0.1:8080", "a", "b", ["ok"])],
)  # fmt: skip
def test_the_doctor_says_what_is_missing(settings, issuer, client_id, secret, levels):
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = issuer, client_id, secret
    found = [check for check in elsewhere() if check.name == "openid connect"]
    assert [check.level.value for check in found] == levels
