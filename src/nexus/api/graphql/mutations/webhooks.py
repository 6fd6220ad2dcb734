"""The mutations of webhooks; for the owners of a hub."""

from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.mutations.payloads import Outcome, mutation, seen, text_argument, uuid_of
from nexus.api.graphql.nouns.rows import NOUNS
from nexus.exchange import webhooks
from nexus.exchange.models import Delivery, Webhook
from nexus.hubs.access import hub_for


def _create_webhook(actor: Actor, *, hub: str, url: str, events: list[str]) -> Outcome:
    """A new webhook, told what happens from now on. `secret` is shown this once and nowhere kept."""
    made, secret = webhooks.create_webhook(actor, hub, url, events=events)
    return Outcome(made, secret=secret)


def _update_webhook(
    # the argument's name
    actor: Actor, *, hub: str, id: str, url: str | None = None, events: list[str] | None = None,  # noqa: A002
    enabled: bool | None = None,
) -> Webhook:  # fmt: skip
    """Changes what is given; it then acts for you. Switched on again it goes on where it stopped."""
    return webhooks.update_webhook(actor, hub, uuid_of(id, "id"), url=url, events=events, enabled=enabled)


def _delete_webhook(actor: Actor, *, hub: str, id: str) -> Any:  # noqa: A002  the argument's name
    """Ends a webhook. The object is its hub."""
    webhooks.delete_webhook(actor, hub, uuid_of(id, "id"))
    return seen(lambda asking: hub_for(asking, hub), actor)


def _rotate_webhook_secret(actor: Actor, *, hub: str, id: str) -> Outcome:  # noqa: A002  the argument's name
    """A new secret, shown this once; for a day the former one signs as well."""
    found, secret = webhooks.rotate_webhook_secret(actor, hub, uuid_of(id, "id"))
    return Outcome(found, secret=secret)


def _ping_webhook(actor: Actor, *, hub: str, id: str) -> Delivery:  # noqa: A002  the argument's name
    """Has an event sent that means nothing, once."""
    return webhooks.ping_webhook(actor, hub, uuid_of(id, "id"))


def _redeliver_event(actor: Actor, *, hub: str, webhook: str, id: str) -> Delivery:  # noqa: A002  the argument's name
    """Has an event sent once more, with the id it had."""
    return webhooks.redeliver_event(actor, hub, uuid_of(webhook, "webhook"), uuid_of(id, "id"))


_HUB = text_argument("The address of the hub.")
_ID = graphene.Argument(graphene.ID, required=True, description="The webhook's id.")
_SECRET = {"secret": graphene.String(description="The secret itself: keep it.")}
_EVENTS = graphene.List(graphene.NonNull(graphene.String))
_WEBHOOK, _DELIVERY = f"{NOUNS}.webhooks.WebhookType", f"{NOUNS}.webhooks.DeliveryType"


class WebhookMutation(graphene.ObjectType):
    """What is done to webhooks."""

    create_webhook = mutation(
        "CreateWebhook", _WEBHOOK, _create_webhook, more=_SECRET, hub=_HUB,
        url=text_argument("A public https address."),
        events=graphene.Argument(
            _EVENTS, required=True, default_value=[], description="Types such as change.edit, or change.*; none: all."
        ),
    )  # fmt: skip
    update_webhook = mutation(
        "UpdateWebhook", _WEBHOOK, _update_webhook, hub=_HUB, id=_ID,
        url=graphene.Argument(graphene.String, description="Where it is to be sent to."),
        events=graphene.Argument(_EVENTS, description="What it is to be told of."),
        enabled=graphene.Argument(graphene.Boolean, description="Whether it is to be on."),
    )  # fmt: skip
    delete_webhook = mutation("DeleteWebhook", f"{NOUNS}.hubs.HubType", _delete_webhook, hub=_HUB, id=_ID)
    rotate_webhook_secret = mutation(
        "RotateWebhookSecret", _WEBHOOK, _rotate_webhook_secret, more=_SECRET, hub=_HUB, id=_ID
    )
    ping_webhook = mutation("PingWebhook", _DELIVERY, _ping_webhook, hub=_HUB, id=_ID)
    redeliver_event = mutation(
        "RedeliverEvent", _DELIVERY, _redeliver_event, hub=_HUB,
        webhook=graphene.Argument(graphene.ID, required=True, description="The webhook's id."),
        id=graphene.Argument(graphene.ID, required=True, description="The delivery's id."),
    )  # fmt: skip
