"""Which entries exist for an actor. Every read of them starts here."""

from django.db.models import Q, QuerySet

from nexus.accounts.actor import Actor
from nexus.hubs import following
from nexus.hubs.access import Capability, hub_filter
from nexus.knowledge.models import Entry, Verdict


def decidable_entries(actor: Actor) -> QuerySet[Entry]:
    """What may be decided about: what the pages say now, and what somebody decided to be nothing, which may be undone."""
    said = Q(is_present=True) | Q(verdict=Verdict.NOT_THIS)
    return Entry.objects.filter(hub_filter(actor, Capability.PAGE_EDIT, "hub__"), said)


def decided_entries(actor: Actor) -> QuerySet[Entry]:
    """What somebody decided about, hidden or not: for a page whose text is shown and holds it anyway."""
    return Entry.objects.filter(hub_filter(actor, Capability.HUB_READ, "hub__"), verdict__isnull=False)


def visible_entries(actor: Actor) -> QuerySet[Entry]:
    """What the pages say now, in the hubs that `actor` may read."""
    following.catch_up()
    return Entry.objects.filter(hub_filter(actor, Capability.HUB_READ, "hub__"), is_present=True)
