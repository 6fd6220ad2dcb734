"""The end of an account: for a while, or for good. What somebody wrote stays in its hubs; a hub is never left without an
owner."""

from django.db.models import Exists, OuterRef

from nexus.accounts.actions import set_active
from nexus.accounts.actor import Actor
from nexus.accounts.models import Person, User
from nexus.accounts.names import part_with
from nexus.base.errors import Conflict, Unauthenticated
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.hubs import activity, audit
from nexus.hubs.models import Hub, Membership, Role


def owned_alone(actor: Actor) -> list[Hub]:
    """The hubs whose only owner the actor is, deleted ones apart, by slug: each needs another owner, or its end, first."""
    if not actor.is_signed_in:
        return []
    others = Membership.objects.filter(hub=OuterRef("pk"), role=Role.OWNER, user__is_active=True).exclude(
        user_id=actor.user_key
    )
    mine = Membership.objects.filter(hub=OuterRef("pk"), role=Role.OWNER, user_id=actor.user_key)
    return list(Hub.objects.filter(Exists(mine), ~Exists(others), deleted_at=None).order_by("slug"))


@in_transaction
def deactivate_account(actor: Actor) -> None:
    """Ends the actor's sessions and tokens, and lets them sign in no more until an administrator brings them back.

    Raises Unauthenticated, Conflict("last_owner")."""
    user = _whole(actor)
    _check_hubs(actor)
    audit.note(actor, "account.deactivated", {"user": user.username})
    set_active(Actor.operator(actor.door), user, active=False)


@in_transaction
def delete_account(actor: Actor, *, keep_name: bool) -> None:
    """Ends the actor's account for good: address, password, sessions, tokens, memberships. Their texts stay, under their
    name or (keep_name=False) under none. Raises Unauthenticated, Conflict("last_owner")."""
    user = _whole(actor)
    _check_hubs(actor)
    person = Person.objects.get(user=user)
    memberships = Membership.objects.filter(user=user, hub__deleted_at=None).order_by("hub")
    for key in memberships.values_list("hub", flat=True):
        activity.record(activity.locked_hub(key), actor, "member.removed", {"user": user.username})
    audit.note(actor, "account.deleted", {"user": user.username if keep_name else "", "kept_name": keep_name})
    part_with(person, keep_name=keep_name)
    user.delete()


def _whole(actor: Actor) -> User:
    if not actor.is_signed_in or actor.token_id is not None:
        raise Unauthenticated(Sentence("Sign in to end your account."))
    return User.objects.get(pk=actor.user_key)


def _check_hubs(actor: Actor) -> None:
    """Locks the hubs they own first, in one order, since their other owners may be leaving at this moment."""
    owned = Membership.objects.filter(hub=OuterRef("pk"), role=Role.OWNER, user_id=actor.user_key)
    list(Hub.objects.select_for_update().filter(Exists(owned)).order_by("pk").values_list("pk"))
    if alone := owned_alone(actor):
        raise Conflict(
            Sentence("Nobody else owns %(hubs)s.", hubs=", ".join(hub.slug for hub in alone[:10])), code="last_owner",
            remedy=Sentence("Give each into other hands, or delete it, first."),
        )  # fmt: skip
