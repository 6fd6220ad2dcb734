"""What stands before both doors of a server process: lifespan, liveness, proxies, and who may open a WebSocket."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from nexus.ops import health
from nexus.ops.answers import BARE, Whole
from nexus.ops.bodies import Message, Receive
from nexus.ops.bridge import Bridge, Send
from nexus.ops.front import HEAD, Front, Head, head_of
from nexus.ops.proxies import LOCAL, Network, Scope, is_local, unproxied

log = logging.getLogger(__name__)

type Application = Callable[[Scope, Receive, Send], Awaitable[Any]]

#: Close codes (RFC 6455 §7.4.1): 1012 asks the client to come back, since only the server restarts.
SERVICE_RESTART = 1012
DENIED = 4403
#: How long a consumer gets to save when the server stops, in seconds.
SAVING = 10.0


class Gateway:
    """The outermost ASGI application of a process."""

    def __init__(
        self,
        *,
        http: Bridge | Front,
        websocket: Application,
        trusted_proxies: Sequence[Network],
        recall: Callable[[Head], Whole | None] = lambda _head: None,
        started: Callable[[], None] = lambda: None,
    ) -> None:
        """recall: the answer to a request that came with this very head before, if it still holds. started: called once
        the process answers; it may not wait."""
        self._http = http
        self._websocket = websocket
        self._trusted = trusted_proxies
        self._recall = recall
        self._started = started
        self._sockets: dict[Socket, asyncio.Task[Any]] = {}
        self.loop: asyncio.AbstractEventLoop | None = None
        #: The only address this process listens on, set by the server that does; "" when nobody said so.
        self.bound_to = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "lifespan":
                await self._lifespan(receive, send)
            case "http" if scope["path"] == health.LIVE:
                await _alive(send)
            case "http":
                head = head_of(scope)
                known = self._recall(head)
                if known is not None:
                    await known.give(scope, send)
                    return
                local = is_local(scope, self.bound_to, self._trusted)  # asked before the headers that tell are dropped
                seen = unproxied(scope, self._trusted)
                seen |= {LOCAL: local, HEAD: head}
                await self._http(seen, receive, send)
            case "websocket":
                await self._open_socket(unproxied(scope, self._trusted), receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.loop = asyncio.get_running_loop()
                self._started()
            else:
                self._http.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _open_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        admitted = admit(scope)
        if admitted is None:
            log.warning("refused websocket %r: origin or host", scope["path"])
            await _refuse(receive, send)
            return
        socket = Socket(receive, send)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  a coroutine that runs is in one
        self._sockets[socket] = task
        try:
            await self._websocket(admitted, socket.receive, socket.send)
        except ValueError as error:  # how Channels' router says that it knows no such path
            if socket.was_accepted or "No route found" not in str(error):
                raise
            await _refuse(receive, send)
        finally:
            del self._sockets[socket]

    async def close_sockets(self) -> None:
        """Tells every WebSocket that the server restarts (1012), and waits until its consumer has saved what it holds."""
        await asyncio.gather(*(socket.restart(task) for socket, task in self._sockets.items()), return_exceptions=True)


class Socket:
    """One open WebSocket, which the server can end as well as its consumer."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._incoming: asyncio.Future[Message] | None = None
        self._close_code: int | None = None
        self._closed = asyncio.Event()
        self.was_accepted = False

    async def receive(self) -> Message:
        """The next message of the client; a disconnect after the connection was closed from this side."""
        if self._close_code is None:
            self._incoming = asyncio.ensure_future(self._receive())
            try:
                return await self._incoming
            except asyncio.CancelledError:
                if self._close_code is None:  # the consumer itself was cancelled
                    raise
        # Not before the close is out: an application that has ended is closed by the server, without our code.
        await self._closed.wait()
        return {"type": "websocket.disconnect", "code": self._close_code}

    async def send(self, message: Message) -> None:
        """Sends what the consumer says; nothing after a close."""
        if self._close_code is not None:
            return
        if message["type"] == "websocket.close":
            self._close_code = message.get("code") or 1000
            if self._incoming is not None:
                self._incoming.cancel()  # granian's close waits for a receive that is under way, so it goes first
        self.was_accepted = self.was_accepted or message["type"] == "websocket.accept"
        try:
            await self._send(message)
        finally:
            if self._close_code is not None:
                self._closed.set()

    async def restart(self, consumer: asyncio.Task[Any]) -> None:
        """Ends the connection with 1012, and waits for its consumer."""
        await self.send({"type": "websocket.close", "code": SERVICE_RESTART, "reason": "restarting"})
        await asyncio.wait({consumer}, timeout=SAVING)


def admit(scope: Scope) -> Scope | None:
    """`scope` when its WebSocket may be opened, else None.

    The Host must be one of ours. A browser always sends Origin, which must be our own origin or a CSRF_TRUSTED_ORIGINS
    entry, since its cookies come along from anywhere. Without Origin it is a program, and gets no cookies: it signs in
    by token. So does a page of an origin that NEXUS_CORS_ORIGINS names.
    """
    headers = dict(scope["headers"])
    host = headers.get(b"host", b"").decode("latin-1")
    domain, _port = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return None
    origin = headers.get(b"origin")
    without_cookies = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"cookie"]}
    if origin is None:
        return without_cookies
    text = origin.decode("latin-1")
    scheme = "https" if scope["scheme"] == "wss" else "http"
    own = urlsplit(text).scheme == scheme and urlsplit(text).netloc == host
    if own or text in settings.CSRF_TRUSTED_ORIGINS:
        return scope
    is_named = settings.CORS_ALLOW_ALL_ORIGINS or text in settings.CORS_ALLOWED_ORIGINS
    return without_cookies if is_named else None


async def _refuse(receive: Receive, send: Send) -> None:
    await receive()  # websocket.connect; closing before accepting answers the handshake with 403
    await send({"type": "websocket.close", "code": DENIED})


async def _alive(send: Send) -> None:
    """Liveness without a thread: a pool full of slow requests is busy, not dead."""
    body = json.dumps(health.live()).encode()
    headers = [(b"content-type", b"application/json"), *BARE]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
