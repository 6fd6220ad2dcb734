"""S25, E4 for webhooks: no spelling of a private place, no second answer of a resolver and no redirect gets a request; a
canary listens where they would lead. What is saved is looked at, and what is connected to is looked at again."""

import asyncio
import json

import pytest
import trustme
from tests.conftest import make_hub
from tests.exchange.receiver import Receiver
from tests.security.test_addresses import SPELLINGS, Canary, canary  # noqa: F401  a fixture

from nexus.base.errors import Invalid
from nexus.exchange import posting, webhooks
from nexus.exchange.addresses import Reach
from nexus.exchange.models import Delivery, Webhook
from nexus.exchange.posting import Answer, post
from nexus.exchange.sender import Sender

pytestmark = pytest.mark.security


def posted(url: str, reach: Reach, *answers: str) -> Answer:
    """What comes of a request; answers: what the resolver says of any name."""

    async def resolve(_host: str, _port: int) -> list[str]:
        return list(answers)

    return asyncio.run(post(url, b"{}", {}, reach, **({"resolve": resolve} if answers else {})))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_is_connected_to(canary: Canary, spelling: str) -> None:  # noqa: F811
    url = spelling.format(port=canary.port)
    for reach in (
        Reach(ports=[443, canary.port]),
        Reach(["10.9.0.0/16"], [80, 443, canary.port], plain_in_allowed=True),
    ):
        answer = posted(url, reach)
        assert answer.error in {"refused_address", "unknown_host"}
        assert answer.status == 0
    assert canary.visits == 0


@pytest.mark.parametrize("spelling", [each for each in SPELLINGS if "localhost" not in each.lower()])
def test_no_spelling_is_saved(cast, settings, canary: Canary, spelling: str) -> None:  # noqa: F811
    """But names, which are looked up when they are sent to."""
    make_hub(cast)
    settings.WEBHOOK_PORTS = ["443", str(canary.port)]
    with pytest.raises(Invalid) as refused:
        webhooks.create_webhook(cast.alice, "cohort", spelling.format(port=canary.port))
    assert refused.value.code == "bad_address"
    assert "secret" not in json.dumps([str(refused.value), refused.value.value])
    assert not Webhook.objects.exists()


def test_the_canary_would_sing(canary: Canary) -> None:  # noqa: F811
    for scheme in ("http", "https"):
        posted(f"{scheme}://127.0.0.1:{canary.port}/", Reach(["127.0.0.0/8"], [canary.port], plain_in_allowed=True))
    assert canary.visits == 2


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["93.184.216.34", "127.0.0.1"],
        ["127.0.0.1", "93.184.216.34"],
        ["2606:2800:220:1::1", "::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%eth0"],
        ["169.254.169.254"],
        ["not an address"],
    ],
)
def test_a_name_with_one_private_address_is_not_connected_to(canary: Canary, answers: list[str]) -> None:  # noqa: F811
    answer = posted(f"https://example.org:{canary.port}/", Reach(ports=[canary.port]), *answers)
    assert (answer.error, canary.visits) == ("refused_address", 0)


def test_plain_http_is_for_allowed_networks_alone(canary: Canary) -> None:  # noqa: F811
    reach = Reach(["127.0.0.0/8"], [canary.port], plain_in_allowed=True)
    assert posted(f"http://example.org:{canary.port}/", reach, "93.184.216.34").error == "refused_address"
    assert canary.visits == 0
    posted(f"http://bot.example:{canary.port}/", reach, "127.0.0.1")
    assert canary.visits == 1


def test_a_name_that_changes_its_address_is_connected_to_as_checked(cast, settings, canary: Canary) -> None:  # noqa: F811
    """Rebinding, through all of it: saved while public, private when it is sent to; asked once a request."""
    make_hub(cast)
    settings.WEBHOOK_PORTS = [str(canary.port)]
    settings.ALLOWED_ADDRESSES = ["192.0.2.0/24"]  # the "public" address: one that is allowed, where nobody answers
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["192.0.2.1"] if len(asked) == 1 else ["127.0.0.1"]

    sender = Sender(resolve=resolve)
    try:
        made, _ = webhooks.create_webhook(
            cast.alice, "cohort", f"https://rebind.example:{canary.port}/", events=["hub.*"]
        )
        sender.drain()
        webhooks.ping_webhook(cast.alice, "cohort", made.pk)
        sender.drain()
    finally:
        sender.close()
    errors = list(Delivery.objects.filter(seq=None).order_by("created_at").values_list("error", flat=True))
    assert errors == ["unreachable", "refused_address"]
    assert (asked, canary.visits) == (["rebind.example"] * 2, 0)


def test_a_redirect_leads_nowhere(canary: Canary) -> None:  # noqa: F811
    """307 to the canary: the answer is the redirect."""
    receiver = Receiver()
    receiver.url = f"http://127.0.0.1:{canary.port}/"
    receiver.answers = ["redirect"]
    reach = Reach(["127.0.0.0/8"], [receiver.port, canary.port], plain_in_allowed=True)
    try:
        answer = posted(f"http://127.0.0.1:{receiver.port}/", reach)
    finally:
        receiver.close()
    assert (answer.status, canary.visits) == (307, 0)


def test_a_proxy_of_the_environment_is_not_used(canary: Canary, monkeypatch) -> None:  # noqa: F811
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    assert posted("https://example.org/", Reach(), "10.0.0.1").error == "refused_address"
    assert canary.visits == 0


def test_tls_proves_the_name_not_the_address(monkeypatch) -> None:
    """A certificate for the name that was saved is fine at whatever checked address; one for another name, or of nobody we
    trust, is not."""
    ours, theirs = trustme.CA(), trustme.CA()
    receiver = Receiver(certificate=ours.issue_cert("hook.example"))
    reach = Reach(["127.0.0.1"], [receiver.port])
    trusted = posting._trust.__wrapped__()
    monkeypatch.setattr(posting, "_trust", lambda: trusted)
    try:
        assert posted(f"https://hook.example:{receiver.port}/", reach, "127.0.0.1").error == "no_trust"
        theirs.configure_trust(trusted)
        assert posted(f"https://hook.example:{receiver.port}/", reach, "127.0.0.1").error == "no_trust"
        ours.configure_trust(trusted)
        assert posted(f"https://hook.example:{receiver.port}/", reach, "127.0.0.1").status == 200
        assert posted(f"https://other.example:{receiver.port}/", reach, "127.0.0.1").error == "no_trust"
    finally:
        receiver.close()
    assert len(receiver.got) == 1
