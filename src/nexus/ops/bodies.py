"""Request bodies on their way in: received whole before a thread is taken, bounded in size, memory and time."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import IO, Any, Self

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]

#: What a body may take of the memory; the rest of it lies in a temporary file.
IN_MEMORY = 512 * 1024
#: Seconds a body may lag, and bytes that win one back: slower than that is an attack, or a dead connection. Time is not
#: saved up: otherwise whoever sends 200 MB at once could keep them here for half a day.
PATIENCE = 30.0
SLOWEST = 4 * 1024


class Refused(Exception):
    """The request is answered without the application: `status`, and a sentence about it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class ClientGone(Exception):
    """The client left before its request was complete."""


class Spool:
    """One request's body as a file: up to IN_MEMORY bytes in memory, everything else on disk. A context manager."""

    def __init__(self) -> None:
        # Our own threshold: SpooledTemporaryFile writes to disk in the caller, which is the event loop here.
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=0)  # noqa: SIM115  closed by __exit__
        self._pending = bytearray()
        self.size = 0

    async def write(self, data: bytes) -> None:
        """Appends; what is beyond IN_MEMORY goes to disk in another thread, while the sender waits."""
        self._pending += data
        self.size += len(data)
        if len(self._pending) > IN_MEMORY:
            chunk, self._pending = bytes(self._pending), bytearray()
            await asyncio.to_thread(self._to_disk, chunk)

    def _to_disk(self, chunk: bytes) -> None:
        self._file.rollover()  # type: ignore[attr-defined]  # SpooledTemporaryFile's own
        self._file.write(chunk)

    def rewound(self) -> IO[bytes]:
        """The file at its start, to be read by the application."""
        self._file.write(self._pending)
        self._pending = bytearray()
        self._file.seek(0)
        return self._file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self._file.close()


class Bodies:
    """Receives bodies of at most `limit` bytes each and `total` bytes together, over all requests of this process.

    Small ones (up to IN_MEMORY: forms, edits) get a quarter more, so that uploads cannot keep people from signing in.
    """

    def __init__(self, limit: int, total: int) -> None:
        self._limit = limit
        self._total = total
        self._held = 0

    def announced(self, headers: dict[bytes, bytes]) -> int:
        """The length that the headers announce, 0 for none, -1 for chunks of unknown length. Raises Refused."""
        if b"transfer-encoding" in headers:  # then the server has dropped a Content-Length (RFC 9112 §6.3)
            return -1
        length = int(headers.get(b"content-length", b"0"))
        if length > self._limit:
            raise self._too_large()
        return length

    async def into(self, spool: Spool, receive: Receive) -> None:
        """Receives one body into `spool`. Raises Refused (408, 413, 503, 507) and ClientGone."""
        until = time.monotonic() + PATIENCE
        try:
            while True:
                message = await asyncio.wait_for(receive(), max(until - time.monotonic(), 0.001))
                if message["type"] == "http.disconnect":
                    raise ClientGone
                chunk = message.get("body", b"")
                if spool.size + len(chunk) > self._limit:
                    raise self._too_large()
                self._held += len(chunk)
                await spool.write(chunk)
                until = min(until + len(chunk) / SLOWEST, time.monotonic() + PATIENCE)
                if self._held > self._total * (1.25 if spool.size <= IN_MEMORY else 1):
                    raise Refused(503, "busy", "Too many uploads at once; try again in a moment.")
                if not message.get("more_body"):
                    return
        except TimeoutError:
            raise Refused(408, "too_slow", "The body came too slowly.") from None
        except OSError as error:
            raise Refused(507, "storage_full", f"The server cannot take the body ({error.strerror}).") from error

    def release(self, spool: Spool) -> None:
        """What `spool` held is free again. To be called once for each body, however it ended."""
        self._held -= spool.size

    def _too_large(self) -> Refused:
        return Refused(413, "too_large", f"A request may carry {self._limit // 1_000_000} MB (NEXUS_MAX_REQUEST_MB).")
