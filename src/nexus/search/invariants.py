"""What must always hold of the search index. `nexus doctor --deep` asks; nothing here writes."""

from collections.abc import Iterator

from django.db.models import F, Q

from nexus.hubs.models import FollowerCursor, Hub
from nexus.pages.findings import Finding
from nexus.pages.models import Page
from nexus.search.indexing import Plan, authors, in_batches, plan, plan_hub
from nexus.search.models import Findable
from nexus.search.tasks import FOLLOWER

REINDEX = "Run `nexus reindex`."


def invariants() -> Iterator[Finding]:
    """Every difference between what can be found and what a rebuild would make. Memory: the texts of PAGES_AT_ONCE pages."""
    for hub in Hub.objects.order_by("pk").iterator():
        cursor = FollowerCursor.objects.filter(hub=hub, follower=FOLLOWER).values_list("seq", flat=True).first() or 0
        if cursor < hub.sequence:
            said = f"Search has followed up to {cursor} of {hub.sequence}."
            yield Finding("search_behind", said, hub.slug, REINDEX)
            continue
        yield from _differences(hub, plan_hub(hub, authors(hub.pk)))
        for some in in_batches(Page.objects.filter(hub=hub)):
            yield from _differences(hub, plan(some))
    for row in Findable.objects.filter(page__isnull=False).filter(~Q(hub=F("page__hub")))[:100]:
        yield Finding("findable_elsewhere", "Something is found in another hub than its page's.", str(row.pk), REINDEX)


def _differences(hub: Hub, made: Plan) -> Iterator[Finding]:
    for row in (*made.created, *made.changed):
        yield Finding("findable_differs", "Search does not find what there is.", f"{hub.slug}: {row}", REINDEX)
    for pk in made.stale:
        yield Finding("findable_differs", "Search finds what is not there.", f"{hub.slug}: {pk}", REINDEX)
