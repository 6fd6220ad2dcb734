"""`/ws/hubs/{hub}?after=SEQ`: everything that happened in a hub behind SEQ, then what happens (docs/events.md)."""

import asyncio
import contextlib
import logging
import re
from typing import NamedTuple
from urllib.parse import parse_qs
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import parse_cookie

from nexus.accounts.actor import Door
from nexus.accounts.proofs import NOBODY, Proof, actors, proof_of_bearer, proof_of_session
from nexus.base.errors import NotFound, Unauthenticated
from nexus.hubs.access import hub_for
from nexus.hubs.queries import Reader, newest_activity
from nexus.live.closing import Close
from nexus.live.reading import for_arrivals, look
from nexus.live.rooms import Room, rooms
from nexus.live.streams import Ended, Stream, frame

log = logging.getLogger(__name__)

PROTOCOL, BEARER = "nexus.v1", "bearer."
#: How long it may take until somebody is let in, and until a close frame is taken, in seconds.
HANDSHAKE, FAREWELL = 30.0, 5.0
#: The stream takes nothing from a client: more messages than this end it.
MAX_MESSAGES = 100
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


class HubStream(AsyncWebsocketConsumer):
    """One connection. It is accepted before it is judged: of a refused handshake a browser is told nothing but that."""

    _task: asyncio.Task[None] | None = None
    _stream: Stream | None = None
    _is_closing = False
    _heard = 0

    async def connect(self) -> None:
        offered = self.scope["subprotocols"]
        if offered and PROTOCOL not in offered:
            await self.close()
            return
        await self.accept(PROTOCOL if offered else None)
        self._task = asyncio.get_running_loop().create_task(self._serve())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        self._heard += 1
        if self._heard > MAX_MESSAGES and self._stream is not None:
            self._stream.end(Close.TOO_LOUD)

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        if self._task is None:
            return
        if not self._is_closing:
            self._task.cancel()
        await asyncio.wait({self._task}, timeout=FAREWELL)

    async def _serve(self) -> None:
        """From being let in to the farewell."""
        place = rooms()
        close: Close | None = None
        counted: list[str] = []
        try:
            async with asyncio.timeout(HANDSHAKE):
                self._stream = stream = await self._admitted(counted)
            stream.task = asyncio.current_task()
            await self._send_on(place.enter(stream), stream)
        except Ended as end:
            close = end.close
        except asyncio.CancelledError:  # the client left, or it stalls
            close = self._stream.close if self._stream else None
        except Exception:
            close = Close.UNAVAILABLE
            log.warning("a stream ended early", exc_info=True)
        finally:
            if self._stream is not None:
                place.leave(self._stream)
            place.count_out(counted)
        if close is not None:
            self._is_closing = True
            # It may take nothing any more; then the connection ends without a word.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.close(close.code, close.reason), FAREWELL)

    async def _admitted(self, counted: list[str]) -> Stream:
        """Who follows, and from where; `counted` gets what this connection is counted by. Raises Ended."""
        rooms().count_in("all", settings.SOCKETS, counted)
        query = parse_qs(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        hub = self.scope["url_route"]["kwargs"]["hub"]
        proof, place = await for_arrivals(_placed, hub, self.scope, query.get("after", []))
        if proof.user is None:
            rooms().count_in(f"address {self.scope['client'][0]}", settings.SOCKETS_PER_ADDRESS, counted)
        else:
            rooms().count_in(f"user {proof.user}", settings.SOCKETS_PER_USER, counted)
        return Stream(place.hub, proof, place.position, place.previous)

    async def _send_on(self, room: Room, stream: Stream) -> None:
        """Sends what is behind its position, page by page as the client takes it, then what the room tells. Raises Ended."""
        is_behind = True
        while is_behind:
            seen = await for_arrivals(look, stream.hub, [stream.proof], stream.position)
            standing = seen.standing[stream.proof]
            if not isinstance(standing, Reader):
                raise Ended(standing)
            for event in seen.told.events[standing.is_member]:
                await self._send(stream, frame(event, stream.previous))
                stream.previous = event.seq
            stream.position = seen.told.until
            is_behind = seen.told.is_cut or not room.join(stream)
        while True:
            await self._send(stream, await stream.next())

    async def _send(self, stream: Stream, text: str) -> None:
        """Raises Ended when the connection is to be closed instead."""
        if stream.close is not None:
            raise Ended(stream.close)
        clock = asyncio.get_running_loop().time
        stream.sending_since = clock()
        await self.send(text_data=text)
        stream.sending_since, stream.sent_at = None, clock()


class Place(NamedTuple):
    """Where in which log a connection begins."""

    hub: UUID
    position: int
    previous: int


def _placed(slug: str, scope: dict, after: list[str]) -> tuple[Proof, Place]:
    proof = _proof(scope)
    return proof, _place(slug, proof, after)


def _proof(scope: dict) -> Proof:
    """What a connection shows. A token that does not hold is refused, whatever else is there. Raises Ended."""
    bearers = [each.removeprefix(BEARER) for each in scope["subprotocols"] if each.startswith(BEARER)]
    if len(bearers) > 1:
        raise Ended(Close.SIGNED_OUT)
    if bearers:
        try:
            return proof_of_bearer(bearers[0])
        except Unauthenticated as error:
            raise Ended(Close.EXPIRED if error.code == "token_expired" else Close.SIGNED_OUT) from None
    # The gateway has let cookies through from our own pages only.
    cookies = "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    return proof_of_session(key) if key else NOBODY


def _place(slug: str, proof: Proof, after: list[str]) -> Place:
    """Where to begin in the hub called `slug`. Who may not see it learns nothing more than that. Raises Ended."""
    actor = actors([proof], Door.WEBSOCKET).get(proof)
    if actor is None:
        raise Ended(Close.SIGNED_OUT)
    try:
        hub = hub_for(actor, slug)
    except NotFound:
        raise Ended(Close.NOT_FOUND) from None
    if not after:
        return Place(hub.pk, hub.sequence, newest_activity(actor, hub.pk, until=hub.sequence))
    if len(after) > 1 or not _NUMBER.fullmatch(after[0]):
        raise Ended(Close.BAD_AFTER)
    if int(after[0]) > hub.sequence:
        raise Ended(Close.AHEAD)
    return Place(hub.pk, int(after[0]), newest_activity(actor, hub.pk, until=int(after[0])))
