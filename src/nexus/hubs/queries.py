"""Reads about hubs. Each begins at `access.visible_hubs(actor)`."""

from django.db.models import QuerySet

from nexus.accounts.actor import Actor
from nexus.hubs.access import visible_hubs
from nexus.hubs.models import Hub


def hubs(actor: Actor) -> QuerySet[Hub]:
    """The hubs that exist for `actor`, by slug."""
    return visible_hubs(actor).order_by("slug")
