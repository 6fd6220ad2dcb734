"""Content by its hash: text in the database, everything else as a file below NEXUS_DATA_DIR/attachments."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import batched
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from django.conf import settings
from django.db import OperationalError
from django.db.models import QuerySet

from nexus.base.errors import Invalid, Limited, StorageFull, Unavailable
from nexus.base.ids import content_hash
from nexus.base.sentences import Sentence
from nexus.base.transactions import full, is_full
from nexus.markdown import MAX_BYTES
from nexus.pages.inserting import insert_many
from nexus.pages.models import Blob
from nexus.pages.sensitive import RULES, count_in

CHUNK = 256 * 1024


class Content(NamedTuple):
    """Bytes that are on their way in: their hash, and what a blob row says of them. `data` is None when on disk."""

    hash: str
    size: int
    is_text: bool
    data: bytes | None


def content_of(data: bytes) -> Content:
    """The content `data` is. What is not text is written to disk at once (a file nobody refers to does no harm).

    Raises Limited above NEXUS_MAX_UPLOAD_MB.
    """
    if len(data) <= MAX_BYTES and is_text(data):
        return Content(content_hash(data), len(data), True, data)
    return content_from([data])


def page_content(data: bytes) -> Content:
    """The content `data` is, which is to be a page's. Raises Limited("text_too_large"), Invalid("invalid_text")."""
    if len(data) > MAX_BYTES:
        raise Limited(
            Sentence("A page may have %(max_bytes)s bytes.", max_bytes=f"{MAX_BYTES:,}"),
            code="text_too_large",
            field="text",
            value=f"{len(data):,} bytes",
            remedy=Sentence("Divide it into several pages."),
        )
    if not is_text(data):
        raise Invalid(
            Sentence("A page is a text in UTF-8 without NUL."),
            code="invalid_text",
            field="text",
            remedy=Sentence("Convert it, or send a file."),
        )
    return content_of(data)


def content_from(chunks: Iterable[bytes]) -> Content:
    """The content that `chunks` make together, in bounded memory. Raises Limited above NEXUS_MAX_UPLOAD_MB, and
    StorageFull when the disk does not take it."""
    limit = settings.MAX_UPLOAD_MB * 1_000_000
    root = attachments_folder()
    digest, size, head = hashlib.sha256(), 0, b""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=root, prefix="incoming-", delete=False) as file:
            try:
                for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise Limited(
                            Sentence("A file may have %(size)s MB.", size=settings.MAX_UPLOAD_MB), field="file",
                            code="file_too_large",
                            remedy=Sentence("Make it smaller, or ask for a higher NEXUS_MAX_UPLOAD_MB."),
                        )  # fmt: skip
                    digest.update(chunk)
                    file.write(chunk)
                    head = head + chunk if len(head) <= MAX_BYTES else head
                name = digest.hexdigest()
                if size <= MAX_BYTES and is_text(head):
                    return Content(name, size, True, head)
                file.flush()
                os.fsync(file.fileno())
                target = attachment_path(name)
                target.parent.mkdir(parents=True, exist_ok=True)
                Path(file.name).replace(target)
                return Content(name, size, False, None)
            finally:
                with suppress(FileNotFoundError):
                    Path(file.name).unlink()
    except OSError as error:
        raise StorageFull(
            Sentence("The storage does not take the file (%(error)s).", error=error.strerror),
            remedy=Sentence("Nothing was stored. Free space below NEXUS_DATA_DIR, then try again."),
        ) from error  # fmt: skip


def store(contents: Iterable[Content]) -> set[str]:
    """Makes the rows of `contents` that do not exist yet. Rows without a page are harmless and swept later.

    Returns the hashes of those that seem to hold what not everybody should read (nexus.pages.sensitive).
    """
    check_room()
    rows = {c.hash: c for c in contents}
    stored = Blob.objects.filter(hash__in=rows).values_list("hash", "rules", "suspects")
    known = {name: suspects if rules == RULES else None for name, rules, suspects in stored}
    told = {h: known.get(h) for h in rows}
    counts = {h: count_in(rows[h].data or b"") if count is None else count for h, count in told.items()}
    _insert(
        Blob(hash=c.hash, size=c.size, is_text=c.is_text, data=c.data, rules=RULES, suspects=counts[h])
        for h, c in rows.items()
        if h not in known
    )
    _note({h: counts[h] for h, count in known.items() if count is None})
    return {h for h, count in counts.items() if count}


def look_through(hashes: Collection[str]) -> None:
    """Looks through those of the contents called so that were not by these rules, a bounded number at once."""
    for some in batched(hashes, 100, strict=False):
        old = Blob.objects.filter(hash__in=some).exclude(rules=RULES)
        _note({blob.hash: count_in(bytes(blob.data or b"")) for blob in old})


def _note(counts: Mapping[str, int]) -> None:
    """Writes down how much contents seem to hold; most hold nothing."""
    by_count: dict[int, list[str]] = {}
    for name, count in counts.items():
        by_count.setdefault(count, []).append(name)
    for count, names in by_count.items():
        Blob.objects.filter(hash__in=names).update(rules=RULES, suspects=count)


def _insert(rows: Iterable[Blob]) -> None:
    try:
        insert_many(Blob, rows, ignore_conflicts=True)  # another process storing the same content is no conflict
    except OperationalError as error:
        if is_full(error):
            raise full() from error
        raise


def check_room() -> None:
    """Raises StorageFull when the disk of NEXUS_DATA_DIR has less than NEXUS_RESERVE_MB left: before it is full, so that
    what keeps an instance alive (sessions, logs, the database's own work) still fits."""
    try:
        free = shutil.disk_usage(settings.DATA_DIR).free
    except OSError:  # not made yet
        return
    if free < settings.RESERVE_MB * 1_000_000:
        raise full()


def is_text(data: bytes) -> bool:
    """Valid UTF-8 (RFC 3629) without NUL: what may be a page."""
    if b"\0" in data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def of(hashes: Collection[str] | QuerySet[Any]) -> list[Blob]:
    """The rows of those of `hashes` (some, or a query for one column of them) that are stored, with their bytes; one
    statement."""
    return list(Blob.objects.filter(hash__in=hashes))


def read(blob: Blob) -> bytes:
    """All bytes of `blob`. Raises Unavailable("blob_missing") when its file is gone."""
    return b"".join(chunks_of(blob))


def chunks_of(blob: Blob) -> Iterator[bytes]:
    """The bytes of `blob`, a chunk at a time. Raises Unavailable("blob_missing") when its file is gone."""
    if blob.data is not None:
        yield bytes(blob.data)
        return
    with open_file(blob) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def open_file(blob: Blob) -> BinaryIO:
    """The open file of a blob that is on disk. Raises Unavailable("blob_missing")."""
    try:
        return attachment_path(blob.hash).open("rb")
    except FileNotFoundError as error:
        raise Unavailable(
            Sentence("The bytes of this file are not where they should be."), code="blob_missing",
            remedy=Sentence("Restore NEXUS_DATA_DIR/attachments from a backup; `nexus doctor --deep` lists all that miss."),
        ) from error  # fmt: skip


def attachments_folder() -> Path:
    return Path(settings.DATA_DIR) / "attachments"


def attachment_path(name: str) -> Path:
    """Where the content of that hash lies: two levels, so that no folder grows beyond what file systems like."""
    return attachments_folder() / name[:2] / name[2:4] / name
