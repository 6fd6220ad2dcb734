"""Reading zip archives (PKWARE APPNOTE 6.3.10) that were perhaps made to do harm.

Python's `zipfile` loads the whole directory first and, before 3.11.8, takes entries that overlap (CVE-2024-0450); so
the directory is walked here, within the budget, and what comes out is counted, not believed.
"""

import re
import stat
import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence
from nexus.exchange.limits import CHUNK, Budget
from nexus.exchange.sources import Entry, EntryRefused, File, Refused

#: The comment of our own exports: in them a backslash or a colon is a letter of the name, as it was in the hub.
EXPORT_COMMENT = b"nexus export 1"

#: The largest directory that is read, in bytes: 100,000 files with names of 270 bytes.
MAX_DIRECTORY = 32_000_000

_END = struct.Struct("<4s4H2LH")  # end of central directory (4.3.16)
_END64_LOCATOR = struct.Struct("<4sLQL")  # (4.3.15)
_END64 = struct.Struct("<4sQ2H2L4Q")  # (4.3.14)
_CENTRAL = struct.Struct("<4s6H3L5H2L")  # (4.3.12)
_LOCAL = struct.Struct("<4s5H3L2H")  # (4.3.7)
_ENCRYPTED, _UTF8 = 1 << 0, 1 << 11
_STORED, _DEFLATED = 0, 8
_WINDOWS_PATH = re.compile(r"\\|^[A-Za-z]:")


class _Member(NamedTuple):
    """What the central directory says of an entry; sizes and offsets are claims."""

    path: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    offset: int

    @property
    def least_end(self) -> int:
        """Its data ends here or, with a longer local header, later."""
        return self.offset + _LOCAL.size + len(self.raw_name) + self.packed


class _Directory(NamedTuple):
    offset: int
    size: int
    entries: int
    #: Bytes before the archive (a self-extracting program): all offsets count from here.
    shift: int
    comment: bytes


class Zip:
    """A .zip file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.identity = f"file:{path.resolve()}"
        self.label = path.name
        self._read = 0
        self._count = 0

    def entries(self, budget: Budget) -> Iterator[Entry]:
        """The files in it. Raises Invalid("bad_archive") when it is damaged or its entries share bytes; Limited."""
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise bad_archive(Sentence("It cannot be read (%(strerror)s).", strerror=error.strerror)) from error
        with file:
            size = file.seek(0, 2)
            budget.unpacking(size)
            directory = _directory(file, size)
            members = _members(file, directory, budget)
            ends = _checked_ends(members, directory)
            literal = directory.comment == EXPORT_COMMENT
            self._count = len(members)
            for member in members:
                self._read += 1
                yield from _entry(file, member, ends[member.offset], budget, literal=literal)

    def done(self) -> float | None:
        return self._read / self._count if self._count else None


def bad_archive(why: Sentence) -> Invalid:
    """The refusal of an archive as a whole."""
    return Invalid(
        Sentence("The archive is damaged or was made to do harm. %(why)s", why=why), code="bad_archive", field="source",
        remedy=Sentence("Make it again, or unpack it and import the folder."),
    )  # fmt: skip


def refused_name(path: str) -> Sentence | None:
    """Why an archive's entry may not have this name, beyond what no path may be; None when it may."""
    if _WINDOWS_PATH.search(path):
        return Sentence(
            "its name has a backslash or a drive letter, which other systems take for a way to another folder"
        )
    return None


def _entry(file: BinaryIO, member: _Member, end: int, budget: Budget, *, literal: bool) -> Iterator[Entry]:
    path = member.path.removeprefix("./")
    kind = stat.S_IFMT(member.mode)
    if path.endswith("/") or kind == stat.S_IFDIR:
        return
    if kind == stat.S_IFLNK:
        yield Refused(path, Sentence("it is a link, and links are not followed"))
    elif kind not in {0, stat.S_IFREG}:
        yield Refused(path, Sentence("it is neither a file nor a folder"))
    elif member.flags & _ENCRYPTED:
        yield Refused(path, Sentence("it is encrypted"))
    elif member.method not in {_STORED, _DEFLATED}:
        yield Refused(
            path, Sentence("it is compressed by method %(method)s; only deflate is read", method=member.method)
        )
    elif not literal and (reason := refused_name(path)):
        yield Refused(path, reason)
    else:
        yield File(path, _inflated(file, member, end, budget))


def _directory(file: BinaryIO, size: int) -> _Directory:
    """Where the central directory lies. The end record is the last thing in the file but for a comment."""
    start = max(0, size - _END.size - 0xFFFF)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    while at >= 0 and at + _END.size + _END.unpack_from(tail.ljust(at + _END.size, b"\0"), at)[7] != len(tail):
        at = tail.rfind(b"PK\5\6", 0, at)
    if at < 0:
        raise bad_archive(Sentence("It has no end: it is no zip, or was cut."))
    _, disk, first_disk, here, count, length, offset, comment = _END.unpack_from(tail, at)
    if disk or first_disk or here != count:
        raise bad_archive(Sentence("It is one part of several."))
    end = start + at
    if count == 0xFFFF or 0xFFFFFFFF in (length, offset):
        count, length, offset, end = _directory64(file, end, (count, length, offset))
    shift = end - length - offset
    if shift < 0:
        raise bad_archive(Sentence("Its directory lies outside of it."))
    return _Directory(offset + shift, length, count, shift, tail[len(tail) - comment :] if comment else b"")


def _directory64(file: BinaryIO, end: int, narrow: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """(count, length, offset, end of the directory) by the zip64 records, where there are any."""
    at = end - _END64_LOCATOR.size
    if at < 0:
        return *narrow, end
    signature, _, record, disks = _END64_LOCATOR.unpack(_read_at(file, at, _END64_LOCATOR.size))
    if signature != b"PK\6\7":
        return *narrow, end  # so many entries, or such a size, without zip64
    if disks > 1 or record + _END64.size > at:
        raise bad_archive(Sentence("Its zip64 record lies outside of it."))
    fields = _END64.unpack(_read_at(file, record, _END64.size))
    if fields[0] != b"PK\6\6" or fields[6] != fields[7]:
        raise bad_archive(Sentence("Its zip64 record is damaged."))
    return fields[7], fields[8], fields[9], record


def _members(file: BinaryIO, directory: _Directory, budget: Budget) -> list[_Member]:
    budget.take_file(directory.entries)  # a count that lies is found below
    if directory.size > MAX_DIRECTORY:
        raise bad_archive(Sentence("Its directory is too large."))
    members: list[_Member] = []
    file.seek(directory.offset)
    left = directory.size
    while left > 0:
        if len(members) >= directory.entries:
            raise bad_archive(Sentence("It holds more entries than it says."))
        fixed = file.read(_CENTRAL.size)
        if len(fixed) < _CENTRAL.size or not fixed.startswith(b"PK\1\2"):
            raise bad_archive(Sentence("Its directory is damaged."))
        fields = _CENTRAL.unpack(fixed)
        lengths = fields[10], fields[11], fields[12]
        left -= _CENTRAL.size + sum(lengths)
        variable = file.read(sum(lengths))
        if left < 0 or len(variable) < sum(lengths):
            raise bad_archive(Sentence("Its directory is damaged."))
        members.append(
            _member(fields, variable[: lengths[0]], variable[lengths[0] : lengths[0] + lengths[1]], directory)
        )
    if len(members) != directory.entries:
        raise bad_archive(Sentence("It holds fewer entries than it says."))
    return members


def _member(fields: tuple[int, ...], name: bytes, extra: bytes, directory: _Directory) -> _Member:
    _, _, _, flags, method, _, _, crc, packed, size, _, _, _, _, _, attributes, offset = fields
    size, packed, offset = _widened(extra, size, packed, offset)
    return _Member(
        _decoded(name, flags), name, flags, method, crc, packed, size, attributes >> 16, offset + directory.shift
    )


def _widened(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """The sizes and the offset, taken from the zip64 field (4.5.3) where the narrow ones are full."""
    wanted = [size == 0xFFFFFFFF, packed == 0xFFFFFFFF, offset == 0xFFFFFFFF]
    if not any(wanted):
        return size, packed, offset
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        if tag == 1:
            number = sum(wanted)
            if length < 8 * number or at + 4 + 8 * number > len(extra):
                break
            wide = iter(struct.unpack_from(f"<{number}Q", extra, at + 4))
            values = [next(wide) if w else v for w, v in zip(wanted, (size, packed, offset), strict=True)]
            return values[0], values[1], values[2]
        at += 4 + length
    return size, packed, offset


def _decoded(name: bytes, flags: int) -> str:
    """The name as UTF-8, which is what it says it is or what most programs write anyway; else code page 437."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        # Said to be UTF-8 and is not: the lone surrogates make it a path that is refused.
        return name.decode("utf-8", "surrogateescape") if flags & _UTF8 else name.decode("cp437")


def _checked_ends(members: list[_Member], directory: _Directory) -> dict[int, int]:
    """Where each entry's bytes must end, by its offset: at the next entry or the directory. Entries that share bytes
    are how a small archive holds a large one (Fifield, "A better zip bomb", 2019)."""
    ordered = sorted(members, key=lambda member: member.offset)
    bounds = [*(member.offset for member in ordered), directory.offset]
    for member, (start, end) in zip(ordered, pairwise(bounds), strict=True):
        if start < directory.shift or member.least_end > end:
            raise bad_archive(Sentence("Entries share bytes, or lie outside of it."))
    return dict(pairwise(bounds))


def _inflated(file: BinaryIO, member: _Member, end: int, budget: Budget) -> Iterator[bytes]:
    """The entry's bytes as they really come out. Raises EntryRefused when they are not what the directory says."""
    start = _data_start(file, member, end)
    left, size, crc = member.packed, 0, 0
    unpacker = zlib.decompressobj(-15) if member.method == _DEFLATED else None
    while True:
        if unpacker is None:
            chunk = _read_at(file, start, min(CHUNK, left))
            start, left = start + len(chunk), left - len(chunk)
        else:
            packed = unpacker.unconsumed_tail
            if not packed and left:
                packed = _read_at(file, start, min(CHUNK, left))
                start, left = start + len(packed), left - len(packed)
            chunk = _decompressed(unpacker, packed)
        if not chunk and (unpacker is None or unpacker.eof or not (left or unpacker.unconsumed_tail)):
            break
        size, crc = size + len(chunk), zlib.crc32(chunk, crc)
        budget.take_bytes(len(chunk))
        if size > member.size:
            raise EntryRefused(Sentence("it holds more than it says"))
        if chunk:
            yield chunk
    if size != member.size or crc != member.crc or (unpacker is not None and not unpacker.eof):
        raise EntryRefused(Sentence("its bytes are damaged"))


def _decompressed(unpacker: "zlib._Decompress", packed: bytes) -> bytes:
    try:
        return unpacker.decompress(packed, CHUNK)
    except zlib.error:
        raise EntryRefused(Sentence("its bytes are damaged")) from None


def _data_start(file: BinaryIO, member: _Member, end: int) -> int:
    fields: tuple[Any, ...] = _LOCAL.unpack(_read_at(file, member.offset, _LOCAL.size))
    name = _read_at(file, member.offset + _LOCAL.size, fields[9])
    if fields[0] != b"PK\3\4" or name != member.raw_name:
        raise EntryRefused(Sentence("the archive names it in two ways"))
    start: int = member.offset + _LOCAL.size + fields[9] + fields[10]
    if start + member.packed > end:
        raise bad_archive(Sentence("Entries share bytes, or lie outside of it."))
    return start


def _read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    data = file.read(size)
    if len(data) < size:
        raise bad_archive(Sentence("It ends early."))
    return data
