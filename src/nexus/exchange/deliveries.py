"""What webhooks are told: read from the log of their hub behind a cursor of their own, in order, until it is delivered.

Whoever sends for a webhook holds its lease, so that no two processes do. The delivery's row, and so its id, is committed
before anything is sent, and the cursor moves only after the receiver said yes: who is killed in between is followed by
somebody who sends the same again. A failure holds up what comes behind it in that webhook, and nothing else.
"""

import datetime
import json
import random
import uuid
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from nexus.accounts.actor import Actor, Door
from nexus.base import clock
from nexus.base.errors import NotFound
from nexus.base.transactions import in_transaction
from nexus.exchange import signing
from nexus.exchange.access import KEPT
from nexus.exchange.mails import tell_owners
from nexus.exchange.models import Delivery, DeliveryState, SwitchedOff, Webhook
from nexus.exchange.posting import Answer
from nexus.hubs import activity
from nexus.hubs.access import Capability, capabilities
from nexus.hubs.queries import activities
from nexus.pages.events import Event, events

#: How long one who sends is believed to be alive after the last word; longer than any request may take.
LEASE = datetime.timedelta(seconds=20)
#: The first pause after a failure, and the longest; each is twice the one before, with a fifth of chance.
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 3600.0
#: How many deliveries of a webhook are kept.
LOGGED = 100
_WANTED = Delivery.objects.filter(webhook=OuterRef("pk"), is_wanted=True)


class Claim(NamedTuple):
    """A webhook, and the proof that one sends for it."""

    webhook: uuid.UUID
    lease: str


@dataclass(frozen=True, slots=True)
class Sending:
    """One request that is to be made."""

    claim: Claim
    delivery: uuid.UUID
    seq: int | None
    #: Whether somebody asked for it, so that it has no turn.
    is_wanted: bool
    url: str
    headers: dict[str, str]
    body: bytes


def claim_due(most: int) -> list[Claim]:
    """Webhooks that something is due for, those first that had their turn longest ago; they are the caller's to send for
    until `release`, or for LEASE after the last `next_sending`."""
    now = clock.now()
    behind = Q(off_since=None, next_at__lte=now, hub__sequence__gt=F("after"))
    due = Webhook.objects.filter(behind | Q(Exists(_WANTED)), leased_until__lte=now, hub__deleted_at=None).order_by(
        "leased_until", "pk"
    )
    claims = []
    for pk, lease in due.values_list("pk", "lease")[:most]:
        claim = Claim(pk, uuid.uuid4().hex)
        free = Webhook.objects.filter(pk=pk, lease=lease, leased_until__lte=now)
        if in_transaction(free.update)(lease=claim.lease, leased_until=now + LEASE):
            claims.append(claim)
    return claims


def next_sending(claim: Claim) -> Sending | None:
    """What is to be sent next, None when there is nothing now, or the claim holds no more. Rights are asked for each time.

    No transaction: the lease keeps others away, and the delivery is committed when this returns.
    """
    webhook = _held(claim)
    if webhook is None:
        return None
    actor = Actor.of(webhook.user, Door.REST)
    if Capability.HUB_WEBHOOKS not in capabilities(actor, webhook.hub):
        switch_off(webhook, SwitchedOff.NO_OWNER)
        return None
    found = _wanted(webhook, actor) or _in_turn(webhook, actor, claim)
    if found is None:
        return None
    delivery, told = found
    body = json.dumps({**told, "hub": webhook.hub.slug, "id": str(delivery.pk)}, ensure_ascii=False).encode()
    try:
        proof = signing.headers_for(
            webhook.pk, _seeds(webhook), str(delivery.pk), int(clock.now().timestamp()), body
        )  # fmt: skip
    except signing.UnknownKey:
        switch_off(webhook, SwitchedOff.NO_SECRET)
        return None
    if not _mine(claim).update(leased_until=clock.now() + LEASE):
        return None
    headers = {"content-type": "application/json", "user-agent": "Nexus-Webhooks/1", **proof}
    return Sending(claim, delivery.pk, delivery.seq, delivery.is_wanted, webhook.url, headers, body)


def record(sending: Sending, answer: Answer) -> None:
    """Writes down what came of a request, and so what is next; nothing when somebody else sends for the webhook by now."""
    webhook, why = _recorded(sending, answer)
    if webhook is not None and why is not None:
        # In a transaction of its own, whose first lock is the hub's; if it is never reached, the next failure says the same.
        switch_off(webhook, why)


@in_transaction
def _recorded(sending: Sending, answer: Answer) -> tuple[Webhook | None, SwitchedOff | None]:
    """The webhook, and why it is to be switched off, if it is."""
    webhook = _held(sending.claim)
    if webhook is None:
        return None, None
    state = DeliveryState.DELIVERED if answer.is_fine else DeliveryState.FAILED
    row = Delivery.objects.filter(pk=sending.delivery)
    row.update(
        attempts=F("attempts") + 1, tried_at=clock.now(), milliseconds=int(answer.seconds * 1000),
        status=answer.status or None, answer=answer.text, error=answer.error, is_wanted=False,
    )  # fmt: skip
    if answer.is_fine or sending.seq is None:
        row.update(state=state)
    if answer.is_fine:
        # Whoever says yes is there again: what waits need wait no more.
        turn = {} if sending.is_wanted else {"after": sending.seq}
        _mine(sending.claim).update(failing_since=None, next_at=clock.now(), **turn)
        return webhook, None
    if answer.status == 410:
        return webhook, SwitchedOff.GONE
    return webhook, None if sending.is_wanted else _failed(webhook, sending)


def release(claim: Claim) -> None:
    """Lets others send for the webhook, and forgets its oldest deliveries."""
    log = Delivery.objects.filter(webhook=claim.webhook, is_wanted=False).exclude(state=DeliveryState.WAITING)
    beyond = list(log.order_by("-created_at", "-pk").values_list("pk", flat=True)[LOGGED : LOGGED + 500])
    old = Q(created_at__lt=clock.now() - KEPT)
    if beyond or log.filter(old).exists():
        log.filter(Q(pk__in=beyond) | old).delete()
    _mine(claim).update(lease="", leased_until=clock.now())


@in_transaction
def switch_off(webhook: Webhook, why: SwitchedOff) -> None:
    """Ends the sending to a webhook, with a line in the log of its hub, until an owner switches it on again."""
    webhook.deliveries.filter(is_wanted=True).update(is_wanted=False)
    if webhook.off_since is not None:
        return
    try:
        hub = activity.locked_hub(webhook.hub_id)
    except NotFound:
        return
    if Webhook.objects.filter(pk=webhook.pk, off_since=None).update(off_since=clock.now(), off_why=why):
        facts = {"webhook": str(webhook.pk), "why": why.value}
        activity.record(hub, Actor.operator(Door.REST), "webhook.switched_off", facts)
        transaction.on_commit(partial(tell_owners, webhook, why), robust=True)


def pause_after(attempts: int) -> datetime.timedelta:
    """How long to wait after so many attempts."""
    whole = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    return datetime.timedelta(seconds=whole * random.uniform(0.8, 1.2))  # noqa: S311  chance, not a secret


def _mine(claim: Claim) -> QuerySet[Webhook]:
    return Webhook.objects.filter(pk=claim.webhook, lease=claim.lease)


def _held(claim: Claim) -> Webhook | None:
    """The webhook, while the claim holds."""
    return _mine(claim).select_related("hub", "user__person").first()


def _seeds(webhook: Webhook) -> list[str]:
    is_rotating = webhook.former_until is not None and webhook.former_until > clock.now()
    return [webhook.seed, *([webhook.former_seed] if is_rotating else [])]


def _wanted(webhook: Webhook, actor: Actor) -> tuple[Delivery, dict[str, object]] | None:
    """What somebody asked for, that asked for first, and what it says."""
    for delivery in webhook.deliveries.filter(is_wanted=True).order_by("created_at", "pk"):
        if delivery.seq is None:
            at = Event(0, delivery.type, delivery.created_at, _person(webhook), {"webhook": str(webhook.pk)}).as_json()
            return delivery, {**at, "seq": None}
        told = events(actor, webhook.hub_id, after=delivery.seq - 1, until=delivery.seq)
        if told:
            return delivery, told[0].as_json()
        Delivery.objects.filter(pk=delivery.pk).update(is_wanted=False)  # it is not in the log any more
    return None


def _person(webhook: Webhook) -> dict[str, str]:
    person = webhook.user.person
    return {"handle": person.handle, "name": person.name}


def _in_turn(webhook: Webhook, actor: Actor, claim: Claim) -> tuple[Delivery, dict[str, object]] | None:
    """The event whose turn it is, and what it says. The cursor moves over all that are not for this webhook."""
    if webhook.off_since is not None or webhook.next_at > clock.now():
        return None
    after = webhook.after
    # Read before the log: all that has a smaller number is in it.
    newest = webhook.hub.sequence
    while row := activities(actor, webhook.hub_id, after=after).filter(_types(webhook.events)).first():
        delivery, _ = Delivery.objects.get_or_create(webhook=webhook, seq=row.seq, defaults={"type": row.verb})
        if delivery.state != DeliveryState.DELIVERED:
            told = events(actor, webhook.hub_id, after=row.seq - 1, until=row.seq)
            return delivery, told[0].as_json()
        after = row.seq  # somebody had it sent before its turn
    _mine(claim).update(after=max(after, newest))
    return None


def _types(wanted: list[str]) -> Q:
    exact = Q(verb__in=[each for each in wanted if not each.endswith("*")])
    nouns = [("verb__startswith", each.removesuffix("*")) for each in wanted if each.endswith("*")]
    return exact | Q(*nouns, _connector=Q.OR) if wanted else Q()


def _failed(webhook: Webhook, sending: Sending) -> SwitchedOff | None:
    """Sets the next attempt, or says that it is enough."""
    now = clock.now()
    failing_since = webhook.failing_since or now
    attempts = Delivery.objects.filter(pk=sending.delivery).values_list("attempts", flat=True).first() or 1
    _mine(sending.claim).update(failing_since=failing_since, next_at=now + pause_after(attempts))
    is_enough = now - failing_since >= datetime.timedelta(days=settings.WEBHOOK_DAYS)
    return SwitchedOff.FAILING if is_enough else None
