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

ATTEMPTS = 8
#: No attempt begins after so many seconds: whoever waited that long for a lock would wait as long again.
PATIENCE = 10.0
#: SQLSTATE (PostgreSQL) and error numbers (MySQL, MariaDB) of deadlock, serialisation failure and lock time-out.
_RETRIED = {"40001", "40P01", "55P03", 1205, 1213, 1020}
_pause = threading.Event()


def is_contention(error: OperationalError) -> bool:
    """Whether `error` says that concurrent transactions met, so that the same work may succeed at once."""
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    number = error.args[0] if error.args else None
    return state in _RETRIED or number in _RETRIED or "database is locked" in str(error)


def is_full(error: OperationalError) -> bool:
    """Whether the database has no room: SQLite, PostgreSQL (53100), MySQL and MariaDB (ER_DISK_FULL,
    ER_RECORD_FILE_FULL)."""
    number = error.args[0] if error.args else None
    return (
        "disk is full" in str(error) or getattr(error.__cause__, "sqlstate", None) == "53100" or number in {1021, 1114}
    )


def full() -> StorageFull:
    """The refusal of a write for which there is no room."""
    return StorageFull(
        Sentence("The storage is full. Nothing was stored."),
        remedy=Sentence("Keep your text where it is, and try again once whoever runs this server has made room."),
    )


def busy() -> Unavailable:
    """The refusal of what others who write kept from being done."""
    return Unavailable(
        Sentence("Others are writing here right now."), code="busy", remedy=Sentence("Try again in a moment.")
    )


def in_transaction[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Runs `function` in a transaction of its own, again from the start on a deadlock (at most ATTEMPTS times, within
    PATIENCE).

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
            if time.monotonic() > begun + PATIENCE:
                break
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                if is_full(error):
                    raise full() from error
                if not is_contention(error):
                    raise
                _pause.wait(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311  jitter, not a secret
        raise busy()

    return run
