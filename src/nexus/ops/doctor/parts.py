"""The parts Nexus stands on: database, migrations, Redis, storage, mail. Each is asked, and a refusal is explained."""

import datetime
import errno
import os
import shutil
import smtplib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, NotSupportedError, connection

from nexus.base import clock
from nexus.ops import health
from nexus.ops.doctor.report import Check, failure, ok, warning

#: Free bytes below which a warning or a failure is due.
LOW, EMPTY = 1_000_000_000, 100_000_000
#: How far the database's clock may be from ours, in seconds.
SKEW = 60.0

#: What a refusal says (any of the words, in lower case) → what it means, and what to do. The first that fits.
REFUSALS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("starting up", "shutting down", "in recovery"), "it is not ready yet", "Wait a moment, then try again."),
    (
        ("translate host", "resolve host", "service not known", "unknown mysql server host", "no address associated"),
        "its host name is unknown here", "DATABASE_URL=postgresql://USER:PASSWORD@HOST:5432/NAME with the right HOST",
    ),
    (
        ("password authentication failed", "no password supplied", "access denied", "authentication failed"),
        "it refuses the user or the password", "DATABASE_URL=…://USER:PASSWORD@… with the right ones (%40 for an @)",
    ),
    (
        ("does not exist", "unknown database"),
        "it answers, but has no such database or user", "Create it, or name another at the end of DATABASE_URL.",
    ),
    (
        ("refused", "can't connect", "no such file", "is the server running"),
        "nothing listens there", "Start it, or correct host and port in DATABASE_URL.",
    ),
    (("timeout", "timed out"), "it does not answer", "Look for a firewall between here and there."),
    (("unable to open", "readonly", "read-only", "disk i/o"), "its file cannot be used", "NEXUS_DATA_DIR=A WRITABLE FOLDER"),
    (("not a database", "malformed"), "its file is damaged", "Restore it from a backup."),
)  # fmt: skip


def checks() -> Iterator[Check]:
    yield from database()
    yield redis()
    yield from storage()
    yield mail()


def database() -> Iterator[Check]:
    """Reachable, and set up as Nexus needs it."""
    try:
        connection.ensure_connection()
    except NotSupportedError as error:
        yield failure("database", f"It is too old: {error}", "Upgrade it, or use another.")
        return
    except (DatabaseError, ImproperlyConfigured) as error:
        meaning, remedy = explained(error)
        yield failure("database", f"No connection: {meaning}. ({str(error).strip()})", remedy)
        return
    yield ok("database", f"{connection.vendor} {version()}")
    yield from encoding()
    yield from clocks()
    yield migrations()


def explained(error: Exception) -> tuple[str, str]:
    """What a failed connection means, and what to do about it."""
    text = str(error).lower()
    for words, meaning, remedy in REFUSALS:
        if any(word in text for word in words):
            return meaning, remedy
    return "the reason is not one that is known here", "Read DATABASE_URL again."


def version() -> str:
    return ".".join(str(part) for part in connection.get_database_version())


def encoding() -> Iterator[Check]:
    """That every text can be stored and compared by its characters."""
    if connection.vendor == "mysql":
        charset, collation = _row("SELECT @@character_set_database, @@collation_database")
        if charset != "utf8mb4":
            yield failure(
                "encoding", f"The database stores {charset}, which has no place for many characters.",
                f"ALTER DATABASE {connection.settings_dict['NAME']} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;",
            )  # fmt: skip
        elif collation != "utf8mb4_bin":
            yield warning(
                "encoding", f"New tables compare by {collation}, which finds different texts equal.",
                f"ALTER DATABASE {connection.settings_dict['NAME']} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;",
            )  # fmt: skip
        else:
            yield ok("encoding", f"{charset}, {collation}")
    elif connection.vendor == "postgresql":
        (charset,) = _row("SHOW server_encoding")
        if charset == "UTF8":
            yield ok("encoding", "UTF8")
        else:
            yield failure(
                "encoding", f"The database stores {charset}.", "createdb --encoding UTF8 --template template0 NAME"
            )


def clocks() -> Iterator[Check]:
    """That this machine and the database agree on the time: sessions and tokens end by it."""
    now = clock.now()
    if now < datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC):
        yield failure(
            "clock", f"This machine believes it is {now:%Y-%m-%d}.", "Set its clock (timedatectl set-ntp true)."
        )
        return
    if connection.vendor == "sqlite":
        yield ok("clock", f"{now:%Y-%m-%d %H:%M} UTC")
        return
    statement = (
        "SELECT extract(epoch FROM now())" if connection.vendor == "postgresql" else "SELECT UNIX_TIMESTAMP(NOW(3))"
    )
    apart = abs(float(_row(statement)[0]) - now.timestamp())
    if apart > SKEW:
        yield warning(
            "clock", f"The database's clock is {apart:.0f} s from this machine's.", "timedatectl set-ntp true, on both"
        )
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M} UTC, here and in the database")


def migrations() -> Check:
    try:
        pending = health.pending_migrations()
    except DatabaseError as error:
        return failure("migrations", f"They cannot be read: {error}", "nexus manage migrate")
    if not pending:
        return ok("migrations", "all applied")
    if settings.EMBEDDED:
        return ok("migrations", f"{len(pending)} to come, applied when the database is next used")
    shown = ", ".join(pending[:5]) + (", …" if len(pending) > 5 else "")
    return failure("migrations", f"{len(pending)} are not applied: {shown}.", "nexus manage migrate")


def redis() -> Check:
    if not settings.REDIS_URL:
        return ok("redis", "not used: one process needs none")
    error = health.redis_problem(settings.REDIS_URL)
    if error is None:
        return ok("redis", "answers")
    where = urlsplit(settings.REDIS_URL)
    return failure(
        "redis", f"{where.hostname}:{where.port or 6379} does not answer: {error}", "REDIS_URL=redis://HOST:6379/0"
    )


def storage() -> Iterator[Check]:
    """NEXUS_DATA_DIR can be written, and has room."""
    error, room = health.storage_problem(), "Free some, or set NEXUS_DATA_DIR to a larger disk."
    if error is not None and error.errno in (errno.ENOSPC, errno.EDQUOT):
        yield failure("storage", f"{settings.DATA_DIR} is full: nothing can be written.", room)
        return
    if error is not None:
        yield failure(
            "storage", f"{settings.DATA_DIR} cannot be written ({error.strerror}).",
            f"chown it to user {os.getuid()}, or set NEXUS_DATA_DIR=A WRITABLE FOLDER",
        )  # fmt: skip
        return
    free = shutil.disk_usage(settings.DATA_DIR).free
    said = f"{settings.DATA_DIR}, {free / 1e9:.1f} GB free"
    if free < settings.RESERVE_MB * 1_000_000:
        yield failure("storage", f"{said}, less than NEXUS_RESERVE_MB: texts and files are refused.", room)
    elif free < EMPTY:
        yield failure("storage", f"{said}: writes are about to fail.", room)
    elif free < LOW:
        yield warning("storage", f"{said}.", room)
    else:
        yield ok("storage", said)


def mail() -> Check:
    """That the mail server takes connections; nothing is sent."""
    options: dict[str, Any] = settings.MAILERS["default"].get("OPTIONS", {})  # type: ignore[assignment]  # typed by nobody
    if not options:
        said = "printed to the log"
        remedy = "EMAIL_URL=smtp+tls://USER:PASSWORD@HOST:587"
        return ok("mail", said) if settings.EMBEDDED else warning("mail", f"It is {said}: nobody gets it.", remedy)
    kind = smtplib.SMTP_SSL if options["use_ssl"] else smtplib.SMTP
    try:
        with kind(options["host"], options["port"], timeout=5) as server:
            if options["use_tls"]:
                server.starttls()
            if options["username"]:
                server.login(options["username"], options["password"])
    except smtplib.SMTPAuthenticationError:
        return failure(
            "mail", f"{options['host']} refuses the user or the password.", "EMAIL_URL=smtp+tls://USER:PASSWORD@…"
        )
    except (OSError, smtplib.SMTPException) as error:
        return failure(
            "mail", f"{options['host']}:{options['port']} does not answer ({error}).", "EMAIL_URL=…@HOST:PORT"
        )
    return ok("mail", f"{options['host']}:{options['port']} answers")


def _row(statement: str) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row: tuple[str, ...] = cursor.fetchone()
        return row
