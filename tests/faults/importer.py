"""One import, a process of its own: `python -m tests.faults.importer HUB SOURCE [KILL_AT]`. Prints `file N` for each
file it has taken, and at the end `done MOMENTS SUMMARY`. With KILL_AT it sends itself SIGKILL at that moment: an odd
one is just before an SQL statement, an even one just after."""

import json
import os
import signal
import sys
from pathlib import Path

import django


def main(hub: str, source: str, kill_at: int) -> None:
    django.setup()
    from django.db import connection

    from nexus.accounts.actor import Actor
    from nexus.exchange.actions import import_source

    moments = 0

    def moment() -> None:
        nonlocal moments
        moments += 1
        if moments == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(execute, sql, params, many, context):
        moment()
        result = execute(sql, params, many, context)
        moment()
        return result

    with connection.execute_wrapper(counted):
        report = import_source(
            Actor.operator(), hub, Path(source), progress=lambda files, _bytes, _done: print("file", files)
        )
    files = report.to_json()["files"]
    print("done", moments, json.dumps({key: files[key] for key in files if key != "kept_as_file"}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0)
