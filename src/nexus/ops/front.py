"""What stands before the framework for readers who are nobody: whole answers that are the same for all of them, kept in the
process and given again while nothing public has changed (docs/adr/0050).

An answer is kept only when the view said `Cache-Control: public` (web.door.shared_page), set no cookie, and was asked for
without any; it is given only to requests without a session. What it was made from is named by the states of the public
hubs, read at most FRESH seconds ago, so there is nothing to forget by hand.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from cachetools import LRUCache
from django.conf import settings
from django.db import DatabaseError, connection

from nexus.accounts.actor import Actor, Door
from nexus.hubs import queries
from nexus.ops.bodies import Message, Receive
from nexus.ops.proxies import LOCAL, Scope

type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[Any]]
type States = Mapping[str, object]

#: How old what is known of the hubs may be, and an answer at most, in seconds: some of it tells how long ago something was.
FRESH, OLDEST = 1.0, 60.0
#: Bytes of all answers kept, and of the largest one.
MAX_BYTES, MAX_ANSWER = 64_000_000, 1_000_000
#: How long a request waits for another that makes the same answer, in seconds.
TOGETHER = 5.0
#: Cookies that change nothing in an answer.
_HARMLESS = frozenset({settings.CSRF_COOKIE_NAME})
#: Whose answers depend on their own hub alone, as the second segment of their address.
_OWN = frozenset({"pages", "raw"})
#: What of a content's headers goes with an answer that says it did not change (RFC 9110 §15.4.5).
_SENT_BARE = frozenset({b"content-location", b"content-security-policy"})
_NOT_KEPT = frozenset({b"x-request-id", b"date", b"server"})


class Kept(NamedTuple):
    """An answer, what it was made from, and until when it is given, on the monotonic clock."""

    version: object
    until: float
    headers: list[tuple[bytes, bytes]]
    body: bytes
    etag: bytes


def _size(kept: Kept) -> int:
    return len(kept.body) + 1_000


def public_states() -> States:
    """The state of each public hub, by slug; one statement."""
    try:
        return queries.states(Actor.anonymous(Door.WEB))
    finally:
        connection.close()  # of a thread that does nothing else; with a pool it goes back there


class Front:
    """An ASGI application for HTTP before another. Everything it keeps is used from the event loop alone."""

    def __init__(self, application: Any, states: Callable[[], States] = public_states) -> None:
        self._application = application
        self._read = states
        self._kept: LRUCache[object, Kept] = LRUCache(MAX_BYTES, _size)
        self._making: dict[object, asyncio.Event] = {}
        self._states: States = {}
        self._everything = 0
        #: When the states were read, and when something was last written that they may not know of, on the monotonic clock.
        self._read_at = self._written_at = float("-inf")
        self._reading = asyncio.Lock()

    def close(self) -> None:
        """Ends what stands behind."""
        self._application.close()

    def forget(self, *_nudge: object) -> None:
        """Has the states read again before the next answer: something was written. A listener of `base.broadcast`; from any
        thread."""
        self._written_at = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _key(scope)
        if key is None or not await self._look(since=time.monotonic() if _asks_anew(scope) else 0):
            await self._application(scope, receive, send)
            return
        if await self._give(key, scope, send):
            return
        under_way = self._making.get(key)
        if under_way is not None:
            try:
                await asyncio.wait_for(under_way.wait(), TOGETHER)
            except TimeoutError:
                pass
            else:
                if await self._give(key, scope, send):
                    return
        await self._make(key, scope, receive, send)

    def _knows(self, since: float) -> bool:
        return self._read_at >= max(since, self._written_at, time.monotonic() - FRESH)

    async def _look(self, *, since: float) -> bool:
        """Whether the states were read lately, after the last write and after `since`, or now; False when the database does
        not say."""
        if self._knows(since):
            return True
        async with self._reading:
            if self._knows(since):
                return True
            begun = time.monotonic()
            try:
                found = await asyncio.to_thread(self._read)
            except DatabaseError:
                return False
            if found != self._states:
                self._states = found
                self._everything += 1
            self._read_at = begun
            return True

    def _version(self, path: str) -> object:
        """What an answer at `path` is made from, as it is now: one hub, or all that are public."""
        hub, _, rest = path.lstrip("/").partition("/")
        if rest.partition("/")[0] in _OWN and hub in self._states:
            return hub, self._states[hub]
        return self._everything

    async def _give(self, key: object, scope: Scope, send: Send) -> bool:
        kept = self._kept.get(key)
        if kept is None or kept.until < time.monotonic() or kept.version != self._version(scope["path"]):
            return False
        if _names(scope, kept.etag):
            head = [pair for pair in kept.headers if not pair[0].startswith(b"content-") or pair[0] in _SENT_BARE]
            await send({"type": "http.response.start", "status": 304, "headers": head})
            await send({"type": "http.response.body", "body": b""})
            return True
        await send({"type": "http.response.start", "status": 200, "headers": kept.headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else kept.body})
        return True

    async def _make(self, key: object, scope: Scope, receive: Receive, send: Send) -> None:
        done = self._making[key] = asyncio.Event()
        answer = _Answer(send)
        version = self._version(scope["path"])  # before it is made: what is written meanwhile makes it old, never new
        try:
            await self._application(scope, receive, answer.send)
        finally:
            if self._making.get(key) is done:
                del self._making[key]
            if scope["method"] == "GET" and b"cookie" not in dict(scope["headers"]):
                kept = answer.to_keep(version)
                if kept is not None:
                    self._kept[key] = kept
            done.set()


class _Answer:
    """An answer on its way out, looked at as it passes."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._parts: list[bytes] = []
        self._length = 0
        self._is_whole = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._length += len(message.get("body", b""))
            if self._length <= MAX_ANSWER:
                self._parts.append(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
        await self._send(message)

    def to_keep(self, version: object) -> Kept | None:
        """What may be given to others, if it may."""
        headers = dict(self._start.get("headers", ()))
        shared = b"public" in headers.get(b"cache-control", b"")
        if not (self._is_whole and self._start["status"] == 200 and shared and self._length <= MAX_ANSWER):
            return None
        if b"set-cookie" in headers:
            return None
        body = b"".join(self._parts)
        etag = b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"'
        left = [pair for pair in self._start["headers"] if pair[0] not in _NOT_KEPT and pair[0] != b"etag"]
        marks = [(b"etag", etag), (b"cache-status", b"nexus; hit")]
        return Kept(version, time.monotonic() + OLDEST, [*left, *marks], body, etag)


def _key(scope: Scope) -> object | None:
    """What makes two requests ask for one answer; None for one whose answer is its own."""
    if scope["method"] not in {"GET", "HEAD"} or scope["path"].startswith(
        ("/api/", "/account", "/static/", "/health/")
    ):
        return None
    headers = dict(scope["headers"])
    if b"authorization" in headers or b"range" in headers or not _is_nobody(headers.get(b"cookie", b"")):
        return None
    language = headers.get(b"accept-language", b"") if len(settings.LANGUAGES) > 1 else b""
    packed = b"gzip" in headers.get(b"accept-encoding", b"")
    return (scope["scheme"], headers.get(b"host"), scope["raw_path"], scope["query_string"], language, packed,
            headers.get(b"hx-request"), scope.get(LOCAL))  # fmt: skip


def _asks_anew(scope: Scope) -> bool:
    """Whether a kept answer must be compared with what there is now (RFC 9111 §5.2.1), as when somebody reloads a page of
    which an event said that it changed."""
    asked = dict(scope["headers"]).get(b"cache-control", b"").lower()
    return b"no-cache" in asked or b"max-age=0" in asked


def _is_nobody(cookies: bytes) -> bool:
    names = {each.partition("=")[0].strip() for each in cookies.decode("latin-1").split(";")} - {""}
    return names <= _HARMLESS


def _names(scope: Scope, etag: bytes) -> bool:
    known = dict(scope["headers"]).get(b"if-none-match")
    return known is not None and (known.strip() == b"*" or etag in known)
