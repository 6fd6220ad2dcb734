"""Reading a backup: whether it is whole, and putting it in place of what there is."""

import hashlib
import json
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import batched
from pathlib import Path
from typing import NamedTuple

import redis
from django.core import serializers
from django.core.management.color import no_style
from django.core.serializers.base import DeserializationError
from django.db import IntegrityError, connection, models, transaction

from nexus.accounts.actor import Actor
from nexus.accounts.models import User
from nexus.base import shared
from nexus.base.errors import Conflict, Denied, Invalid
from nexus.base.sentences import Sentence
from nexus.hubs import purges
from nexus.hubs.lifetime import purge_again
from nexus.hubs.models import Hub, Purge
from nexus.ops.backup import FORMAT, LEFT_OUT, MANIFEST, Manifest, member, schema, tables
from nexus.pages import blobs
from nexus.pages.erasing import erase
from nexus.pages.models import Blob

_CHUNK = 1024 * 1024
_MAX_MANIFEST = 64 * 1024 * 1024
_AT_ONCE, _CONTENTS_AT_ONCE = 500, 10
type Progress = Callable[[str, int, int], None]


def verify(path: Path) -> Manifest:
    """What a backup says of itself, once every byte of it is known to be what was written.

    Raises Invalid ("no_backup", "backup_damaged").
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive)
            names = [name for name in archive.namelist() if name != MANIFEST]
            if sorted(names) != sorted(manifest.digests):
                raise _damaged(path, MANIFEST)
            for name in names:
                digest = hashlib.sha256()
                with archive.open(name) as source:
                    while chunk := source.read(_CHUNK):
                        digest.update(chunk)
                if digest.hexdigest() != manifest.digests[name]:
                    raise _damaged(path, name)
            return manifest
    # RuntimeError: a bit says that a member is encrypted.
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise Invalid(
            Sentence("That is no whole backup (%(error)s).", error=str(error)[:200]), code="no_backup", field="FILE",
            value=str(path), remedy=Sentence("Give a file that `nexus backup` wrote, or an older one of them."),
        ) from error  # fmt: skip


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    with archive.open(MANIFEST) as source:
        said = json.loads(source.read(_MAX_MANIFEST))
    if said["format"] != FORMAT:
        raise ValueError(f"format {said['format']!r}")
    return Manifest(**{each.name: said[each.name] for each in fields(Manifest)})


def _damaged(path: Path, name: str) -> Invalid:
    return Invalid(
        Sentence("The backup is damaged: %(name)s is not what was written.", name=name), code="backup_damaged",
        field="FILE", value=str(path), remedy=Sentence("Restore an older one; nothing was changed."),
    )  # fmt: skip


class Restored(NamedTuple):
    """What was restored, and how many purges were done to it again."""

    manifest: Manifest
    purged: int


def restore(
    actor: Actor, path: Path, *, replace: bool = False, ledger: Path | None = None, progress: Progress | None = None
) -> Restored:
    """Puts what a backup holds in place of what the instance holds: all of it or nothing.

    Into an empty instance, unless `replace` gives up what there is. Whoever was signed in is not any more. What was purged
    since the backup was made is purged from it, as this instance knows, or `ledger` says, the purges.jsonl of another.
    Raises Denied to anybody but the operator; Invalid ("no_backup", "backup_damaged", "other_schema", "no_ledger"),
    Conflict("not_empty").
    """
    if not actor.is_operator:
        raise Denied(Sentence("Only the operator may restore an instance."))
    manifest = verify(path)
    if manifest.schema != schema():
        raise Invalid(
            Sentence("The backup was made by version %(version)s, whose schema is another.", version=manifest.version),
            code="other_schema", field="FILE", value=str(path),
            remedy=Sentence("Restore it with that version, then upgrade with `nexus manage migrate`."),
        )  # fmt: skip
    if not replace and (Hub.objects.exists() or User.objects.exists()):
        raise Conflict(
            Sentence("This instance is not empty."), code="not_empty", field="FILE", value=str(path),
            remedy=Sentence("Back it up first; then --replace puts the backup in its place."),
        )  # fmt: skip
    say = progress or (lambda _what, _done, _of: None)
    known = purges.known(beside=ledger)  # before its rows give way
    with zipfile.ZipFile(path) as archive:
        _put_files(archive, say)  # before the rows that name them; without these they are swept some day
        try:
            purged = _put_all_rows(archive, manifest, known, say)
        except IntegrityError as error:
            raise _unfitting(path, str(error)) from error
    _forget_what_was_made()
    return Restored(manifest, purged)


def _put_all_rows(archive: zipfile.ZipFile, manifest: Manifest, known: list[Purge], progress: Progress) -> int:
    with connection.constraint_checks_disabled(), transaction.atomic():
        _empty()
        for model in tables():
            _put_rows(archive, model, manifest.rows[model._meta.label_lower], progress)
        _count_on()
        purged = _purge_again(known)
        connection.check_constraints([model._meta.db_table for model in tables()])
        return purged


def _purge_again(known: list[Purge]) -> int:
    """Does the purges that the backup does not know of to what it brought; how many of them found something."""
    had = set(Purge.objects.values_list("pk", flat=True))
    new = [purge for purge in known if purge.pk not in had]
    purges.remember(new)
    found = 0
    for purge in new:
        if purge.what:
            hub = Hub.objects.select_for_update().filter(pk=purge.hub_id).first()
            found += hub is not None and bool(erase(purge.hub_id, purge.what))
        else:
            found += purge_again(purge.hub_id)
    return found


def _unfitting(path: Path, what: str) -> Invalid:
    return Invalid(
        Sentence("The rows of the backup do not fit together (%(what)s).", what=what[:200]), code="backup_damaged",
        field="FILE", value=str(path), remedy=Sentence("Restore an older one; nothing was changed."),
    )  # fmt: skip


def _put_files(archive: zipfile.ZipFile, progress: Progress) -> None:
    names = [name for name in archive.namelist() if name.startswith("files/")]
    for done, name in enumerate(names):
        progress("files", done, len(names))
        target = blobs.attachment_path(name.removeprefix("files/"))
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.partial")
        with archive.open(name) as source, partial.open("wb") as out:
            shutil.copyfileobj(source, out, _CHUNK)
        partial.replace(target)


def _empty() -> None:
    """Deletes every row of ours and of what lets somebody in. By SQL: a purge asks no row for its relations."""
    from django.apps import apps

    known = {model._meta.db_table for model in tables()}
    known |= {
        apps.get_model(label)._meta.db_table for label in LEFT_OUT if not label.startswith(("contenttypes", "auth"))
    }
    with connection.cursor() as cursor:
        for table in sorted(known):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608  our own tables' names


def _put_rows(archive: zipfile.ZipFile, model: type[models.Model], total: int, progress: Progress) -> None:
    at_once, done = _CONTENTS_AT_ONCE if model is Blob else _AT_ONCE, 0
    for some in batched(_rows(archive, model), at_once, strict=False):
        model._base_manager.bulk_create(some)  # with their own keys, which others name
        done += len(some)
        progress(model._meta.label_lower, done, total)


def _rows(archive: zipfile.ZipFile, model: type[models.Model]) -> Iterator[models.Model]:
    with archive.open(member(model)) as lines:
        try:
            for row in serializers.deserialize("jsonl", lines):
                yield row.object
        except DeserializationError as error:
            raise _unfitting(Path(archive.filename or ""), model._meta.label_lower) from error


def _forget_what_was_made() -> None:
    """What processes share of the other past: its hubs had the same numbers for other changes."""
    client = shared.client()
    if client is not None:
        try:
            for some in batched(client.scan_iter(f"{shared.PREFIX}*", count=1000), 1000, strict=False):
                client.delete(*some)
        except redis.RedisError:
            shared.failed()


def _count_on() -> None:
    """Keys that the database counts up go on behind those that were restored."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables()):
            cursor.execute(statement)
