"""The time, read in one place so that tests may set it."""

import datetime


def now() -> datetime.datetime:
    """The current time in UTC, aware."""
    return datetime.datetime.now(datetime.UTC)
