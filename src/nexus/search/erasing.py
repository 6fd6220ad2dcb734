"""What the search index keeps of texts that something was purged from."""

from collections.abc import Collection
from itertools import batched
from uuid import UUID

from nexus.pages.models import Page
from nexus.search.indexing import index_pages


def erase(hub_id: UUID, pages: Collection[UUID]) -> None:
    """Makes the rows of `pages` what they say now."""
    for some in batched(pages, 200, strict=False):
        index_pages(Page.objects.filter(hub=hub_id, pk__in=some))
