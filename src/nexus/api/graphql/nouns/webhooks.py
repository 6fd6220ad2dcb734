"""Webhooks of a hub and what was delivered to them; for its owners."""

from collections.abc import Mapping, Sequence
from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.edges import first_of_each, many, parent
from nexus.api.graphql.nouns.rows import NOUNS, RowType, choices
from nexus.exchange.access import visible_deliveries, visible_webhooks
from nexus.exchange.models import Delivery, DeliveryState, SwitchedOff, Webhook
from nexus.hubs.models import Hub

DeliveryStateEnum = choices(
    "DeliveryState", DeliveryState, "What became of a delivery.", WAITING="It is still to be told.",
    DELIVERED="The receiver took it.",
    FAILED="It was tried once, and is not tried again.",
)  # fmt: skip
SwitchedOffEnum = choices(
    "SwitchedOff", SwitchedOff, "Why a webhook is off.", BY_HAND="An owner switched it off.",
    FAILING="It failed for too long.", GONE="The receiver answered 410.",
    NO_OWNER="Whoever saved it last owns the hub no more.",
    NO_SECRET="Its secret is lost with a former SECRET_KEY: rotate it.",  # noqa: S106  a sentence
)  # fmt: skip


def of_hubs(actor: Actor, rows: Sequence[Hub], *, first: int) -> Mapping[Any, list[Any]]:
    """The webhooks of each hub, the oldest first."""
    return first_of_each(visible_webhooks(actor), {"hub": [row.pk for row in rows]}, ("created_at", "pk"), first)


def _deliveries(actor: Actor, rows: Sequence[Webhook], *, first: int) -> Mapping[Any, list[Any]]:
    wanted = {"webhook": [row.pk for row in rows]}
    return first_of_each(visible_deliveries(actor), wanted, ("-created_at", "-pk"), first)


class DeliveryType(RowType):
    """An event for a webhook, and what came of the last attempt to tell it."""

    class Meta:
        model = Delivery
        name = "Delivery"
        about = {
            "id": "`webhook-id`, the same in every attempt.", "type": "The type of the event.",
            "is_wanted": "Whether it is about to be sent because somebody asked for it.",
            "attempts": "How often it was tried.", "tried_at": "When it was tried last.",
            "milliseconds": "How long that took.", "status": "Of the answer; null when there was none.",
            "answer": "The beginning of its body.", "error": "Why there was no answer (docs/webhooks.md).",
            "created_at": "When its turn came.",
        }  # fmt: skip

    seq = graphene.Int(description="The number of the event; null for a ping.")
    state = graphene.Field(DeliveryStateEnum, required=True, description="What became of it.")
    webhook = parent(f"{NOUNS}.webhooks.WebhookType", "webhook", required=True, description="To whom.")


class WebhookType(RowType):
    """An address that is told what happens in a hub. Its secret was shown once and is nowhere kept."""

    class Meta:
        model = Webhook
        name = "Webhook"
        about = {
            "id": "Its id.", "url": "Where events are posted to.", "off_since": "Since when it is off; null while it is on.",
            "failing_since": "Since when nothing could be delivered; null when all is well.",
            "created_at": "When it was made.",
        }  # fmt: skip

    events = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="Types of events, or `noun.*`; none: all."
    )
    off_why = graphene.Field(
        SwitchedOffEnum, description="Why it is off.", resolver=lambda row, _info: row.off_why or None
    )
    after = graphene.Int(
        required=True, description="The number of the last event that it was told of, or that is not for it."
    )
    next_at = graphene.DateTime(
        description="When it is tried again, after a failure.",
        resolver=lambda row, _info: row.next_at if row.failing_since and row.off_since is None else None,
    )
    hub = parent(f"{NOUNS}.hubs.HubType", "hub", required=True, description="Of which hub.")
    deliveries = many(DeliveryType, _deliveries, description="What was sent to it, or waits to be; the newest first.")
