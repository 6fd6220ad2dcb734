"""Identifiers: UUID version 7, and content hashes."""

import hashlib
import os
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def uuid7() -> uuid.UUID:
    """A UUIDv7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 bits.

    Within one process the values ascend (the 12 bits of `rand_a` continue the clock below a millisecond, RFC 9562
    §6.2 method 3). It is neither an order (processes and clocks differ) nor a secret.
    """
    global _last
    with _lock:
        # 2**-12 ms steps of the nanosecond clock; never the same twice, never back.
        now = (time.time_ns() << 12) // 1_000_000
        _last = now if now > _last else _last + 1
        stamp = _last
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62
    return uuid.UUID(int=value | int.from_bytes(os.urandom(8)) >> 2)


def content_hash(data: bytes) -> str:
    """SHA-256 (FIPS 180-4) of `data` as 64 lower-case hex digits: the name of a blob."""
    return hashlib.sha256(data).hexdigest()


def text_key(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of `text`: equal on every database exactly when the bytes are.

    Used where a text must be unique or looked up, since MariaDB compares by collation and cannot index 1,024 bytes.
    """
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
