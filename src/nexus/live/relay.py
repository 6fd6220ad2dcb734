"""Hears other processes through Redis: their nudges (docs/adr/0051), and who is on their pages (docs/adr/0071). Whatever is
lost here only delays: rooms poll, and who is there is said again."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from nexus.base import shared
from nexus.base.broadcast import CHANNEL, hear

log = logging.getLogger(__name__)

#: Between two attempts to reach Redis, in seconds.
RETRY = 2.0
#: After how many seconds of silence Redis is asked whether it is there, and how long it may take to say so, in seconds.
SILENT, ANSWER = 5.0, 5.0
#: Where processes say who is on their pages.
PRESENCE = "presence"


async def relay(url: str, presence: Callable[[object], None]) -> None:
    """Has each nudge heard in this process, and hands to `presence` what its channel carries, for ever; without Redis it
    waits until there is one again."""
    is_up = True
    while True:
        try:
            async with (
                redis.asyncio.Redis.from_url(url, socket_connect_timeout=RETRY, socket_timeout=ANSWER) as client,
                client.pubsub() as heard,
            ):
                await heard.subscribe(shared.PREFIX + CHANNEL, shared.PREFIX + PRESENCE)
                if not is_up:
                    log.info("Redis is back: nudges of other processes are heard again")
                is_up = True
                while True:
                    message = await _next(heard)
                    if message["type"] != "message":
                        continue
                    if message["channel"].endswith(PRESENCE.encode()):
                        presence(message["data"])
                    elif nudge := parsed(message["data"]):
                        hear(*nudge)
        except (RedisError, OSError) as error:
            if is_up:
                log.warning("Redis does not answer (%s): rooms ask the database instead", type(error).__name__)
            is_up = False
        await asyncio.sleep(RETRY)


async def _next(heard: Any) -> dict[str, Any]:
    """What is heard next. Raises TimeoutError when nothing is, not even an answer: a lost connection need not say so."""
    message = await heard.get_message(timeout=SILENT)
    if message is None:
        await heard.ping()
        message = await heard.get_message(timeout=ANSWER)
    if message is None:
        raise TimeoutError
    return cast("dict[str, Any]", message)


def parsed(data: object) -> tuple[UUID, int] | None:
    """Hub and number of a nudge as `base.broadcast` sends it; None for anything else that stands in the channel."""
    try:
        hub, _, seq = bytes(data).decode().partition(" ") if isinstance(data, bytes) else ("", "", "")
        return UUID(hub), int(seq)
    except ValueError:
        return None
