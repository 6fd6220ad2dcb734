"""What the processes of an instance share and may lose: counters and cached bytes, in Redis when REDIS_URL names one, else
in this process. Redis down means slower, never an error: for some seconds this process then counts and keeps by itself."""

import threading
import time
from typing import NamedTuple

import redis
from cachetools import TLRUCache
from django.conf import settings

#: How long a call may wait for Redis, and how long it is left alone after it failed, in seconds.
TIMEOUT, PAUSE = 0.25, 5.0
#: Keys of everything here, so that a Redis may be shared with others.
PREFIX = "nexus:1:"
#: The most that is kept in one process, and what an entry costs beside its value, in bytes.
MAX_BYTES, OVERHEAD = 32_000_000, 300


class _Kept(NamedTuple):
    """Something kept in this process: a counter or bytes, and when it ends on the monotonic clock."""

    value: int | bytes
    until: float


def _size(kept: _Kept) -> int:
    return OVERHEAD + (len(kept.value) if isinstance(kept.value, bytes) else 0)


_lock = threading.Lock()
_kept: TLRUCache[str, _Kept] = TLRUCache(MAX_BYTES, lambda _key, kept, _now: kept.until, time.monotonic, _size)
_clients: dict[str, redis.Redis] = {}
_paused_until = 0.0


def _client() -> redis.Redis | None:
    """The connection pool of this process, or None where there is no Redis, or none that answers."""
    url = settings.REDIS_URL
    if not url or time.monotonic() < _paused_until:
        return None
    if url not in _clients:
        _clients[url] = redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=None)
    return _clients[url]


def _failed() -> None:
    global _paused_until
    _paused_until = time.monotonic() + PAUSE


def count(key: str, seconds: int, number: int = 1) -> int:
    """Adds `number` to the counter `key`, which starts anew `seconds` after its first count; returns what it is now.

    It is counted in this process as well: when Redis goes away amid an attack, its limits go on from there.
    """
    with _lock:
        before = _kept.get(f"count:{key}") or _Kept(0, time.monotonic() + seconds)
        here = int(before.value) + number
        _kept[f"count:{key}"] = before._replace(value=here)
    client = _client()
    if client is None:
        return here
    try:
        pipe = client.pipeline(transaction=True)
        pipe.set(f"{PREFIX}count:{key}", 0, ex=seconds, nx=True)
        pipe.incrby(f"{PREFIX}count:{key}", number)
        return max(here, int(pipe.execute()[1]))
    except redis.RedisError:
        _failed()
        return here


def get(key: str) -> bytes | None:
    """The bytes kept as `key`, if they still are."""
    client = _client()
    if client is not None:
        try:
            found = client.get(PREFIX + key)
        except redis.RedisError:
            _failed()
        else:
            return found if isinstance(found, bytes) else None
    with _lock:
        kept = _kept.get(key)
    return kept.value if kept and isinstance(kept.value, bytes) else None


def put(key: str, value: bytes, seconds: int) -> None:
    """Keeps `value` as `key` for at most `seconds`; it may be gone earlier."""
    client = _client()
    if client is not None:
        try:
            client.set(PREFIX + key, value, ex=seconds)
        except redis.RedisError:
            _failed()
        else:
            return
    if len(value) + OVERHEAD <= MAX_BYTES:
        with _lock:
            _kept[key] = _Kept(value, time.monotonic() + seconds)


def publish(channel: str, message: str) -> None:
    """Sends `message` to whoever listens to `channel` right now; to nobody while Redis is down."""
    client = _client()
    if client is not None:
        try:
            client.publish(PREFIX + channel, message)
        except redis.RedisError:
            _failed()


def clear() -> None:
    """Forgets what this process keeps; for tests."""
    global _paused_until
    _paused_until = 0.0
    with _lock:
        _kept.clear()
