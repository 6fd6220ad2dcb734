"""What must always hold of the knowledge index. `nexus doctor --deep` asks; nothing here writes."""

from collections.abc import Iterator
from itertools import batched

from django.db.models import F, Q

from nexus.hubs.models import FollowerCursor, Hub
from nexus.knowledge.indexing import PAGES_AT_ONCE, plan, topic_links
from nexus.knowledge.models import Entry
from nexus.knowledge.tasks import FOLLOWER
from nexus.pages.findings import Finding
from nexus.pages.models import Page

REINDEX = "Run `nexus reindex`."


def invariants() -> Iterator[Finding]:
    """Every difference between the index and what a rebuild would make. Memory: the documents of PAGES_AT_ONCE pages."""
    for hub in Hub.objects.order_by("pk").iterator():
        cursor = FollowerCursor.objects.filter(hub=hub, follower=FOLLOWER).values_list("seq", flat=True).first() or 0
        if cursor < hub.sequence:
            yield Finding(
                "index_behind", f"The index has followed up to {cursor} of {hub.sequence}.", hub.slug, REINDEX
            )
            continue
        for some in batched(
            Page.objects.filter(hub=hub).order_by("pk").iterator(chunk_size=500), PAGES_AT_ONCE, strict=False
        ):
            made = plan(some)
            for row in (*made.created, *made.changed):
                yield Finding(
                    "entry_differs", "An entry is not what its page says.", f"{hub.slug}/{row.page.path}", REINDEX
                )
            for entry_id, topic in topic_links(made.topics)[0]:
                yield Finding("topic_differs", f"An entry is not linked to {topic}.", str(entry_id), REINDEX)
    for entry in Entry.objects.filter(~Q(hub=F("page__hub"))).select_related("page")[:100]:
        yield Finding("entry_elsewhere", "An entry names another hub than its page's.", str(entry.pk), REINDEX)
