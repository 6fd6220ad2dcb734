"""S31, E9: bodies and heads made to be too much, sent to a real server. None is a defect of it, none takes its memory, and
somebody else is answered all the while."""

import gzip
import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.ops.serving import PATIENCE, Served, command

pytestmark = [pytest.mark.security, pytest.mark.services]

#: What a process may hold more for all of it, and what one request may take while it lasts.
MOST_MB, MOST_AT_ONCE_MB = 50, 100
CRLF = b"\r\n"
#: An access token is put in its place.
BEARER = b"Authorization: Bearer @@@\r\n"
FORM, JSON_TYPE = b"application/x-www-form-urlencoded", b"application/json"
PARTS = (
    b"".join(b'--b\r\nContent-Disposition: form-data; name="n%d"\r\n\r\nx\r\n' % n for n in range(100_000))
    + b"--b--\r\n"
)
FILES = b"".join(
    b'--b\r\nContent-Disposition: form-data; name="files"; filename="%d"\r\n\r\nx\r\n' % n for n in range(100_000)
)
BASE64 = (
    b'--b\r\nContent-Disposition: form-data; name="files"; filename="x"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    + (b" \n" * 1_500_000) + b"eA==\r\n--b--\r\n"
)  # fmt: skip


def request(address: str, body: bytes = b"", kind: bytes = JSON_TYPE, method: str = "POST", *heads: bytes) -> bytes:
    """A request as it goes over the line; `heads` may say other lengths."""
    told = b"".join(head + CRLF for head in heads)
    if not any(head.lower().startswith((b"content-length", b"transfer-encoding")) for head in heads):
        told += b"Content-Length: %d\r\n" % len(body)
    start = f"{method} {address} HTTP/1.1\r\nHost: localhost\r\n".encode()
    return start + BEARER + b"Content-Type: " + kind + CRLF + told + b"Connection: close\r\n\r\n" + body


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n" % len(chunk) + chunk + CRLF for chunk in chunks)


def deep(times: int) -> bytes:
    return b'{"path":' + b"[" * times + b"]" * times + b"}"


PAGES, FILES_AT, GRAPHQL, SIGN_IN = (
    "/api/v1/hubs/open/pages",
    "/api/v1/hubs/open/attachments",
    "/graphql",
    "/account/login/",
)
MULTIPART = b"multipart/form-data; boundary=b"
KEYS = b"{" + b",".join(b'"k%d":1' % n for n in range(1_000_000)) + b"}"
QUERY = b'{"query":"query($a: [String]){ viewer { username } }","variables":'
#: A body in chunks, whole.
BOTH = chunked(b"{}") + b"0\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"

WHOLE: dict[str, bytes] = {
    "ten thousand headers": request(PAGES, b"{}", JSON_TYPE, "POST", *(b"X-%d: y" % n for n in range(10_000))),
    "one long header": request(PAGES, b"{}", JSON_TYPE, "POST", b"X-Long: " + b"y" * 200_000),
    "a header of many lines": request(PAGES, b"{}", JSON_TYPE, "POST", b"X-Fold: a", b" b", b"\tc"),
    "many cookies": request(PAGES, b"{}", JSON_TYPE, "POST", *(b"Cookie: a%d=b" % n for n in range(2_000))),
    "a long address": request("/search?q=" + "x" * 100_000, method="GET"),
    "many fields in an address": request("/search?" + "&".join(f"a{n}=b" for n in range(900)), method="GET"),
    "a hundred thousand parts": request("/open/upload", PARTS, MULTIPART),
    "a hundred thousand parts by REST": request(FILES_AT, PARTS, MULTIPART),
    "a hundred thousand files": request(FILES_AT, FILES, MULTIPART),
    "white space in base64": request("/open/upload", BASE64, MULTIPART),
    "white space in base64 by REST": request(FILES_AT, BASE64, MULTIPART),
    "no boundary": request(FILES_AT, b"x" * 1000, b"multipart/form-data"),
    "a long boundary": request(FILES_AT, b"x", b"multipart/form-data; boundary=" + b"b" * 10_000),
    "a long boundary of a form": request("/open/upload", b"x", b"multipart/form-data; boundary=" + b"b" * 10_000),
    "a hundred thousand files of a form": request(SIGN_IN, FILES, MULTIPART),
    "parts without end": request(FILES_AT, PARTS[:5_000_000], MULTIPART),
    "a head of a part without end": request(FILES_AT, b"--b\r\nContent-Disposition: " + b"x" * 3_000_000, MULTIPART),
    "parts of parts": request(FILES_AT, b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" * 20_000, MULTIPART),
    "a million keys": request(PAGES, KEYS),
    "a million keys by GraphQL": request(GRAPHQL, QUERY + KEYS + b"}"),
    "a million fields": request(SIGN_IN, urlencode({f"k{n}": 1 for n in range(1_000_000)}).encode(), FORM),
    "a million fields by REST": request(PAGES, b"a&" * 1_000_000, FORM),
    "deep": request(PAGES, deep(100_000)),
    "deep by GraphQL": request(GRAPHQL, deep(100_000)),
    "deep variables": request(GRAPHQL, QUERY + deep(100_000) + b"}"),
    "deep query": request(GRAPHQL, json.dumps({"query": "{a" * 50_000 + "}" * 50_000}).encode()),
    "long number": request(PAGES, b'{"path":' + b"9" * 1_000_000 + b"}"),
    "many numbers": request(PAGES, b"[" + b"1e9," * 600_000 + b"1]"),
    "half a text": request(PAGES, b'{"path":"' + b"\\u0041" * 400_000),
    "gzip": request(PAGES, gzip.compress(b"{" + b" " * 50_000_000), JSON_TYPE, "POST", b"Content-Encoding: gzip"),
    "many encodings": request(PAGES, b"x", JSON_TYPE, "POST", b"Content-Encoding: " + b"gzip," * 500),
    "a charset of compression": request(PAGES, b"x" * 100, b"application/json; charset=bz2"),
    "a charset that is none": request(SIGN_IN, b"login=%ff%fe", FORM + b"; charset=\xff\xfe"),
    "a charset of seven bits": request(SIGN_IN, b"login=+ADw-", FORM + b"; charset=utf-7"),
    "a charset of idna": request(FILES_AT, b"x", MULTIPART + b"; charset=idna"),
    "a charset of files": request(PAGES, b"{}", b"application/json; charset=../../etc/passwd"),
    "UTF-16": request(PAGES, '{"path":"x"}'.encode("utf-16")),
    "no UTF-8": request(PAGES, b'{"path":"\xff\xfe"}'),
    "surrogates": request(PAGES, b'{"path":"\\ud800","text":"\\udfff"}'),
    "surrogates in a field": request(SIGN_IN, b"login=%ed%a0%80&password=%ed%b0%80", FORM),
    "NUL in a field": request(SIGN_IN, b"login=%00&password=%00", FORM),
    "surrogates in an address": request("/search?q=%ed%a0%80%00", method="GET"),
    "surrogates in a path": request("/open/pages/%ed%a0%80%00", method="GET"),
    "NUL in a header": request(PAGES, b"{}", JSON_TYPE, "POST", b"X-A: a\0b"),
    "NUL in a name": request(PAGES, b"{}", JSON_TYPE, "POST", b"X-\0A: a"),
    "bytes in headers": request(PAGES, b"{}", JSON_TYPE, "POST", b"Accept-Language: \xed\xa0\x80",
                                b"User-Agent: \xff\xfe\xed\xa0\x80",
                                b"Referer: http://\xff/", b"Origin: \xed\xa0\x80", b"If-Match: \xff",
                                b"Idempotency-Key: \xff"),
    "bytes in cookies": request("/", b"", FORM, "GET", b"Cookie: nexus_session=\xed\xa0\x80; messages=\xed\xb0"),
    "bytes in a bearer": request("/api/v1/me", b"", FORM, "GET").replace(b"@@@", b"\xed\xa0\x80.\xff.\xfe"),
    "bytes in a media type": request(PAGES, b"{}", b"application/\xff\xed\xa0\x80; charset=\xff"),
    "bytes in a host": request("/", b"", FORM, "GET").replace(b"Host: localhost", b"Host: \xff\xfe"),
    "no host": request("/", b"", FORM, "GET").replace(b"Host: localhost\r\n", b""),
    "two hosts": request("/", b"", FORM, "GET", b"Host: evil.example"),
    "a huge length": request(PAGES, b"{}", JSON_TYPE, "POST", b"Content-Length: 99999999999999999999"),
    "a large length": request(PAGES, b"{}", JSON_TYPE, "POST", b"Content-Length: 9999999999"),
    "a length below nothing": request(PAGES, b"{}", JSON_TYPE, "POST", b"Content-Length: -1"),
    "a length with a sign": request(PAGES, b"{}", JSON_TYPE, "POST", b"Content-Length: +2"),
    "a length in hex": request(PAGES, b"{}", JSON_TYPE, "POST", b"Content-Length: 0x2"),
    "two lengths": request(PAGES, b"{}", JSON_TYPE, "POST", b"Content-Length: 2", b"Content-Length: 1"),
    "a list of lengths": request(PAGES, b"{}", JSON_TYPE, "POST", b"Content-Length: 2, 3"),
    "a length and chunks": request(PAGES, BOTH, JSON_TYPE, "POST", b"Content-Length: 4", CHUNKED),
    "chunks twice": request(PAGES, BOTH, JSON_TYPE, "POST", CHUNKED, CHUNKED),
    "chunks by another name": request(PAGES, BOTH, JSON_TYPE, "POST", b"Transfer-Encoding: xchunked"),
    "chunks that are packed": request(PAGES, BOTH, JSON_TYPE, "POST", b"Transfer-Encoding: gzip, chunked"),
    "chunks not last": request(PAGES, BOTH, JSON_TYPE, "POST", b"Transfer-Encoding: chunked, identity"),
    "chunks behind a tab": request(PAGES, BOTH, JSON_TYPE, "POST", b"Transfer-Encoding:\x0bchunked"),
    "chunks before a space": request(PAGES, BOTH, JSON_TYPE, "POST", b"Transfer-Encoding : chunked"),
    "a chunk too large to say": request(PAGES, b"fffffffffffffffff\r\n{}", JSON_TYPE, "POST", CHUNKED),
    "a chunk below nothing": request(PAGES, b"-2\r\n{}\r\n0\r\n\r\n", JSON_TYPE, "POST", CHUNKED),
    "no chunk": request(PAGES, b"hello\r\n", JSON_TYPE, "POST", CHUNKED),
    "a long extension": request(PAGES, b"2;" + b"x" * 500_000 + b"\r\n{}\r\n0\r\n\r\n", JSON_TYPE, "POST", CHUNKED),
    "many trailers": request(PAGES, b"2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 100_000 + CRLF, JSON_TYPE, "POST", CHUNKED),
    "tiny chunks": request(PAGES, chunked(*[b" "] * 100_000) + b"0\r\n\r\n", JSON_TYPE, "POST", CHUNKED),
    "a text of many bytes": request(f"{PAGES}/@ID@/text", b"x" * 3_000_000, b"text/markdown", "PUT", b"If-Match: *"),
    "a text that is none": request(f"{PAGES}/@ID@/text", b"\0\xff" * 1000, b"text/markdown", "PUT", b"If-Match: *"),
    "a text of brackets": request(f"{PAGES}/@ID@/text", b"[" * 900_000, b"text/markdown", "PUT", b"If-Match: *"),
    "a body of nothing asked": request("/open/pages/a.md", b"x" * 1_000_000, JSON_TYPE, "GET"),
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "no protocol": b"\x16\x03\x01" + os.urandom(500),
    "an old protocol": b"GET /\r\n\r\n", "a method of bytes": b"\xff\xfe / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an upgrade": request("/ws/hubs/open", b"", FORM, "GET", b"Upgrade: websocket", b"Sec-WebSocket-Version: 99"),
    "wait for me": request(PAGES, b"{}", JSON_TYPE, "POST", b"Expect: 100-continue"),
    "wait for something": request(PAGES, b"{}", JSON_TYPE, "POST", b"Expect: \xff"),
    "two in one": request(PAGES, b"{}", JSON_TYPE, "POST", b"Content-Length: 2").replace(b"Connection: close\r\n", b"")
    + request("/api/v1/me", b"", FORM, "GET"),
}  # fmt: skip


@dataclass
class Target:
    """A server with a hub, somebody's token, and what it held before."""

    server: Served
    token: bytes
    page: str

    def memory(self, which: str = "VmRSS") -> int:
        """What its process holds, in MB; by "VmHWM" the most it ever did."""
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(status.partition(f"{which}:")[2].split()[0]) // 1024

    def say(self, data: bytes) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE)
        opened.settimeout(PATIENCE)
        with suppress(BrokenPipeError, ConnectionResetError):  # it need not listen to the end
            opened.sendall(data.replace(b"@@@", self.token).replace(b"@ID@", self.page.encode()))
        return opened

    def status(self, opened: socket.socket) -> int:
        """The status of the answer; 0 when it hung up without one."""
        heard = b""
        try:
            while b"\r\n" not in heard and (more := opened.recv(65536)):
                heard += more
        except ConnectionResetError:
            pass
        finally:
            opened.close()
        return int(heard[9:12]) if heard.startswith(b"HTTP/1.") else 0


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    data = tmp_path_factory.mktemp("served")
    (data / "password").write_text("correct horse battery staple")
    command(data, "user", "create", "lea", "--email", "l@example.org", "--password-file", str(data / "password"))
    command(data, "hub", "create", "open", "--visibility", "public")
    command(data, "hub", "member", "open", "lea", "--role", "owner")
    (data / "a.md").write_text("# A\n")
    command(data, "import", str(data / "a.md"), "--hub", "open", "--as", "lea")
    token = command(data, "token", "create", "lea", "--name", "x", "--scope", "write").split()[0]
    server = Served(
        data, DJANGO_SETTINGS_MODULE="nexus.settings", NEXUS_RATE_SIGNED_IN="1000000", NEXUS_LOG_LEVEL="WARNING"
    )
    page = server.json(PAGES, Authorization=f"Bearer {token}")["results"][0]["id"]
    yield Target(server, token.encode(), page)
    assert server.stop() == 0, server.output
    assert server.process.stderr
    server.process.stderr.close()


@contextmanager
def somebody_else(target: Target) -> Iterator[list[int]]:
    """Somebody who reads all the while; the statuses of their answers."""
    done, told = threading.Event(), []

    def read() -> None:
        while not done.is_set():
            told.append(target.server.ask("/open/pages/a.md")[0])
            done.wait(0.05)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield told
    finally:
        done.set()
        reader.join(PATIENCE)


def test_nothing_that_is_sent_at_once_is_a_defect(target: Target) -> None:
    for _ in range(20):  # what it needs for its everyday work, it has
        target.server.ask("/open/pages/a.md")
        target.server.ask(PAGES, Authorization=f"Bearer {target.token.decode()}")
    target.status(target.say(request(PAGES, b'{"path": "warm.md", "text": "' + b"x" * 1_900_000 + b'"}')))
    before, peak, told = target.memory(), target.memory("VmHWM"), {}
    with somebody_else(target) as elses:
        for name, data in WHOLE.items():
            told[name] = target.status(target.say(data))
    print(target.memory() - before, target.memory("VmHWM") - peak, told)
    assert len(WHOLE) >= 60
    assert {name: status for name, status in told.items() if status >= 500} == {}
    assert target.memory() - before < MOST_MB
    assert target.memory("VmHWM") - peak < MOST_AT_ONCE_MB
    assert elses
    assert set(elses) == {200}
    assert target.server.process.poll() is None
    assert not re.search(r"status=5\d\d", target.server.output)


def test_what_never_ends_is_ended_or_holds_nobody_up(target: Target) -> None:
    """More of them than there are threads; each gives a little, and then waits."""
    before = target.memory()
    endless = request(PAGES, b"", JSON_TYPE, "POST", CHUNKED)
    slow = request(PAGES, b"{", JSON_TYPE, "POST", b"Content-Length: 1000")
    head = b"POST /api/v1/hubs HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    held = [target.say(data) for data in (endless, slow, head) for _ in range(30)]
    with somebody_else(target) as elses:
        gone = 0
        for opened in held:  # a byte of each, in turn, while others read
            try:
                opened.sendall(b"1\r\nx\r\n" if opened in held[:30] else b"x")
            except OSError:
                gone += 1
        target.server.until(lambda: len(elses) >= 20)
    assert set(elses) == {200}
    statuses = [target.status(opened) for opened in held]
    assert set(statuses) <= {0, 408}, statuses
    assert statuses.count(408) >= 60 - gone
    assert target.memory() - before < MOST_MB


def test_chunks_without_end_end(target: Target) -> None:
    """A body of unknown length is cut off where every other one is, and its bytes are not kept in memory."""
    before = target.memory()
    opened = target.say(request(FILES_AT, b"", MULTIPART, "POST", CHUNKED))
    chunk, sent = chunked(b"x" * 1_000_000), 0
    with somebody_else(target) as elses:
        try:
            while sent < 1_000:
                opened.sendall(chunk)
                sent += 1
        except OSError:
            pass
    assert sent < 260
    assert target.status(opened) in {0, 413}
    assert set(elses) == {200}
    assert target.memory() - before < MOST_MB
