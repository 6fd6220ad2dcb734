"""`nexus serve`: one process that serves, or a supervisor of several (docs/adr/0007).

Stopping (SIGTERM, SIGINT): new connections are refused, WebSockets are closed with 1012, requests under way are
finished; what is left after NEXUS_STOP_SECONDS is cut off.
"""

import asyncio
import atexit
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import uvloop
from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from nexus.ops.gateway import Gateway

log = logging.getLogger(__name__)

#: A worker that dies within so many seconds of its start counts as a failed start; so many in a row end the service.
TOO_SOON = 5.0
FAILED_STARTS = 3
MAX_HEAD_BYTES = 64 * 1024
#: For how long a thread that computes may hold up the others, in seconds; Python comes with five times as much, which each
#: of them would wait at every statement.
SWITCH = 0.001
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class PortTaken(Exception):
    """Nothing can be served at that address."""


def check_address(host: str, port: int) -> None:
    """Raises PortTaken when `host`:`port` cannot be bound. Workers share the port (SO_REUSEPORT), so a second server
    would silently take every other connection."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"{host}:{port} cannot be used ({error.strerror}).") from error


def serve(host: str, port: int, ready: Callable[[], None]) -> NoReturn:
    """Serves in this process until a signal ends it, and the process with it; `ready` is called once it listens.

    Raises RuntimeError when the server ends by itself.
    """
    # By name: the composition root imports this package, never the other way round.
    application: Gateway = import_string("nexus.asgi.application")
    sys.setswitchinterval(SWITCH)
    # Not asyncio's own loop: the server's threads wake it for every request, which there is a system call each time.
    asyncio.run(_serve(application, host, port, ready), loop_factory=uvloop.new_event_loop)
    # Not by way of Python's own end: the server's threads may still be in it then, and a thread that meets the end of
    # the interpreter aborts the process.
    atexit._run_exitfuncs()
    logging.shutdown()
    os._exit(0)


async def _serve(application: "Gateway", host: str, port: int, ready: Callable[[], None]) -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.server.embed import Server

    application.bound_to = host
    server = Server(
        application,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,  # the bounds on heads and bodies are those of HTTP/1; a proxy in front speaks HTTP/2
        backlog=1024,
        http1_settings=HTTP1Settings(header_read_timeout=15_000, max_buffer_size=MAX_HEAD_BYTES),
        log_enabled=False,
    )
    stopping = asyncio.Event()
    _on_signals(asyncio.get_running_loop(), stopping)
    serving = asyncio.create_task(server.serve())
    waiting = asyncio.create_task(_stopped(stopping))
    announcing = asyncio.create_task(_announce(host, port, ready))
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    announcing.cancel()
    if serving.done():
        waiting.cancel()
        await serving
        raise RuntimeError(f"The server of {host}:{port} ended by itself.")
    log.info("stopping")
    _cut_off_after(settings.STOP_SECONDS)
    await application.close_sockets()
    server.stop()
    await serving


async def _stopped(stopping: asyncio.Event) -> None:
    """Returns once `stopping` is set. Looks twice a second: a signal that comes just before the idle loop goes to sleep
    does not wake it, and Python runs its handler only when something does."""
    while not stopping.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), 0.5)


def _on_signals(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """Sets `stopping` at the first signal. Later ones change nothing, but a second Ctrl-C ends the process at once."""
    asked = 0

    def on_signal(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            loop.call_soon_threadsafe(stopping.set)
        elif number == signal.SIGINT:
            os._exit(130)

    # Not loop.add_signal_handler: that one ends with the loop, and a late signal would kill what is ending well.
    for number in _SIGNALS:
        signal.signal(number, on_signal)


async def _announce(host: str, port: int, ready: Callable[[], None]) -> None:
    while not is_listening(host, port):  # noqa: ASYNC110  the server has no event for it
        await asyncio.sleep(0.02)
    ready()


def is_listening(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound
    try:
        socket.create_connection((here, port), timeout=1).close()
    except OSError:
        return False
    return True


def _cut_off_after(seconds: int) -> None:
    """Ends the process the hard way if it is still here then. What was acknowledged is committed, so nothing is lost."""

    def cut() -> None:
        log.error("requests were still running %s s after the signal to stop: cut off", seconds)
        os._exit(1)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()


class Supervisor:
    """Runs `count` serving processes on one port, and starts one again that died."""

    def __init__(self, host: str, port: int, count: int) -> None:
        self._command = [sys.executable, "-m", "nexus.ops.server", host, str(port)]
        self._count = count
        self._stopping = threading.Event()

    def run(self, ready: Callable[[], None]) -> int:
        """Until a signal: 0. When FAILED_STARTS processes in a row die right after their start: 1."""
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)
        workers = {self._start(): time.monotonic() for _ in range(self._count)}
        threading.Thread(target=self._announce, args=(ready,), daemon=True).start()
        failures = 0
        while not self._stopping.wait(0.2) and failures < FAILED_STARTS:
            for worker in [w for w in workers if w.poll() is not None]:
                log.error("worker %s ended with %s", worker.pid, worker.returncode)
                failures = failures + 1 if time.monotonic() - workers.pop(worker) < TOO_SOON else 0
                workers[self._start()] = time.monotonic()
        return max(self._stop(list(workers)), int(failures >= FAILED_STARTS))

    def _announce(self, ready: Callable[[], None]) -> None:
        host, port = self._command[-2:]
        while not self._stopping.wait(0.05):
            if is_listening(host, int(port)):
                ready()
                return

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._command, stdin=subprocess.PIPE)  # noqa: S603  this program itself

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()

    def _stop(self, workers: "list[subprocess.Popen[bytes]]") -> int:
        for worker in workers:
            worker.terminate()
        ends = time.monotonic() + settings.STOP_SECONDS + 2  # they cut themselves off before
        codes = []
        for worker in workers:
            try:
                codes.append(worker.wait(max(ends - time.monotonic(), 0.1)))
            except subprocess.TimeoutExpired:
                worker.kill()
                codes.append(worker.wait())
        return int(any(codes))


def _end_with_supervisor() -> None:
    """Stops this worker when its supervisor is gone without a word: then the pipe to it ends."""

    def wait() -> None:
        os.read(0, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def main() -> None:
    """A worker: `python -m nexus.ops.server HOST PORT`."""
    os.setpgrp()  # the terminal's Ctrl-C reaches every process of a group: the supervisor answers it for all
    _end_with_supervisor()
    serve(sys.argv[1], int(sys.argv[2]), lambda: log.info("worker %s is ready", os.getpid()))


if __name__ == "__main__":
    main()
