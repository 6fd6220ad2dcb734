"""What every door of the stream does: find out who comes and where they begin, catch up, then tell what the room tells."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.http import parse_cookie

from nexus.accounts.actor import Actor, Door
from nexus.accounts.proofs import NOBODY, Proof, actors, proof_of_bearer, proof_of_session
from nexus.base.errors import NotFound, Unauthenticated
from nexus.hubs.access import hub_for
from nexus.hubs.queries import Reader, newest_activity
from nexus.live.closing import Close
from nexus.live.reading import for_arrivals, look
from nexus.live.rooms import Room, rooms
from nexus.live.streams import Ended, Frame, Stream, frame
from nexus.pages.queries import hub_of_page

#: Before a token among the subprotocols.
BEARER = "bearer."


class Place(NamedTuple):
    """Where somebody begins, as a Stream takes it."""

    hub: UUID
    proof: Proof
    position: int
    previous: int
    page: UUID | None = None


type Send = Callable[[Stream, Frame], Awaitable[None]]


def count_in(counted: list[str], proof: Proof | None = None, scope: dict | None = None) -> None:
    """Counts a connection: when it comes, then as whose it is; `counted` gets the names. Raises Ended."""
    place = rooms()
    if proof is None or scope is None:
        place.count_in("all", settings.SOCKETS, counted)
    elif proof.user is None:
        place.count_in(f"address {scope['client'][0]}", settings.SOCKETS_PER_ADDRESS, counted)
    else:
        place.count_in(f"user {proof.user}", settings.SOCKETS_PER_USER, counted)


def bearer_of(scope: dict) -> str | None:
    """The token among the subprotocols. Raises Ended when there are several."""
    bearers = [each.removeprefix(BEARER) for each in scope["subprotocols"] if each.startswith(BEARER)]
    if len(bearers) > 1:
        raise Ended(Close.SIGNED_OUT)
    return bearers[0] if bearers else None


def proof_of(scope: dict, bearer: str | None) -> Proof:
    """What a connection shows: a token, else its session. A token that does not hold is refused, whatever else is there.
    Raises Ended."""
    if bearer is not None:
        try:
            return proof_of_bearer(bearer)
        except Unauthenticated as error:
            raise Ended(Close.EXPIRED if error.code == "token_expired" else Close.SIGNED_OUT) from None
    # The gateway has let cookies through from our own pages only.
    cookies = "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    return proof_of_session(key) if key else NOBODY


def actor_of(proof: Proof) -> Actor:
    """Who stands behind a proof now. Raises Ended."""
    actor = actors([proof], Door.WEBSOCKET).get(proof)
    if actor is None:
        raise Ended(Close.EXPIRED if proof.is_over() else Close.SIGNED_OUT)
    return actor


def place_in(slug: str, proof: Proof, after: int | None, page: UUID | None = None) -> Place:
    """In the log of the hub called `slug`, from its newest number without `after`. Who may not see the hub, or whose page is
    not in it, learns nothing more than that. Raises Ended."""
    actor = actor_of(proof)
    try:
        hub = hub_for(actor, slug)
        of_page = hub.pk if page is None else hub_of_page(actor, page)
    except NotFound:
        raise Ended(Close.NOT_FOUND) from None
    if of_page != hub.pk:
        raise Ended(Close.NOT_FOUND)
    if after is not None and after > hub.sequence:
        raise Ended(Close.AHEAD)
    position = hub.sequence if after is None else after
    return Place(hub.pk, proof, position, newest_activity(actor, hub.pk, until=position), page)


def place_on(page: UUID, proof: Proof) -> Place:
    """On a page, for who only hears who has it open. Raises Ended."""
    try:
        return Place(hub_of_page(actor_of(proof), page), proof, 0, 0, page)
    except NotFound:
        raise Ended(Close.NOT_FOUND) from None


async def follow(stream: Stream, send: Send, *, events: bool = True) -> None:
    """Sends what is behind a stream's position, page by page as the client takes it, then what its room tells, until it
    ends; without `events` only who has its page open. Raises Ended."""
    place = rooms()
    stream.task = asyncio.current_task()
    room = place.enter(stream)
    try:
        if events:
            await _catch_up(room, stream, send)
        while True:
            await _sent(stream, send, await stream.next())
    finally:
        place.leave(stream)


async def _catch_up(room: Room, stream: Stream, send: Send) -> None:
    is_behind = True
    while is_behind:
        seen = await for_arrivals(look, stream.hub, [stream.proof], stream.position)
        standing = seen.standing[stream.proof]
        if not isinstance(standing, Reader):
            raise Ended(standing)
        for event in seen.told.events[standing.is_member]:
            await _sent(stream, send, frame(event, stream.previous))
            stream.previous = event.seq
        stream.position = seen.told.until
        is_behind = seen.told.is_cut or not room.join(stream)


async def _sent(stream: Stream, send: Send, told: Frame) -> None:
    if stream.close is not None:
        raise Ended(stream.close)
    await send(stream, told)
