"""`@cached`: what is made from hubs is made once for all who may see the same, and anew when one of these hubs changes.

    @cached
    def _counts(basis: Basis, person: UUID | None) -> dict[str, int]: ...

A cached function is given a `Basis` in place of an actor. Its key names the rights it asks with and the state of each hub
that they reach, so there is nothing to invalidate, and what depends on rights cannot be kept without them
(docs/adr/0052). Values are kept in this process and in Redis, when there is one; without it, or when it is down, more is
made, and nothing is wrong.
"""

import functools
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from itertools import batched
from typing import Any, Concatenate, cast

import redis
from cachetools import TTLCache
from django.db import connection
from django.utils.crypto import salted_hmac

from nexus import __version__
from nexus.accounts.actor import Actor
from nexus.base import shared
from nexus.hubs.models import Hub
from nexus.hubs.queries import rights_and_states
from nexus.markdown import PARSER_VERSION

#: How long a value is kept, in seconds: by then nobody asks for the states it was made from, as a rule.
SECONDS = 600
#: Characters of all values in this process, and of the largest that is kept anywhere.
MAX_CHARACTERS, MAX_VALUE = 16_000_000, 500_000
#: Bytes of the seal before a value in Redis.
SEAL = 32
#: How long one who asks waits for another who makes the same, in seconds.
TOGETHER = 5.0

type Json = dict[str, Any] | list[Any] | str | int | float | bool | None

_kept: TTLCache[str, str] = TTLCache(MAX_CHARACTERS, SECONDS, time.monotonic, len)
_making: dict[str, threading.Event] = {}
_lock = threading.Lock()


class Basis:
    """Whose rights something is made with, and from which hub (None: all that these rights reach).

    Of one request: the states are asked for once, by one statement, when they are first needed.
    """

    def __init__(self, actor: Actor, hub: Hub | None = None) -> None:
        self.actor, self.hub = actor, hub

    @functools.cached_property
    def key(self) -> str:
        """The same for all whose rights reach the same hubs in the same states, as members or not."""
        states = rights_and_states(self.actor, self.hub)
        return hashlib.sha256(repr((sorted(states), PARSER_VERSION, __version__)).encode()).hexdigest()


def cached[**P, T: Json](function: Callable[Concatenate[Basis, P], T]) -> Callable[Concatenate[Basis, P], T]:
    """Keeps what `function` returns, which must be JSON as it is read again (lists, no tuples; keys are text).

    Its other arguments are text, numbers, UUIDs or None, and part of the key. Of several threads that ask for the same one
    makes it. In a transaction nothing is kept: what it sees may never come to be. Raises what `function` raises.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @functools.wraps(function)
    def ask(basis: Basis, *args: P.args, **kwargs: P.kwargs) -> T:
        if connection.in_atomic_block:
            return cast("T", json.loads(json.dumps(function(basis, *args, **kwargs))))
        asked = hashlib.sha256(repr((name, args, sorted(kwargs.items()))).encode()).hexdigest()
        key = f"{basis.key[:32]}{asked[:32]}"
        return cast("T", json.loads(_found(key) or _made(key, lambda: function(basis, *args, **kwargs))))

    return cast("Callable[Concatenate[Basis, P], T]", ask)


def _made(key: str, make: Callable[[], Json]) -> str:
    with _lock:
        if (text := _kept.get(key)) is not None:  # made since it was looked for
            return text
        under_way = _making.get(key)
        mine = _making.setdefault(key, threading.Event())
    if under_way is not None:
        under_way.wait(TOGETHER)
        if (text := _kept.get(key)) is not None:
            return text
    try:
        text = json.dumps(make())
        if len(text) <= MAX_VALUE:
            _keep(key, text)
        return text
    finally:
        with _lock:
            if _making.get(key) is mine:
                del _making[key]
        mine.set()


def _found(key: str) -> str | None:
    with _lock:
        text = _kept.get(key)
    client = shared.client() if text is None else None
    if client is not None:
        try:
            data = client.get(_address(key))
        except redis.RedisError:
            shared.failed()
            return None
        text = _opened(key, data) if isinstance(data, bytes) else None
        if text is not None:
            with _lock:
                _kept[key] = text
    return text


def _seal(key: str, data: bytes) -> bytes:
    return salted_hmac("nexus.hubs.caching", f"{key} ".encode() + data, algorithm="sha256").digest()


def _opened(key: str, data: bytes) -> str | None:
    """The text of what Redis gave, if it is what an instance with our SECRET_KEY put there, under this key: others may have
    access to it."""
    seal, text = data[:SEAL], data[SEAL:]
    return text.decode() if hmac.compare_digest(seal, _seal(key, text)) else None


def _keep(key: str, text: str) -> None:
    with _lock:
        _kept[key] = text
    client = shared.client()
    if client is not None:
        try:
            data = text.encode()
            client.set(_address(key), _seal(key, data) + data, ex=SECONDS)
        except redis.RedisError:
            shared.failed()


def _address(key: str) -> str:
    return f"{shared.PREFIX}made:{key}"


def forget_everywhere() -> None:
    """Forgets what is kept here and in Redis, whatever it was made from: some of it is not to be anywhere any more."""
    forget_all()
    client = shared.client()
    if client is not None:
        try:
            for some in batched(client.scan_iter(_address("*"), count=1000), 1000, strict=False):
                client.delete(*some)
        except redis.RedisError:
            shared.failed()


def forget_all() -> None:
    """Empties what this process keeps."""
    with _lock:
        _kept.clear()
