"""S20: pages of other origins call where they are allowed to, by token alone, and nowhere else."""

import json

import pytest
from django.test import Client
from tests.api.rest.conftest import api  # noqa: F401  a fixture
from tests.conftest import PASSWORD

from nexus import settings as ours
from nexus.ops.doctor.configuration import cors

pytestmark = pytest.mark.security

APP, EVIL = "https://app.example.org", "https://evil.example"
GRANTS = "access-control-"
ASKS = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization,if-match"}


@pytest.fixture
def open_to(settings):
    """Lets pages of these origins call, as NEXUS_CORS_ORIGINS does."""

    def allow(*origins: str) -> Client:
        settings.CORS_ALLOWED_ORIGINS = list(origins)
        settings.CORS_ALLOW_ALL_ORIGINS = origins == ("*",)
        before = settings.MIDDLEWARE.index("whitenoise.middleware.WhiteNoiseMiddleware")
        mine = ["corsheaders.middleware.CorsMiddleware"] if origins else []
        settings.MIDDLEWARE = [*settings.MIDDLEWARE[:before], *mine, *settings.MIDDLEWARE[before:]]
        return Client(enforce_csrf_checks=True)

    return allow


def granted(response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.items() if name.lower().startswith(GRANTS)}


def test_it_is_off_by_default(db, client):
    assert "corsheaders.middleware.CorsMiddleware" not in ours.MIDDLEWARE
    for method in ("get", "options"):
        assert granted(getattr(client, method)("/api/v1/hubs", headers={"Origin": APP, **ASKS})) == {}


@pytest.mark.parametrize("address", ["/api/v1/hubs", "/api/v1/hubs/cohort/pages", "/api/v1/nowhere", "/graphql"])
def test_an_allowed_page_asks_and_calls(db, open_to, address):
    client = open_to(APP, "http://localhost:5173")
    asked = client.options(address, headers={"Origin": APP, **ASKS})
    told = granted(asked)
    assert asked.status_code == 200
    assert told["access-control-allow-origin"] == APP
    assert "PUT" in told["access-control-allow-methods"]
    assert {"authorization", "if-match", "idempotency-key"} <= set(told["access-control-allow-headers"].split(", "))
    assert "x-csrftoken" not in told["access-control-allow-headers"]
    assert told["access-control-max-age"] == "3600"
    got = client.get(address, headers={"Origin": APP})
    told = granted(got)
    assert told["access-control-allow-origin"] == APP
    readable = set(told["access-control-expose-headers"].split(", "))
    assert {"ETag", "Link", "Location", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining"} <= readable
    assert "origin" in got["Vary"].lower()
    assert GRANTS + "allow-credentials" not in told


@pytest.mark.parametrize(
    "origin",
    [EVIL, "null", "http://app.example.org", "https://app.example.org:444", "https://app.example.org.evil.example",
     "https://evilapp.example.org", "HTTPS://APP.EXAMPLE.ORG.", "https://", "https://[", "", "*"],
)  # fmt: skip
def test_no_other_page_does(db, open_to, origin):
    client = open_to(APP)
    for method in ("get", "options", "post"):
        for address in ("/api/v1/hubs", "/graphql"):
            response = getattr(client, method)(address, headers={"Origin": origin, **ASKS})
            assert GRANTS + "allow-origin" not in granted(response), (method, address)
            assert response.status_code < 500


@pytest.mark.parametrize(
    "address", ["/", "/account/login/", "/cohort/", "/invitations", "/api", "/apiary/", "/graphql/x", "/open/api/"]
)
def test_nothing_but_the_api_is_open(db, open_to, address):
    for origins in ((APP,), ("*",)):
        client = open_to(*origins)
        for method in ("get", "options"):
            response = getattr(client, method)(address, headers={"Origin": APP, **ASKS})
            assert granted(response) == {}, (origins, method)


def test_cookies_never_count_across_origins(cast, hub, open_to):
    """A page elsewhere neither reads nor writes as whoever looks at it, whoever may call."""
    for origins in ((APP,), ("*",)):
        client = open_to(*origins)
        client.login(username=cast.user("lea").username, password=PASSWORD)
        read = client.get("/api/v1/me", headers={"Origin": APP})
        assert GRANTS + "allow-credentials" not in granted(read)  # so a browser keeps the answer from the page
        written = client.post(
            "/api/v1/hubs/cohort/pages", json.dumps({"path": "x.md", "text": "x"}), "application/json",
            headers={"Origin": APP},
        )  # fmt: skip
        assert written.json()["code"] == "csrf"


def test_everybody_may_call_where_all_are_named(cast, hub, open_to, api):  # noqa: F811
    client = open_to("*")
    got = client.get("/api/v1/me", headers={"Origin": EVIL, **api("lea").headers})
    assert got.json()["username"] == "lea"
    assert granted(got)["access-control-allow-origin"] == "*"
    refused = client.get("/api/v1/hubs/nobodys", headers={"Origin": EVIL, **api("lea").headers})
    assert granted(refused)["access-control-allow-origin"] == "*"  # an error can be read too


@pytest.mark.parametrize("raw", ["*", APP, "http://localhost:5173, https://b.example", "https://[::1]:8443"])
def test_what_can_be_set(raw):
    assert ours.parse_origins(raw) == [part.strip() for part in raw.split(",")]


@pytest.mark.parametrize(
    "raw",
    ["app.example.org", "null", f"{APP}/", f"{APP}/app", f"{APP},*", "https://*.example.org", "https://a@b.example", "ftp://x",
     "https://", "https://[", "javascript:alert(1)", "https://x?y", "**"],
)  # fmt: skip
def test_what_is_no_origin_is_said(raw):
    with pytest.raises(ValueError, match=r"is no origin|for all"):
        ours.parse_origins(raw)


@pytest.mark.parametrize(
    ("origins", "levels"),
    [([], ["ok"]), ([APP], ["ok"]), (["*"], ["warning"]), (["http://app.example.org"], ["warning", "ok"]),
     (["http://localhost:5173"], ["ok"]), (["https://nexus.example.org"], ["warning", "ok"])],
)  # fmt: skip
def test_the_doctor_says_what_they_mean(settings, origins, levels):
    settings.CORS_ALLOWED_ORIGINS, settings.ALLOWED_HOSTS = origins, ["nexus.example.org"]
    assert [check.level.value for check in cors()] == levels
