"""Django's WSGI handler behind ASGI: a fixed set of threads answers HTTP at WSGI's speed, beside the WebSockets of the
same process (docs/adr/0005). A request takes a thread when its body is here, and a file on its way out takes none."""

import asyncio
import contextlib
import contextvars
import functools
import io
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from django.core.exceptions import BadRequest

from nexus.ops.answers import BARE
from nexus.ops.bodies import Bodies, ClientGone, Message, Receive, Refused, Spool
from nexus.ops.proxies import LOCAL, Scope

log = logging.getLogger(__name__)

type Send = Callable[[Message], Awaitable[None]]
type Headers = list[tuple[bytes, bytes]]
type WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

#: Bytes of a file or stream that are on their way to one client at a time.
CHUNK = 256 * 1024
#: How long a client may take to accept one chunk, in seconds.
STALL = 30.0
MAX_HEADER_BYTES = 32 * 1024
MAX_TARGET_BYTES = 8 * 1024


class FileBody:
    """wsgi.file_wrapper (PEP 3333): a response that is a file, so that the bridge can send it without a thread."""

    def __init__(self, file: IO[bytes], block_size: int = CHUNK) -> None:  # noqa: ARG002  the bridge has its own
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        return iter(functools.partial(self.file.read, CHUNK), b"")

    def close(self) -> None:
        self.file.close()


@dataclass(slots=True)
class Answer:
    """What a thread hands back: a whole body, or a file that is still to be sent, or neither when it streamed."""

    status: int
    headers: Headers
    body: bytes = b""
    file: IO[bytes] | None = None
    streamed: bool = False


class Outgoing:
    """The way out for one response; used from the event loop."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._watcher: asyncio.Task[None] | None = None
        self.is_gone = False

    async def start(self, status: int, headers: Headers) -> None:
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def chunk(self, data: bytes, *, more: bool = True) -> None:
        """Sends `data` once the client took what came before. Raises ClientGone when it left, or stalls."""
        if self._watcher is None and more:
            self._watcher = asyncio.get_running_loop().create_task(self._watch())
        if self.is_gone:
            raise ClientGone
        message = {"type": "http.response.body", "body": data, "more_body": more}
        try:
            await (asyncio.wait_for(self._send(message), STALL) if more else self._send(message))
        except TimeoutError:
            raise ClientGone from None

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.is_gone = True

    def done(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()


class Bridge:
    """An ASGI application for HTTP that runs the WSGI `application` in `threads` threads.

    max_body: bytes of one request's body; all bodies of the process together may hold four times as much.
    """

    def __init__(self, application: WSGIApplication, *, threads: int, max_body: int) -> None:
        self._application = application
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="http")
        self._bodies = Bodies(max_body, 4 * max_body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        out = Outgoing(receive, send)
        try:
            headers = _checked_headers(scope)
            with Spool() as spool:
                try:
                    if self._bodies.announced(headers):
                        await self._received(spool, receive)
                    else:
                        await receive()  # the empty body: what comes next is the disconnect
                    await self._respond(scope, headers, spool, out)
                finally:
                    self._bodies.release(spool)
        except Refused as refusal:
            log.warning("refused %s %s: %s", scope["method"], refusal.status, refusal.code)
            with contextlib.suppress(ClientGone):  # it may have left instead of breaking off
                await _send_refusal(out, refusal)
        except ClientGone:
            log.info("client left: %s %r", scope["method"], scope["path"])
        finally:
            out.done()

    async def _received(self, spool: Spool, receive: Receive) -> None:
        try:
            await self._bodies.into(spool, receive)
        except ClientGone:
            raise Refused(400, "broken_body", "The body broke off, or its chunks cannot be read.") from None

    async def _respond(self, scope: Scope, headers: dict[bytes, bytes], spool: Spool, out: Outgoing) -> None:
        environ = _environ(scope, headers, spool)
        loop = asyncio.get_running_loop()
        # A context of its own: what a request binds (log fields, language) never reaches the thread's next one.
        run = functools.partial(contextvars.copy_context().run, self._answer, environ, out, loop)
        answer = await loop.run_in_executor(self._pool, run)
        if answer.streamed:
            return
        try:
            await out.start(answer.status, answer.headers)
            if answer.file is not None:
                while data := await asyncio.to_thread(answer.file.read, CHUNK):
                    await out.chunk(data)
            await out.chunk(answer.body, more=False)
        finally:
            if answer.file is not None:
                await asyncio.to_thread(answer.file.close)

    def _answer(self, environ: dict[str, Any], out: Outgoing, loop: asyncio.AbstractEventLoop) -> Answer:
        """Runs the application, in a thread of the pool."""
        answer = Answer(500, [])

        def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> None:
            answer.status = int(status[:3])
            answer.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

        result = self._started(environ, start_response)
        length = _content_length(answer.headers)
        if environ["REQUEST_METHOD"] == "HEAD" or answer.status in {204, 304}:
            _close(result)
        elif isinstance(result, FileBody) and (length is None or length > CHUNK):
            answer.file = result.file
            _leave_thread()
        elif getattr(result, "streaming", False) and not isinstance(result, FileBody):
            _stream(result, answer, out, loop)
        else:
            try:
                answer.body = b"".join(result)
            finally:
                _close(result)
        return answer

    def _started(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The application's answer. Raises Refused for what Django's request refuses before any handler is there."""
        try:
            return self._application(environ, start_response)
        except BadRequest as error:
            raise Refused(400, "bad_request", str(error)) from None

    def close(self) -> None:
        """Takes no more requests and waits for those that run."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _stream(result: Iterable[bytes], answer: Answer, out: Outgoing, loop: asyncio.AbstractEventLoop) -> None:
    """Sends a generated response chunk by chunk, in this thread; each waits until the client has room for it."""

    def on_loop(step: Any) -> None:
        asyncio.run_coroutine_threadsafe(step, loop).result()

    answer.streamed = True
    try:
        on_loop(out.start(answer.status, answer.headers))
        for chunk in result:
            if chunk:
                on_loop(out.chunk(bytes(chunk)))
        on_loop(out.chunk(b"", more=False))
    finally:
        _close(result)


def _leave_thread() -> None:
    """Gives this thread's database connection back as the end of a request does: its file is closed in another one."""
    from django.db import close_old_connections

    close_old_connections()


def _close(result: Iterable[bytes]) -> None:
    close = getattr(result, "close", None)
    if close is not None:
        close()


def _content_length(headers: Headers) -> int | None:
    return next((int(value) for name, value in headers if name == b"content-length"), None)


def _checked_headers(scope: Scope) -> dict[bytes, bytes]:
    """The request's headers, those that came twice joined (RFC 9110 §5.3). Raises Refused when they are out of bounds."""
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES:
        raise Refused(414, "address_too_long", f"An address may have {MAX_TARGET_BYTES:,} bytes.")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
        raise Refused(431, "headers_too_large", f"Headers may have {MAX_HEADER_BYTES:,} bytes together.")
    joined: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in joined and name in {b"host", b"content-type", b"authorization"}:
            raise Refused(400, "repeated_header", f"{name.decode('latin-1').title()} came twice.")
        joined[name] = joined[name] + (b"; " if name == b"cookie" else b",") + value if name in joined else value
    return joined


def _environ(scope: Scope, headers: dict[bytes, bytes], spool: Spool) -> dict[str, Any]:
    """The WSGI environment (PEP 3333) of an ASGI scope; strings hold bytes as latin-1, as there."""
    server = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        LOCAL: scope.get(LOCAL, False),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": spool.rewound() if spool.size else io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileBody,
    }
    for name, value in headers.items():
        key = name.decode("latin-1").upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value.decode("latin-1")
    # What was received counts, not what was announced: a chunked body has a length now.
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["CONTENT_LENGTH"] = str(spool.size) if spool.size else ""
    return environ


async def _send_refusal(out: Outgoing, refusal: Refused) -> None:
    body = f"{refusal.message}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        *BARE,
    ]
    if refusal.status == 503:
        headers.append((b"retry-after", b"5"))
    await out.start(refusal.status, headers)
    await out.chunk(body, more=False)
