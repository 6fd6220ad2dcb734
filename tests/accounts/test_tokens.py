"""Tokens of programs: what makes them hold, and everything that ends them."""

import base64
import datetime
import json
import uuid

import jwt
import pytest
from tests.conftest import PASSWORD

from nexus.accounts import actions, attempts, credentials, queries
from nexus.accounts.actor import Actor, Door, Scope
from nexus.accounts.models import PersonalToken, RefreshFamily
from nexus.base import clock
from nexus.base.errors import Conflict, Denied, Invalid, NotFound, Throttled, Unauthenticated

OPERATOR = Actor.operator()
HERE = "192.0.2.1"


def signed_in(name="lea") -> actions.TokenPair:
    return actions.sign_in(name, PASSWORD, address=HERE, label="tests")


def who(bearer) -> Actor:
    return queries.actor_by_bearer(bearer, Door.REST)


def refused(call, *arguments, **named) -> str:
    """The code with which a call is refused as not signed in."""
    with pytest.raises(Unauthenticated) as error:
        call(*arguments, **named)
    assert error.value.status == 401
    return error.value.code


def test_a_name_or_an_address_and_a_password_give_a_pair(cast):
    lea = cast.user("lea")
    for login in ("lea", "lea@example.org", " LEA "):
        pair = signed_in(login)
        assert who(pair.access) == Actor.of(lea, Door.REST)
        assert pair.expires_in == 600
    assert RefreshFamily.objects.filter(user=lea, label="tests").count() == 3


@pytest.mark.parametrize(
    ("login", "password"), [("lea", "wrong wrong"), ("nobody", PASSWORD), ("", ""), ("lea", PASSWORD + "x" * 9_000)]
)
def test_what_is_wrong_is_not_said(cast, login, password):
    cast.user("lea")
    assert refused(actions.sign_in, login, password, address=HERE) == "invalid_credentials"


def test_who_shows_an_access_token_is_known_by_one_statement(cast, django_assert_num_queries):
    pair = (cast.user("lea"), signed_in())[1]
    with django_assert_num_queries(1):
        who(pair.access)


def test_an_access_token_ends(cast):
    pair = (cast.user("lea"), signed_in())[1]
    later = clock.now() + datetime.timedelta(minutes=10, seconds=29)
    with clock.at(later):
        assert who(pair.access).is_signed_in
    with clock.at(later + datetime.timedelta(seconds=2)):
        assert refused(who, pair.access) == "token_expired"


def forged(token: str) -> dict[str, str]:
    """Twelve and more tokens that must not hold (RFC 8725; research S15), made from one that does."""
    header, body, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    key = dict(credentials._keys(int(clock.now().timestamp())))[kid]

    def part(value) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    def signed(change=(), *, by=key, algorithm="HS256", without=(), **head) -> str:
        told = {name: value for name, value in (claims | dict(change)).items() if name not in without}
        return jwt.encode(told, by, algorithm, headers={"kid": kid, "typ": "at+jwt"} | head)

    return {
        "no algorithm": f"{part({'alg': 'none', 'kid': kid, 'typ': 'at+jwt'})}.{body}.",
        "no signature": f"{header}.{body}.",
        "another signature": f"{header}.{body}.{signature[::-1]}",
        "another body": f"{header}.{part(claims | {'sub': str(uuid.uuid4())})}.{signature}",
        "another key": signed(by=b"x" * 64),
        "another algorithm": signed(algorithm="HS512"),
        "unknown kid": signed(kid="../../etc/passwd"),
        "no kid": jwt.encode(claims, key, "HS256", headers={"typ": "at+jwt"}),
        "key in the header": signed(by=b"y" * 64, jwk={"kty": "oct", "k": "eQ"}),
        "key by address": signed(by=b"y" * 64, jku="https://evil.example/keys"),
        "another type": signed(typ="JWT"),
        "another issuer": signed({"iss": "somebody"}),
        "another audience": signed({"aud": "elsewhere"}),
        "no end": signed(without=("exp",)),
        "endless": signed({"exp": "never"}),
        "begins later": signed({"iat": claims["iat"] + 3600}),
        "no stamp": signed(without=("stamp",)),
        "another stamp": signed({"stamp": "0" * 32}),
        "nobody": signed({"sub": str(uuid.uuid4())}),
        "no subject": signed(without=("sub",)),
        "a subject that is none": signed({"sub": "lea"}),
        "empty": "", "dots": "..", "not ASCII": "ä.ö.ü", "NUL": "a\0b", "surrogate": "\ud800",
        "very long": token + "a" * 1_000_000,
        "a personal token that is none": "nxp_" + "a" * 43,
        "nested": f"{part({'kid': kid, 'typ': 'at+jwt', 'alg': 'HS256', 'x': 0})[:-1]}.{body}.{signature}",
    }  # fmt: skip


@pytest.mark.security
def test_forged_tokens_do_not_hold(cast):
    pair = (cast.user("lea"), signed_in())[1]
    assert who(pair.access).is_signed_in
    tried = forged(pair.access)
    assert len(tried) >= 12
    assert {name: refused(who, token) for name, token in tried.items()} == dict.fromkeys(tried, "invalid_token")
    assert refused(who, pair.refresh) == "invalid_token", "a refresh token is no access token"


def test_keys_rotate_and_the_last_one_still_holds(cast, settings):
    cast.user("lea")
    settings.ACCESS_TOKEN_MINUTES = 24 * 60 * 60
    pair = signed_in()
    period = datetime.timedelta(seconds=credentials.KEY_PERIOD)
    with clock.at(clock.now() + period):
        assert who(pair.access).is_signed_in
        assert jwt.get_unverified_header(signed_in().access)["kid"] != jwt.get_unverified_header(pair.access)["kid"]
    with clock.at(clock.now() + 2 * period):
        assert refused(who, pair.access) == "invalid_token"
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another secret key of forty characters and more"
    assert refused(who, pair.access) == "invalid_token"
    settings.SECRET_KEY_FALLBACKS = [former]
    assert who(pair.access).is_signed_in


# --- Refreshing -----------------------------------------------------------------------------------------------------


def test_a_refresh_token_is_good_once(cast):
    first = (cast.user("lea"), signed_in())[1]
    second = actions.refresh(first.refresh)
    assert who(second.access).is_signed_in
    assert refused(actions.refresh, first.refresh) == "token_reused"
    third = actions.refresh(second.refresh)  # within RACE seconds it was two tabs, not a thief
    with clock.at(clock.now() + datetime.timedelta(seconds=actions.RACE + 1)):
        assert refused(actions.refresh, second.refresh) == "token_reused"
        assert refused(actions.refresh, third.refresh) == "invalid_token", "the whole family ended"
    assert refused(actions.refresh, "nxr_nonsense") == "invalid_token"


def test_a_family_ends_after_its_days(cast, settings):
    pair = (cast.user("lea"), signed_in())[1]
    with clock.at(clock.now() + datetime.timedelta(days=settings.REFRESH_TOKEN_DAYS, seconds=1)):
        assert refused(actions.refresh, pair.refresh) == "invalid_token"
        signed_in()  # what is over is swept
        assert RefreshFamily.objects.count() == 1


def test_signing_out_ends_one_family(cast):
    first, second = (cast.user("lea"), signed_in(), signed_in())[1:]
    actions.revoke(first.refresh)
    actions.revoke("nxr_unknown")
    assert refused(actions.refresh, first.refresh) == "invalid_token"
    assert actions.refresh(second.refresh)


# --- What ends everything at once -----------------------------------------------------------------------------------

ENDINGS = {
    "a new password": lambda user: actions.set_password(OPERATOR, user, "another long password"),
    "signing out everywhere": lambda user: actions.sign_out_everywhere(Actor.of(user, Door.WEB)),
    "signed out by the operator": lambda user: actions.sign_out_everywhere(OPERATOR, user),
    "deactivation": lambda user: actions.set_active(OPERATOR, user, active=False),
}


@pytest.mark.security
@pytest.mark.parametrize("ending", ENDINGS)
def test_it_ends_every_token_and_session(cast, client, ending):
    """B3."""
    user = cast.user("lea")
    pair = signed_in()
    _, personal = actions.create_personal_token(cast.lea, "script")
    client.login(username="lea", password=PASSWORD)
    assert "Sign out" in client.get("/").content.decode()
    assert who(personal).is_signed_in
    ENDINGS[ending](user)
    assert (
        refused(who, pair.access) == refused(actions.refresh, pair.refresh) == refused(who, personal) == "invalid_token"
    )
    assert "Sign out" not in client.get("/").content.decode()


@pytest.mark.parametrize("name", ["charlie", "anonymous"])
def test_nobody_ends_anothers(cast, name):
    lea = cast.user("lea")
    for call in (lambda a: actions.sign_out_everywhere(a, lea), lambda a: actions.set_active(a, lea, active=False)):
        with pytest.raises(Denied):
            call(getattr(cast, name))
    with pytest.raises(Denied):
        actions.sign_out_everywhere(cast.anonymous)


# --- Personal tokens ------------------------------------------------------------------------------------------------


def test_a_personal_token_is_shown_once_and_hashed(cast):
    token, secret = actions.create_personal_token(cast.lea, "  my   script ", scopes=["write"])
    assert secret.startswith("nxp_")
    assert secret not in str(PersonalToken.objects.values_list().get())
    assert (token.name, token.hint) == ("my script", secret[:10])
    actor = who(secret)
    assert actor.scopes == {Scope.READ, Scope.WRITE}
    assert actor.token_id == token.pk
    assert [row.pk for row in queries.personal_tokens(cast.lea)] == [token.pk]
    assert PersonalToken.objects.get().last_used_at is not None
    assert [*queries.personal_tokens(cast.charlie), *queries.personal_tokens(cast.anonymous)] == []


def test_it_expires_and_is_revoked(cast):
    token, secret = actions.create_personal_token(cast.lea, "x", days=1)
    with clock.at(clock.now() + datetime.timedelta(days=1, seconds=1)):
        assert refused(who, secret) == "token_expired"
    for other in (cast.charlie, cast.anonymous):
        with pytest.raises(NotFound):
            actions.revoke_personal_token(other, token.pk)
    actions.revoke_personal_token(cast.lea, token.pk)
    assert refused(who, secret) == "invalid_token"
    with pytest.raises(NotFound):
        actions.revoke_personal_token(OPERATOR, token.pk)


@pytest.mark.security
def test_a_token_sees_and_ends_itself_alone(cast):
    """A copy of a token that only reads must not tell of the others, nor end them."""
    other, _ = actions.create_personal_token(cast.lea, "other")
    mine, secret = actions.create_personal_token(cast.lea, "script")
    actor = who(secret)
    assert [row.pk for row in queries.personal_tokens(actor)] == [mine.pk]
    with pytest.raises(NotFound):
        actions.revoke_personal_token(actor, other.pk)
    actions.revoke_personal_token(actor, mine.pk)
    assert [row.pk for row in queries.personal_tokens(cast.lea)] == [other.pk]


@pytest.mark.parametrize(
    ("field", "given"),
    [("name", {"name": ""}), ("name", {"name": "a\0"}), ("scopes", {"scopes": ["read", "*"]}), ("scopes", {"scopes": []}),
     ("days", {"days": 0}), ("days", {"days": 10_000})],
)  # fmt: skip
def test_what_cannot_be_a_token(cast, field, given):
    with pytest.raises(Invalid) as error:
        actions.create_personal_token(cast.lea, **({"name": "x"} | given))
    assert error.value.field == field


def test_a_token_makes_no_tokens_and_there_are_so_many(cast):
    _, secret = actions.create_personal_token(cast.lea, "x", scopes=["admin"])
    for actor in (who(secret), cast.anonymous, OPERATOR):
        with pytest.raises(Denied):
            actions.create_personal_token(actor, "another")
    for n in range(actions.MAX_TOKENS - 1):
        actions.create_personal_token(OPERATOR, f"t{n}", user=cast.user("lea"))
    with pytest.raises(Conflict) as error:
        actions.create_personal_token(cast.lea, "one too many")
    assert error.value.code == "too_many_tokens"


# --- Attempts -------------------------------------------------------------------------------------------------------


@pytest.mark.security
def test_ten_failures_and_no_more_are_looked_at(cast, client):
    """S17: by this door and the browser's together, by name or address, from anywhere."""
    cast.user("lea")
    for n in range(5):
        refused(actions.sign_in, "lea", "wrong wrong", address=f"192.0.2.{n}")
        client.post("/account/login/", {"login": "lea@example.org", "password": "wrong"}, REMOTE_ADDR=f"198.51.100.{n}")
    with pytest.raises(Throttled) as error:
        actions.sign_in("lea", PASSWORD, address="203.0.113.9")
    assert error.value.code == "too_many_attempts"
    assert client.post("/account/login/", {"login": "lea", "password": PASSWORD}).status_code == 200
    cast.user("leo")
    assert signed_in("leo"), "nobody else waits"


def test_a_success_costs_nothing(cast):
    cast.user("lea")
    for _ in range(attempts.BY_ACCOUNT + 1):
        signed_in()
