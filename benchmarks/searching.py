"""How long a search takes over 1,873 notes, beside the one statement it cannot do without.

    python -m benchmarks.searching

Against the configured database (DATABASE_URL; SQLite in a temporary folder without one). For each query: the median of RUNS
searches as somebody who is not signed in, and its ratio to counting the texts that hold its longest word.
"""

import statistics
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.importing import NOTES
from benchmarks.reading import set_up

RUNS = 21
QUERIES = [
    "docker",
    "rebase",
    "select_related",
    "git log --oneline",
    "no such thing at all",
    "kind:page postgres index",
]
ERROR = (
    'psycopg2.OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused'
)


def median(call: Callable[[], object]) -> float:
    """Milliseconds."""
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def main() -> None:
    set_up()
    from django.db import connection

    from nexus.accounts.actor import Actor, Door
    from nexus.base.ids import uuid7
    from nexus.exchange.actions import import_source
    from nexus.hubs.actions import create_hub
    from nexus.search.language import parsed
    from nexus.search.models import Findable
    from nexus.search.queries import search

    slug = f"bench-{uuid7().hex}"
    create_hub(Actor.operator(), slug, visibility="public")
    with tempfile.TemporaryDirectory() as folder, tarfile.open(NOTES) as archive:
        archive.extractall(folder, filter="data")
        import_source(Actor.operator(), slug, Path(folder))
    anonymous = Actor.anonymous(Door.WEB)
    print(f"{connection.vendor}, {Findable.objects.count():,} things that can be found")
    for query in [*QUERIES, ERROR]:
        word = max(parsed(query).words, key=len)
        whole = median(lambda query=query: search(anonymous, query, hub=slug))
        one = median(lambda word=word: Findable.objects.filter(hub__slug=slug, body__contains=word).count())
        print(f"{whole:6.1f} ms  {whole / one:5.1f} of one comparison  {query[:50]}")


if __name__ == "__main__":
    main()
