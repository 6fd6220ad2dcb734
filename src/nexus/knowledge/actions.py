"""Writes to the knowledge index."""

from collections.abc import Callable
from uuid import UUID

from nexus.accounts.actor import Actor
from nexus.base.errors import Denied
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.hubs.access import hub_for, visible_hubs
from nexus.hubs.activity import made_anew
from nexus.hubs.models import FollowerCursor, Hub
from nexus.knowledge.indexing import index_pages
from nexus.knowledge.models import Entry
from nexus.knowledge.tasks import FOLLOWER
from nexus.pages import indexing
from nexus.pages.models import Page

type Progress = Callable[[str, int, int], None]


def reindex(actor: Actor, hub: str = "", progress: Progress | None = None) -> dict[str, int]:
    """Rebuilds everything that is read out of texts, for one hub or all: documents, titles, folders, entries, topics.

    The result is what following every change would have made; entries keep their identity. Readers are served the old
    index until the new one is there. For the operator only (Denied, NotFound). Returns {"parsed", "hubs", "entries"}.
    """
    if not actor.is_operator:
        raise Denied(Sentence("Only the operator rebuilds the index."))
    hubs = [hub_for(actor, hub)] if hub else list(visible_hubs(actor).order_by("slug"))
    parsed = indexing.parse_missing((lambda done, of: progress("texts", done, of)) if progress else None)
    for number, each in enumerate(hubs, start=1):
        indexing.rebuild(each.pk)
        _reindex_hub(each.pk)
        if progress:
            progress("hubs", number, len(hubs))
    if not hub:
        indexing.drop_outdated()
    entries = Entry.objects.filter(hub__in=hubs, is_present=True).count()
    return {"parsed": parsed, "hubs": len(hubs), "entries": entries}


@in_transaction
def _reindex_hub(hub_id: UUID) -> None:
    cursor, _ = FollowerCursor.objects.select_for_update().get_or_create(hub_id=hub_id, follower=FOLLOWER)
    sequence = Hub.objects.values_list("sequence", flat=True).get(pk=hub_id)
    index_pages(Page.objects.filter(hub_id=hub_id).iterator(chunk_size=500))
    cursor.seq = sequence
    cursor.save(update_fields=["seq"])
    made_anew(hub_id)
