"""One import, a process of its own: `python -m tests.faults.importer HUB SOURCE [KILL_AT]`. Prints `file N` for each
file it has taken, and at the end `done MOMENTS SUMMARY`. With KILL_AT it sends itself SIGKILL at that moment: an odd
one is just before an SQL statement, an even one just after."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django


@contextmanager
def killed_at(moment: int) -> Iterator[list[int]]:
    """Ends this process at that moment of what is done inside, counted over its statements; how many there were so far."""
    from django.db import connection

    moments = [0]

    def another() -> None:
        moments[0] += 1
        if moments[0] == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(execute, sql, params, many, context):
        another()
        result = execute(sql, params, many, context)
        another()
        return result

    with connection.execute_wrapper(counted):
        yield moments


def main(hub: str, source: str, kill_at: int) -> None:
    django.setup()
    from nexus.accounts.actor import Actor
    from nexus.exchange.actions import import_source

    with killed_at(kill_at) as moments:
        report = import_source(
            Actor.operator(), hub, Path(source), progress=lambda files, _bytes, _done: print("file", files)
        )
    files = report.to_json()["files"]
    print("done", moments[0], json.dumps({key: files[key] for key in files if key != "kept_as_file"}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0)
