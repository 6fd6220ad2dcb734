"""Which errors of a database say that it is away, which that others are in the way, and which are defects."""

import psycopg
import pytest
from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError, connection, transaction

from nexus.hubs.outages import RETRY_AFTER, outage

ERRORS = psycopg.errors


def raised(kind: type[Exception], *args: object, cause: Exception | None = None) -> Exception:
    error = kind(*args)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (raised(OperationalError, cause=psycopg.OperationalError("the connection is closed")), "unavailable"),
        (raised(OperationalError, cause=ERRORS.AdminShutdown()), "unavailable"),
        (raised(OperationalError, cause=ERRORS.CannotConnectNow()), "unavailable"),
        (raised(OperationalError, cause=ERRORS.TooManyConnections()), "unavailable"),
        (raised(InternalError, cause=ERRORS.ReadOnlySqlTransaction()), "unavailable"),
        (raised(OperationalError, cause=ERRORS.DeadlockDetected()), "busy"),
        (raised(OperationalError, cause=ERRORS.SerializationFailure()), "busy"),
        (raised(OperationalError, cause=ERRORS.DiskFull()), "storage_full"),
        (raised(InternalError, cause=ERRORS.InFailedSqlTransaction()), None),
        (raised(InterfaceError, cause=psycopg.InterfaceError("bad dump format")), None),
        (raised(ProgrammingError, cause=ERRORS.UndefinedTable()), None),
        (raised(OperationalError, 2006, "Server has gone away"), "unavailable"),
        (raised(OperationalError, 1040, "Too many connections"), "unavailable"),
        (raised(InterfaceError, 0, ""), "unavailable"),
        (raised(OperationalError, 1213, "Deadlock found"), "busy"),
        (raised(OperationalError, 1054, "Unknown column"), None),
        (raised(OperationalError), None),
        (ZeroDivisionError(), None),
        (None, None),
    ],
)
def test_what_an_error_says(error: Exception | None, code: str | None) -> None:
    told = outage(error)
    assert (told and told.code) == code
    if code == "unavailable":
        assert told is not None
        assert told.details == {"retry_after": RETRY_AFTER}
        assert told.status == 503


@pytest.mark.django_db
def test_a_table_that_is_not_there_is_a_defect() -> None:
    """SQLite calls it what it calls a lock."""
    with pytest.raises(Exception, match="nowhere") as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM nowhere")
    assert outage(error.value) is None


def test_a_file_that_cannot_be_opened_is_an_outage(tmp_path) -> None:
    import sqlite3

    with pytest.raises(sqlite3.OperationalError) as error:
        sqlite3.connect(tmp_path / "nowhere" / "x.sqlite3")
    told = outage(raised(OperationalError, *error.value.args, cause=error.value))
    assert told is not None
    assert told.code == "unavailable"
