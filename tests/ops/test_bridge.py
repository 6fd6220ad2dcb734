"""What the server makes of HTTP, asked from outside over real sockets."""

import contextlib
import hashlib
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.ops.served_urls import CHUNK
from tests.ops.serving import Served

MB = 1_000_000


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def memory(pid: int) -> int:
    """The most memory the process ever held, in bytes."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def test_the_application_sees_the_request_as_it_was_sent(server: Served) -> None:
    seen = server.json(
        "/echo/%C3%A9%2Fx%20y?q=%C3%A9&b=2", method="POST", body=b"abc", Content_Type="text/x", X_A_B="c"
    )
    meta = seen["meta"]
    assert seen["path"] == "/echo/é/x y"
    assert (meta["QUERY_STRING"], meta["CONTENT_TYPE"], meta["CONTENT_LENGTH"]) == ("q=%C3%A9&b=2", "text/x", "3")
    assert (meta["REMOTE_ADDR"], meta["HTTP_X_A_B"], meta["REQUEST_METHOD"]) == ("127.0.0.1", "c", "POST")
    assert (seen["size"], seen["is_secure"]) == (3, False)


def test_headers_that_came_twice_are_joined(server: Served) -> None:
    twice = b"X-A: 1\r\nX-A: 2\r\nCookie: a=1\r\nCookie: b=2\r\n"
    request = b"GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + twice + b"\r\n"
    body = read_all(server.raw(request)).partition(b"\r\n\r\n")[2]
    meta = json.loads(body)["meta"]
    assert (meta["HTTP_X_A"], meta["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")


@pytest.mark.parametrize("name", [b"X_Forwarded_For", b"X-Forwarded-For", b"X_Forwarded_Proto", b"X-Forwarded-Proto",
                                  b"X-Forwarded-Host", b"Forwarded", b"X-Real-IP", b"x_request_id"])  # fmt: skip
@pytest.mark.security
def test_what_only_a_proxy_may_say_is_not_believed_from_others(server: Served, name: bytes) -> None:
    """B8, CVE-2026-3902: in both spellings, from a peer that is no trusted proxy."""
    request = b"GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + name + b": 6.6.6.6, https\r\n\r\n"
    answer = read_all(server.raw(request))
    assert b"6.6.6.6" not in answer
    assert b'"is_secure": false' in answer


def test_a_trusted_proxy_is_believed(start: Callable[..., Served]) -> None:
    server = start(NEXUS_TRUSTED_PROXIES="127.0.0.0/8,10.0.0.0/8")
    seen = server.json(
        "/echo", X_Forwarded_For="6.6.6.6, 192.0.2.7, 10.1.1.1", X_Forwarded_Proto="http, https", X_Request_ID="abc-1"
    )
    assert (seen["meta"]["REMOTE_ADDR"], seen["is_secure"]) == ("192.0.2.7", True)
    assert not any("FORWARDED" in name for name in seen["meta"])
    assert server.ask("/echo", X_Request_ID="abc-1")[1]["x-request-id"] == "abc-1"
    assert server.ask("/echo", X_Request_ID="a b\tc")[1]["x-request-id"] != "a b\tc"


def test_a_request_id_from_anybody_else_is_replaced(server: Served) -> None:
    ids = {server.ask("/echo", X_Request_ID="mine")[1]["x-request-id"] for _ in range(2)}
    assert len(ids) == 2
    assert "mine" not in ids


def test_an_upload_of_60_mb_arrives_whole_in_bounded_memory(server: Served) -> None:
    body = os.urandom(MB) * 60
    before = memory(server.process.pid)
    seen = server.json("/echo", method="POST", body=body)
    assert (seen["size"], seen["hash"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert memory(server.process.pid) - before < 30 * MB


def test_a_chunked_upload_has_a_length_for_the_application(server: Served) -> None:
    parts = [os.urandom(300_000) for _ in range(5)]
    seen = server.json("/echo", method="POST", body=iter(parts))
    assert (seen["meta"]["CONTENT_LENGTH"], seen["size"]) == ("1500000", 1_500_000)
    assert seen["hash"] == hashlib.sha256(b"".join(parts)).hexdigest()
    assert "HTTP_TRANSFER_ENCODING" not in seen["meta"]


@pytest.mark.security
def test_a_body_over_the_limit_is_refused_before_it_is_read(server: Served) -> None:
    """E9: by what it announces, and by what comes when it announces nothing."""
    announced = server.raw(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 71000000\r\n\r\n")
    assert announced.recv(12) == b"HTTP/1.1 413"
    connection = server.connection()
    chunk = bytes(MB)
    try:
        connection.request("POST", "/echo", iter([chunk] * 80))
        assert connection.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # the server had answered and left before everything was sent
    finally:
        connection.close()
    assert server.ask("/echo")[0] == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /echo HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)), 431),
        (b"GET /echo HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"y" * 40_000 + b"\r\n", 431),
        (b"GET /echo HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"y" * 200_000 + b"\r\n", 431),
        (b"GET /echo?" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n", 414),
        (b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n", 400),
        (b"GET /echo HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", 400),
        (b"GET /echo HTTP/1.1\r\nHost: evil.example\r\n", 400),
        (b"GET /echo HTTP/1.1\r\n", 400),
        (b"GET /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: a/b; c=" + b"d" * 11_000 + b"\r\n", 400),
    ],
)
@pytest.mark.security
def test_a_hostile_head_is_refused(server: Served, head: bytes, status: int) -> None:
    """E9: and the next client is served."""
    with server.raw(b"") as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(head + b"\r\n")
        assert connection.recv(12) == b"HTTP/1.1 %d" % status
    assert server.ask("/echo")[0] == 200


@pytest.mark.parametrize(("method", "path", "status", "length"), [
    ("HEAD", "/status/200", 200, "6"), ("GET", "/status/204", 204, None), ("GET", "/status/304", 304, None),
    ("HEAD", "/file?n=700000", 200, "700000"), ("HEAD", "/stream?n=3", 200, None),
])  # fmt: skip
def test_answers_without_a_body_have_none(
    server: Served, method: str, path: str, status: int, length: str | None
) -> None:
    request = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    request += "GET /status/200 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = read_all(server.raw(request.encode()))
    first, _, rest = answer.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 %d" % status)
    lengths = [
        line.split(b": ")[1].decode() for line in first.lower().split(b"\r\n") if line.startswith(b"content-length")
    ]
    assert lengths in ([length], [])
    assert rest.startswith(b"HTTP/1.1 200")


def test_a_stream_comes_as_it_is_made_and_ends(server: Served) -> None:
    status, headers, body = server.ask("/stream?n=40")
    assert (status, len(body)) == (200, 40 * CHUNK)
    assert headers.get("transfer-encoding") == "chunked"


def test_a_stream_that_breaks_is_not_taken_for_a_whole_one(server: Served) -> None:
    connection = server.raw(b"GET /broken-stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert not read_all(connection).endswith(b"0\r\n\r\n")


def test_a_client_that_leaves_ends_the_stream_and_closes_it(server: Served) -> None:
    before = server.json("/counts")
    with server.raw(b"GET /stream?n=20000 HTTP/1.1\r\nHost: localhost\r\n\r\n") as connection:
        connection.recv(1000)
    server.until(lambda: server.json("/counts")["closed"] > before["closed"])
    assert server.json("/counts")["chunks"] - before["chunks"] < 20_000


def test_a_file_is_sent_whole_and_closed(server: Served) -> None:
    for size in (100, 256 * 1024, 3 * MB):
        before = server.json("/counts")["closed"]
        status, headers, body = server.ask(f"/file?n={size}")
        assert (status, headers["content-length"], body) == (200, str(size), b"y" * size)
        server.until(lambda before=before: server.json("/counts")["closed"] == before + 1)


def test_slow_downloads_of_files_take_no_thread(start: Callable[..., Served]) -> None:
    server = start(NEXUS_THREADS="2")
    readers = [server.raw(b"GET /file?n=30000000 HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(6)]
    assert all(reader.recv(12) == b"HTTP/1.1 200" for reader in readers)  # and then they read no more
    assert server.ask("/echo")[0] == 200
    for reader in readers:
        reader.close()
    server.until(lambda: server.json("/counts")["closed"] == 6)


def test_slow_uploads_take_no_thread(start: Callable[..., Served]) -> None:
    server = start(NEXUS_THREADS="2")
    head = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
    senders = [server.raw(head + b"x" * 10) for _ in range(8)]
    assert server.ask("/echo")[0] == 200
    for sender in senders:
        sender.close()


def test_as_many_slow_views_as_threads_make_the_next_request_wait(start: Callable[..., Served]) -> None:
    """The bound that is: NEXUS_THREADS views at once. Liveness needs none of them."""
    server = start(NEXUS_THREADS="3")
    held = [server.raw(b"GET /hold HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") for _ in range(2)]
    server.until(lambda: server.json("/counts")["held"] == 2)
    assert server.ask("/echo")[0] == 200  # the third thread
    held.append(server.raw(b"GET /hold HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
    waiting = server.raw(b"GET /release HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert server.ask("/health/live")[0] == 200
    waiting.close()
    server.process.kill()


def test_an_error_shows_no_trace_and_is_logged_with_its_request(server: Served) -> None:
    status, headers, body = server.ask("/fail")
    assert status == 500
    assert b"secret" not in body
    server.until(lambda: f"request={headers['x-request-id']}" in server.output and "RuntimeError" in server.output)


def test_the_access_log_has_no_query_string(server: Served) -> None:
    server.ask("/echo?token=hidden-in-the-log")
    server.ask("/status/304")
    server.until(lambda: "path=/status/304" in server.output)
    assert "hidden-in-the-log" not in server.output


def test_logs_for_machines_are_one_object_a_line(start: Callable[..., Served]) -> None:
    server = start(LOG_FORMAT="json")
    server.ask("/fail")
    server.ask("/echo?q=1", X_A="b")
    server.until(lambda: '"path": "/echo"' in server.output)
    assert server.stop() == 0
    events = [json.loads(line) for line in server.lines if line.startswith("{")]
    access: list[dict[str, Any]] = [event for event in events if event["logger"] == "nexus.access"]
    assert [(event["method"], event["path"], event["status"]) for event in access] == [
        ("GET", "/fail", 500), ("GET", "/echo", 200),
    ]  # fmt: skip
    failure = next(event for event in events if event.get("exception"))
    assert failure["request"] == access[0]["request"]
    assert "locals" not in json.dumps(failure)
