"""Reading tar archives (POSIX.1-2017 pax), plain or compressed, member by member and only forwards; nothing is unpacked
to disk. The standard library reads the headers; what is around it bounds what they may ask for."""

import bz2
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from nexus.base.sentences import Sentence
from nexus.exchange.limits import CHUNK, Budget
from nexus.exchange.sources import Entry, EntryRefused, File, Refused
from nexus.exchange.zips import bad_archive, refused_name

#: The largest header that is read at once: long names and pax records are far smaller, attacks are not.
MAX_HEADER = 1_000_000
#: What decompressing xz may take in memory, in bytes: `xz -9` needs 65 MB.
XZ_MEMORY = 100_000_000


class Tar:
    """A .tar file, or one compressed by gzip, xz or bzip2."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.identity = f"file:{path.resolve()}"
        self.label = path.name
        self._file: BinaryIO | None = None
        self._size = 0

    def entries(self, budget: Budget) -> Iterator[Entry]:
        """The files in it. Raises Invalid("bad_archive") when it is damaged; Limited."""
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise bad_archive(Sentence("It cannot be read (%(strerror)s).", strerror=error.strerror)) from error
        with file:
            self._file = file
            self._size = file.seek(0, 2)
            file.seek(0)
            budget.unpacking(self._size)
            forward = _Forward(_unpacked(file), budget)
            with _said_as_damage():
                yield from _members(forward, budget)
                ended = forward.at_end
                while forward.read(CHUNK):  # to the checksum, which is only then compared
                    pass
            if not ended:
                raise bad_archive(Sentence("It ends early."))

    def done(self) -> float | None:
        return self._file.tell() / self._size if self._file and not self._file.closed and self._size else None


def _members(forward: "_Forward", budget: Budget) -> Iterator[Entry]:
    file: Any = forward  # no BinaryIO by its type, but all that TarFile asks of one
    with tarfile.TarFile(fileobj=file, mode="r", errorlevel=2, encoding="utf-8", errors="surrogateescape") as archive:
        kept: list[tarfile.TarInfo] = vars(archive)["members"]
        while (member := archive.next()) is not None:
            kept.clear()  # it would hold all headers until the end
            budget.take_file()
            yield from _entry(member, forward)


def _entry(member: tarfile.TarInfo, forward: "_Forward") -> Iterator[Entry]:
    path = member.name.removeprefix("./")
    if member.isdir():
        return
    if member.issym() or member.islnk():
        yield Refused(path, Sentence("it is a link, and links are not followed"))
    elif member.type not in tarfile.REGULAR_TYPES or member.issparse():
        yield Refused(path, Sentence("it is neither a file nor a folder"))
    elif reason := refused_name(path):
        yield Refused(path, reason)
    else:
        yield File(path, _content(member, forward))


def _content(member: tarfile.TarInfo, forward: "_Forward") -> Iterator[bytes]:
    if forward.tell() > member.offset_data:
        raise EntryRefused(Sentence("it was passed already"))
    with _said_as_damage():
        forward.seek(member.offset_data)
    left = member.size
    while left > 0:
        with _said_as_damage():
            chunk = forward.read(min(CHUNK, left))
        if not chunk:
            raise bad_archive(Sentence("It ends early."))
        left -= len(chunk)
        yield chunk


@contextmanager
def _said_as_damage() -> Iterator[None]:
    """Turns what the libraries raise on bytes that make no sense into the refusal of the archive."""
    try:
        yield
    except (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, OverflowError) as error:
        raise bad_archive(Sentence("It cannot be read (%(error)s).", error=error)) from error
    except RecursionError as error:
        raise bad_archive(Sentence("Its headers have headers without end.")) from error


class _Forward:
    """What TarFile takes for a seekable file: it only goes forwards, counts, and reads no large piece at once."""

    def __init__(self, stream: BinaryIO, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget
        self._position = 0
        self._last = b""

    @property
    def at_end(self) -> bool:
        """Whether the last thing read was the block of zeros that ends a tar."""
        return len(self._last) == tarfile.BLOCKSIZE and not self._last.strip(b"\0")

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> None:
        if position < self._position:
            raise tarfile.ReadError("a header points backwards")
        while self._position < position:
            if not self._take(min(CHUNK, position - self._position)):
                raise tarfile.ReadError("it ends early")

    def read(self, size: int) -> bytes:
        if not 0 <= size <= MAX_HEADER:
            raise tarfile.ReadError("a header is too large")
        parts = []
        while size > 0 and (part := self._take(size)):
            parts.append(part)
            size -= len(part)
        self._last = b"".join(parts)
        return self._last

    def close(self) -> None:
        self._stream.close()

    def _take(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._position += len(data)
        self._budget.take_bytes(len(data))
        return data


class _Decompressor(Protocol):
    """What bz2, lzma and our gzip adapter have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gunzip:
    """zlib's decompressor with the interface of the other two."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._unpacker.eof

    @property
    def needs_input(self) -> bool:
        return not self._unpacker.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._unpacker.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._unpacker.decompress(self._unpacker.unconsumed_tail + data, max_length)


class _Decompressing(io.RawIOBase):
    """The bytes out of one or several compressed streams, never more at once than asked for.

    (The library's own file classes give xz all the memory it asks for.) Raises EOFError when the last stream was cut.
    """

    def __init__(self, file: BinaryIO, start: Callable[[], _Decompressor]) -> None:
        self._file = file
        self._start = start
        self._unpacker = start()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = len(buffer)
        while True:
            if self._unpacker.eof:
                rest = self._unpacker.unused_data or self._file.read(CHUNK)
                if not rest.strip(b"\0"):  # the end, or padding
                    return 0
                self._unpacker = self._start()
                data = self._unpacker.decompress(rest, size)
            else:
                fresh = self._file.read(CHUNK) if self._unpacker.needs_input else b""
                starved = self._unpacker.needs_input and not fresh
                data = self._unpacker.decompress(fresh, size)  # zlib may hold some back without saying so
                if starved and not (data or self._unpacker.eof):
                    raise EOFError("it was cut")
            if data:
                buffer[: len(data)] = data
                return len(data)


def _unpacked(file: BinaryIO) -> BinaryIO:
    """The tar inside, by what the file begins with."""
    magic = file.read(6)
    file.seek(0)
    starts: list[tuple[bytes, Callable[[], _Decompressor]]] = [
        (b"\x1f\x8b", _Gunzip),
        (b"BZh", bz2.BZ2Decompressor),
        (b"\xfd7zXZ\0", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)),
    ]
    for signature, start in starts:
        if magic.startswith(signature):
            return _Decompressing(file, start)  # type: ignore[return-value]  # all of IO that tarfile reads
    return file
