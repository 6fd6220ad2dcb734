"""Webhooks over GraphQL: the same as over REST, for owners alone."""

import pytest

from nexus.exchange.models import Delivery, Webhook

FIELDS = "id url events offWhy after failingSince nextAt deliveries { id type state attempts }"
ASKED = f'{{ hub(slug: "cohort") {{ webhooks {{ {FIELDS} }} }} }}'
ERRORS = "errors { code field }"


@pytest.fixture
def made(ask, hub):
    """The payload of a new webhook of Alice's."""
    call = 'createWebhook(hub: "cohort", url: "https://example.org/hook", events: ["change.*"])'
    return ask(f"mutation {{ {call} {{ object {{ {FIELDS} hub {{ slug }} }} secret {ERRORS} }} }}", "alice")[
        "createWebhook"
    ]


def test_from_the_first_to_the_last(ask, hub, made):
    assert made["errors"] == []
    assert made["secret"].startswith("whsec_")
    one = made["object"]
    assert (one["url"], one["events"], one["hub"], one["offWhy"]) == (
        "https://example.org/hook", ["change.*"], {"slug": "cohort"}, None,
    )  # fmt: skip
    assert [each["type"] for each in one["deliveries"]] == ["webhook.ping"]
    (listed,) = ask(ASKED, "alice")["hub"]["webhooks"]
    assert listed["id"] == one["id"]
    given = f'hub: "cohort", id: "{one["id"]}"'
    done = ask(f"mutation {{ updateWebhook({given}, enabled: false) {{ object {{ offWhy }} {ERRORS} }} }}", "alice")
    assert done["updateWebhook"] == {"object": {"offWhy": "BY_HAND"}, "errors": []}
    done = ask(f"mutation {{ rotateWebhookSecret({given}) {{ secret {ERRORS} }} }}", "alice")["rotateWebhookSecret"]
    assert done["secret"] not in (None, made["secret"])
    delivery = Delivery.objects.get()
    call = f'redeliverEvent(hub: "cohort", webhook: "{one["id"]}", id: "{delivery.pk}")'
    again = ask(f"mutation {{ {call} {{ object {{ id isWanted webhook {{ id }} }} {ERRORS} }} }}", "alice")
    assert again["redeliverEvent"]["object"] == {"id": str(delivery.pk), "isWanted": True, "webhook": {"id": one["id"]}}
    done = ask(f"mutation {{ pingWebhook({given}) {{ object {{ state }} {ERRORS} }} }}", "alice")["pingWebhook"]
    assert done == {"object": {"state": "WAITING"}, "errors": []}
    done = ask(f"mutation {{ deleteWebhook({given}) {{ object {{ slug }} {ERRORS} }} }}", "alice")["deleteWebhook"]
    assert done == {"object": {"slug": "cohort"}, "errors": []}
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("name", ["mona", "lea", "gus"])
def test_owners_alone(ask, hub, made, name):
    assert ask(ASKED, name)["hub"]["webhooks"] == []
    for call in (
        'createWebhook(hub: "cohort", url: "https://example.org/")',
        f'deleteWebhook(hub: "cohort", id: "{made["object"]["id"]}")',
    ):
        (payload,) = ask(f"mutation {{ {call} {{ object {{ id }} {ERRORS} }} }}", name).values()
        assert payload == {"object": None, "errors": [{"code": "denied", "field": None}]}


def test_refusals_say_what_was_wrong(ask, hub, made):
    for call, code, field in [
        ('createWebhook(hub: "cohort", url: "http://example.org/")', "bad_address", "url"),
        ('createWebhook(hub: "cohort", url: "https://example.org/", events: ["x"])', "invalid", "events"),
        ('pingWebhook(hub: "cohort", id: "x")', "invalid", "id"),
        ('pingWebhook(hub: "nowhere", id: "%s")' % made["object"]["id"], "not_found", None),  # noqa: UP031
    ]:
        (payload,) = ask(f"mutation {{ {call} {{ object {{ id }} {ERRORS} }} }}", "alice").values()
        assert payload["errors"] == [{"code": code, "field": field}]
