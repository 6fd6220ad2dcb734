"""Reads about hubs. Each begins at an `access.visible_*` queryset, so what may not be seen is not found."""

from collections.abc import Collection, Sequence
from itertools import batched
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from nexus.accounts.actions import require_administrator
from nexus.accounts.actor import Actor
from nexus.accounts.models import Person
from nexus.base.errors import Denied
from nexus.base.sentences import Sentence
from nexus.hubs.access import (
    Capability,
    capabilities,
    capabilities_as,
    deleted_hubs,
    hub_for,
    invited_roles,
    visible_activities,
    visible_hubs,
    visible_invitations,
    visible_memberships,
)
from nexus.hubs.invitations import good_invitation, open_invitations
from nexus.hubs.models import Activity, FollowerCursor, Hub, Invitation, Membership, Role
from nexus.statements.prepared import Prepared

_CHUNK = 500  # parameters a statement: below every database's bound


def hubs(actor: Actor) -> QuerySet[Hub]:
    """The hubs that exist for `actor`, by slug."""
    return visible_hubs(actor).order_by("slug")


def deleted(actor: Actor) -> QuerySet[Hub]:
    """The deleted hubs that `actor` may bring back, by slug."""
    return deleted_hubs(actor).order_by("slug")


def all_hubs(actor: Actor) -> QuerySet[Hub]:
    """Every hub there is, by slug: that it exists, and how much it holds (page_count, byte_count), but nothing that is in
    it; for the operator and administrators. Raises Denied."""
    require_administrator(actor)
    return Hub.objects.order_by("slug").annotate(members=Count("memberships"))


def states(actor: Actor) -> dict[str, tuple[int, int]]:
    """For each hub that `actor` may see, by slug: its newest number, and how far its followers have come, summed. Whatever
    is made from hubs and their indexes is as new as these; one statement."""
    rows = with_followed(visible_hubs(actor)).values_list("slug", "sequence", "followed")
    return {slug: (seq, int(followed)) for slug, seq, followed in rows}


def rights_and_states(actor: Actor, hub: Hub | None = None) -> list[tuple[UUID, bool, int, int]]:
    """For each hub that `actor` may see, or for `hub` alone if they may: its id, whether they see it as a member, and its
    state as in `states`; one statement."""
    rows = _rights.rows(actor.form, hub is None, hub=hub and hub.pk, user=actor.user_id)
    return [(key, bool(is_member), seq, int(followed)) for key, is_member, seq, followed in rows]


def _rights_and_states(actor: Actor, everywhere: bool, *, hub: UUID, user: UUID) -> QuerySet[Any, tuple[Any, ...]]:
    hubs = visible_hubs(actor) if everywhere else visible_hubs(actor).filter(pk=hub)
    member: Exists | Value = Value(actor.is_operator)
    if actor.is_signed_in:
        member = Exists(Membership.objects.filter(hub=OuterRef("pk"), user_id=user))
    rows: QuerySet[Any, tuple[Any, ...]] = with_followed(hubs).annotate(member=member)
    return rows.values_list("pk", "member", "sequence", "followed")


_rights = Prepared(_rights_and_states, hub=UUID | None, user=UUID | None)


def with_followed(hubs: QuerySet[Hub]) -> QuerySet[Any]:
    """`hubs`, each with `followed`: how far its followers have come, summed."""
    cursors = FollowerCursor.objects.filter(hub=OuterRef("pk")).order_by().values("hub").annotate(n=Sum("seq"))
    return hubs.annotate(followed=Coalesce(Subquery(cursors.values("n")), 0))


def members(actor: Actor, hub: str) -> QuerySet[Membership]:
    """The members of a hub with their users and people, in no order; for members, and who manages them.

    Raises NotFound; Denied for whoever may only read.
    """
    place = hub_for(actor, hub)
    found = visible_memberships(actor).filter(hub=place)
    if not (actor.is_operator or found.exists()):
        raise Denied(Sentence("Only members may see who is a member."))
    return found.select_related("user__person")


def people_in(actor: Actor, hub: Hub) -> dict[str, Person]:
    """The people of a hub's members, by their handles, for those who may know who belongs to it; one statement."""
    rows = visible_memberships(actor).filter(hub=hub).select_related("user__person")
    return {row.user.person.handle: row.user.person for row in rows}


def invitations(actor: Actor, hub: str) -> QuerySet[Invitation]:
    """The invitations of a hub by which somebody may still come, with their inviters, in no order.

    Raises NotFound; Denied for whoever may not invite.
    """
    place = hub_for(actor, hub, Capability.MEMBER_INVITE)
    return open_invitations(visible_invitations(actor)).filter(hub=place).select_related("inviter")


def roles_to_invite(actor: Actor, hub: Hub) -> Sequence[Role]:
    """The roles that `actor` may invite others to; none: they may not invite. At most one statement."""
    return invited_roles(capabilities(actor, hub))


def invitation_shown(_actor: Actor, token: str) -> Invitation:
    """The invitation whose secret is shown, with its hub: to whoever shows it. Raises NotFound as for one that never was."""
    return good_invitation(token)


def activities(actor: Actor, hub: UUID, *, after: int = 0, until: int | None = None) -> QuerySet[Activity]:
    """What happened in `hub` behind number `after` (up to `until`), oldest first, with its people; of what `actor` may see.

    All that has a smaller number than one that is seen is there too: numbers are given under the hub's lock.
    """
    rows = visible_activities(actor).filter(hub=hub, seq__gt=after).select_related("person").order_by("seq")
    return rows if until is None else rows.filter(seq__lte=until)


def newest_activity(actor: Actor, hub: UUID, *, until: int) -> int:
    """The number of the last activity up to `until` that `actor` may see; 0 when there is none."""
    rows = visible_activities(actor).filter(hub=hub, seq__lte=until).order_by("-seq")
    return rows.values_list("seq", flat=True).first() or 0


class Reader(NamedTuple):
    """Somebody who may read a hub. Members see its whole log, all others the same part of it."""

    actor: Actor
    is_member: bool


class Readers(NamedTuple):
    """Who of those that were asked about may read which hub, and the number of each hub's newest activity."""

    may_read: dict[tuple[UUID, Actor], Reader]
    sequences: dict[UUID, int]


def readers(asked: Collection[tuple[UUID, Actor]]) -> Readers:
    """`visible_hubs` for many at once, by the same table: two statements for 500 hubs and 500 people.

    asked: (id of the hub, actor). A hub that is gone is missing.
    """
    hubs = {
        hub.pk: hub
        for ids in batched({hub for hub, _ in asked}, _CHUNK, strict=False)
        for hub in Hub.objects.filter(pk__in=ids)
    }
    people = {actor.user_key for _, actor in asked if actor.is_signed_in}
    roles = {
        (hub, user): role
        for ids in batched(people, _CHUNK, strict=False)
        for some in batched(hubs, _CHUNK, strict=False)
        for hub, user, role in Membership.objects.filter(hub__in=some, user__in=ids).values_list("hub", "user", "role")
    }
    may_read = {}
    for key, actor in asked:
        role = roles.get((key, actor.user_key)) if actor.is_signed_in else None
        if key in hubs and Capability.HUB_READ in capabilities_as(actor, hubs[key], role):
            may_read[key, actor] = Reader(actor, role is not None or actor.is_operator)
    return Readers(may_read, {key: hub.sequence for key, hub in hubs.items()})
