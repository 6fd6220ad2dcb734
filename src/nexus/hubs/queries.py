"""Reads about hubs. Each begins at `access.visible_hubs(actor)`."""

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from nexus.accounts.actor import Actor
from nexus.base.errors import Denied
from nexus.base.sentences import Sentence
from nexus.hubs.access import Capability, capabilities, hub_for, visible_hubs
from nexus.hubs.models import FollowerCursor, Hub, Membership


def hubs(actor: Actor) -> QuerySet[Hub]:
    """The hubs that exist for `actor`, by slug."""
    return visible_hubs(actor).order_by("slug")


def states(actor: Actor) -> dict[str, tuple[int, int]]:
    """For each hub that `actor` may see, by slug: its newest number, and how far its followers have come, summed. Whatever
    is made from hubs and their indexes is as new as these; one statement."""
    cursors = FollowerCursor.objects.filter(hub=OuterRef("pk")).order_by().values("hub").annotate(n=Sum("seq"))
    rows = visible_hubs(actor).annotate(followed=Coalesce(Subquery(cursors.values("n")), 0))
    return {slug: (seq, int(followed)) for slug, seq, followed in rows.values_list("slug", "sequence", "followed")}


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
