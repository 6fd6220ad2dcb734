"""`/graphql` by WebSocket: subscriptions over graphql-transport-ws (docs/graphql.md), told by the rooms of the stream.

What a subscription asks, and the answer to each event, is found by callables that the composition root hands in: doors never
import each other (docs/adr/0070). The protocol: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer

from nexus.accounts.actor import Actor, Door
from nexus.accounts.proofs import NOBODY, Proof
from nexus.base.errors import Invalid, Limited, NexusError, NotFound
from nexus.base.sentences import Sentence
from nexus.live.closing import Close
from nexus.live.consumers import FAREWELL, HANDSHAKE
from nexus.live.following import Place, actor_of, count_in, follow, place_in, place_on, proof_of
from nexus.live.reading import for_answers, for_arrivals
from nexus.live.rooms import rooms
from nexus.live.streams import HEARTBEAT, STALL, Ended, Frame, Stream
from nexus.pages.events import Event

log = logging.getLogger(__name__)

PROTOCOL = "graphql-transport-ws"
#: How long a client may take until it introduces itself, in seconds.
INTRODUCTION = 10.0
#: What one connection may have open; of a message in characters, of an id in characters.
MAX_SUBSCRIPTIONS, MAX_MESSAGE, MAX_ID = 20, 200_000, 200
#: How many messages of a client are taken in so many seconds.
MAX_MESSAGES, WINDOW = 200, 10.0
_BEARER = re.compile(r"bearer +(\S+) *", re.ASCII | re.IGNORECASE)
#: How the end of a stream ends the whole connection: codes after which a client of this protocol does the right thing.
_OF_ALL = {Close.SIGNED_OUT: Close.FORBIDDEN, Close.EXPIRED: Close.FORBIDDEN_NOW, Close.TOO_SLOW: Close.BEHIND}


class Subscription(Protocol):
    """What `subscription(payload, actor, address)` finds in the payload of a `subscribe`, or raises a NexusError."""

    field: str
    arguments: dict[str, Any]
    #: How many statements an answer may take; without any nobody need be asked for.
    reads: int

    def event(self, actor: Actor, hub: UUID, event: Event, previous: int) -> dict[str, Any]: ...

    def present(self, actor: Actor, people: Sequence[dict[str, str]], others: int) -> dict[str, Any]: ...


class GraphQLSocket(AsyncWebsocketConsumer):
    """One connection: who came, and the subscriptions that are open on it, each a task with a stream of its own."""

    def __init__(
        self,
        *,
        subscription: Callable[[Any, Actor, str], Subscription],
        refusal: Callable[[NexusError], dict[str, Any]],
    ) -> None:
        """refusal: how a NexusError is told."""
        super().__init__()
        self._subscription, self._refusal = subscription, refusal
        self._proof: Proof | None = None
        self._has_begun = False
        self._open: dict[str, asyncio.Task[None]] = {}
        self._counted: list[str] = []
        self._keeper: asyncio.Task[None] | None = None
        #: The task that ends the connection; nothing is taken or said any more once there is one.
        self._farewell: asyncio.Task[Any] | None = None
        self._sending = asyncio.Lock()
        self._heard_at = self._window = 0.0
        self._heard = 0

    async def connect(self) -> None:
        if PROTOCOL not in self.scope["subprotocols"]:
            await self.accept()
            await self._end(Close.NO_PROTOCOL)
            return
        await self.accept(PROTOCOL)
        try:
            count_in(self._counted)
            count_in(self._counted, NOBODY, self.scope)  # as anybody's, until it is known whose
        except Ended as end:
            await self._end(end.close)
            return
        self._heard_at = asyncio.get_running_loop().time()
        self._keeper = asyncio.get_running_loop().create_task(self._keep())

    async def disconnect(self, code: int) -> None:  # noqa: ARG002  Channels' signature
        tasks = {*self._open.values(), *({self._keeper} if self._keeper else ())}
        for task in tasks - {self._farewell}:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=FAREWELL)
        rooms().count_out(self._counted)

    # --- What a client says ---------------------------------------------------------------------------------------------

    # Channels' signature
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        if self._farewell is not None:
            return
        try:
            self._take_note()
            await self._hear(_message(text_data))
        except Ended as end:
            await self._end(_OF_ALL.get(end.close, end.close))
        except TimeoutError:
            await self._end(Close.BEHIND)
        except Exception:
            log.warning("a GraphQL connection ended early", exc_info=True)
            await self._end(Close.UNAVAILABLE)

    def _take_note(self) -> None:
        """Counts a message. Raises Ended when they are too many."""
        self._heard_at = asyncio.get_running_loop().time()
        if self._heard_at - self._window > WINDOW:
            self._window, self._heard = self._heard_at, 0
        self._heard += 1
        if self._heard > MAX_MESSAGES:
            raise Ended(Close.TOO_LOUD)

    async def _hear(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "connection_init"}:
                await self._begin(message.get("payload"))
            case {"type": "ping"}:
                await self._say({"type": "pong"})
            case {"type": "pong"}:
                pass
            case {"type": "subscribe", "id": str(name), "payload": dict(payload)} if 0 < len(name) <= MAX_ID:
                await self._subscribe(name, payload)
            case {"type": "complete", "id": str(name)}:
                if task := self._open.pop(name, None):
                    task.cancel()
            case _:
                raise Ended(Close.BAD_MESSAGE)

    async def _begin(self, payload: Any) -> None:
        """Finds out who it is: by a token in the payload, else as in a request. Raises Ended."""
        if self._has_begun:
            raise Ended(Close.BEGUN_TWICE)
        self._has_begun = True
        if not isinstance(payload, dict | None):
            raise Ended(Close.BAD_MESSAGE)
        shown = [value for name, value in (payload or {}).items() if name.lower() == "authorization"]
        bearer = None
        if shown:
            given = _BEARER.fullmatch(shown[0]) if len(shown) == 1 and isinstance(shown[0], str) else None
            if given is None:
                raise Ended(Close.SIGNED_OUT)
            bearer = given[1]
        async with asyncio.timeout(HANDSHAKE):
            proof = await for_arrivals(_proven, self.scope, bearer)
        if proof.user is not None:
            count_in(self._counted, proof, self.scope)
            rooms().count_out([self._counted.pop(1)])
        self._proof = proof
        await self._say({"type": "connection_ack"})

    async def _subscribe(self, name: str, payload: dict[str, Any]) -> None:
        if self._proof is None:
            raise Ended(Close.NOT_BEGUN)
        if name in self._open:
            raise Ended(Close.TWICE)
        if len(self._open) >= MAX_SUBSCRIPTIONS:
            await self._refuse(name, _too_many())
            return
        self._open[name] = asyncio.get_running_loop().create_task(self._serve(name, payload, self._proof))

    # --- What it is told ------------------------------------------------------------------------------------------------

    async def _serve(self, name: str, payload: dict[str, Any], proof: Proof) -> None:
        """One subscription, from its document to its end."""
        try:
            asked, place = await for_arrivals(self._asked, payload, proof)
            await follow(Stream(*place), partial(self._tell, name, asked), events=asked.field == "hubActivity")
        except NexusError as error:
            await self._refuse_or_end(name, error)
        except Ended as end:
            if end.close in _OF_ONE:
                await self._refuse_or_end(name, _OF_ONE[end.close]())
            else:
                await self._end(_OF_ALL.get(end.close, end.close))
        except TimeoutError:
            await self._end(Close.BEHIND)
        except Exception:
            log.warning("a subscription ended early", exc_info=True)
            await self._end(Close.UNAVAILABLE)
        finally:
            if self._open.get(name) is asyncio.current_task():
                del self._open[name]

    def _asked(self, payload: dict[str, Any], proof: Proof) -> tuple[Subscription, Place]:
        """What is to be followed, and from where. Raises NexusError, Ended."""
        asked = self._subscription(payload, actor_of(proof), self.scope["client"][0])
        if asked.field == "hubActivity":
            return asked, place_in(asked.arguments["hub"], proof, asked.arguments.get("after"))
        return asked, place_on(asked.arguments["page"], proof)

    async def _tell(self, name: str, asked: Subscription, stream: Stream, frame: Frame) -> None:
        if frame.event is None and frame.present is None:
            return  # a heartbeat: the keeper has one for the whole connection
        said = await for_answers(_answer, asked, stream, frame)
        if stream.close is not None:  # rights may have ended meanwhile
            raise Ended(stream.close)
        stream.sent_at = asyncio.get_running_loop().time()
        await self._say({"id": name, "type": "next", "payload": said})

    async def _refuse_or_end(self, name: str, error: NexusError) -> None:
        try:
            await self._refuse(name, error)
        except TimeoutError:
            await self._end(Close.BEHIND)

    async def _refuse(self, name: str, error: NexusError) -> None:
        await self._say({"id": name, "type": "error", "payload": [self._refusal(error)]})

    async def _say(self, message: dict[str, Any]) -> None:
        """Raises TimeoutError when the client takes nothing."""
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=str)
        async with asyncio.timeout(STALL), self._sending:
            if self._farewell is None:
                await self.send(text_data=text)

    async def _keep(self) -> None:
        """Has the client introduce itself in time, then breaks every silence and notices one that answers nothing."""
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(INTRODUCTION)
        if not self._has_begun:
            await self._end(Close.BEGUN_TOO_LATE)
            return
        while True:
            await asyncio.sleep(HEARTBEAT)
            if clock() - self._heard_at > 3 * HEARTBEAT:
                await self._end(Close.SILENT)
                return
            try:
                await self._say({"type": "ping"})
            except TimeoutError:
                await self._end(Close.BEHIND)
                return

    async def _end(self, close: Close) -> None:
        """Ends the connection; the first reason counts."""
        if self._farewell is not None:
            return
        self._farewell = asyncio.current_task()
        log.info("a GraphQL connection is ended: %s", close.reason)
        for task in {*self._open.values(), *({self._keeper} if self._keeper else ())} - {self._farewell}:
            task.cancel()
        # It may take nothing any more; then the connection ends without a word.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.close(close.code, close.reason), FAREWELL)


def _message(text: str | None) -> dict[str, Any]:
    """A message of the protocol. Raises Ended."""
    if text is None or len(text) > MAX_MESSAGE:
        raise Ended(Close.BAD_MESSAGE)
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise Ended(Close.BAD_MESSAGE) from None
    if not isinstance(message, dict):
        raise Ended(Close.BAD_MESSAGE)
    return message


def _proven(scope: dict, bearer: str | None) -> Proof:
    """What was shown, if it holds. Raises Ended."""
    proof = proof_of(scope, bearer)
    actor_of(proof)
    return proof


def _answer(asked: Subscription, stream: Stream, frame: Frame) -> dict[str, Any]:
    """What is selected of a frame, with rights as they are now. Raises Ended."""
    actor = actor_of(stream.proof) if asked.reads else Actor.anonymous(Door.WEBSOCKET)
    if frame.event is not None:
        return asked.event(actor, stream.hub, frame.event, frame.previous)
    assert frame.present is not None  # noqa: S101  asked by _tell
    return asked.present(actor, frame.present.people, frame.present.others)


def _ahead() -> NexusError:
    return Invalid(
        Sentence("The log is not so far."), code="after_ahead", field="after",
        remedy=Sentence("Read the state anew, and follow from its number."),
    )  # fmt: skip


def _too_many() -> NexusError:
    return Limited(
        Sentence("A connection follows at most %(most)s subscriptions.", most=MAX_SUBSCRIPTIONS),
        code="too_many_subscriptions", remedy=Sentence("Complete one, or open another connection."),
    )  # fmt: skip


#: How the end of a stream ends its subscription alone.
_OF_ONE: dict[Close, Callable[[], NexusError]] = {Close.NOT_FOUND: NotFound, Close.AHEAD: _ahead}
