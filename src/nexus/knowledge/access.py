"""Which entries exist for an actor. Every read of them starts here."""

from django.db.models import QuerySet

from nexus.accounts.actor import Actor
from nexus.hubs import following
from nexus.hubs.access import Capability, hub_filter
from nexus.knowledge.models import Entry


def visible_entries(actor: Actor) -> QuerySet[Entry]:
    """What the pages say now, in the hubs that `actor` may read."""
    following.catch_up()
    return Entry.objects.filter(hub_filter(actor, Capability.HUB_READ, "hub__"), is_present=True)
