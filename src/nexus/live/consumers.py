"""`/ws/hubs/{hub}?after=SEQ&page=ID`: everything that happened in a hub behind SEQ, then what happens, and who else has a
page open (docs/events.md)."""

import asyncio
import contextlib
import logging
import re
from urllib.parse import parse_qs
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer

from nexus.live.closing import Close
from nexus.live.following import Place, bearer_of, count_in, follow, place_in, proof_of
from nexus.live.reading import for_arrivals
from nexus.live.rooms import rooms
from nexus.live.streams import Ended, Frame, Stream

log = logging.getLogger(__name__)

PROTOCOL = "nexus.v1"
#: How long it may take until somebody is let in, and until a close frame is taken, in seconds.
HANDSHAKE, FAREWELL = 30.0, 5.0
#: The stream takes nothing from a client: more messages than this end it.
MAX_MESSAGES = 100
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


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

    # Channels' signature
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        self._heard += 1
        if self._heard > MAX_MESSAGES and self._stream is not None:
            self._stream.end(Close.TOO_LOUD)

    async def disconnect(self, code: int) -> None:  # noqa: ARG002  Channels' signature
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
            await follow(stream, self._send)
        except Ended as end:
            close = end.close
        except asyncio.CancelledError:  # the client left, or it stalls
            close = self._stream.close if self._stream else None
        except Exception:
            close = Close.UNAVAILABLE
            log.warning("a stream ended early", exc_info=True)
        finally:
            place.count_out(counted)
        if close is not None:
            self._is_closing = True
            # It may take nothing any more; then the connection ends without a word.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.close(close.code, close.reason), FAREWELL)

    async def _admitted(self, counted: list[str]) -> Stream:
        """Who follows, and from where; `counted` gets what this connection is counted by. Raises Ended."""
        count_in(counted)
        query = parse_qs(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        hub = self.scope["url_route"]["kwargs"]["hub"]
        place = await for_arrivals(_asked, hub, self.scope, query.get("after", []), query.get("page", []))
        count_in(counted, place.proof, self.scope)
        return Stream(*place)

    async def _send(self, stream: Stream, frame: Frame) -> None:
        clock = asyncio.get_running_loop().time
        stream.sending_since = clock()
        await self.send(text_data=frame.text)
        stream.sending_since, stream.sent_at = None, clock()


def _asked(slug: str, scope: dict, after: list[str], page: list[str]) -> Place:
    """Who asks, and from where they follow. Raises Ended."""
    proof = proof_of(scope, bearer_of(scope))
    if len(after) > 1 or not all(map(_NUMBER.fullmatch, after)):
        bad = Close.BAD_AFTER
    elif len(page) > 1 or not all(map(_ID.fullmatch, page)):
        bad = Close.BAD_PAGE
    else:
        return place_in(slug, proof, int(after[0]) if after else None, UUID(page[0]) if page else None)
    place_in(slug, proof, None)  # of a hub that one may not see not even this is said
    raise Ended(bad)
