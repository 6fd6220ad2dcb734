"""One request to an address that somebody gave us: what it may cost is bounded, and where it goes is checked on the address
that is really connected to (exchange.addresses)."""

import asyncio
import contextlib
import functools
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult

import h11

from nexus.base.errors import Invalid
from nexus.exchange.addresses import Reach, port_of

#: Seconds until a connection stands, and until the whole of it is over.
CONNECT, TOTAL = 5.0, 10.0
#: How long the body of an answer is waited for, once its status is there.
SOON = 2.0
#: How much of an answer is kept, and how much is read at all, in bytes.
KEPT, MOST = 1_000, 64_000

#: The addresses of a host at a port.
type Resolve = Callable[[str, int], Awaitable[Iterable[str]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request."""

    #: 0 when there was no answer.
    status: int = 0
    #: The beginning of its body.
    text: str = ""
    #: Why there was no answer: a word of docs/webhooks.md.
    error: str = ""
    seconds: float = 0.0

    @property
    def is_fine(self) -> bool:
        return 200 <= self.status < 300


class _Failed(Exception):
    """There will be no answer; the message is the word that says why."""


async def resolved(host: str, port: int) -> list[str]:
    """The addresses the system's resolver has for `host`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
    return [str(each[4][0]) for each in found]


async def post(
    url: str, body: bytes, headers: Mapping[str, str], reach: Reach, *, resolve: Resolve = resolved
) -> Answer:
    """Posts `body`, follows nothing, and raises nothing: whatever happens is the answer."""
    began = time.monotonic()
    status, text, error = 0, "", ""
    try:
        async with asyncio.timeout(TOTAL):
            status, text = await _posted(reach.checked_url(url), body, headers, reach, resolve)
    except Invalid:
        error = "refused_address"
    except TimeoutError:
        error = "too_slow"
    except _Failed as failed:
        error = str(failed)
    except ssl.SSLError:
        error = "no_trust"
    except h11.ProtocolError:
        error = "bad_answer"
    except OSError:
        error = "cut_off"
    return Answer(status, text, error, time.monotonic() - began)


async def _posted(
    parts: SplitResult, body: bytes, headers: Mapping[str, str], reach: Reach, resolve: Resolve
) -> tuple[int, str]:
    reader, writer = await _connected(parts, reach, resolve)
    try:
        client = h11.Connection(h11.CLIENT)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"host": parts.netloc, "content-length": str(len(body)), "connection": "close", **headers}
        head = client.send(h11.Request(method="POST", target=target, headers=list(sent.items()))) or b""
        writer.write(head + (client.send(h11.Data(body)) or b"") + (client.send(h11.EndOfMessage()) or b""))
        await writer.drain()
        return await _status(client, reader), await _beginning(client, reader)
    finally:
        # Not closed politely: nobody is waited for who might never answer the farewell.
        writer.transport.abort()


async def _connected(
    parts: SplitResult, reach: Reach, resolve: Resolve
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to one of the host's addresses, all of which were checked first; TLS proves the name."""
    host, port = parts.hostname or "", port_of(parts)
    try:
        addresses = list(dict.fromkeys(await resolve(host, port)))
    except OSError as error:
        raise _Failed("unknown_host") from error
    if not addresses or not all(reach.permits(address, parts.scheme) for address in addresses):
        # One private address among public ones is an attempt, or a mistake that would become one.
        raise _Failed("refused_address")
    secured = {"ssl": _trust(), "server_hostname": host} if parts.scheme == "https" else {}
    for address in addresses:
        try:
            async with asyncio.timeout(CONNECT / len(addresses)):
                # A number, so nobody is asked for it again.
                # a dict of two kinds
                return await asyncio.open_connection(address, port, limit=MOST, **secured)  # type: ignore[arg-type]
        except ssl.SSLError as error:
            raise _Failed("no_trust") from error
        except OSError:  # a time-out, too
            continue
    raise _Failed("unreachable")


async def _status(client: h11.Connection, reader: asyncio.StreamReader) -> int:
    """The status of the answer, once it comes."""
    async for event in _events(client, reader):
        if isinstance(event, h11.Response):
            return event.status_code
        if not isinstance(event, h11.InformationalResponse):
            break
    raise _Failed("bad_answer")


async def _beginning(client: h11.Connection, reader: asyncio.StreamReader) -> str:
    """The beginning of the body, as far as it comes soon: it is for people to read, and decides nothing."""
    kept = bytearray()
    with contextlib.suppress(TimeoutError, OSError, h11.ProtocolError, _Failed):
        async with asyncio.timeout(SOON):
            async for event in _events(client, reader):
                if not isinstance(event, h11.Data) or len(kept) >= KEPT:
                    break
                kept += event.data
    return kept[:KEPT].decode("utf-8", "replace").replace("\0", "\ufffd")


async def _events(client: h11.Connection, reader: asyncio.StreamReader) -> AsyncIterator[object]:
    """What the other side says, piece by piece."""
    read = 0
    while True:
        event = client.next_event()
        if event is not h11.NEED_DATA:
            yield event
            continue
        data = await reader.read(16_384)
        read += len(data)
        if read > MOST:
            raise _Failed("bad_answer")
        client.receive_data(data)


@functools.cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
