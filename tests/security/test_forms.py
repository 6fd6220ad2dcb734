"""S20: no other site has somebody's browser do anything here, and no link leads away from here by our own answer. Every
address of the URLconf is walked, so that a form that asks for no token fails here, whoever adds it."""

import json
import re
from urllib.parse import quote, urlencode, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from tests.conftest import PASSWORD
from tests.security.test_canary import CANARY, addresses, digest, named_patterns, victim  # noqa: F401  a fixture
from tests.security.test_rest_canary import addresses as rest_addresses
from tests.security.turns import in_turn

from nexus.accounts.models import User
from nexus.hubs import actions as hubs
from nexus.hubs.models import Invitation
from nexus.pages import actions, shares

pytestmark = pytest.mark.security

EVIL = "https://evil.example"
#: What a route has in the place of its parts, where it names no hub.
PARTS = {
    r"<slug:provider_id>": "sso", r"<str:token>": "nxs_unknown", r"<slug:handle>": "lea", r"<topic:topic>": "docker",
    r"<chapter:chapter>": "challenges", r"<file:path>": "a.md", r"<slug:token>": "x", r"<str:slug>": "victim",
    r"<uuid:token_id>": "0197a3c2-7f00-7abc-8def-0123456789ab", r"<str:handle>": "lea", r"<str:topic>": "docker",
}  # fmt: skip
#: Forms that any site may send, and why that does nothing.
HARMLESS = {
    "/health/live", "/health/ready",  # they only answer
    "/search",  # a question too long for an address; it leads to the answer
}  # fmt: skip


TARGETS = [EVIL, "//evil.example", "/\\evil.example", "https:evil.example", "\t//evil.example", "javascript:alert(1)",
           "http:///evil.example", "//evil.example/%2f.."]  # fmt: skip


def general() -> list[str]:
    """The addresses that name no hub."""
    found = []
    for route in named_patterns().values():
        if "<hub:hub>" in route or "<str:hub>" in route or "^" in route:
            continue
        address = "/" + route
        for part, value in PARTS.items():
            address = address.replace(part, value)
        assert "<" not in address, f"{route}: say in PARTS what stands in its parts"
        found.append(address)
    return [*found, "/account/confirm-email/x:y/", "/account/password/reset/key/1-x-y/"]


def every_address() -> list[str]:
    named = {address for _, address in addresses("victim")}
    return sorted({*general(), *named, *(f"/api/v1/{address}" for _, address in rest_addresses("victim"))})


@pytest.fixture
def alice(cast, victim) -> Client:  # noqa: F811
    """Alice's browser, as it is: it sends her session with whatever any site makes it send."""
    client = Client(enforce_csrf_checks=True)
    assert client.login(username="alice", password=PASSWORD)
    client.get("/account")  # what a session notes of itself is noted
    return client


def test_no_form_of_another_site_does_anything(alice, settings):
    """Neither without a token, nor with one that the other site made up, whichever method."""
    settings.RATE_SIGNED_IN = settings.RATE_ANONYMOUS = 10**6
    before, probes = digest(), 0
    invitations = Invitation.objects.count()
    fields = {"do": "delete", "confirm": "victim", "title": "x", "visibility": "public", "sure": "yes", "path": "README.md",
              "text": "x", "role": "owner", "user": "charlie", "csrfmiddlewaretoken": "x" * 64}  # fmt: skip
    forms = [("post", sent) for sent in ({}, fields)]
    programs = [(method, "{}") for method in ("put", "patch", "delete")]  # for which a browser asks first
    for place, address in enumerate(every_address()):
        for method, sent in forms + in_turn(programs, place):
            kind = {"content_type": "application/json"} if method != "post" else {}
            answer = getattr(alice, method)(
                address, sent, **kind, headers={"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}
            )
            refused = answer.status_code in {400, 401, 403, 404, 405, 415, 428}
            assert refused or (address in HARMLESS and method == "post"), (method, address, answer)
            probes += 1
    assert digest() == before
    assert Invitation.objects.count() == invitations
    assert alice.get("/account").status_code == 200  # still signed in
    assert probes > 500


def test_looking_changes_nothing(alice, settings):
    """A picture's address in a text is asked for by every reader: GET and HEAD do nothing, signing out among them."""
    settings.RATE_SIGNED_IN = 10**6
    before = digest()
    for place, address in enumerate(every_address()):
        for method in ("get", *in_turn(["head", "options"], place)):
            getattr(alice, method)(address).close()
    assert digest() == before
    assert alice.get("/account").status_code == 200


def test_no_address_leads_away(alice, settings):
    settings.RATE_SIGNED_IN = settings.RATE_ANONYMOUS = 10**6
    for client in (alice, Client()):
        for place, address in enumerate(every_address()):
            for target in in_turn(TARGETS, place):
                asked = dict.fromkeys(("next", "url", "redirect_to", "return"), target)
                answer = client.get(address, asked, headers={"Referer": f"{EVIL}/x"})
                answer.close()
                assert_stays(address, answer)


#: B11: an address elsewhere, as browsers read it and checks may not.
SPELLINGS = (
    EVIL, "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "/\\/evil.example",
    "https:evil.example", "https:/evil.example", "https:///evil.example", "HTTPS://EVIL.example", "\t//evil.example",
    "/\t/evil.example", "/\n/evil.example", " //evil.example", "\x00//evil.example", "\x0bhttps://evil.example",
    "%09//evil.example", "/%09/evil.example", "//testserver@evil.example", "https://testserver.evil.example",
    "https://testserver\\@evil.example", "//evil.example\\@testserver", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)", "data:text/html,<script>1</script>", "vbscript:x", "//[::1]", "//localhost/x", "http://127.0.0.1:8000/x",
    "//evil%2eexample",
    "//\N{FULLWIDTH LATIN SMALL LETTER E}vil.example", "//evil\N{IDEOGRAPHIC FULL STOP}example", "/\r\nLocation: https://evil.example",
    "./\\evil.example", "/..//evil.example", "?next=//evil.example", "ftp://evil.example", "testserver//evil.example",
)  # fmt: skip


@pytest.fixture
def ways_back(cast, victim, settings):  # noqa: F811
    """Every door that leads on to where one says: given a way, its answer."""
    settings.RATE_SIGNED_IN = settings.RATE_ANONYMOUS = 10**6
    actions.create_page(cast.alice, "victim", "shared.md", b"# Shared\n")
    share = shares.create_share(cast.alice, "victim", "shared.md", password="a long password").token
    token = hubs.invite_member(cast.alice, "victim", "learner", uses=10).token

    User.objects.filter(pk=cast.user("leo").pk).update(is_sample=True)
    local = {"nexus.is_local": True}

    def somebody() -> Client:
        client = Client()
        client.force_login(cast.user("lea"), "allauth.account.auth_backends.AuthenticationBackend")
        return client

    credentials = {"login": "lea", "password": PASSWORD}
    return {
        "signing in": lambda way: Client().post("/account/login/", credentials | {"next": way}),
        "signing in, by address": lambda way: Client().post(f"/account/login/?{urlencode({'next': way})}", credentials),
        "signed in already": lambda way: somebody().get("/account/login/", {"next": way}),
        "signing out": lambda way: somebody().post("/account/logout/", {"next": way}),
        "signing up": lambda way: somebody().get("/account/signup/", {"next": way}),
        "a password again": lambda way: somebody().post("/account/reauthenticate/", {"password": PASSWORD, "next": way}),
        "continuing as": lambda way: Client().post("/account/continue-as/", {"username": "leo", "next": way}, **local),
        "the other provider": lambda way: Client().get("/account/github/login/", {"next": way}),
        "the other provider, by form": lambda way: Client().post("/account/oidc/sso/login/", {"next": way}),
        "the way back": lambda way: Client().get("/account/github/login/callback/", {"state": way, "next": way}),
        "connecting": lambda way: somebody().post("/account/connections/", {"next": way}),
        "a share": lambda way: Client().post(
            f"/shared/{share}?{urlencode({'next': way})}", {"password": "a long password", "next": way}
        ),
        "an invitation": lambda way: somebody().get(f"/invitations/{token}", {"next": way}),
        "accepting": lambda way: somebody().post("/invitations", {"next": way, "do": "accept"}),
        "a password's key": lambda way: Client().get("/account/password/reset/key/1-x-y/", {"next": way}),
        "a hub": lambda way: Client().get(f"/victim/{quote(way)}"),
        "nowhere": lambda way: Client().get(f"/{quote(way, safe='/')}"),
        "a referrer": lambda way: Client().get("/account/login/", headers={"Referer": f"http://testserver{way}"}),
    }  # fmt: skip


def test_no_spelling_of_a_way_back_leads_away(ways_back):
    probes = 0
    for place, way in enumerate(SPELLINGS):
        cache.clear()  # nobody is slowed down
        for door, ask in in_turn(list(ways_back.items()), place, len(ways_back) // 2):
            answer = ask(way)
            assert answer.status_code < 500, (door, way)
            assert answer.status_code != 429
            assert_stays(f"{door} {way!r}", answer)
            probes += 1
    assert probes >= 60
    cache.clear()
    for door in ("signing in", "signing in, by address", "signed in already", "signing out", "continuing as"):
        assert ways_back[door]("/victim/")["Location"] == "/victim/", f"{door}: a way back is gone"


@pytest.mark.parametrize(
    "origin", [EVIL, "null", "http://testserver.evil.example", "http://testserver:8001", "https://testserver"]
)
def test_nobody_is_signed_in_or_out_from_elsewhere(alice, origin):
    """Login-CSRF: somebody else's account, in which one then writes what one takes for one's own."""
    client = Client(enforce_csrf_checks=True)
    token = client.get("/account/login/").cookies["nexus_csrf"].value
    headers = {"Origin": origin}
    form = {"login": "alice", "password": PASSWORD}
    for sent in (form, form | {"csrfmiddlewaretoken": token}, form | {"csrfmiddlewaretoken": "x" * 64}):
        answer = client.post("/account/login/", sent, headers=headers)
        assert (answer.status_code, "nexus_session" in client.cookies) == (403, False), sent
    plain = client.post("/account/login/", form, headers={"Referer": f"{EVIL}/x"})
    assert plain.status_code == 403
    for address in ("/account/logout/", "/account/sessions", "/account/continue-as/"):
        assert alice.post(address, {"do": "everywhere"}, headers=headers).status_code in {403, 404}
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", ""):
        told = client.generic(
            "POST", "/api/v1/auth/token", json.dumps({"username": "alice", "password": PASSWORD}), kind, headers=headers
        )
        assert told.status_code == 415, "no form sends JSON"
        assert not told.cookies
    assert alice.get("/account").status_code == 200


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=b", "application/json"]
)
def test_graphql_does_nothing_for_a_form_or_an_address(alice, kind):
    """With her session, from elsewhere: by GET, by a form, by what a form can send without being asked about."""
    before = digest()
    query = 'mutation { deleteHub(input: {hub: "victim"}) { hub { slug } } }'
    for body in (json.dumps({"query": query}), urlencode({"query": query}), query):
        answer = alice.generic("POST", "/graphql", body, kind, headers={"Origin": EVIL})
        assert answer.status_code in {400, 403, 415}
    for asked in ({"query": query}, {"query": "{ viewer { username } }"}):
        for accept in ("application/json", "*/*", "text/html"):
            shown = alice.get("/graphql", asked, headers={"Origin": EVIL, "Accept": accept})
            assert shown.status_code == 405 or shown["Content-Type"].startswith("text/html"), (
                "the explorer, which asks nobody"
            )
            assert b"alice@example.org" not in shown.content
    assert digest() == before


def assert_stays(address: str, answer) -> None:
    led = urlsplit(answer.headers.get("Location", "/"))
    assert led.netloc in {"", "testserver"}, (address, answer.headers)
    assert led.scheme in {"", "http"}
    if not answer.streaming:
        said = answer.content.decode("utf-8", "replace")
        assert not re.search(r'(?:href|action|src)="(?:https?:)?[/\\]{2}evil', said), address


def test_the_walk_sees_a_form_that_asks_for_nothing(settings, alice):
    """What the first test would find."""
    settings.ROOT_URLCONF = "tests.security.careless_urls"
    assert alice.post("/careless", headers={"Origin": EVIL}).status_code == 200
    assert "/careless" in general()
    assert CANARY
