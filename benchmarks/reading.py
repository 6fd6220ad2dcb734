"""How fast a page is read, and whether that depends on the size of its hub.

    python -m benchmarks.reading [PAGES]

Against the configured database (DATABASE_URL; SQLite in a temporary folder without one). Prints, for a hub of 100 pages and
one of PAGES (default 100,000): SQL statements, and requests a second of the real view and of a plain view that runs the same
statements and the same template without asking for rights, taken in turn in one process, as a ratio.
"""

import os
import statistics
import sys
import tempfile
import time

RUNS, REQUESTS = 7, 60


def set_up() -> None:
    if not os.environ.get("DATABASE_URL"):
        os.environ["NEXUS_DATA_DIR"] = tempfile.mkdtemp(prefix="nexus-bench-")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nexus.settings")
    os.environ["NEXUS_SERVING"], os.environ["NEXUS_LOG_LEVEL"] = "true", "ERROR"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


TEXT = """# Page {n}

A paragraph with a [link](page-1.md), a [[Page 2]] and `code`.

## Key Technologies

- **Docker**: containers
- **Redis**: caching

## Challenges & Solutions

- **Challenge:** Lists were slow. **Solution:** An index on `created_at`.

```python
def answer() -> int:
    return 42
```
""" + "\n".join(f"Paragraph {k} says a few words about what was learnt this week, and why.\n" for k in range(12))


def make_hub(slug: str, pages: int, actor=None):
    """A public hub of that many pages in folders of 100; only the first folder has texts of its own."""
    from nexus.accounts.actor import Actor
    from nexus.hubs import actions as hubs
    from nexus.hubs.access import Capability
    from nexus.pages import actions
    from nexus.pages.changes import write_change

    operator = actor or Actor.operator()
    hub = hubs.create_hub(operator, slug, visibility="public")
    first = [actions.store_content("x.md", TEXT.format(n=n).encode()) for n in range(min(pages, 100))]

    def fill(draft) -> None:
        for n in range(pages):
            draft.put(None, f"folder-{n // 100}/page-{n % 100}.md", first[n % 100])

    write_change(operator, hub.pk, Capability.PAGE_IMPORT, fill)
    return hub


def plain_view(request, hub: str, path: str):
    """What `web.views.pages.show` does, without rights: the same statements by key, the same template."""
    from django.shortcuts import render

    from nexus.base.ids import text_key
    from nexus.pages import documents, queries
    from nexus.pages.models import Page
    from nexus.pages.paths import folder_of
    from nexus.search.addresses import raw_address
    from nexus.web.door import actor_of
    from nexus.web.views.pages import crumbs, reading_context

    rows = Page.objects.filter(hub__slug=hub, live_key=text_key(path)).select_related(
        "hub", "blob", "head__change__author"
    )
    page = rows.defer("blob__data").annotate(document=documents.newest("blob_id")).get()
    tree = queries.tree_around(page)
    context = {
        "hub": page.hub, "page": page, "title": page.title, "crumbs": crumbs(page.hub, folder_of(path)),
        "tree": tree, "neighbours": queries.neighbours(tree, path), "folder": folder_of(path),
        "raw": raw_address(hub, path), "change": page.head.change,
    }  # fmt: skip
    return render(
        request, "web/page.html", context | reading_context(actor_of(request), queries.Reading(page, page.document))
    )


def statements_of(client, url: str) -> int:
    """How many SQL statements a request takes."""
    from django.db import connection

    seen: list[str] = []
    with connection.execute_wrapper(lambda execute, *call: seen.append(call[0]) or execute(*call)):
        client.get(url)
    return len(seen)


def main() -> None:
    set_up()
    from django.db import connection
    from django.test import Client
    from django.urls import path as address

    from nexus.urls import urlpatterns

    urlpatterns.insert(0, address("plain/<str:hub>/<path:path>", plain_view))
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    client = Client(headers={"host": "localhost"})
    for slug, size in (("small", 100), ("large", pages)):
        make_hub(slug, size)
        urls = [f"/{slug}/pages/folder-0/page-7.md", f"/plain/{slug}/folder-0/page-7.md"]
        for url in urls:
            assert client.get(url).status_code == 200, url
        statements = statements_of(client, urls[0])
        rates: list[list[float]] = [[], []]
        for run in range(RUNS):
            for which in (0, 1) if run % 2 else (1, 0):
                started = time.perf_counter()
                for _ in range(REQUESTS):
                    client.get(urls[which])
                rates[which].append(REQUESTS / (time.perf_counter() - started))
        ratio = statistics.median(ours / plain for ours, plain in zip(*rates, strict=True))
        rate = statistics.median(rates[0])
        print(f"{connection.vendor}, hub of {size:,} pages: {statements} statements, {rate:.0f} pages/s,", end=" ")
        print(f"{ratio:.2f} of the view without rights")


if __name__ == "__main__":
    main()
