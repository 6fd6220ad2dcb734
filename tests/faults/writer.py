"""One writer, a process of its own: `python -m tests.faults.writer NAME EDITS MODE`. Prints a line for each edit that was
acknowledged, so that whoever reads knows what must never be lost.

MODE merge: every edit adds a line of the writer's own section and asks for a merge; on a conflict it reads again.
MODE refuse: every edit adds its line at the end and asks for nothing; on a stale base it reads again.
MODE files: every edit makes a new page.

`python -m tests.faults.writer` alone reads names, and for each has a process of its own make pages until it is killed, of
which it prints the number first: such a process is there at once, so that many can be killed.
"""

import os
import sys

import django
from django.apps import apps


def main(name: str, edits: int, mode: str) -> None:
    if not apps.ready:
        django.setup()
    from nexus.accounts.actor import Actor
    from nexus.base.errors import Conflict
    from nexus.pages import actions, blobs, queries

    actor = Actor.operator()
    for n in range(edits):
        line = f"{name} {n}"
        if mode == "files":
            actions.create_page(actor, "race", f"{name}/{n % 7}/{n}.md", f"# {line}\n".encode())
            say(line)
            continue
        for attempt in range(1000):
            page = queries.path_for(actor, "race", "page.md")
            text = blobs.read(page.blob).decode()
            new = text.replace(f"## {name}\n", f"## {name}\n\n{line}\n") if mode == "merge" else f"{text}{line}\n"
            try:
                actions.edit_page(actor, "race", "page.md", new.encode(), base=page.head_id, on_stale=mode)
            except Conflict as error:
                refused = error
            else:
                refused = None
            if refused is not None:
                assert refused.code in {"stale_version", "merge_conflict"}
                assert refused.details["current"] != refused.details["base"] == str(page.head_id)
                assert refused.details["proposed"]
                print(f"refused {attempt}")
                continue
            print(line)
            break


def say(line: str) -> None:
    """A line at once, whole or not at all."""
    os.write(1, f"{line}\n".encode())


def fork() -> None:
    """A process for each name that is read; it opens its own connections, since this one has none."""
    django.setup()
    for name in sys.stdin:
        if child := os.fork():
            os.waitpid(child, 0)
            continue
        say(str(os.getpid()))
        main(name.strip(), 100_000, "files")


if __name__ == "__main__" and len(sys.argv) == 1:
    fork()
elif __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
