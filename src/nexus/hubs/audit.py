"""Who did what about rights, through which door and from where: for owners per hub, for administrators of the instance.

What was done in a hub is in its log already (hubs.activity); here is what is in no log: what was refused, and what was
done to accounts and the instance. Rows are appended and never changed, but for addresses, which are forgotten in time.
"""

import datetime
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from nexus.accounts import origins
from nexus.accounts.actions import OPERATOR_HANDLE
from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import User
from nexus.base import clock, shared
from nexus.base.errors import Denied, NexusError, shown
from nexus.base.sentences import Sentence
from nexus.hubs.access import Capability, Refused, hub_for, visible_activities
from nexus.hubs.models import Activity, AuditEntry, Hub

#: How the verbs of a hub's log begin that are about rights, or cannot be taken back.
ABOUT_RIGHTS = ("hub.", "member.", "share.", "webhook.", "administrator.", "change.purge", "suspect.")
#: The most rows that one look shows, and that one forgetting of addresses changes.
LIMIT, BATCH = 200, 1000
#: How many refusals of one account are noted in an hour.
MOST = 60


def note(actor: Actor, verb: str, data: dict[str, Any] | None = None, *, hub: Hub | None = None) -> AuditEntry:
    """Appends a row. data: small facts, JSON-able; texts become one printable line."""
    told = {key: shown(value) if isinstance(value, str) else value for key, value in (data or {}).items()}
    return AuditEntry.objects.create(
        hub=hub, verb=verb, who=_name(actor), door=actor.door.value, data=told, address=origins.address()
    )


def remember(error: NexusError) -> None:
    """Notes the refusal of something about rights; every door calls it with what it refuses. At most MOST an hour and
    actor."""
    refused = getattr(error, "refused", None)
    known = isinstance(refused, Refused) and refused.actor.is_signed_in
    if isinstance(refused, Refused) and known and shared.count(f"refusals {refused.actor.user_key}", 3600) <= MOST:
        note(refused.actor, "refused", {"capability": refused.capability.value, "code": error.code}, hub=refused.hub)


def signed_in(sender: object, *, user: User, door: Door = Door.WEB, **_said: object) -> None:  # noqa: ARG001  Django's
    """Notes that somebody signed in: a receiver of Django's signal, which every door sends."""
    note(Actor.of(user, door), "account.signed_in")


def not_signed_in(sender: object, *, credentials: dict[str, Any], **said: object) -> None:  # noqa: ARG001  Django's
    """Notes that somebody did not: the name that was given, never the password. There are as many as `attempts` lets
    through."""
    login = str(credentials.get("username") or credentials.get("email") or credentials.get("login") or "")
    note(Actor.anonymous(Door(str(said.get("door", Door.WEB)))), "account.failed", {"login": login})


def _name(actor: Actor) -> str:
    if actor.is_operator:
        return OPERATOR_HANDLE
    if actor.user_id is None:
        return ""
    return User.objects.filter(pk=actor.user_id).values_list("username", flat=True).first() or ""


def done_in(actor: Actor, hub: str) -> Sequence[Activity]:
    """What was done about rights in a hub, newest first, at most LIMIT; for its owners. Raises NotFound, Denied."""
    place = hub_for(actor, hub, Capability.HUB_AUDIT)
    rows = visible_activities(actor).filter(hub=place).select_related("person").order_by("-seq")
    return list(rows.filter(_about_rights())[:LIMIT])


def _about_rights() -> Q:
    return Q(*(("verb__startswith", noun) for noun in ABOUT_RIGHTS), _connector=Q.OR)


def refused_in(actor: Actor, hub: str) -> Sequence[AuditEntry]:
    """What was refused in a hub to somebody who may read it, newest first, at most LIMIT. Raises NotFound, Denied."""
    place = hub_for(actor, hub, Capability.HUB_AUDIT)
    return list(AuditEntry.objects.filter(hub=place).order_by("-at", "-pk")[:LIMIT])


def of_instance(actor: Actor) -> QuerySet[AuditEntry]:
    """What was done to accounts and the instance, newest first, for the operator and administrators. Raises Denied."""
    if not (actor.is_operator or actor.is_administrator):
        raise Denied(Sentence("Only an administrator may see that."))
    return AuditEntry.objects.filter(hub=None).order_by("-at", "-pk")


def forget_addresses() -> int:
    """Empties the addresses that are older than NEXUS_ADDRESS_DAYS, a bounded number at once; how many. For a job that is
    due."""
    before = clock.now() - datetime.timedelta(days=settings.ADDRESS_DAYS)
    gone = 0
    for rows in (AuditEntry.objects.filter(at__lt=before), Activity.objects.filter(at__lt=before)):
        old = list(rows.exclude(address="").order_by("pk").values_list("pk", flat=True)[:BATCH])
        gone += rows.filter(pk__in=old).update(address="")
    return gone
