"""What a search may find for an actor. Every search starts here."""

from django.db.models import QuerySet

from nexus.accounts.actor import Actor
from nexus.hubs import following
from nexus.hubs.access import Capability, hub_filter
from nexus.search.models import Findable


def visible_findables(actor: Actor) -> QuerySet[Findable]:
    """All that can be found in the hubs that `actor` may read."""
    following.catch_up()
    return Findable.objects.filter(hub_filter(actor, Capability.HUB_READ, "hub__"))
