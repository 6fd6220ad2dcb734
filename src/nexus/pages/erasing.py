"""Taking what was purged out of everything that a hub keeps: the one place where a stored text is ever changed.

What is to go is named as the ledger has it (hubs.purges), so that the same is done again to an older state that a backup
brings back:

    contents  content hash → byte ranges, [[start, end], ...]: a passage, wherever in the hub that content stands
    page, until  a page's id and the number of its last version that is purged: a whole file
    messages  change id → the hash of its message, and byte ranges of that in UTF-8
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import batched
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q, Sum
from django.utils.module_loading import import_string

from nexus.accounts import idempotency
from nexus.accounts.models import User
from nexus.base.ids import content_hash
from nexus.hubs.lifetime import owned_models
from nexus.hubs.models import Hub
from nexus.pages import blobs, documents
from nexus.pages.indexing import retitle
from nexus.pages.invariants import naming_fields, unnamed_blobs
from nexus.pages.models import Blob, Change, ChangeKind, Kind, Page, PurgedContent, Version
from nexus.pages.paths import is_page_name

log = logging.getLogger(__name__)

#: What stands where a passage was, and instead of a file.
MARK, WHOLE = b"[purged]", b"[purged]\n"
#: Contents shorter than this are in many files by chance, an empty one above all: they may come back.
TELLING = 16
_CHUNK = 200

type Ranges = Sequence[Sequence[int]]


def cut(data: bytes, ranges: Ranges) -> bytes:
    """`data` with MARK in place of each of `ranges` (ascending, apart from each other)."""
    parts, at = [], 0
    for start, end in ranges:
        parts += [data[at:start], MARK]
        at = end
    return b"".join([*parts, data[at:]])


def erase(hub_id: UUID, what: dict[str, Any]) -> set[UUID]:
    """Takes `what` (see above) out of a hub whose row is locked, in the transaction that is open. Returns the ids of the
    pages that said it once. What is not there (any more) is passed over, so that it may be done again."""
    pages = _erase_contents(hub_id, what.get("contents", {}))
    if "page" in what:
        pages |= _erase_file(hub_id, UUID(what["page"]), what["until"])
    _erase_messages(hub_id, what.get("messages", {}))
    if pages:
        _bring_up_to_date(hub_id, pages)
    for name in settings.NEXUS_ERASERS:
        import_string(name)(hub_id, pages)
    # What is kept for a repeated request may repeat a text: of all who wrote here, or may.
    idempotency.forget(User.objects.filter(Q(memberships__hub=hub_id) | Q(person__changes__hub=hub_id)))
    if connection.vendor == "sqlite":
        transaction.on_commit(_truncate_log, robust=True)
    return pages


def _erase_messages(hub_id: UUID, messages: dict[str, tuple[str, Ranges]]) -> None:
    for some in batched(messages, _CHUNK, strict=False):
        for change in Change.objects.filter(hub=hub_id, pk__in=some):
            name, ranges = messages[str(change.pk)]
            said = change.message.encode()
            if content_hash(said) == name:
                Change.objects.filter(pk=change.pk).update(message=cut(said, ranges).decode())


def _erase_contents(hub_id: UUID, contents: dict[str, Ranges]) -> set[UUID]:
    pages: set[UUID] = set()
    for some in batched(contents, _CHUNK, strict=False):
        instead = {}
        for old in Blob.objects.filter(hash__in=some, is_text=True).iterator(chunk_size=10):
            new = blobs.content_of(cut(blobs.read(old), contents[old.hash]))
            blobs.store([new])
            instead[old.hash] = new.hash
        of = Version.objects.filter(page__hub=hub_id, blob__in=instead)
        documents.ensure_pages({instead[old] for old in of.filter(kind=Kind.PAGE).values_list("blob", flat=True)})
        pages |= set(of.values_list("page", flat=True))
        for old_hash, new_hash in instead.items():
            for rows in naming(hub_id):
                _update(rows.filter(blob=old_hash), blob=new_hash)
        _remember(hub_id, instead)
        forget(instead)
    return pages


def naming(hub_id: UUID) -> Iterator[models.QuerySet[Any]]:
    """The rows of a hub, whichever package's, that name a content; what is made from contents apart."""
    ways = owned_models()
    for model, name in naming_fields():
        if name != "blob" or model not in ways:
            raise LookupError(f"{model._meta.label}.{name} names contents and cannot be purged")
        yield model._base_manager.filter(**{ways[model]: hub_id})


def _update(rows: models.QuerySet[Any], **values: Any) -> None:
    """Updates `rows`, which a relation may select, by their keys, a bounded number at once."""
    for some in batched(list(rows.values_list("pk", flat=True)), _CHUNK, strict=False):
        rows.model._base_manager.filter(pk__in=some).update(**values)


def _erase_file(hub_id: UUID, page: UUID, until: int) -> set[UUID]:
    """Every version of a page up to that one says WHOLE, and what else keeps what it said (an import's base) as well."""
    versions = Version.objects.filter(page=page, page__hub=hub_id, number__lte=until)
    if not versions.exists():
        return set()
    whole = blobs.content_of(WHOLE)
    blobs.store([whole])
    documents.ensure([whole])
    old = set(versions.values_list("blob", flat=True)) - {whole.hash}
    for rows in naming(hub_id):
        fields = {field.name for field in rows.model._meta.concrete_fields if field.related_model is Page}
        if rows.model is Version:
            rows = versions
        elif rows.model is Page:
            rows = rows.filter(pk=page, head__number__lte=until)
        elif fields == {"page"}:
            rows = rows.filter(page=page)
        else:
            continue
        _update(rows, blob=whole.hash)
    for rows in (versions, Page.objects.filter(pk=page, head__number__lte=until)):
        for path in set(rows.values_list("path", flat=True)):
            if is_page_name(path):
                _update(rows.filter(path=path), kind=Kind.PAGE)  # WHOLE is text, whatever was there
    elsewhere = set(Version.objects.filter(page__hub=hub_id, blob__in=old).values_list("blob", flat=True))
    _remember(hub_id, dict.fromkeys(old - elsewhere, whole.hash))
    forget(old)
    return {page}


def _remember(hub_id: UUID, instead: dict[str, str]) -> None:
    large = set(Blob.objects.filter(hash__in=instead, size__gte=TELLING).values_list("hash", flat=True))
    rows = [PurgedContent(hub_id=hub_id, hash=old, blob_id=new) for old, new in instead.items() if old in large]
    PurgedContent.objects.bulk_create(rows, ignore_conflicts=True)


def forget(hashes: Iterable[str]) -> None:
    """Deletes those of the contents that nothing names (any more), with what was made from them."""
    for some in batched(hashes, _CHUNK, strict=False):
        gone = list(unnamed_blobs().filter(hash__in=some).values_list("hash", "is_text"))
        Blob.objects.filter(hash__in=[name for name, _ in gone]).delete()
        for name, is_text in gone:
            if not is_text:
                transaction.on_commit(partial(blobs.attachment_path(name).unlink, missing_ok=True), robust=True)


def _bring_up_to_date(hub_id: UUID, pages: Collection[UUID]) -> None:
    """What repeats contents: titles, the hub's count of bytes, and that something was purged there."""
    for some in batched(pages, _CHUNK, strict=False):
        retitle(Page.objects.filter(pk__in=some, kind=Kind.PAGE))
    kept = Version.objects.filter(page__hub=hub_id, is_deletion=False).aggregate(n=Sum("blob__size"))
    Hub.objects.filter(pk=hub_id).update(byte_count=kept["n"] or 0, purges=models.F("purges") + 1)


def _truncate_log() -> None:
    """SQLite overwrites what is deleted (PRAGMA secure_delete) but keeps its log until it is written back. Others wait
    meanwhile, so it is not waited for long: who reads for longer, such as a backup, leaves the log to a later turn."""
    impatient = connection.get_connection_params() | {"timeout": 0.5}
    with closing(connection.get_new_connection(impatient)) as own:
        is_busy = own.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if is_busy:
        log.warning("what was purged is in the write-ahead log until that is written over: somebody was reading")


def purged_in(hub: Hub, hashes: Collection[str]) -> dict[str, str]:
    """Which of some contents were purged from a hub, and what stands for each; no statement where nothing was."""
    if not hub.purges:
        return {}
    rows = PurgedContent.objects.filter(hub=hub)
    return {
        old: new
        for some in batched(hashes, _CHUNK, strict=False)
        for old, new in rows.filter(hash__in=some).values_list("hash", "blob")
    }


def is_purged(hub: Hub, content: str) -> bool:
    """Whether a content, by its hash, was purged from a hub."""
    return bool(purged_in(hub, [content]))


def was_purged_since(hub: Hub, read: Version) -> bool:
    """Whether something was purged from a page since a version of it: who began from that may hold it still."""
    since = Version.objects.filter(page=read.page_id, number__gt=read.number, change__kind=ChangeKind.PURGE)
    return bool(hub.purges) and since.exists()
