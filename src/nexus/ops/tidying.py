"""What becomes due by itself: hubs that were deleted long ago are purged; addresses of the network, and sessions that are
over, are forgotten. Done by a thread of every process that serves; twice is as good as once."""

import logging
import threading

from django.db import DatabaseError, close_old_connections

from nexus.accounts import sessions
from nexus.hubs import audit, lifetime

log = logging.getLogger(__name__)

#: How often it is looked for, in seconds; and how many steps one look takes at most.
EVERY, STEPS = 3600.0, 100
_pause = threading.Event()


def tidy() -> int:
    """Does what is due, in bounded steps; how many rows or hubs that were."""
    done = 0
    for step in (lifetime.purge_due, audit.forget_addresses, sessions.forget_sessions):
        for _ in range(STEPS):
            count = step()
            done += count
            if not count:
                break
    return done


def _run() -> None:
    while True:
        try:
            close_old_connections()
            tidy()
        except DatabaseError as error:
            log.warning("tidying waits: the database does not answer (%s)", error)
        except Exception:
            log.exception("tidying failed")
        finally:
            close_old_connections()
        _pause.wait(EVERY)


def start() -> None:
    """Has a thread of this process look now and every hour; when a server starts."""
    threading.Thread(target=_run, name="tidying", daemon=True).start()
