"""What exists of this package for an actor: the webhooks of hubs that they own."""

import datetime
import uuid

from django.db.models import QuerySet

from nexus.accounts.actor import Actor
from nexus.base import clock
from nexus.base.errors import NotFound
from nexus.exchange.models import ConnectedSource, Delivery, Webhook
from nexus.hubs.access import Capability, hub_filter, hub_for

#: How long deliveries are kept.
KEPT = datetime.timedelta(days=30)


def visible_webhooks(actor: Actor) -> QuerySet[Webhook]:
    """The webhooks that exist for `actor`: those of hubs whose webhooks are theirs to manage."""
    return Webhook.objects.filter(hub_filter(actor, Capability.HUB_WEBHOOKS, "hub__"))


def visible_deliveries(actor: Actor) -> QuerySet[Delivery]:
    """The deliveries of these webhooks, of the last 30 days."""
    kept = Delivery.objects.filter(created_at__gte=clock.now() - KEPT)
    return kept.filter(hub_filter(actor, Capability.HUB_WEBHOOKS, "webhook__hub__"))


def webhooks(actor: Actor, hub: str) -> QuerySet[Webhook]:
    """The webhooks of a hub. Raises NotFound, Denied."""
    place = hub_for(actor, hub, Capability.HUB_WEBHOOKS)
    return visible_webhooks(actor).filter(hub=place).select_related("hub", "user")


def webhook_for(actor: Actor, hub: str, webhook_id: uuid.UUID) -> Webhook:
    """One of them. Raises NotFound, Denied."""
    found = webhooks(actor, hub).filter(pk=webhook_id).first()
    if found is None:
        raise NotFound
    return found


def deliveries(actor: Actor, hub: str, webhook_id: uuid.UUID) -> QuerySet[Delivery]:
    """What was sent to a webhook, or waits to be. Raises NotFound, Denied."""
    return visible_deliveries(actor).filter(webhook=webhook_for(actor, hub, webhook_id)).select_related("webhook")


def delivery_for(actor: Actor, hub: str, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> Delivery:
    """One of them. Raises NotFound, Denied."""
    found = deliveries(actor, hub, webhook_id).filter(pk=delivery_id).first()
    if found is None:
        raise NotFound
    return found


def visible_sources(actor: Actor) -> QuerySet[ConnectedSource]:
    """The connected sources that exist for `actor`: of hubs that they may import into."""
    return ConnectedSource.objects.filter(hub_filter(actor, Capability.PAGE_IMPORT, "hub__"))


def source_of(actor: Actor, hub: str) -> ConnectedSource | None:
    """The source that a hub is connected to, if it is. Raises NotFound, Denied."""
    place = hub_for(actor, hub, Capability.PAGE_IMPORT)
    return visible_sources(actor).filter(hub=place).select_related("hub", "user__person").first()


def source_for(actor: Actor, hub: str) -> ConnectedSource:
    """The same; raises NotFound also when it is not."""
    found = source_of(actor, hub)
    if found is None:
        raise NotFound
    return found
