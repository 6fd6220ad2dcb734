"""What must always hold of pages, versions, changes, blobs and folders. `nexus doctor --deep` asks; nothing here writes."""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from itertools import batched
from pathlib import Path

from django.db.models import Count, F, ForeignObjectRel, Max, Min, Model, QuerySet

from nexus.base.ids import text_key
from nexus.hubs.models import Activity, Hub
from nexus.pages import blobs, documents
from nexus.pages.findings import Finding
from nexus.pages.models import Blob, Change, Folder, Kind, Page, StoredDocument, Version
from nexus.pages.paths import ancestors, folder_of, is_page_name, name_of

REINDEX = "Run `nexus reindex`."
RESTORE = "Restore from a backup, and report this: it must never happen."
#: How old a file of incoming content must be before nobody can still be writing it, in seconds.
ORPHAN_AGE = 24 * 3600
_CHUNK = 500


def invariants() -> Iterator[Finding]:
    """Every broken invariant. Memory: one chunk of rows, and the paths of one hub."""
    for hub in Hub.objects.order_by("pk").iterator():
        yield from _log(hub)
        yield from _paths(hub)
    yield from _heads()
    yield from _histories()
    yield from _blobs()


def _log(hub: Hub) -> Iterator[Finding]:
    """The activity log counts from 1 to the hub's sequence without a hole, and every change is one of its numbers."""
    rows = Activity.objects.filter(hub=hub).aggregate(low=Min("seq"), high=Max("seq"), n=Count("pk"))
    if (rows["low"] or 1, rows["high"] or 0, rows["n"]) != (1, hub.sequence, hub.sequence):
        yield Finding(
            "activity_gap", f"The log has {rows['n']} rows up to {rows['high']}, not {hub.sequence}.", hub.slug, RESTORE
        )
    numbered = Activity.objects.filter(hub=hub, verb__startswith="change.").values("seq")
    for change in Change.objects.filter(hub=hub).exclude(seq__in=numbered)[:100]:
        yield Finding("change_unlogged", f"Change {change.seq} is not in the log.", hub.slug, RESTORE)
    for change in Change.objects.filter(hub=hub, versions=None)[:100]:
        yield Finding("change_empty", f"Change {change.seq} has no version.", hub.slug, RESTORE)


def _paths(hub: Hub) -> Iterator[Finding]:
    """One thing at a path, no page where a folder is, and the folder index equal to a recount."""
    live: set[str] = set()
    counts: Counter[str] = Counter()
    for page in Page.objects.filter(hub=hub, live_key__isnull=False).iterator(chunk_size=_CHUNK):
        path = page.path
        where = f"{hub.slug}/{path}"
        if path in live:
            yield Finding("path_twice", "Two live pages stand at one path.", where, RESTORE)
        live.add(path)
        counts.update(ancestors(path))
        if (page.live_key, page.folder_key) != (text_key(path), text_key(folder_of(path))):
            yield Finding("path_key", "The keys of a path are not those of its text.", where, RESTORE)
        if (page.name, page.name_key) != (name_of(path), text_key(name_of(path))):
            yield Finding("name_key", "The name of a page is not that of its path.", where, RESTORE)
        if page.title_key != (text_key(page.title) if page.kind == Kind.PAGE else None):
            yield Finding("title_key", "The key of a title is not that of its text.", where, REINDEX)
    for path in live & counts.keys():
        yield Finding("page_is_folder", "A page stands where a folder is.", f"{hub.slug}/{path}", RESTORE)
    indexed = dict(Folder.objects.filter(hub=hub).values_list("path", "count"))
    for path in sorted(indexed.keys() | counts.keys()):
        if indexed.get(path, 0) != counts[path]:
            said = f"The folder index counts {indexed.get(path, 0)}, there are {counts[path]}."
            yield Finding("folder_count", said, f"{hub.slug}/{path}", REINDEX)


def _heads() -> Iterator[Finding]:
    """A page repeats its head version, which is its newest."""
    pages = Page.objects.select_related("head__change", "hub", "blob").defer("blob__data").order_by("pk")
    newest = pages.annotate(newest=Max("versions__number"))
    for some in batched(newest.iterator(chunk_size=_CHUNK), _CHUNK, strict=False):
        titles = documents.titles({page.blob_id for page in some})
        for page in some:
            head, where = page.head, f"{page.hub.slug}/{page.path}"
            if head.page_id != page.pk or head.number != page.newest:
                yield Finding("head_not_newest", "A page's head is not its newest version.", where, RESTORE)
            held = (page.path, page.blob_id, page.kind, page.seq, page.is_live)
            if held != (head.path, head.blob_id, head.kind, head.change.seq, not head.is_deletion):
                yield Finding("page_not_head", "A page is not what its newest version says.", where, RESTORE)
            is_page = page.blob.is_text and is_page_name(page.path)
            if page.kind != (Kind.PAGE if is_page else Kind.FILE):
                yield Finding("page_kind", "A page's kind is not that of its name and content.", where, RESTORE)
            if is_page and page.title != (titles.get(page.blob_id) or page.name)[:300]:
                yield Finding("page_title", "A page's title is not that of its text.", where, REINDEX)
            if is_page and page.is_live and page.blob_id not in titles:
                yield Finding("not_parsed", "A page's text was never parsed.", where, REINDEX)


def _histories() -> Iterator[Finding]:
    """Versions count from 1 without a hole, each the child of the one before, and come with changes of their own hub."""
    rows = (
        Version.objects.order_by("page", "number")
        .values_list("page", "number", "pk", "parent")
        .iterator(chunk_size=_CHUNK)
    )
    before = None
    for page, number, pk, parent in rows:
        expected = (before[1] + 1, before[2]) if before and before[0] == page else (1, None)
        if (number, parent) != expected:
            yield Finding("version_gap", f"Version {number} does not follow the one before.", str(page), RESTORE)
        before = (page, number, pk)
    for version in Version.objects.exclude(change__hub=F("page__hub"))[:100]:
        yield Finding("version_elsewhere", "A version came with another hub's change.", str(version.pk), RESTORE)
    for version in Version.objects.exclude(path_key="").iterator(chunk_size=_CHUNK):
        if version.path_key != text_key(version.path):
            yield Finding(
                "version_key", "The key of a version's path is not that of its text.", str(version.pk), RESTORE
            )


def _blobs() -> Iterator[Finding]:
    """Every content is there and is what its name says."""
    for blob in Blob.objects.order_by("pk").iterator(chunk_size=50):
        try:
            digest, size = hashlib.sha256(), 0
            for chunk in blobs.chunks_of(blob):
                digest.update(chunk)
                size += len(chunk)
        except Exception as error:  # noqa: BLE001  whatever keeps one blob from being read, the others are still checked
            yield Finding("blob_missing", str(error), blob.hash, RESTORE)
            continue
        if (digest.hexdigest(), size) != (blob.hash, blob.size):
            yield Finding("blob_damaged", "The bytes are not what their name says.", blob.hash, RESTORE)
        if blob.is_text != (blob.data is not None):
            yield Finding("blob_place", "Text is kept in the database and nothing else is.", blob.hash, RESTORE)


def unused_blobs() -> Iterator[str]:
    """Contents that nothing names and that were stored a day ago or more: left by writes that were refused."""
    before = time.time() - ORPHAN_AGE
    for blob in unnamed_blobs().defer("data").iterator(chunk_size=_CHUNK):
        if blob.stored_at.timestamp() < before:
            yield blob.hash


def unnamed_blobs() -> QuerySet[Blob]:
    """Contents that no row of any package refers to; their own parses do not count."""
    unnamed = Blob.objects.all()
    for model, field in naming_fields():
        named = model._base_manager.filter(**{f"{field}__isnull": False})
        unnamed = unnamed.exclude(pk__in=named.values(field))
    return unnamed


def naming_fields() -> Iterator[tuple[type[Model], str]]:
    """Every model whose rows name contents, whichever package's, with the field's name; but for parses, which are made from
    them."""
    for relation in Blob._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.related_model is not StoredDocument:
            yield relation.related_model, relation.field.name


def orphan_files() -> Iterator[Path]:
    """Files below attachments that no blob names, a day old or more."""
    before = time.time() - ORPHAN_AGE
    files = (path for path in blobs.attachments_folder().rglob("*") if path.is_file() and path.stat().st_mtime < before)
    for some in batched(files, _CHUNK, strict=False):
        names = {path.name for path in some}
        known = set(Blob.objects.filter(hash__in=names, is_text=False).values_list("hash", flat=True))
        yield from (path for path in some if path.name not in known)
