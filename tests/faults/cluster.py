"""A PostgreSQL of a test's own, which may be stopped, killed and frozen."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from tests.ops.serving import PATIENCE, free_port

_FOUND = [*sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)]
INITDB = Path(shutil.which("initdb") or (_FOUND[0] if _FOUND else "/nowhere"))


class Cluster:
    """It listens on 127.0.0.1, trusts everybody there and syncs nothing to the disk: no test here pulls a plug."""

    def __init__(self, *, connections: int = 60) -> None:
        # Not in pytest's folder, which another account may not enter.
        self.data, self.port = Path(tempfile.mkdtemp(prefix="nexus-cluster-")), free_port()
        self._account = self._owner()
        options = ["--auth=trust", "--username=nexus", "--encoding=UTF8", "--no-sync"]
        self._run(INITDB, *options, "--pgdata", str(self.data))
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(
                f"listen_addresses='127.0.0.1'\nport={self.port}\nunix_socket_directories=''\nfsync=off\n"
                f"max_connections={connections}\nsuperuser_reserved_connections=1\nshared_buffers=16MB\n"
            )
        self.start()
        self.sql("CREATE DATABASE nexus", database="postgres")

    @property
    def url(self) -> str:
        return self.url_of("nexus")

    def url_of(self, database: str) -> str:
        return f"postgresql://nexus@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        self._control("start", "--wait", "--silent", "--log", str(self.data / "log"))

    def stop(self, mode: str) -> None:
        """mode: smart, fast, or immediate: without a word to anybody, as after a crash."""
        self._control("stop", "--wait", "--silent", "--mode", mode)

    def sql(self, statement: str, *, database: str = "nexus") -> list[tuple]:
        with psycopg.connect(self.url_of(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def backends(self) -> list[int]:
        """The processes that answer a server of Nexus."""
        found = self.sql(
            "SELECT pid FROM pg_stat_activity WHERE datname = 'nexus' AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return [pid for (pid,) in found]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Nothing of it moves meanwhile; connections stay open."""
        master = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        everything = [master, *map(int, children)]
        for pid in everything:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in everything:
                os.kill(pid, signal.SIGCONT)

    def close(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.data)

    def _control(self, *arguments: str) -> None:
        self._run(INITDB.with_name("pg_ctl"), *arguments, "--pgdata", str(self.data))

    def _owner(self) -> tuple[int, int] | None:
        """Who runs it where the tests are root, whom PostgreSQL refuses."""
        if os.geteuid():
            return None
        entry = pwd.getpwnam("postgres")
        os.chown(self.data, entry.pw_uid, entry.pw_gid)
        return entry.pw_uid, entry.pw_gid

    def _run(self, program: Path, *arguments: str) -> None:
        user, group = self._account or (None, None)
        done = subprocess.run(
            [program, *arguments], user=user, group=group, extra_groups=[] if self._account else None, cwd=self.data,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
