"""The time, read in one place so that it can be set."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_moment: ContextVar[datetime.datetime | None] = ContextVar("moment", default=None)


def now() -> datetime.datetime:
    """The current time in UTC, aware; inside `at`, the moment given there."""
    return _moment.get() or datetime.datetime.now(datetime.UTC)


@contextmanager
def at(moment: datetime.datetime) -> Iterator[None]:
    """Everything inside happens at `moment` (aware). For tests, and for loading what happened earlier."""
    token = _moment.set(moment.astimezone(datetime.UTC))
    try:
        yield
    finally:
        _moment.reset(token)
