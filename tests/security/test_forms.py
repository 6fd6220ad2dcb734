"""S20: no other site has somebody's browser do anything here, and no link leads away from here by our own answer. Every
address of the URLconf is walked, so that a form that asks for no token fails here, whoever adds it."""

import re
from urllib.parse import urlsplit

import pytest
from django.test import Client
from tests.conftest import PASSWORD
from tests.security.test_canary import CANARY, addresses, digest, named_patterns, victim  # noqa: F401  a fixture
from tests.security.test_rest_canary import addresses as rest_addresses

from nexus.hubs.models import Invitation

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
    for address in every_address():
        for sent in ({}, fields):
            answer = alice.post(address, sent, headers={"Origin": EVIL, "Sec-Fetch-Site": "cross-site"})
            assert answer.status_code in {400, 401, 403, 404, 405, 415, 428} or address in HARMLESS, (address, answer)
            assert answer.status_code != 200 or address in HARMLESS
            probes += 1
    for method in ("put", "patch", "delete"):
        for address in every_address():
            answer = getattr(alice, method)(address, "{}", content_type="application/json", headers={"Origin": EVIL})
            assert answer.status_code in {400, 401, 403, 404, 405, 415, 428} or address in HARMLESS, (method, address)
            probes += 1
    assert digest() == before
    assert Invitation.objects.count() == invitations
    assert alice.get("/account").status_code == 200  # still signed in
    assert probes > 500


def test_looking_changes_nothing(alice, settings):
    """A picture's address in a text is asked for by every reader: GET and HEAD do nothing, signing out among them."""
    settings.RATE_SIGNED_IN = 10**6
    before = digest()
    for address in every_address():
        for method in ("get", "head", "options"):
            getattr(alice, method)(address).close()
    assert digest() == before
    assert alice.get("/account").status_code == 200


@pytest.mark.parametrize("target", [EVIL, "//evil.example", "/\\evil.example", "https:evil.example", "\t//evil.example",
                                    "javascript:alert(1)", "http:///evil.example", "//evil.example/%2f.."])  # fmt: skip
def test_no_address_leads_away(alice, settings, target):
    settings.RATE_SIGNED_IN = settings.RATE_ANONYMOUS = 10**6
    for client in (alice, Client()):
        for address in every_address():
            asked = dict.fromkeys(("next", "url", "redirect_to", "return"), target)
            answer = client.get(address, asked, headers={"Referer": f"{EVIL}/x"})
            answer.close()
            assert_stays(address, answer)
    form = {"login": "alice", "password": PASSWORD, "next": target}
    assert_stays("/account/login/", Client().post("/account/login/", form))


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
