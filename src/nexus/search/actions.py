"""Writes to the search index."""

from uuid import UUID

from nexus.accounts.actor import Actor
from nexus.base.transactions import in_transaction
from nexus.hubs.access import visible_hubs
from nexus.hubs.models import FollowerCursor, Hub
from nexus.knowledge import actions as knowledge
from nexus.knowledge.actions import Progress
from nexus.knowledge.tasks import FOLLOWER as KNOWLEDGE
from nexus.pages.models import Page
from nexus.search.indexing import authors, index_hub, index_pages
from nexus.search.tasks import FOLLOWER


def reindex(actor: Actor, hub: str = "", progress: Progress | None = None) -> dict[str, int]:
    """Rebuilds everything that is read out of texts, for one hub or all: what `knowledge.actions.reindex` does, then what
    can be found. For the operator only (Denied, NotFound). Returns what that one returns."""
    result = knowledge.reindex(actor, hub, progress)
    hubs = visible_hubs(actor).filter(slug=hub) if hub else visible_hubs(actor)
    for number, each in enumerate(hubs.order_by("slug"), start=1):
        _reindex_hub(each.pk)
        if progress:
            progress("search", number, result["hubs"])
    return result


@in_transaction
def _reindex_hub(hub_id: UUID) -> None:
    cursor, _ = FollowerCursor.objects.select_for_update().get_or_create(hub_id=hub_id, follower=FOLLOWER)
    known = FollowerCursor.objects.filter(hub_id=hub_id, follower=KNOWLEDGE).values_list("seq", flat=True).first()
    index_hub(Hub.objects.get(pk=hub_id), authors(hub_id))
    index_pages(Page.objects.filter(hub_id=hub_id))
    cursor.seq = known or 0
    cursor.save(update_fields=["seq"])
