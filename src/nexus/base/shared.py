"""What the processes of an instance share and may lose: counters, and what they call to each other; by Redis when REDIS_URL
names one, else within this process. Redis down is never an error: for some seconds each process then counts by itself."""

import threading
import time
import uuid
from typing import NamedTuple

import redis
from cachetools import TLRUCache
from django.conf import settings

#: How long a call may wait for Redis, and how long it is left alone after it failed, in seconds.
TIMEOUT, PAUSE = 0.25, 5.0
#: Keys of everything here, so that a Redis may be shared with others.
PREFIX, COUNTERS = "nexus:1:", "count"
#: The most counters of one process; the least recently used leaves first.
MAX_COUNTERS = 100_000


class _Kept(NamedTuple):
    """A counter in this process, and when it ends on the monotonic clock."""

    value: int
    until: float


_lock = threading.Lock()
_kept: TLRUCache[str, _Kept] = TLRUCache(MAX_COUNTERS, lambda _key, kept, _now: kept.until, time.monotonic)
_clients: dict[str, redis.Redis] = {}
_paused_until = 0.0


def client() -> redis.Redis | None:
    """The connection pool of this process, or None where there is no Redis, or none that answers."""
    url = settings.REDIS_URL
    if not url or time.monotonic() < _paused_until:
        return None
    if url not in _clients:
        _clients[url] = redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=None)
    return _clients[url]


def failed() -> None:
    """Leaves Redis alone for a while: it did not answer."""
    global _paused_until
    _paused_until = time.monotonic() + PAUSE


def count(key: str, seconds: int, number: int = 1) -> int:
    """Adds `number` to the counter `key`, which starts anew `seconds` after its first count; returns what it is now.

    It is counted in this process as well: when Redis goes away amid an attack, its limits go on from there.
    """
    with _lock:
        before = _kept.get(key) or _Kept(0, time.monotonic() + seconds)
        here = before.value + number
        _kept[key] = before._replace(value=here)
    redis_client = client()
    if redis_client is None:
        return here
    try:
        pipe = redis_client.pipeline(transaction=True)
        pipe.set(f"{PREFIX}{COUNTERS}:{key}", 0, ex=seconds, nx=True)
        pipe.incrby(f"{PREFIX}{COUNTERS}:{key}", number)
        return max(here, int(pipe.execute()[1]))
    except redis.RedisError:
        failed()
        return here


def publish(channel: str, message: str) -> None:
    """Sends `message` to whoever listens to `channel` right now; to nobody while Redis is down."""
    redis_client = client()
    if redis_client is not None:
        try:
            redis_client.publish(PREFIX + channel, message)
        except redis.RedisError:
            failed()


def clear() -> None:
    """Begins to count anew, in Redis under another name; for tests."""
    global _paused_until, COUNTERS
    COUNTERS = f"count:{uuid.uuid4().hex}"
    _paused_until = 0.0
    with _lock:
        _kept.clear()
