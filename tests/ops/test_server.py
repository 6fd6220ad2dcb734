"""Starting, stopping, several processes, WebSockets: real processes and real signals."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import websockets
from tests.ops.serving import PATIENCE, ROOT, Served, free_port
from websockets.exceptions import ConnectionClosed, InvalidStatus

from nexus.ops.gateway import Socket

NEXUS = Path(sys.executable).with_name("nexus")


def refused(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", "NEXUS_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "tests.ops.served_settings",
           "PYTHONPATH": str(ROOT), **environment}  # fmt: skip
    return subprocess.run(
        [NEXUS, "serve", *arguments], env=env, cwd=data, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_at_a_signal(start: Callable[..., Served], number: int) -> None:
    server = start()
    assert server.ask("/echo")[0] == 200
    idle = server.raw(b"")  # a connection that never says anything holds nobody up
    assert server.stop(number) == 0, server.output
    assert idle.recv(1) == b""


def test_requests_under_way_are_finished_and_new_ones_refused(start: Callable[..., Served]) -> None:
    server = start()
    held = server.raw(b"GET /hold HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    other = server.raw(b"GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n")  # keeps its connection
    other.recv(65536)
    server.until(lambda: server.json("/counts")["held"] == 1)
    upload = server.raw(
        b"POST /release HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab"
    )
    server.until(lambda: server.ask("/health/live")[0] == 200)
    server.process.send_signal(signal.SIGTERM)

    def is_closed() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", server.port)) != 0

    server.until(is_closed)
    upload.sendall(b"cd")  # its request was under way too, and lets the held one go
    assert b"released" in upload.recv(65536)
    assert b"held" in held.recv(65536)
    assert server.process.wait(PATIENCE) == 0, server.output


def test_a_request_that_never_ends_is_cut_off(start: Callable[..., Served]) -> None:
    server = start(NEXUS_STOP_SECONDS="1")
    server.raw(b"GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n")
    server.until(lambda: server.json("/counts")["held"] == 1)
    assert server.stop() == 1
    assert "cut off" in server.output


def test_a_port_in_use_is_said_so(start: Callable[..., Served], tmp_path: Path) -> None:
    server = start()
    second = refused(tmp_path, "--port", str(server.port))
    assert second.returncode == 1
    assert f"127.0.0.1:{server.port} cannot be used" in second.stderr
    assert "--port" in second.stderr


def test_several_workers_without_redis_are_refused(tmp_path: Path) -> None:
    for arguments, environment in ((["--workers", "2"], {}), ([], {"NEXUS_WORKERS": "2"})):
        answer = refused(tmp_path, *arguments, **environment)
        assert answer.returncode == 2
        assert "REDIS_URL=redis://" in answer.stderr


def test_a_wrong_setting_names_itself_its_value_and_what_is_expected(tmp_path: Path) -> None:
    answer = refused(tmp_path, NEXUS_TRUSTED_PROXIES="everywhere")
    assert answer.returncode == 2
    assert "NEXUS_TRUSTED_PROXIES=everywhere: expected addresses or networks" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.services
def test_several_workers_share_a_port_and_a_dead_one_is_replaced(start: Callable[..., Served]) -> None:
    server = start("--workers", "2", REDIS_URL="redis://127.0.0.1:6379/0")
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")

    def ready() -> int:
        return server.output.count("is ready")

    server.until(lambda: ready() == 2)
    first = children.read_text().split()
    assert len(first) == 2
    subprocess.run(["kill", "-9", first[0]], check=True)
    server.until(lambda: ready() == 3)
    assert len(children.read_text().split()) == 2
    assert all(server.ask("/echo")[0] == 200 for _ in range(10))
    assert server.stop() == 0, server.output


def test_workers_that_cannot_start_end_the_service(tmp_path: Path) -> None:
    broken = {"REDIS_URL": "redis://127.0.0.1:1/0", "NEXUS_TEST_BREAK_WORKERS": "1"}
    answer = refused(tmp_path, "--workers", "2", "--port", str(free_port()), **broken)
    assert answer.returncode == 1
    assert answer.stderr.count("ended with") >= 3


def test_a_worker_ends_with_its_supervisor(start: Callable[..., Served]) -> None:
    server = start("--workers", "2", REDIS_URL="redis://127.0.0.1:1/0")
    server.until(lambda: server.output.count("is ready") == 2)
    server.process.kill()

    def is_free() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", server.port)) != 0

    server.until(is_free)


def ask_socket(server: Served, path: str, *, say: str = "", origin: str | None = None, **headers: str) -> Any:
    async def run() -> Any:
        address = f"ws://127.0.0.1:{server.port}{path}"
        async with websockets.connect(
            address, origin=origin, additional_headers=headers, open_timeout=PATIENCE
        ) as peer:  # type: ignore[arg-type]
            first = await peer.recv()
            if not say:
                return first
            await peer.send(say)
            return await peer.recv()

    return asyncio.run(run())


def test_a_websocket_reaches_its_consumer(server: Served) -> None:
    assert ask_socket(server, "/ws/echo", say="hello") == "hello"


def test_a_consumer_can_end_its_websocket(server: Served) -> None:
    with pytest.raises(ConnectionClosed) as closed:
        ask_socket(server, "/ws/echo", say="please close")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4000


@pytest.mark.parametrize(
    ("path", "origin", "headers"),
    [
        ("/ws/unknown", None, {}),
        ("/", None, {}),
        ("/ws/echo", "http://evil.example", {}),
        ("/ws/echo", "null", {}),
        ("/ws/echo", "https://127.0.0.1", {}),
        ("/ws/echo", None, {"Host": "evil.example"}),
    ],
)
@pytest.mark.security
def test_a_websocket_is_refused_before_it_opens(
    server: Served, path: str, origin: str | None, headers: dict[str, str]
) -> None:
    """C1-C3: unknown paths, foreign origins, foreign hosts."""
    with pytest.raises(InvalidStatus) as status:
        ask_socket(server, path, origin=origin, **headers)
    assert status.value.response.status_code == 403


@pytest.mark.security
def test_cookies_reach_a_websocket_from_our_own_pages_only(server: Served) -> None:
    own = f"http://127.0.0.1:{server.port}"
    assert ask_socket(server, "/ws/echo", origin=own, Cookie="a=1") == "127.0.0.1 ['a=1']"
    assert ask_socket(server, "/ws/echo", Cookie="a=1") == "127.0.0.1 []"


def test_websockets_are_told_to_come_back_when_the_server_stops(start: Callable[..., Served]) -> None:
    server = start()

    async def run() -> ConnectionClosed:
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/ws/echo") as peer:
            await peer.recv()
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                await peer.recv()
            return closed.value

    closed = asyncio.run(run())
    assert closed.rcvd is not None
    assert closed.rcvd.code == 1012
    assert server.stop() == 0
    assert (server.data / "disconnected").read_text() == "1012"  # the consumer had its say


def test_health_whatever_the_host(server: Served) -> None:
    for host in ("localhost", "10.1.2.3:8000", "evil.example"):
        assert server.ask("/health/live", Host=host)[0] == 200
        assert server.ask("/health/ready", Host=host)[0] == 200
    assert server.json("/health/ready")["status"] == "ok"


@pytest.mark.security
@pytest.mark.parametrize(
    ("path", "status"), [("/health/live", 200), ("/health/ready", 200), ("/echo?" + "a" * 9_000, 414)]
)
def test_what_is_answered_before_the_framework_protects_too(server: Served, path: str, status: int) -> None:
    """S29."""
    told, headers, _body = server.ask(path)
    assert told == status
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == headers["cross-origin-opener-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_health_says_what_is_missing(start: Callable[..., Served]) -> None:
    server = start(REDIS_URL="redis://127.0.0.1:1/0")
    ready = server.json("/health/ready")
    assert (ready["status"], ready["redis"]) == ("degraded", "unreachable")


@pytest.mark.slow  # make test-all: it waits for a database that never comes
def test_health_without_a_database_is_alive_and_not_ready(start: Callable[..., Served]) -> None:
    server = start(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", SECRET_KEY="k" * 50)
    assert server.ask("/health/live")[0] == 200
    status, _headers, body = server.ask("/health/ready")
    assert status == 503
    assert b'"database": "unreachable"' in body
    assert b"127.0.0.1" not in body
    assert server.stop() == 0


def test_a_consumer_hears_of_a_close_once_it_is_sent() -> None:
    """An application that ends first is closed by the server, with a code of its own."""

    async def run() -> list[str]:
        told: list[str] = []

        async def receive() -> Any:
            await asyncio.Event().wait()

        async def send(message: Any) -> None:
            for _ in range(5):
                await asyncio.sleep(0)
            told.append(message["type"])

        opened = Socket(receive, send)
        listening = asyncio.create_task(opened.receive())
        await asyncio.sleep(0)
        closing = asyncio.create_task(opened.send({"type": "websocket.close", "code": 1012}))
        told.append((await listening)["type"])
        await closing
        return told

    assert asyncio.run(run()) == ["websocket.close", "websocket.disconnect"]
