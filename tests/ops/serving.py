"""Real server processes: started as people start them, asked over sockets, stopped by signals."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.ops import fresh

ROOT = Path(__file__).resolve().parents[2]
#: For a process to do what it must, on a machine that does other things too, in seconds.
PATIENCE = 180
#: Connections that a test opened; closed at its end.
OPENED: list[socket.socket] = []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(data: Path, *arguments: str, **environment: str) -> str:
    """Runs `nexus` on a data folder, as one types it; what it printed."""
    env = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    if "DATABASE_URL" not in environment:
        fresh.database_in(data)
    done = subprocess.run(
        [Path(sys.executable).with_name("nexus"), *arguments],
        env=env | {"NEXUS_DATA_DIR": str(data)} | environment, cwd=data, capture_output=True, text=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Served:
    """A running `nexus serve`."""

    def __init__(self, data: Path, *arguments: str, **environment: str) -> None:
        self.port = free_port()
        self.data = data
        self.lines: list[str] = []
        self._ready = threading.Event()
        env = {
            name: value
            for name, value in os.environ.items()
            if name in {"PATH", "HOME", "LANG"} or name.startswith("COVERAGE_")
        }
        env |= {
            "NEXUS_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "tests.ops.served_settings", "PYTHONPATH": str(ROOT),
            "NEXUS_LOG_LEVEL": "INFO",
        } | environment  # fmt: skip
        if "DATABASE_URL" not in environment:
            fresh.database_in(data)
        nexus = Path(sys.executable).with_name("nexus")
        self.process = subprocess.Popen(
            [nexus, "serve", "--port", str(self.port), *arguments], env=env, cwd=data, text=True, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._ready.wait(PATIENCE), self.output
        assert self.process.poll() is None, self.output

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.lines.append(line)
            if "Nexus is on" in line:
                self._ready.set()
        self._ready.set()

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def ask(
        self, path: str, method: str = "GET", body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower-case names) and body of one request."""
        connection = self.connection()
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()

    def json(self, path: str, **kwargs: Any) -> Any:
        status, _headers, body = self.ask(path, **kwargs)
        assert status == 200, body
        return json.loads(body)

    def raw(self, data: bytes) -> socket.socket:
        """A connection on which `data` was sent."""
        opened = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        opened.sendall(data)
        OPENED.append(opened)
        return opened

    def until(self, holds: Callable[[], bool]) -> None:
        """Asks until it is so."""
        pause = threading.Event()
        for _ in range(PATIENCE * 20):
            if holds():
                return
            pause.wait(0.05)
        raise AssertionError(f"It never came to that. {self.output}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code after a signal."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code
