"""Taking away what refused or interrupted writes left behind: contents and files that nothing names, a day old or more."""

from itertools import batched
from typing import NamedTuple

from nexus.accounts.actor import Actor
from nexus.base.errors import Denied
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.pages.invariants import orphan_files, unnamed_blobs, unused_blobs
from nexus.pages.models import Blob

_CHUNK = 200


class Swept(NamedTuple):
    """How many of each were taken away."""

    blobs: int
    files: int


def sweep_unused(actor: Actor) -> Swept:
    """Deletes unused contents and orphaned files. Only the operator may (Denied)."""
    if not actor.is_operator:
        raise Denied(Sentence("Only the operator may sweep the storage."))
    blobs = sum(_delete_unused(list(some)) for some in batched(unused_blobs(), _CHUNK, strict=False))
    files = 0
    for path in orphan_files():
        path.unlink(missing_ok=True)
        files += 1
    return Swept(blobs, files)


@in_transaction
def _delete_unused(hashes: list[str]) -> int:
    # Asked again inside: something may have come to name one since. The database's own foreign keys have the last word.
    names = list(unnamed_blobs().filter(hash__in=hashes).values_list("hash", flat=True))
    Blob.objects.filter(hash__in=names).delete()
    return len(names)
