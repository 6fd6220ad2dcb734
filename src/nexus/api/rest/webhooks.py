"""`webhooks` of a hub, and what was delivered to them."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from nexus.accounts.actor import Scope
from nexus.api import paging
from nexus.api.rest.checks import Paged, Strict
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.exchange import access, webhooks
from nexus.exchange.models import Delivery, DeliveryState, SwitchedOff, Webhook

_NEVER_KEPT = {"Cache-Control": "no-store"}


class WebhookShown(serializers.Serializer[Webhook]):
    """An address that is told what happens in a hub."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField(), help_text="Types, or `noun.*`; none: all.")
    user = serializers.CharField(source="user.username", help_text="Who saved it last, and so whose rights it has.")
    enabled = serializers.SerializerMethodField()
    off_since = serializers.DateTimeField(allow_null=True)
    off_why = serializers.ChoiceField(
        [("", ""), *SwitchedOff.choices], help_text="Why it is off; empty while it is on."
    )
    after = serializers.IntegerField(
        help_text="The number of the last event that it was told of, or that is not for it."
    )
    failing_since = serializers.DateTimeField(allow_null=True)
    next_at = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_enabled(self, webhook: Webhook) -> bool:
        return webhook.off_since is None

    @extend_schema_field(
        serializers.DateTimeField(allow_null=True, help_text="When it is tried again, after a failure.")
    )
    def get_next_at(self, webhook: Webhook) -> Any:
        return webhook.next_at if webhook.failing_since and webhook.off_since is None else None


class NewSecretShown(WebhookShown):
    """A webhook with its secret, which is shown this once."""

    secret = serializers.CharField()


class WebhookMade(Strict):
    """A webhook that is to be."""

    url = serializers.CharField(max_length=1024, trim_whitespace=False, help_text="A public https address.")
    events = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, default=list, max_length=webhooks.MAX_EVENTS,
        help_text="Types, such as `change.edit`, or `change.*`; none: all.",
    )  # fmt: skip


class WebhookChanged(Strict):
    """What of a webhook is to be otherwise."""

    url = serializers.CharField(max_length=1024, trim_whitespace=False, required=False)
    events = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=webhooks.MAX_EVENTS
    )
    enabled = serializers.BooleanField(required=False, help_text="Switched on again it goes on where it stopped.")


class DeliveryShown(serializers.Serializer[Delivery]):
    """An event for a webhook, and what came of the last attempt to tell it."""

    id = serializers.UUIDField(help_text="`webhook-id`, the same in every attempt.")
    seq = serializers.IntegerField(allow_null=True, help_text="The number of the event; null for a ping.")
    type = serializers.CharField()
    state = serializers.ChoiceField(DeliveryState.choices)
    is_wanted = serializers.BooleanField(help_text="Whether it is about to be sent because somebody asked for it.")
    attempts = serializers.IntegerField()
    tried_at = serializers.DateTimeField(allow_null=True)
    milliseconds = serializers.IntegerField(allow_null=True)
    status = serializers.IntegerField(allow_null=True, help_text="Of the answer; null when there was none.")
    answer = serializers.CharField(help_text="The beginning of its body.")
    error = serializers.CharField(help_text="Why there was no answer (docs/webhooks.md).")
    created_at = serializers.DateTimeField()


class DeliveriesAsked(Paged):
    """Which deliveries."""

    state = serializers.ChoiceField(DeliveryState.choices, required=False)


class Webhooks(Resource):
    """The webhooks of a hub; for its owners."""

    @operation("List webhooks", query=Paged, answer=WebhookShown, many=True, scope=Scope.ADMIN, refusals=(403,))
    def get(self, hub: str) -> Any:
        return paging.page_of(access.webhooks(self.actor, hub), ("created_at", "pk"), **self.asked)

    @operation(
        "Make a webhook", body=WebhookMade, answer=NewSecretShown, status=201, scope=Scope.ADMIN, refusals=(403, 413)
    )
    def post(self, hub: str) -> Answer:
        made = webhooks.create_webhook(self.actor, hub, self.sent["url"], events=self.sent["events"])
        answer = _with_secret(*made)
        answer.headers["Location"] = f"/api/v1/hubs/{hub}/webhooks/{made[0].pk}"
        return answer


class OneWebhook(Resource):
    """A webhook."""

    @operation("Read a webhook", answer=WebhookShown, scope=Scope.ADMIN, refusals=(403,))
    def get(self, hub: str, webhook_id: uuid.UUID) -> Any:
        return access.webhook_for(self.actor, hub, webhook_id)

    @operation("Change a webhook", body=WebhookChanged, answer=WebhookShown, scope=Scope.ADMIN, refusals=(403,))
    def patch(self, hub: str, webhook_id: uuid.UUID) -> Any:
        return webhooks.update_webhook(self.actor, hub, webhook_id, **self.sent)

    @operation("Delete a webhook", status=204, scope=Scope.ADMIN, refusals=(403,))
    def delete(self, hub: str, webhook_id: uuid.UUID) -> None:
        webhooks.delete_webhook(self.actor, hub, webhook_id)


class RotateSecret(Resource):
    """A new secret for a webhook."""

    @operation("Rotate a webhook's secret", answer=NewSecretShown, scope=Scope.ADMIN, refusals=(403,))
    def post(self, hub: str, webhook_id: uuid.UUID) -> Answer:
        return _with_secret(*webhooks.rotate_webhook_secret(self.actor, hub, webhook_id))


class Ping(Resource):
    """A try of a webhook."""

    @operation("Ping a webhook", answer=DeliveryShown, status=202, scope=Scope.ADMIN, refusals=(403,))
    def post(self, hub: str, webhook_id: uuid.UUID) -> Any:
        return webhooks.ping_webhook(self.actor, hub, webhook_id)


class Deliveries(Resource):
    """What was sent to a webhook, or waits to be."""

    @operation(
        "List deliveries", query=DeliveriesAsked, answer=DeliveryShown, many=True, scope=Scope.ADMIN, refusals=(403,)
    )
    def get(self, hub: str, webhook_id: uuid.UUID) -> Any:
        found = access.deliveries(self.actor, hub, webhook_id)
        state = self.asked.pop("state", None)
        if state is not None:
            found = found.filter(state=state)
        return paging.page_of(found, ("-created_at", "-pk"), **self.asked)


class OneDelivery(Resource):
    """A delivery."""

    @operation("Read a delivery", answer=DeliveryShown, scope=Scope.ADMIN, refusals=(403,))
    def get(self, hub: str, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> Any:
        return access.delivery_for(self.actor, hub, webhook_id, delivery_id)


class Redeliver(Resource):
    """An event once more."""

    @operation("Redeliver an event", answer=DeliveryShown, status=202, scope=Scope.ADMIN, refusals=(403,))
    def post(self, hub: str, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> Any:
        return webhooks.redeliver_event(self.actor, hub, webhook_id, delivery_id)


def _with_secret(webhook: Webhook, secret: str) -> Answer:
    webhook.secret = secret  # type: ignore[attr-defined]  # shown this once
    return Answer(webhook, headers=dict(_NEVER_KEPT))
