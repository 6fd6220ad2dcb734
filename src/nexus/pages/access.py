"""Which pages, files and versions exist for an actor. Every read of them starts here."""

from django.db.models import QuerySet

from nexus.accounts.actor import Actor
from nexus.base import clock
from nexus.hubs.access import Capability, hub_filter
from nexus.pages.models import Change, Page, Share, Version


def visible_paths(actor: Actor) -> QuerySet[Page]:
    """Everything live at a path, pages and files, in the hubs that `actor` may read."""
    return Page.objects.filter(hub_filter(actor, Capability.HUB_READ, "hub__"), live_key__isnull=False)


def visible_trash(actor: Actor) -> QuerySet[Page]:
    """Pages and files that were deleted and not brought back, in the hubs that `actor` may read."""
    return Page.objects.filter(hub_filter(actor, Capability.HUB_READ, "hub__"), live_key__isnull=True)


def visible_versions(actor: Actor) -> QuerySet[Version]:
    """All versions, those of deleted pages too: the history of a hub is as readable as the hub."""
    return Version.objects.filter(hub_filter(actor, Capability.HUB_READ, "page__hub__"))


def visible_changes(actor: Actor) -> QuerySet[Change]:
    """All changes of the hubs that `actor` may read."""
    return Change.objects.filter(hub_filter(actor, Capability.HUB_READ, "hub__"))


def open_shares(rows: QuerySet[Share]) -> QuerySet[Share]:
    """Those of `rows` that are neither over nor revoked."""
    return rows.filter(revoked_at=None, expires_at__gt=clock.now())
