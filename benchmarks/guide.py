"""What the pages of the guide cost, and whether that depends on the size of a hub.

    python -m benchmarks.guide [PAGES]

Against the configured database (DATABASE_URL; SQLite in a temporary folder without one). For a hub of 100 pages and one of
PAGES (default 100,000), each with what its pages say in the index: SQL statements and the median milliseconds of each
kind of page, asked for by somebody who is not signed in, without what the front keeps.
"""

import statistics
import sys
import time

from benchmarks.reading import make_hub, set_up, statements_of

RUNS = 5


def addresses(hub: str) -> dict[str, str]:
    """A page of each kind."""
    return {
        "overview": f"/{hub}/", "challenges": f"/{hub}/challenges", "technologies": f"/{hub}/technologies",
        "topic": f"/{hub}/topics/docker", "topics": f"/{hub}/topics", "people": f"/{hub}/people",
        "person": f"/{hub}/people/writer", "reading": f"/{hub}/pages/folder-0/page-7.md", "folder": f"/{hub}/pages/folder-0",
        "search": f"/search?q=index+created_at&hub={hub}",
    }  # fmt: skip


def main() -> None:
    set_up()
    from django.db import connection
    from django.test import Client

    from nexus.accounts import actions, queries
    from nexus.accounts.actor import Actor, Door

    operator = Actor.operator()
    actions.create_user(operator, "writer", "writer@example.org", "correct horse battery staple")
    writer = queries.actor_named(operator, "writer", Door.CLI)
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    client = Client(headers={"host": "localhost"})
    measured: dict[str, dict[str, tuple[int, float]]] = {}
    for slug, size in (("small", 100), ("large", pages)):
        began = time.perf_counter()
        make_hub(slug, size, writer)
        print(f"{connection.vendor}: {size:,} pages written and indexed in {time.perf_counter() - began:.0f} s")
        for name, url in addresses(slug).items():
            assert client.get(url).status_code == 200, url
            times = []
            for _ in range(RUNS):
                began = time.perf_counter()
                client.get(url)
                times.append(1000 * (time.perf_counter() - began))
            measured.setdefault(name, {})[slug] = statements_of(client, url), statistics.median(times)
    for name, found in measured.items():
        (few, quick), (many, slow) = found["small"], found["large"]
        print(
            f"{name:14} {few:3} statements, {quick:7.1f} ms of 100 pages  {many:3} statements, {slow:8.1f} ms of {pages:,}"
        )


if __name__ == "__main__":
    main()
