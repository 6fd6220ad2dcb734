"""Reads about entries. Each begins at `access.visible_entries(actor)`."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, QuerySet

from nexus.accounts.actor import Actor
from nexus.hubs.access import hub_for
from nexus.hubs.models import Hub
from nexus.knowledge.access import visible_entries
from nexus.knowledge.models import Entry
from nexus.pages.models import Page


def entries(actor: Actor, hub: str, *, kind: str = "") -> QuerySet[Entry]:
    """What the pages of a hub say, of one kind or all, page by page in the text's order. Raises NotFound."""
    found = visible_entries(actor).filter(hub=hub_for(actor, hub))
    if kind:
        found = found.filter(kind=kind)
    return found.select_related("page").order_by("page__path", "start", "ordinal", "pk")


def found_in(actor: Actor, page: Page) -> QuerySet[Entry]:
    """What a page says, in the text's order; one statement."""
    return visible_entries(actor).filter(page=page).order_by("start", "ordinal", "pk")


def counts(actor: Actor, hub: Hub) -> Mapping[str, int]:
    """How many entries of each kind a hub has; one statement."""
    rows: Any = visible_entries(actor).filter(hub=hub).values_list("kind").annotate(n=Count("pk")).order_by()
    return dict(rows)
