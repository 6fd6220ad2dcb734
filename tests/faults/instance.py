"""A Nexus of its own for tests that need real processes: own data folder, own database of the configured kind."""

import atexit
import contextlib
import functools
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.ops import fresh

from nexus.settings import parse_database_url

ROOT = Path(__file__).parents[2]


@dataclass
class Instance:
    """Its environment; `run` and `start` give processes in it."""

    folder: Path
    env: dict[str, str]
    database: str = ""

    @classmethod
    def create(cls, folder: Path) -> "Instance":
        """An empty, migrated instance on the engine of DATABASE_URL (SQLite in `folder` without one)."""
        env = {
            k: v
            for k, v in os.environ.items()
            if k in {"PATH", "HOME", "LANG", "DATABASE_URL", "REDIS_URL"} or k.startswith("COVERAGE_")
        }
        env |= {
            "NEXUS_DATA_DIR": str(folder / "var"), "DJANGO_SETTINGS_MODULE": "nexus.settings",
            "SECRET_KEY": secrets.token_urlsafe(48), "PYTHONPATH": str(ROOT), "NEXUS_LOG_LEVEL": "ERROR",
        }  # fmt: skip
        made = cls(folder, env)
        if url := env.get("DATABASE_URL", ""):
            made.database = f"nexus_faults_{secrets.token_hex(6)}"
            env["DATABASE_URL"] = _named(url, made.database)
            _copy(url, _template(url), made.database)
        else:
            fresh.database_in(folder / "var")
        return made

    def run(self, *arguments: str, timeout: float = 300) -> str:
        """Standard output of `python ARGUMENTS`, which must succeed."""
        done = subprocess.run(
            [sys.executable, *arguments], env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=timeout
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def start(self, *arguments: str, stdin: int | None = None) -> "subprocess.Popen[str]":
        """A running `python ARGUMENTS`, its standard output a pipe."""
        return subprocess.Popen(
            [sys.executable, "-u", *arguments],
            env=self.env,
            cwd=self.folder,
            stdin=stdin,
            stdout=subprocess.PIPE,
            text=True,
        )

    def check(self) -> None:
        """Every invariant of the data holds, once the followers have caught up."""
        assert self.run("-c", _CHECK).split("\n") == [""]

    def drop(self) -> None:
        """Removes its database."""
        if self.database:
            drop(os.environ["DATABASE_URL"], self.database)


def drop(url: str, database: str) -> None:
    """Removes a database of the server of `url`."""
    force = " WITH (FORCE)" if url.startswith("postgres") else ""
    server_sql(url, f"DROP DATABASE {database}{force}")


def _copy(url: str, source: str, target: str) -> None:
    """Makes the database `target` as `source` is: PostgreSQL knows how, of MariaDB each table is asked how it was made."""
    if url.startswith("postgres"):
        server_sql(url, f"CREATE DATABASE {target} TEMPLATE {source}")
        return
    server_sql(url, f"CREATE DATABASE {target}")
    with contextlib.closing(_mysql(url)) as connection:
        cursor = connection.cursor()
        cursor.execute(f"USE {target}")
        cursor.execute("SET foreign_key_checks = 0")
        cursor.execute(f"SHOW TABLES FROM {source}")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SHOW CREATE TABLE {source}.{table}")
            cursor.execute(cursor.fetchone()[1])
            cursor.execute(f"INSERT INTO {table} SELECT * FROM {source}.{table}")
        connection.commit()


@functools.cache
def _template(url: str) -> str:
    """The name of a migrated database to make others from; gone with this process."""
    name = f"nexus_template_{secrets.token_hex(6)}"
    server_sql(url, f"CREATE DATABASE {name}")
    atexit.register(drop, url, name)
    fresh.migrate({"DATABASE_URL": _named(url, name), "SECRET_KEY": secrets.token_urlsafe(48)})
    return name


def _named(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


_CHECK = """
import django; django.setup()
from nexus.hubs.following import nudge
from nexus.hubs.models import Hub
from nexus.knowledge.invariants import invariants as of_knowledge
from nexus.pages.invariants import invariants as of_pages
for hub in Hub.objects.all(): nudge(hub.pk)
for finding in [*of_pages(), *of_knowledge()]: print(finding)
"""


def server_sql(url: str, statement: str) -> None:
    """Runs one statement on the server of `url`, outside a transaction."""
    if url.startswith("postgres"):
        import psycopg

        # The database of `url` need not exist (it is the tests' business to make one); this one always does.
        maintenance = _named(url, "postgres")
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute(statement.encode())
        return
    with contextlib.closing(_mysql(url)) as connection:
        connection.cursor().execute(
            statement + (" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" if statement.startswith("CREATE") else "")
        )


def _mysql(url: str) -> Any:
    import MySQLdb

    settings = parse_database_url(url)
    return MySQLdb.connect(
        host=settings["HOST"] or "127.0.0.1", port=int(settings["PORT"] or 3306), user=settings["USER"],
        passwd=settings["PASSWORD"] or "",
    )  # fmt: skip
