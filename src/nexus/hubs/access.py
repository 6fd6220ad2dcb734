"""Who may do what in a hub: one table, asked in two forms that a test holds equal (a predicate, and a queryset)."""

import datetime
import enum
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery, Value

from nexus.accounts.actor import Actor, Scope
from nexus.base.errors import Denied, NotFound, Unauthenticated
from nexus.base.sentences import Sentence
from nexus.hubs.models import Activity, Hub, Invitation, Membership, Role, Visibility
from nexus.statements.prepared import Prepared


class Capability(enum.StrEnum):
    """Something that may be allowed in a hub, named `noun:verb`."""

    HUB_READ = "hub:read"
    HUB_LOOK = "hub:look"
    PAGE_CREATE = "page:create"
    PAGE_EDIT = "page:edit"
    PAGE_MOVE = "page:move"
    PAGE_DELETE = "page:delete"
    PAGE_IMPORT = "page:import"
    PAGE_RESTORE = "page:restore"
    CHANGE_REVERT_OWN = "change:revert_own"
    CHANGE_REVERT = "change:revert"
    MEMBER_INVITE = "member:invite"
    HUB_SETTINGS = "hub:settings"
    HUB_WEBHOOKS = "hub:webhooks"
    PAGE_SHARE = "page:share"
    MEMBER_MANAGE = "member:manage"
    HUB_AUDIT = "hub:audit"
    HUB_RESTORE = "hub:restore"
    PAGE_PURGE = "page:purge"
    SUSPECT_REVIEW = "suspect:review"


_READ = frozenset({Capability.HUB_READ})
#: Who is somebody reads, and is remembered how far.
_GUEST = _READ | {Capability.HUB_LOOK}
_LEARNER = _GUEST | {
    Capability.PAGE_CREATE, Capability.PAGE_EDIT, Capability.PAGE_MOVE, Capability.PAGE_DELETE,
    Capability.PAGE_IMPORT, Capability.CHANGE_REVERT_OWN, Capability.SUSPECT_REVIEW,
}  # fmt: skip
_MENTOR = _LEARNER | {
    Capability.PAGE_RESTORE, Capability.CHANGE_REVERT, Capability.PAGE_SHARE, Capability.MEMBER_INVITE,
}  # fmt: skip
_OWNER = _MENTOR | {
    Capability.HUB_SETTINGS, Capability.HUB_WEBHOOKS, Capability.MEMBER_MANAGE, Capability.HUB_AUDIT,
    Capability.HUB_RESTORE, Capability.PAGE_PURGE,
}  # fmt: skip

#: The capability table: what each role may do. Everything else in this module is derived from it.
CAPABILITIES: Mapping[Role, frozenset[Capability]] = {
    Role.GUEST: _GUEST,
    Role.LEARNER: frozenset(_LEARNER),
    Role.MENTOR: frozenset(_MENTOR),
    Role.OWNER: frozenset(_OWNER),
}
#: What a hub's visibility gives to somebody who is no member.
OPEN_TO_ALL: Mapping[Visibility, frozenset[Capability]] = {
    Visibility.PRIVATE: frozenset(),
    Visibility.INTERNAL: frozenset(),
    Visibility.PUBLIC: _READ,
}
OPEN_TO_SIGNED_IN: Mapping[Visibility, frozenset[Capability]] = {
    **OPEN_TO_ALL, Visibility.INTERNAL: _GUEST, Visibility.PUBLIC: _GUEST,
}  # fmt: skip
#: What is about the hub itself and who belongs to it.
_MANAGING = {
    Capability.MEMBER_INVITE, Capability.HUB_SETTINGS, Capability.HUB_WEBHOOKS, Capability.MEMBER_MANAGE,
    Capability.HUB_AUDIT, Capability.HUB_RESTORE, Capability.PAGE_SHARE, Capability.PAGE_PURGE,
}  # fmt: skip
#: How far a token must reach for each capability.
_SCOPES: Mapping[Scope, frozenset[Capability]] = {
    Scope.READ: _READ,
    Scope.WRITE: frozenset(_MENTOR - _READ - _MANAGING),
    Scope.ADMIN: frozenset(_MANAGING),
}
#: What may still be done in an archived hub.
IN_ARCHIVE = _GUEST | _MANAGING | {Capability.SUSPECT_REVIEW}
#: What may still be done with a deleted hub, which does not exist in any other respect.
IN_BIN = frozenset({Capability.HUB_RESTORE})
#: Stands for when a hub was deleted whose purge has begun: it can be brought back no more.
PURGING = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
#: The roles one may invite to: who may manage members any, who may only invite those that teach nobody.
_INVITED: Mapping[Capability, Sequence[Role]] = {
    Capability.MEMBER_MANAGE: tuple(Role),
    Capability.MEMBER_INVITE: (Role.GUEST, Role.LEARNER),
}


def is_wider(after: str, before: str) -> bool:
    """Whether more people read a hub of visibility `after` than one of `before`; False for what is none."""
    ladder = list(Visibility)
    return after in ladder and ladder.index(Visibility(after)) > ladder.index(Visibility(before))


def capabilities(actor: Actor, hub: Hub) -> frozenset[Capability]:
    """All that `actor` may do in `hub` now (at most one statement: the membership)."""
    role = None
    if actor.is_signed_in:
        (role,) = _role.first(hub=hub.pk, user=actor.user_key) or (None,)
    return capabilities_as(actor, hub, role)


_role = Prepared(
    lambda *, hub, user: Membership.objects.filter(hub=hub, user_id=user).values_list("role"), hub=UUID, user=UUID
)


def capabilities_as(actor: Actor, hub: Hub, role: str | None) -> frozenset[Capability]:
    """All that `actor`, who is `role` there (None: no member), may do in `hub`; no statement, for asking about many."""
    if actor.is_operator:
        allowed = frozenset(Capability)
    elif not actor.is_signed_in:
        allowed = OPEN_TO_ALL[Visibility(hub.visibility)]
    else:
        allowed = OPEN_TO_SIGNED_IN[Visibility(hub.visibility)]
        if role is not None:
            allowed |= CAPABILITIES[Role(role)]
    if hub.deleted_at:
        allowed &= IN_BIN
    return _within_token(actor, hub, allowed & IN_ARCHIVE if hub.archived_at else allowed)


def _within_token(actor: Actor, hub: Hub, allowed: frozenset[Capability]) -> frozenset[Capability]:
    """What is left of `allowed` by the scopes and hubs of the token that was shown."""
    if actor.hub_ids is not None and hub.pk not in actor.hub_ids:
        return frozenset()
    return allowed.intersection(*[allowed - _SCOPES[scope] for scope in Scope if scope not in actor.scopes])


def role_in(actor: Actor, hub_field: str) -> Subquery | Value:
    """The role of `actor` in the hub that a row names, as a column for `capabilities_as`: None for no member."""
    if not actor.is_signed_in:
        return Value(None, output_field=CharField(null=True))
    mine = Membership.objects.filter(hub=OuterRef(hub_field), user_id=actor.user_key)
    return Subquery(mine.values("role"))  # one at most: nobody is a member twice


def hubs_where(actor: Actor, capability: Capability) -> QuerySet[Hub]:
    """The hubs in which `actor` holds `capability`: the queryset form of `capability in capabilities(actor, hub)`."""
    return Hub.objects.filter(hub_filter(actor, capability))


def visible_hubs(actor: Actor) -> QuerySet[Hub]:
    """The hubs that exist for `actor`. Every read of anything in a hub starts here."""
    return hubs_where(actor, Capability.HUB_READ)


def hub_filter(actor: Actor, capability: Capability, prefix: str = "") -> Q:
    """`hubs_where` as a condition on a model that reaches its hub by `prefix` (for example "hub__"); no extra statement."""
    live = Q() if capability in IN_ARCHIVE else Q(**{f"{prefix}archived_at": None})
    if capability not in IN_BIN:
        live &= Q(**{f"{prefix}deleted_at": None})
    if actor.is_operator:
        return live
    opened = OPEN_TO_SIGNED_IN if actor.is_signed_in else OPEN_TO_ALL
    granted = Q(**{f"{prefix}visibility__in": [v for v in Visibility if capability in opened[v]]})
    if actor.is_signed_in:
        roles = [role for role in Role if capability in CAPABILITIES[role]]
        mine = Membership.objects.filter(user_id=actor.user_key, role__in=roles).values("hub_id")
        granted |= Q(**{f"{prefix}id__in" if prefix else "pk__in": mine})
    return granted & live & _token_filter(actor, capability, prefix)


def _token_filter(actor: Actor, capability: Capability, prefix: str) -> Q:
    """`_within_token` as a condition."""
    here = f"{prefix}id__in" if prefix else "pk__in"
    if not any(capability in _SCOPES[scope] for scope in actor.scopes):
        return Q(**{here: []})
    return Q() if actor.hub_ids is None else Q(**{here: sorted(actor.hub_ids)})


def deleted_hubs(actor: Actor) -> QuerySet[Hub]:
    """The deleted hubs that `actor` may bring back: those they own; the operator and administrators any."""
    gone = Hub.objects.filter(deleted_at__gt=PURGING)
    return gone if actor.is_administrator else gone.filter(hub_filter(actor, Capability.HUB_RESTORE))


def former_hub(actor: Actor, slug: str) -> Hub | None:
    """The hub whose address `slug` was, if it exists for `actor`; one statement."""
    return visible_hubs(actor).filter(former_slugs__slug=slug).first()


#: How the verbs of activities begin that a hub's members alone are told of: who belongs to it, and who else is told.
MEMBERS_ONLY = ("member.", "webhook.", "share.", "source.", "administrator.", "suspect.")


def visible_activities(actor: Actor) -> QuerySet[Activity]:
    """The activities that exist for `actor`: those of the hubs they may read, but of members only where they are one."""
    rows = Activity.objects.filter(hub_filter(actor, Capability.HUB_READ, "hub__"))
    if actor.is_operator:
        return rows
    open_to_all = ~Q(*(("verb__startswith", noun) for noun in MEMBERS_ONLY), _connector=Q.OR)
    if not actor.is_signed_in:
        return rows.filter(open_to_all)
    return rows.filter(open_to_all | Q(hub__in=Membership.objects.filter(user_id=actor.user_key).values("hub_id")))


def invited_roles(held: Collection[Capability]) -> Sequence[Role]:
    """The roles that somebody who holds `held` in a hub may invite others to, the least first; none: they may not invite."""
    return next((roles for capability, roles in _INVITED.items() if capability in held), ())


def visible_invitations(actor: Actor) -> QuerySet[Invitation]:
    """The invitations that exist for `actor`: all of the hubs whose members they manage, elsewhere those they made."""
    shown = hub_filter(actor, Capability.MEMBER_MANAGE, "hub__")
    if actor.is_signed_in:
        shown |= hub_filter(actor, Capability.MEMBER_INVITE, "hub__") & Q(inviter=actor.user_key)
    return Invitation.objects.filter(shown)


def visible_memberships(actor: Actor) -> QuerySet[Membership]:
    """Who belongs to which hub: for those who belong to it themselves, owners among them, and the operator."""
    rows = Membership.objects.filter(hub_filter(actor, Capability.HUB_READ, "hub__"))
    if actor.is_operator:
        return rows
    if not actor.is_signed_in:
        return rows.none()
    return rows.filter(hub__in=Membership.objects.filter(user_id=actor.user_key).values("hub_id"))


def hub_for(actor: Actor, slug: str, capability: Capability = Capability.HUB_READ) -> Hub:
    """The hub called `slug`, if `actor` holds `capability` in it.

    Raises NotFound when the hub does not exist for the actor, Denied when it does but the capability is not theirs.
    """
    found = _hub_at.first(actor.form, slug=slug, user=actor.user_id)
    if found is None:
        raise NotFound
    hub: Hub = found
    if capability is not Capability.HUB_READ:
        _require(actor, capability, hub, capabilities_as(actor, hub, found.role))
    return hub


def _hubs_at(actor: Actor, *, slug: str, user: UUID) -> QuerySet[Any]:  # noqa: ARG001  the actor is whose form it is
    return visible_hubs(actor).filter(slug=slug).annotate(role=role_in(actor, "pk"))


_hub_at = Prepared(_hubs_at, slug=str, user=UUID | None)


class Refused(NamedTuple):
    """What was refused to whom: goes with a Denied as `refused`, for the audit view."""

    actor: Actor
    hub: Hub
    capability: Capability


def require(actor: Actor, capability: Capability, hub: Hub) -> None:
    """Raises NotFound when `hub` does not exist for `actor`, Denied when `capability` is not theirs (Unauthenticated when it
    might be, once they signed in)."""
    _require(actor, capability, hub, capabilities(actor, hub))


def _require(actor: Actor, capability: Capability, hub: Hub, held: Collection[Capability]) -> None:
    try:
        _check(actor, capability, hub, held)
    except Denied as error:
        if capability in _MANAGING:
            error.refused = Refused(actor, hub, capability)
        raise


def _check(actor: Actor, capability: Capability, hub: Hub, held: Collection[Capability]) -> None:
    if Capability.HUB_READ not in held:
        raise NotFound
    if capability not in held:
        if not (actor.is_signed_in or actor.is_operator):
            raise Unauthenticated(Sentence("Sign in to do that."), remedy=Sentence("Sign in, or send a token."))
        if hub.archived_at:
            raise Denied(Sentence("This hub is archived: it can be read, not changed."), code="archived")
        if not any(capability in _SCOPES[scope] for scope in actor.scopes):
            raise Denied(
                Sentence("Your token does not reach so far."),
                code="insufficient_scope",
                remedy=Sentence("Make one with a wider scope."),
                capability=capability.value,
            )
        raise Denied(
            Sentence("Your role in this hub does not allow that."), remedy=Sentence("An owner of the hub can change it."),
            capability=capability.value,
        )  # fmt: skip
