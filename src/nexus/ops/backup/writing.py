"""Writing a backup while the instance serves."""

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from django.core import serializers
from django.db import connection, models

from nexus import __version__
from nexus.accounts.actor import Actor
from nexus.base import clock
from nexus.base.errors import Conflict, Denied, Unavailable
from nexus.base.sentences import Sentence
from nexus.ops.backup import FORMAT, MANIFEST, Manifest, member, schema, tables
from nexus.ops.backup.reading import verify
from nexus.pages import blobs
from nexus.pages.models import Blob

#: Rows that are in memory at a time; of contents, which may have 2 MB each, fewer.
_AT_ONCE, _CONTENTS_AT_ONCE = 1000, 10
_CHUNK = 1024 * 1024
#: (what, done, of how many)
type Progress = Callable[[str, int, int], None]

_SNAPSHOT = {
    "postgresql": ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"],
    "sqlite": ["BEGIN DEFERRED"],
    "mysql": [
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ],
}


def back_up(actor: Actor, path: Path, *, replace: bool = False, progress: Progress | None = None) -> Manifest:
    """Writes everything the instance holds to `path`, as it is at one moment, and reads it back to see that it is whole.

    The file appears when it is whole, readable for its owner alone. Nobody has to stop writing meanwhile. replace: an older
    file of that name gives way. Raises Denied to anybody but the operator, Conflict("file_exists"),
    Unavailable("storage_full").
    """
    if not actor.is_operator:
        raise Denied(Sentence("Only the operator may back up an instance."))
    if path.exists() and not replace:
        raise Conflict(
            Sentence("There is a file already."), code="file_exists", field="FILE", value=str(path),
            remedy=Sentence("Give another name, or --replace."),
        )  # fmt: skip
    partial = path.with_name(f"{path.name}.partial")
    try:
        with open(partial, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            manifest = _written(file, progress or _silent)
            file.flush()
            os.fsync(file.fileno())
        verify(partial)
        partial.replace(path)
    except OSError as error:
        raise Unavailable(
            Sentence("The backup cannot be written (%(error)s).", error=error.strerror), code="storage_full",
            remedy=Sentence("Choose a place with more room that you may write to."),
        ) from error  # fmt: skip
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def _written(file: IO[bytes], progress: Progress) -> Manifest:
    made_at = clock.now().isoformat(timespec="seconds")
    manifest = Manifest(FORMAT, __version__, made_at, connection.vendor, schema())
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        with _snapshot():
            for model in tables():
                _write_rows(archive, model, manifest, progress)
            on_disk = list(Blob.objects.filter(data__isnull=True).order_by("pk").values_list("pk", flat=True))
        for done, name in enumerate(on_disk):  # never changed once they are there, so that their moment is any
            progress("files", done, len(on_disk))
            _write_file(archive, name, manifest)
        archive.writestr(MANIFEST, json.dumps(manifest.to_json(), indent=1))
    return manifest


@contextlib.contextmanager
def _snapshot() -> Iterator[None]:
    """All statements inside see the database as it was at one moment; no writer waits for them."""
    with connection.cursor() as cursor:
        for statement in _SNAPSHOT[connection.vendor]:
            cursor.execute(statement)
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _write_rows(archive: zipfile.ZipFile, model: type[models.Model], manifest: Manifest, progress: Progress) -> None:
    at_once = _CONTENTS_AT_ONCE if model is Blob else _AT_ONCE
    rows = model._base_manager.order_by("pk")
    label, total, last = model._meta.label_lower, rows.count(), None
    digest, done = hashlib.sha256(), 0
    with archive.open(member(model), "w", force_zip64=True) as out:
        while some := list((rows if last is None else rows.filter(pk__gt=last))[:at_once]):
            lines = serializers.serialize("jsonl", some).encode()
            out.write(lines)
            digest.update(lines)
            last, done = some[-1].pk, done + len(some)
            progress(label, done, total)
    manifest.digests[member(model)], manifest.rows[label] = digest.hexdigest(), done


def _write_file(archive: zipfile.ZipFile, name: str, manifest: Manifest) -> None:
    try:
        source = blobs.attachment_path(name).open("rb")
    except FileNotFoundError:
        manifest.missing.append(name)
        return
    digest = hashlib.sha256()
    info = zipfile.ZipInfo(f"files/{name}")  # stored as it is: most files are packed already
    with source, archive.open(info, "w", force_zip64=True) as out:
        while chunk := source.read(_CHUNK):
            out.write(chunk)
            digest.update(chunk)
    manifest.digests[info.filename] = digest.hexdigest()


def _silent(_what: str, _done: int, _of: int) -> None:
    pass
