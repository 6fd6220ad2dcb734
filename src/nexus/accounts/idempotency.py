"""A write that may be sent again: the key and the answer are stored with the write itself, in one transaction, so that a
lost answer, a killed process and twenty at once all come to one effect."""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from nexus.accounts.actor import Actor
from nexus.accounts.models import IdempotencyKey, User
from nexus.base import clock
from nexus.base.errors import Conflict, Invalid, Unauthenticated
from nexus.base.ids import text_key
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction

#: How long an answer is kept.
KEPT = datetime.timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Replay:
    """An answer as it can be given again."""

    status: int
    headers: dict[str, str]
    body: str
    is_repeated: bool = False


def once(actor: Actor, key: str, fingerprint: str, perform: Callable[[], Replay]) -> Replay:
    """What `perform` answers the first time the actor comes with `key`; afterwards the same without performing.

    fingerprint: what the request was, so that one key is not used for two. A refusal that `perform` raises is not kept.
    Raises Unauthenticated; Invalid("idempotency_key"); Conflict("idempotency_key_reused"); what `perform` raises.
    """
    if not actor.is_signed_in:
        raise Unauthenticated(Sentence("Sign in to write."))
    if not _KEY.fullmatch(key):
        raise Invalid(
            Sentence("That is no key."), code="idempotency_key", field="Idempotency-Key", value=key,
            remedy=Sentence("Use 1 to 255 visible ASCII characters, such as a UUID."),
        )  # fmt: skip
    name = text_key(f"{actor.user_id} {key}")
    kept = _kept(name, fingerprint)
    if kept is not None:
        return kept
    try:
        return _first(name, actor, fingerprint, perform)
    except IntegrityError:  # somebody came with the same key at the same moment, and was first
        kept = _kept(name, fingerprint)
        if kept is None:
            raise
        return kept


@in_transaction
def _first(name: str, actor: Actor, fingerprint: str, perform: Callable[[], Replay]) -> Replay:
    now = clock.now()
    IdempotencyKey.objects.filter(user_id=actor.user_key, created_at__lt=now - KEPT).delete()
    with transaction.atomic():
        row = IdempotencyKey.objects.create(name=name, user_id=actor.user_key, fingerprint=fingerprint)
    answer = perform()
    row.status, row.headers, row.body = answer.status, answer.headers, answer.body
    row.save(update_fields=["status", "headers", "body"])
    return answer


def _kept(name: str, fingerprint: str) -> Replay | None:
    row = IdempotencyKey.objects.filter(name=name, created_at__gte=clock.now() - KEPT).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise Conflict(
            Sentence("That key was used for another request."), code="idempotency_key_reused", field="Idempotency-Key",
            remedy=Sentence("Take a new key for every new request."),
        )  # fmt: skip
    return replace(Replay(row.status, row.headers, row.body), is_repeated=True)


def forget(users: QuerySet[User]) -> None:
    """Forgets the answers that are kept for `users`: whoever sends such a request again has it performed again."""
    IdempotencyKey.objects.filter(user__in=users).delete()
