"""Reads about hubs. Each begins at `access.visible_hubs(actor)`."""

from django.db.models import QuerySet

from nexus.accounts.actor import Actor
from nexus.base.errors import Denied
from nexus.base.sentences import Sentence
from nexus.hubs.access import Capability, capabilities, hub_for, visible_hubs
from nexus.hubs.models import Hub, Membership


def hubs(actor: Actor) -> QuerySet[Hub]:
    """The hubs that exist for `actor`, by slug."""
    return visible_hubs(actor).order_by("slug")


def members(actor: Actor, hub: str) -> QuerySet[Membership]:
    """The members of a hub with their users and people, in no order; for members, and who manages them.

    Raises NotFound; Denied for whoever may only read.
    """
    place = hub_for(actor, hub)
    found = Membership.objects.filter(hub=place)
    if Capability.MEMBER_MANAGE not in capabilities(actor, place) and not (
        actor.is_signed_in and found.filter(user_id=actor.user_key).exists()
    ):
        raise Denied(Sentence("Only members may see who is a member."))
    return found.select_related("user__person")
