"""A database that cannot be asked right now, said as the domain would: the same request may succeed later. What is a defect
of ours, such as a table that is not there, is none."""

import logging

from django.db import Error, InterfaceError, InternalError, OperationalError

from nexus.base.errors import Unavailable
from nexus.base.sentences import Sentence
from nexus.base.transactions import AGAIN, BUSY, full, is_contention, is_full

log = logging.getLogger(__name__)

#: In how many seconds it is worth asking again.
RETRY_AFTER = 5
#: Classes of SQLSTATE: connection, resources, intervention (shutdown among it), system; and a server that only reads.
_CLASSES, _READ_ONLY = ("08", "53", "57", "58"), "25006"
#: Of MySQL and MariaDB: connections refused, lost, too many, ended or cut off, and a server that only reads.
_NUMBERS = {
    1040, 1053, 1129, 1152, 1158, 1159, 1160, 1161, 1203, 1290, 1317, 1836, 1927, 1969, 2002, 2003, 2005, 2006, 2013,
    2055, 3024, 4031,
}  # fmt: skip
_OF_SQLITE = ("unable to open database file", "disk I/O error", "attempt to write a readonly database")


def outage(error: BaseException | None) -> Unavailable | None:
    """What to answer when `error` says that the database does not answer, has no room, or that others are in the way; None
    for every other error. It is logged in one line."""
    if not isinstance(error, OperationalError | InterfaceError | InternalError):
        return None
    if isinstance(error, OperationalError) and is_full(error):
        return full()
    if isinstance(error, OperationalError) and is_contention(error):
        return Unavailable(BUSY, code="busy", remedy=AGAIN)
    if not _is_away(error):
        return None
    log.warning("the database does not answer: %s", str(error).strip())
    return Unavailable(
        Sentence("The database does not answer right now."), retry_after=RETRY_AFTER,
        remedy=Sentence("Try again in a moment. What was saved before is safe."),
    )  # fmt: skip


def _is_away(error: Error) -> bool:
    cause = error.__cause__
    if type(cause).__module__.startswith("psycopg"):
        state = getattr(cause, "sqlstate", None)
        # Without a state it is the client that says so: the connection is lost, or none was to be had.
        return isinstance(error, OperationalError) if state is None else state == _READ_ONLY or state[:2] in _CLASSES
    if type(cause).__module__.startswith("sqlite3"):
        return any(said in str(error) for said in _OF_SQLITE)
    # A connection that MySQL's client closed has no number.
    return isinstance(error, InterfaceError) or bool(error.args and error.args[0] in _NUMBERS)
