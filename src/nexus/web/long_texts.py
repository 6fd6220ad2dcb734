"""Few long texts become HTML at once: eight pages of 2 MB took every thread for 27 s, and 1.7 GB."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from nexus.base.errors import Unavailable
from nexus.base.sentences import Sentence

#: Characters of a stored document above which a text is long; making such a page takes up to seconds, and 100 times this.
LONG = 1_000_000
#: How many long ones are made at once in a process; those of usual length have the other threads.
AT_ONCE = 2

_turns = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def turn(size: int) -> Iterator[None]:
    """A turn to show a stored document of `size` characters. Raises Unavailable when it is long and others have them all."""
    if size <= LONG:
        yield
        return
    if not _turns.acquire(blocking=False):
        raise Unavailable(
            Sentence("Others are reading very long pages right now."), remedy=Sentence("Try again in a moment.")
        )
    try:
        yield
    finally:
        _turns.release()
