"""What stands before the framework for readers who are nobody: whole answers that are the same for all of them, kept in the
process and given again while nothing public has changed (docs/adr/0050).

An answer is kept only when the view said `Cache-Control: public` (web.door.shared_page), set no cookie, and was asked for
without any; it is given only to requests without a session. What it was made from is named by the states of the public
hubs, read at most FRESH seconds ago, so there is nothing to forget by hand.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from cachetools import LRUCache
from django.conf import settings
from django.db import Error, connection

from nexus.accounts.actor import Actor, Door
from nexus.hubs import queries
from nexus.ops.answers import Passing, Send, Whole
from nexus.ops.bodies import Receive
from nexus.ops.proxies import LOCAL, Scope

type Application = Callable[[Scope, Receive, Send], Awaitable[Any]]
type States = Mapping[str, object]
#: All that a request came with before its body: the same again is the same question.
type Head = tuple[Any, ...]

#: How old what is known of the hubs may be, and an answer at most, in seconds: some of it tells how long ago something was.
FRESH, OLDEST = 1.0, 60.0
#: Bytes of all answers kept.
MAX_BYTES = 64_000_000
#: How long a request waits for another that makes the same answer, in seconds.
TOGETHER = 5.0
#: How many heads are remembered with what they ask for, and bytes of the largest of them, about.
MAX_HEADS, MAX_HEAD = 4_096, 2_000
#: The key of the scope that holds its head.
HEAD = "nexus.head"
#: Cookies that change nothing in an answer.
_HARMLESS = frozenset({settings.CSRF_COOKIE_NAME})
#: Addresses whose answers are never the same for all.
_NOT_HERE = ("/api/", "/account", "/static/", "/health/")
_HAS_LANGUAGES = len(settings.LANGUAGES) > 1
#: Whose answers depend on their own hub alone, as the second segment of their address.
_OWN = frozenset({"pages", "raw"})


class Kept(NamedTuple):
    """An answer, what it was made from (a hub as it was, or all of them), and until when it is given, on the monotonic
    clock."""

    hub: str | None
    state: object
    until: float
    whole: Whole


def _size(kept: Kept) -> int:
    return kept.whole.size


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
        self._heads: dict[Head, object] = {}
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

    def recall(self, head: Head) -> Whole | None:
        """The answer to a request that came with just this head before, if it still holds. Takes a few microseconds."""
        key = self._heads.get(head)
        if key is None or not self._knows(0):
            return None
        kept = self._kept.get(key)
        return kept.whole if kept is not None and self._holds(kept) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        key = _key(scope, headers)
        since = time.monotonic() if key is not None and _asks_anew(headers) else 0
        if key is None or not (self._knows(since) or await self._look(since=since)):
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
            except Error:
                return False
            if found != self._states:
                self._states = found
                self._everything += 1
            self._read_at = begun
            return True

    def _made_from(self, path: str) -> tuple[str | None, object]:
        """What an answer at `path` is made from, as it is now: one hub, or all that are public."""
        hub, _, rest = path.lstrip("/").partition("/")
        if rest.partition("/")[0] in _OWN and hub in self._states:
            return hub, self._states[hub]
        return None, self._everything

    def _holds(self, kept: Kept) -> bool:
        now = self._everything if kept.hub is None else self._states.get(kept.hub)
        return kept.state == now and kept.until >= time.monotonic()

    async def _give(self, key: object, scope: Scope, send: Send) -> bool:
        kept = self._kept.get(key)
        if kept is None or not self._holds(kept):
            return False
        self._remember(scope, key)
        await kept.whole.give(scope, send)
        return True

    def _remember(self, scope: Scope, key: object) -> None:
        """Has `recall` know what the head of this request asks for."""
        head = scope.get(HEAD)
        if head is None or head in self._heads or _asks_anew(dict(scope["headers"])):
            return
        target = len(scope["raw_path"]) + len(scope["query_string"])
        if target + sum(len(name) + len(value) for name, value in scope["headers"]) <= MAX_HEAD:
            if len(self._heads) >= MAX_HEADS:
                del self._heads[next(iter(self._heads))]
            self._heads[head] = key

    async def _make(self, key: object, scope: Scope, receive: Receive, send: Send) -> None:
        done = self._making[key] = asyncio.Event()
        answer = Passing(send)
        # Before it is made: what is written meanwhile makes it old, never new.
        hub, state = self._made_from(scope["path"])
        try:
            await self._application(scope, receive, answer.send)
        finally:
            if self._making.get(key) is done:
                del self._making[key]
            if scope["method"] == "GET" and b"cookie" not in dict(scope["headers"]):
                whole = answer.whole(b"public", hash_body=True)
                if whole is not None:
                    self._kept[key] = Kept(hub, state, time.monotonic() + OLDEST, whole)
            done.set()


def _key(scope: Scope, headers: Mapping[bytes, bytes]) -> object | None:
    """What makes two requests ask for one answer; None for one whose answer is its own."""
    if scope["method"] not in {"GET", "HEAD"} or scope["path"].startswith(_NOT_HERE):
        return None
    if b"authorization" in headers or b"range" in headers:
        return None
    if b"cookie" in headers and not _is_nobody(headers[b"cookie"]):
        return None
    language = headers.get(b"accept-language", b"") if _HAS_LANGUAGES else b""
    packed = b"gzip" in headers.get(b"accept-encoding", b"")
    return (scope["scheme"], headers.get(b"host"), scope["raw_path"], scope["query_string"], language, packed,
            headers.get(b"hx-request"), scope.get(LOCAL))  # fmt: skip


def head_of(scope: Scope) -> Head:
    """All that a request came with: who asked, for what, and every header."""
    return ((scope.get("client") or ("",))[0], scope["http_version"], scope["scheme"], scope["method"], scope["raw_path"],
            scope["query_string"], *map(tuple, scope["headers"]))  # fmt: skip


def _asks_anew(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a kept answer must be compared with what there is now (RFC 9111 §5.2.1), as when somebody reloads a page of
    which an event said that it changed."""
    asked = headers.get(b"cache-control", b"").lower()
    return b"no-cache" in asked or b"max-age=0" in asked


def _is_nobody(cookies: bytes) -> bool:
    names = {each.partition("=")[0].strip() for each in cookies.decode("latin-1").split(";")} - {""}
    return names <= _HARMLESS
