"""Every write to webhooks that somebody asks for: addresses that are told what happens in a hub (docs/webhooks.md).

What they are told is sent by `exchange.deliveries`.
"""

import datetime
import uuid
from collections.abc import Sequence

from django.conf import settings

from nexus.accounts.actor import Actor
from nexus.base import clock
from nexus.base.errors import Denied, Invalid, Limited
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.exchange.access import delivery_for, webhook_for
from nexus.exchange.addresses import Reach
from nexus.exchange.models import Delivery, DeliveryState, SwitchedOff, Webhook
from nexus.exchange.signing import new_seed, secret_of
from nexus.hubs import activity
from nexus.hubs.access import Capability, hub_for, require
from nexus.hubs.models import Hub
from nexus.pages.events import TYPES

#: The most webhooks of a hub, and types of events that one names.
MAX_WEBHOOKS, MAX_EVENTS = 10, 50
MAX_URL = 1024
#: How long a secret signs beside the one that replaced it.
ROTATION = datetime.timedelta(hours=24)
#: What a webhook may name: the type of an event, or all of a noun.
NAMED = frozenset({*TYPES, *(f"{name.partition('.')[0]}.*" for name in TYPES)})
#: What is told to try a webhook out; it is no activity.
PING = "webhook.ping"


def reach() -> Reach:
    """What a webhook may be sent to: public addresses by https, and by either scheme NEXUS_ALLOWED_ADDRESSES; at
    NEXUS_WEBHOOK_PORTS."""
    return Reach(settings.ALLOWED_ADDRESSES, [int(port) for port in settings.WEBHOOK_PORTS], plain_in_allowed=True)


@in_transaction
def create_webhook(actor: Actor, hub: str, url: str, *, events: Sequence[str] = ()) -> tuple[Webhook, str]:
    """A new webhook that is told what happens from now on, and its secret, which is shown this once; a ping is on its way.

    events: types such as "change.edit" or "change.*"; none: all that its maker may know.
    Raises NotFound, Denied; Invalid ("bad_address", url; events); Limited("too_many_webhooks").
    """
    if not actor.is_signed_in:
        hub_for(actor, hub, Capability.HUB_WEBHOOKS)
        raise Denied(Sentence("A webhook belongs to somebody who is signed in."))
    place = _locked(actor, hub)
    if Webhook.objects.filter(hub=place).count() >= MAX_WEBHOOKS:
        raise Limited(
            Sentence("A hub has at most %(max_webhooks)s webhooks.", max_webhooks=MAX_WEBHOOKS),
            code="too_many_webhooks",
            remedy=Sentence("Delete one that is not needed."),
        )
    made = Webhook(
        hub=place, user_id=actor.user_key, url=_checked_url(url), events=_checked_events(events), seed=new_seed()
    )
    made.after = activity.record(place, actor, "webhook.created", {"webhook": str(made.pk)}).seq
    made.save(force_insert=True)
    _ask_for_ping(made)
    return webhook_for(actor, hub, made.pk), secret_of(made.pk, made.seed)


@in_transaction
def update_webhook(
    actor: Actor,
    hub: str,
    webhook_id: uuid.UUID,
    *,
    url: str | None = None,
    events: Sequence[str] | None = None,
    enabled: bool | None = None,
) -> Webhook:
    """Changes what is given. It acts for whoever saved it last. Switched on again it goes on where it stopped; what waits is
    tried at once. Raises NotFound, Denied, Invalid ("bad_address", url; events)."""
    place = _locked(actor, hub)
    webhook = webhook_for(actor, hub, webhook_id)
    changed: dict[str, object] = {"next_at": clock.now(), "failing_since": None}
    if url is not None:
        changed["url"] = _checked_url(url)
    if events is not None:
        changed["events"] = _checked_events(events)
        # What waits may be no longer wanted; if it is, it gets its turn again.
        webhook.deliveries.filter(state=DeliveryState.WAITING, seq__gt=webhook.after).delete()
    if enabled is not None:
        was_off = webhook.off_since is not None
        changed |= {"off_since": None, "off_why": ""}
        if not enabled:
            changed["off_since"] = webhook.off_since if was_off else clock.now()
            changed["off_why"] = webhook.off_why if was_off else SwitchedOff.BY_HAND
    if actor.is_signed_in:
        changed["user_id"] = actor.user_key
    Webhook.objects.filter(pk=webhook.pk).update(**changed)
    activity.record(place, actor, "webhook.updated", {"webhook": str(webhook.pk)})
    return webhook_for(actor, hub, webhook_id)


@in_transaction
def delete_webhook(actor: Actor, hub: str, webhook_id: uuid.UUID) -> None:
    """Ends a webhook, and forgets what was sent to it. Raises NotFound, Denied."""
    place = _locked(actor, hub)
    webhook_for(actor, hub, webhook_id).delete()
    activity.record(place, actor, "webhook.deleted", {"webhook": str(webhook_id)})


@in_transaction
def rotate_webhook_secret(actor: Actor, hub: str, webhook_id: uuid.UUID) -> tuple[Webhook, str]:
    """A new secret, which is shown this once; for a day the former one signs as well. Raises NotFound, Denied."""
    place = _locked(actor, hub)
    webhook = webhook_for(actor, hub, webhook_id)
    seed = new_seed()
    Webhook.objects.filter(pk=webhook.pk).update(
        seed=seed, former_seed=webhook.seed, former_until=clock.now() + ROTATION
    )
    activity.record(place, actor, "webhook.rotated", {"webhook": str(webhook.pk)})
    return webhook_for(actor, hub, webhook_id), secret_of(webhook.pk, seed)


@in_transaction
def ping_webhook(actor: Actor, hub: str, webhook_id: uuid.UUID) -> Delivery:
    """Has an event sent that means nothing, once; also to a webhook that is off. Raises NotFound, Denied."""
    place = _locked(actor, hub)
    webhook = webhook_for(actor, hub, webhook_id)
    asked = _ask_for_ping(webhook)
    activity.record(place, actor, "webhook.pinged", {"webhook": str(webhook.pk)})
    return asked


@in_transaction
def redeliver_event(actor: Actor, hub: str, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> Delivery:
    """Has an event sent once more, with the id it had; also to a webhook that is off. Raises NotFound, Denied."""
    place = _locked(actor, hub)
    delivery = delivery_for(actor, hub, webhook_id, delivery_id)
    Delivery.objects.filter(pk=delivery.pk).update(is_wanted=True)
    activity.record(place, actor, "webhook.redelivered", {"webhook": str(webhook_id)})
    return delivery_for(actor, hub, webhook_id, delivery_id)


def _locked(actor: Actor, slug: str) -> Hub:
    """The hub, locked, whose webhooks are the actor's to manage. Raises NotFound, Denied."""
    hub = activity.locked_hub(hub_for(actor, slug, Capability.HUB_WEBHOOKS).pk)
    require(actor, Capability.HUB_WEBHOOKS, hub)
    return hub


def _ask_for_ping(webhook: Webhook) -> Delivery:
    """One that waits already does."""
    waiting = webhook.deliveries.filter(seq=None, is_wanted=True).first()
    return waiting or Delivery.objects.create(webhook=webhook, type=PING, is_wanted=True)


def _checked_url(url: str) -> str:
    """Raises Invalid("bad_address"). A host that is a name is looked up only when it is sent to."""
    try:
        parts = reach().checked_url(url)
    except Invalid as error:
        raise _bad(error.message, error.value) from None
    host = parts.hostname or ""
    is_number = host.replace(".", "").isdigit() or ":" in host
    if len(url) > MAX_URL:
        raise _bad(Sentence("It is too long."), None)
    if is_number and not reach().permits(host, parts.scheme):
        raise _bad(Sentence("Its host has an address that is not public."), url)
    return url


def _bad(why: Sentence, url: object) -> Invalid:
    return Invalid(
        why, code="bad_address", field="url", value=url,
        remedy=Sentence("Give a public address such as https://example.org/nexus."),
    )  # fmt: skip


def _checked_events(events: Sequence[str]) -> list[str]:
    wrong = next((each for each in events if each not in NAMED), None)
    if wrong is not None or len(events) > MAX_EVENTS:
        raise Invalid(
            Sentence("There are no such events."), field="events", value=wrong,
            remedy=Sentence("Name at most %(max)s of: %(names)s.", max=MAX_EVENTS, names=", ".join(sorted(NAMED))),
        )  # fmt: skip
    return sorted(set(events))
