"""What the knowledge index keeps of texts that something was purged from."""

from collections.abc import Collection
from itertools import batched
from uuid import UUID

from django.db.models import F

from nexus.knowledge.indexing import index_pages
from nexus.knowledge.models import Entry, EntryTopic, Topic
from nexus.pages.models import Page

_CHUNK = 200


# the hub's id, as every eraser has it
def erase(hub_id: UUID, pages: Collection[UUID]) -> None:
    """Reads `pages` anew; what only their former versions said keeps its row, which decisions name, and loses its words."""
    for some in batched(pages, _CHUNK, strict=False):
        topics = list(EntryTopic.objects.filter(entry__page__in=some).values_list("topic", flat=True).distinct())
        index_pages(Page.objects.filter(hub=hub_id, pk__in=some))
        former = Entry.objects.filter(page__in=some, hub=hub_id).exclude(version=F("page__head"))
        former.update(
            title="",
            problem=None,
            cause=None,
            solution=None,
            error_text=None,
            fingerprint=None,
            anchor=None,
            start=0,
            end=0,
        )
        for few in batched(topics, _CHUNK, strict=False):
            Topic.objects.filter(pk__in=few, entries=None).delete()  # its address was made from what was said
