"""The ledger of purges: in the database, and in a file beside it that a restore finds when the database is another.

It holds which hubs, pages, versions and byte ranges, never a word of what was there.
"""

import datetime
import json
import logging
import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence
from nexus.hubs.models import Purge

log = logging.getLogger(__name__)

#: The most characters of one line of the file.
MAX_LINE = 64_000_000


def ledger_file() -> Path:
    """Where the copy is kept: one JSON object a line."""
    return Path(settings.DATA_DIR) / "purges.jsonl"


def keep(hub_id: uuid.UUID, what: dict[str, Any]) -> Purge:
    """Writes down what is purged, in the transaction that does it; in the file when that is through.

    what: as Purge.what.
    """
    purge = Purge.objects.create(hub_id=hub_id, what=what)
    transaction.on_commit(lambda: _append([purge]), robust=True)
    return purge


def _append(purges: Iterable[Purge]) -> None:
    lines = "".join(json.dumps(_line(purge), cls=DjangoJSONEncoder) + "\n" for purge in purges)
    ledger_file().parent.mkdir(parents=True, exist_ok=True)
    with open(ledger_file(), "a", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def _line(purge: Purge) -> dict[str, Any]:
    return {"id": purge.pk, "hub": purge.hub_id, "at": purge.at, "what": purge.what}


def known(*, beside: Path | None = None) -> list[Purge]:
    """Every purge there was: of the database, of the file, and of another such file `beside`; oldest first.

    A damaged line of our own file (a disk was full) is left out and logged; one of `beside` raises Invalid("no_ledger").
    """
    found = {purge.pk: purge for purge in _from_file(ledger_file(), strict=False)}
    if beside is not None:
        found |= {purge.pk: purge for purge in _from_file(beside, strict=True)}
    found |= {purge.pk: purge for purge in Purge.objects.iterator()}
    return sorted(found.values(), key=lambda purge: purge.pk.int)


def remember(purges: Iterable[Purge]) -> None:
    """Adds those of `purges` to the database and to the file that these do not have, as after a restore."""
    wanted = list(purges)
    rows = set(Purge.objects.values_list("pk", flat=True))
    lines = {purge.pk for purge in _from_file(ledger_file(), strict=False)}
    for purge in wanted:
        if purge.pk not in rows:
            purge.save(force_insert=True)
    new = [purge for purge in wanted if purge.pk not in lines]
    if new:
        transaction.on_commit(lambda: _append(new), robust=True)


def _from_file(path: Path, *, strict: bool) -> Iterator[Purge]:
    try:
        with path.open(encoding="utf-8") as lines:
            while line := lines.readline(MAX_LINE):
                try:
                    said = json.loads(line)
                    at = datetime.datetime.fromisoformat(said["at"])
                    yield Purge(id=uuid.UUID(said["id"]), hub_id=uuid.UUID(said["hub"]), at=at, what=dict(said["what"]))
                except (ValueError, KeyError, TypeError) as error:
                    if strict:
                        raise _no_ledger(path, "a line of it is no purge") from error
                    log.warning("a line of the ledger of purges cannot be read: %s", error)
    except FileNotFoundError as error:
        if strict:
            raise _no_ledger(path, "there is none") from error
    except (OSError, UnicodeDecodeError) as error:
        if strict:
            raise _no_ledger(path, "it cannot be read") from error
        log.warning("the ledger of purges cannot be read: %s", error)


def _no_ledger(path: Path, why: str) -> Invalid:
    return Invalid(
        Sentence("That is no ledger of purges (%(why)s).", why=why), code="no_ledger", field="purges", value=str(path),
        remedy=Sentence("Give the purges.jsonl of the instance that the backup was made of."),
    )  # fmt: skip
