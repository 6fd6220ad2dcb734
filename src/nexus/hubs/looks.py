"""How far somebody has seen what happens in a hub. It is theirs alone: no activity tells of it, and nobody is shown it."""

import uuid
from collections.abc import Collection

from nexus.accounts.actor import Actor
from nexus.base import clock
from nexus.base.errors import Invalid, Unauthenticated
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.hubs.access import Capability, hub_for, visible_hubs
from nexus.hubs.models import Hub, Look


def begin(hub: Hub, user: uuid.UUID) -> Look:
    """What happens in `hub` from now on is new to a user who came to it; who looked before goes on from there."""
    return Look.objects.get_or_create(hub=hub, user_id=user, defaults={"seq": hub.sequence})[0]


def look_at(actor: Actor, hub: Hub) -> Look | None:
    """How far the actor has seen a hub that they were shown; None for whoever never looked. One statement."""
    if not actor.is_signed_in:
        return None
    return Look.objects.filter(hub=hub, user=actor.user_key, hub__in=visible_hubs(actor)).first()


def looks_at(actor: Actor, hubs: Collection[uuid.UUID]) -> dict[uuid.UUID, Look]:
    """`look_at` for several hubs, by their ids; one statement, none for nobody."""
    if not actor.is_signed_in:
        return {}
    found = Look.objects.filter(hub__in=hubs, user=actor.user_key).filter(hub__in=visible_hubs(actor))
    return {look.hub_id: look for look in found}


@in_transaction
def begin_looking(actor: Actor, slug: str) -> Look:
    """The actor's first look at a hub: what was before it is not new. Where they looked before, nothing changes. Raises
    NotFound, Denied, Unauthenticated."""
    return begin(hub_for(actor, slug, Capability.HUB_LOOK), somebody(actor))


def somebody(actor: Actor) -> uuid.UUID:
    """The user whose looks are meant. Raises Unauthenticated for the operator, and whoever is not signed in."""
    if not actor.is_signed_in:
        raise Unauthenticated(
            Sentence("Only somebody's looks are remembered."), remedy=Sentence("Sign in, or say who looks: --as USER.")
        )
    return actor.user_key


def checked_until(hub: Hub, until: int | None, field: str = "until") -> int:
    """The number up to which something is seen: the newest when none is given. Raises Invalid for one that is not there."""
    if until is None:
        return hub.sequence
    if not 0 <= until <= hub.sequence:
        raise Invalid(
            Sentence("There is no such number."), field=field, value=until,
            remedy=Sentence("Give one from 0 to %(newest)s.", newest=hub.sequence),
        )  # fmt: skip
    return until


def set_look(hub: Hub, user: uuid.UUID, seq: int) -> Look:
    """Moves where a user looked last; back as well, which makes what came since new again."""
    return Look.objects.update_or_create(hub=hub, user_id=user, defaults={"seq": seq, "at": clock.now()})[0]
