"""One way to write: a short transaction, tried again when the database says that two of them met."""

import functools
import random
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import OperationalError, connection, transaction

from nexus.base.errors import StorageFull, Unavailable
from nexus.base.sentences import Sentence

#: How often it is tried at most, and after how many seconds no more: whoever waited so long for a lock would wait again.
ATTEMPTS, PATIENCE = 8, 10.0
#: SQLSTATE (PostgreSQL) and error numbers (MySQL, MariaDB) of deadlock, serialisation failure, lock time-out; of no room.
_RETRIED, _FULL = {"40001", "40P01", "55P03", 1205, 1213, 1020}, {"53100", 1021, 1114}
#: What whoever met others too often is told.
BUSY, AGAIN = Sentence("Others are writing here right now."), Sentence("Try again in a moment.")
_pause = threading.Event()


def is_contention(error: OperationalError) -> bool:
    """Whether `error` says that concurrent transactions met, so that the same work may succeed at once."""
    said = {getattr(error.__cause__, "sqlstate", None), *error.args[:1]}
    return bool(said & _RETRIED) or "database is locked" in str(error)


def is_full(error: OperationalError) -> bool:
    """Whether the database has no room: SQLite, PostgreSQL (53100), MySQL (ER_DISK_FULL, ER_RECORD_FILE_FULL)."""
    said = {getattr(error.__cause__, "sqlstate", None), *error.args[:1]}
    return bool(said & _FULL) or "disk is full" in str(error)


def full() -> StorageFull:
    """The refusal of a write for which there is no room."""
    return StorageFull(
        Sentence("The storage is full. Nothing was stored."),
        remedy=Sentence("Keep your text where it is, and try again once whoever runs this server has made room."),
    )


def in_transaction[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Runs `function` in a transaction of its own, again from the start on a deadlock (ATTEMPTS times at most).

    So the function must read what it decides on inside. Inside another transaction it simply takes part in it.
    Raises Unavailable("busy") when every attempt met another writer.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> Any:
        if connection.in_atomic_block:
            with transaction.atomic():  # a refusal half-way leaves nothing of this part behind
                return function(*args, **kwargs)
        begun = time.monotonic()
        for attempt in range(ATTEMPTS):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                if is_full(error):
                    raise full() from error
                if not is_contention(error):
                    raise
                if time.monotonic() > begun + PATIENCE:
                    break
                _pause.wait(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311  jitter, not a secret
        raise Unavailable(BUSY, code="busy", remedy=AGAIN)

    return run
