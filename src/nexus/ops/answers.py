"""Whole answers as they pass on their way out, and as they are given again."""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import NamedTuple

from nexus.ops.bodies import Message
from nexus.ops.proxies import Scope

type Send = Callable[[Message], Awaitable[None]]
type Headers = list[tuple[bytes, bytes]]

#: What goes with an answer that the framework's own headers do not reach: it is nothing to be shown, run or kept.
BARE: Headers = [
    (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]  # fmt: skip
#: Bytes of the largest answer that is kept.
MAX_ANSWER = 1_000_000
#: What of a content's headers goes with an answer that says it did not change (RFC 9110 §15.4.5).
_SENT_BARE = frozenset({b"content-location", b"content-security-policy"})
_NOT_KEPT = frozenset({b"x-request-id", b"date", b"server", b"set-cookie"})


class Whole(NamedTuple):
    """An answer that may be given again; `etag` as it is sent, empty when it has none."""

    headers: Headers
    body: bytes
    etag: bytes

    @property
    def size(self) -> int:
        """What it takes in memory, in bytes, about."""
        return len(self.body) + 1_000

    async def give(self, scope: Scope, send: Send, *, more: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """Answers with it, and with the headers `more`; only says so when the one who asks has it."""
        status, headers, body = 200, self.headers, self.body
        if self.etag and _names(scope, self.etag):
            status, body = 304, b""
            headers = [pair for pair in headers if not pair[0].startswith(b"content-") or pair[0] in _SENT_BARE]
        await send({"type": "http.response.start", "status": status, "headers": [*headers, *more] if more else headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


class Passing:
    """An answer on its way out, looked at as it passes."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._parts: list[bytes] = []
        self._length = 0
        self._is_whole = False

    async def send(self, message: Message) -> None:
        """Passes a message on, and remembers it while it is small enough."""
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._length += len(message.get("body", b""))
            if self._length <= MAX_ANSWER:
                self._parts.append(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
        await self._send(message)

    def whole(self, kind: bytes, *, hash_body: bool = False, had: Collection[bytes] = ()) -> Whole | None:
        """The answer, if it is one that may be kept: all of a 200 that sets no cookie and whose Cache-Control says `kind`.

        hash_body: gives it an entity tag made from its body in place of its own. had: what the client's own cookies are
        (`name=value`); that one of them is set to what it is only renews it, and is left out.
        """
        headers = dict(self._start.get("headers", ()))
        says = kind in headers.get(b"cache-control", b"")
        if not (self._is_whole and self._start["status"] == 200 and says and self._length <= MAX_ANSWER):
            return None
        if any(name == b"set-cookie" and value.partition(b";")[0] not in had for name, value in self._start["headers"]):
            return None
        body, etag = b"".join(self._parts), headers.get(b"etag", b"")
        left = [pair for pair in self._start["headers"] if pair[0] not in _NOT_KEPT]
        if hash_body:
            etag = b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"'
            left = [*(pair for pair in left if pair[0] != b"etag"), (b"etag", etag)]
        return Whole([*left, (b"cache-status", b"nexus; hit")], body, etag)


def _names(scope: Scope, etag: bytes) -> bool:
    """Whether the request's If-None-Match names the tag; weakened or with the suffix of a coding it is the same one."""
    for name, value in scope["headers"]:
        if name == b"if-none-match" and (value.strip() == b"*" or etag.removeprefix(b"W/").strip(b'"') in value):
            return True
    return False
