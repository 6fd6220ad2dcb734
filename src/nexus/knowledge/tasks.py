"""The knowledge index follows the activity log."""

from functools import partial
from uuid import UUID

from nexus.hubs import activity
from nexus.hubs.models import Activity
from nexus.knowledge.indexing import index_pages
from nexus.pages.models import Page

FOLLOWER = "knowledge"
#: The verb of the activity that says that something was decided about an entry; its data names `entry` and `page`.
DECIDED = "entry.decided"


def follow(hub_id: UUID) -> None:
    """Brings the index of a hub up to date with its log."""
    activity.follow(hub_id, FOLLOWER, partial(_index_changes, hub_id))


def _index_changes(hub_id: UUID, behind: list[Activity]) -> None:
    seqs = [row.seq for row in behind if row.verb.startswith("change.")]
    decided = {row.data["page"] for row in behind if row.verb == DECIDED}
    if decided:
        index_pages(Page.objects.filter(hub=hub_id, pk__in=decided).iterator(chunk_size=500))
    if seqs:
        # The pages as they are now, not as they were: what a later activity says of them is then nothing new.
        touched = Page.objects.filter(
            hub=hub_id, versions__change__seq__gte=seqs[0], versions__change__seq__lte=seqs[-1]
        )
        index_pages(touched.distinct().iterator(chunk_size=500))
