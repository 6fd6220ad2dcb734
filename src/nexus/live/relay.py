"""Hears the nudges of other processes through Redis (docs/adr/0051). Whatever is lost here only delays: rooms poll too."""

import asyncio
import logging
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from nexus.base import shared
from nexus.base.broadcast import CHANNEL, hear

log = logging.getLogger(__name__)

#: Between two attempts to reach Redis, in seconds.
RETRY = 2.0


async def relay(url: str) -> None:
    """Has each nudge heard in this process, for ever; without Redis it waits until there is one again."""
    is_up = True
    while True:
        try:
            async with (
                redis.asyncio.Redis.from_url(url, socket_connect_timeout=RETRY) as client,
                client.pubsub() as heard,
            ):
                await heard.subscribe(shared.PREFIX + CHANNEL)
                if not is_up:
                    log.info("Redis is back: nudges of other processes are heard again")
                is_up = True
                async for message in heard.listen():
                    if message["type"] == "message" and (nudge := parsed(message["data"])):
                        hear(*nudge)
        except (RedisError, OSError) as error:
            if is_up:
                log.warning("Redis does not answer (%s): rooms ask the database instead", type(error).__name__)
            is_up = False
        await asyncio.sleep(RETRY)


def parsed(data: object) -> tuple[UUID, int] | None:
    """Hub and number of a nudge as `base.broadcast` sends it; None for anything else that stands in the channel."""
    try:
        hub, _, seq = bytes(data).decode().partition(" ") if isinstance(data, bytes) else ("", "", "")
        return UUID(hub), int(seq)
    except ValueError:
        return None
