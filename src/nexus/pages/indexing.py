"""Rebuilding what is derived from paths and texts: stored documents, titles, the folder index."""

from collections import Counter
from collections.abc import Callable
from itertools import batched
from uuid import UUID

from django.db.models import QuerySet

from nexus.base.ids import text_key
from nexus.base.transactions import in_transaction
from nexus.hubs.activity import locked_hub
from nexus.markdown import PARSER_VERSION
from nexus.pages import documents
from nexus.pages.changes import add_to_folders
from nexus.pages.inserting import update_many
from nexus.pages.models import Blob, Folder, Kind, Page, StoredDocument
from nexus.pages.paths import ancestors

type Progress = Callable[[int, int], None]


def parse_missing(progress: Progress | None = None) -> int:
    """Parses every page's text that the current parser has not parsed. `progress`: (texts done, of how many)."""
    names = list(documents.missing().values_list("hash", flat=True))
    done = 0
    for some in batched(names, 500, strict=False):
        blobs = Blob.objects.filter(hash__in=some).values_list("hash", "data")
        documents.ensure_many((name, bytes(data)) for name, data in blobs if data is not None)
        done += len(some)
        if progress:
            progress(done, len(names))
    return len(names)


def drop_outdated() -> int:
    """Deletes the documents of older parsers whose texts the current one has parsed."""
    current = StoredDocument.objects.filter(parser=PARSER_VERSION).values("blob_id")
    outdated = StoredDocument.objects.exclude(parser=PARSER_VERSION).filter(blob__in=current)
    keys = list(outdated.values_list("key", flat=True))
    for some in batched(keys, 500, strict=False):
        StoredDocument.objects.filter(key__in=some).delete()
    return len(keys)


@in_transaction
def rebuild(hub_id: UUID) -> None:
    """Recounts the folders of a hub and takes its pages' titles from their documents, under the hub's lock."""
    hub = locked_hub(hub_id)
    counts: Counter[str] = Counter()
    for path in Page.objects.filter(hub=hub, live_key__isnull=False).values_list("path", flat=True).iterator():
        counts.update(ancestors(path))
    Folder.objects.filter(hub=hub).delete()
    add_to_folders(hub, dict(counts))
    retitle(Page.objects.filter(hub=hub, kind=Kind.PAGE))


def retitle(pages: QuerySet[Page]) -> None:
    """Takes the titles of `pages` from their documents."""
    rows = pages.only("pk", "name", "title", "live_key", "blob_id").iterator(chunk_size=500)
    changed = []
    for some in batched(rows, 500, strict=False):
        titles = documents.titles({page.blob_id for page in some})
        for page in some:
            title = (titles.get(page.blob_id) or page.name)[:300]
            if page.title != title:
                page.title, page.title_key = title, text_key(title) if page.is_live else None
                changed.append(page)
    update_many(Page, changed, ["title", "title_key"], batch_size=200)
