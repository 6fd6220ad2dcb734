"""Archives made to do harm (S26: E1, E2, F1), each generated here: refused with a reason, in bounded memory, with
nothing written anywhere but in the hub."""

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from nexus.accounts.actor import Actor
from nexus.base.errors import Invalid, Limited
from nexus.exchange import zips
from nexus.exchange.actions import import_source
from nexus.exchange.limits import Budget, Limits
from nexus.exchange.sources import File, open_source
from nexus.hubs.actions import create_hub
from nexus.pages.models import Change
from nexus.pages.queries import all_paths

pytestmark = pytest.mark.security
OPERATOR = Actor.operator()
GOOD = b"# Good\n"


@pytest.fixture(autouse=True)
def _hub(db, settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    create_hub(OPERATOR, "guide")


def paths() -> set[str]:
    return {page.path for page in all_paths(OPERATOR, "guide")}


def zip_of(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def with_mode(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


def tar_of(*entries: tuple[str, bytes, dict], **options) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", **options) as archive:
        for name, data, fields in entries:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def directory_entries(data: bytes) -> list[int]:
    """Where each record of the central directory begins."""
    found, at = [], data.find(b"PK\1\2")
    while at >= 0:
        found.append(at)
        at = data.find(b"PK\1\2", at + 4)
    return found


def patched(data: bytes, changes: dict[int, bytes]) -> bytes:
    out = bytearray(data)
    for at, new in changes.items():
        out[at : at + len(new)] = new
    return bytes(out)


# --- Entries that are refused one by one, while the good ones come ---------------------------------------------------

BAD_NAMES = {
    "up": "../evil.md",
    "up in the middle": "a/../../evil.md",
    "absolute": "/etc/evil.md",
    "backslash": "..\\evil.md",
    "backslash folder": "a\\evil.md",
    "drive": "C:evil.md",
    "drive and slash": "C:/evil.md",
    "5,000 bytes": "a/" * 2500 + "evil.md",
    "dot": "a/./evil.md",
    "empty segment": "a//evil.md",
}


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_a_bad_name_in_a_zip(tmp_path, name):
    archive = tmp_path / "evil.zip"
    archive.write_bytes(zip_of(("good.md", GOOD), (name, b"evil")))
    report = import_source(OPERATOR, "guide", archive)
    assert paths() == {"good.md"}
    assert len(report.files.refused) == 1
    assert name.startswith(report.files.refused[0].path.rstrip("…"))


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_a_bad_name_in_a_tar(tmp_path, name):
    archive = tmp_path / "evil.tar"
    archive.write_bytes(tar_of(("good.md", GOOD, {}), (name, b"evil", {}), format=tarfile.PAX_FORMAT))
    report = import_source(OPERATOR, "guide", archive)
    assert paths() == {"good.md"}
    assert len(report.files.refused) == 1


def _nul_name() -> bytes:
    data = zip_of(("good.md", GOOD), ("evilXmd", b"evil"))
    return data.replace(b"evilXmd", b"evil\0md")


def _zip64_size_missing() -> bytes:
    """Sizes that are said to be elsewhere, and are not."""
    data = zip_of(("good.md", GOOD), ("evil.md", b"evil"))
    at = directory_entries(data)[1]
    return patched(data, {at + 24: b"\xff" * 4})


def _bad_utf8() -> bytes:
    data = zip_of(("good.md", GOOD), ("évil.md", b"evil"))
    return data.replace("évil.md".encode(), b"\xff\xfevil.md"[:8])


def _encrypted() -> bytes:
    data = zip_of(("good.md", GOOD), ("evil.md", b"evil"))
    at = directory_entries(data)[1]
    return patched(data, {at + 8: b"\1\0"})


def _lying_size() -> bytes:
    data = zip_of(("good.md", GOOD), ("evil.md", b"x" * 100_000))
    at = directory_entries(data)[1]
    return patched(data, {at + 24: struct.pack("<L", 10)})


def _wrong_crc() -> bytes:
    data = zip_of(("good.md", GOOD), ("evil.md", b"x" * 100_000))
    at = directory_entries(data)[1]
    return patched(data, {at + 16: b"\0\0\0\0"})


def _garbage() -> bytes:
    data = zip_of(("good.md", GOOD), ("evil.md", os.urandom(1000)))
    start = data.find(b"evil.md") + len("evil.md")
    return patched(data, {start: b"\xff" * 400})


def _two_names() -> bytes:
    data = zip_of(("good.md", GOOD), ("evil.md", b"evil"))
    at = data.find(b"evil.md")
    return patched(data, {at: b"nice.md"})


SINGLE: dict[str, Callable[[], bytes]] = {
    "NUL": _nul_name,
    "name that is no UTF-8": _bad_utf8,
    "zip64 size that is missing": _zip64_size_missing,
    "encrypted": _encrypted,
    "lying size": _lying_size,
    "wrong checksum": _wrong_crc,
    "garbage for deflate": _garbage,
    "another name in front of the data": _two_names,
    "twice": lambda: zip_of(("good.md", GOOD), ("good.md", b"evil")),
    "bzip2": lambda: _mixed_methods(),
    "symlink": lambda: zip_of(("good.md", GOOD), (with_mode("evil.md", stat.S_IFLNK | 0o777), b"/etc/passwd")),
    "device": lambda: zip_of(("good.md", GOOD), (with_mode("evil.md", stat.S_IFBLK | 0o666), b"")),
    "pipe": lambda: zip_of(("good.md", GOOD), (with_mode("evil.md", stat.S_IFIFO | 0o666), b"")),
    "file below a file": lambda: zip_of(("good.md", GOOD), ("good.md/evil.md", b"evil")),
}


def _mixed_methods() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("good.md", GOOD)
        archive.writestr("evil.md", b"evil", zipfile.ZIP_BZIP2)
    return out.getvalue()


@pytest.mark.parametrize("build", SINGLE.values(), ids=SINGLE.keys())
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_bad_entry_of_a_zip(tmp_path, build: Callable[[], bytes]):
    archive = tmp_path / "evil.zip"
    archive.write_bytes(build())
    report = import_source(OPERATOR, "guide", archive)
    assert "good.md" in paths()
    assert not any("evil" in path for path in paths())
    assert len(report.files.refused) == 1
    assert report.files.refused[0].reason


@pytest.mark.parametrize(
    "fields",
    [
        {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
        {"type": tarfile.LNKTYPE, "linkname": "good.md"},
        {"type": tarfile.CHRTYPE},
        {"type": tarfile.BLKTYPE},
        {"type": tarfile.FIFOTYPE},
        {"type": tarfile.GNUTYPE_SPARSE},
        {"type": tarfile.CONTTYPE, "linkname": "x"},
    ],
    ids=["symlink", "hard link", "character device", "block device", "pipe", "sparse", "contiguous"],
)
def test_a_tar_entry_that_is_no_plain_file(tmp_path, fields):
    archive = tmp_path / "evil.tar"
    archive.write_bytes(tar_of(("good.md", GOOD, {}), ("evil.md", b"", fields), ("last.md", GOOD, {})))
    report = import_source(OPERATOR, "guide", archive)
    if fields["type"] == tarfile.CONTTYPE:  # a plain file by another letter
        assert paths() == {"good.md", "evil.md", "last.md"}
        return
    assert paths() == {"good.md", "last.md"}
    assert [noted.path for noted in report.files.refused] == ["evil.md"]


# --- Archives that are refused as a whole ----------------------------------------------------------------------------


def overlapping(entries: int, kernel: int) -> bytes:
    """A zip whose entries' data contain each other (Fifield's construction): the data of each entry but the last is a
    stored block that quotes the next local header, followed by the next entry's data; the last holds deflated zeros."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed, plain = compressor.compress(b"\0" * kernel) + compressor.flush(), b"\0" * kernel
    entry, records = b"", []
    for n in reversed(range(entries)):
        name = b"%04d.txt" % n
        if entry:
            quoted = len(entry) - len(packed)
            plain = entry[:quoted] + plain
            packed = b"\0" + struct.pack("<HH", quoted, quoted ^ 0xFFFF) + entry
        fields = zlib.crc32(plain), len(packed), len(plain), len(name)
        entry = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, *fields, 0) + name + packed
        records.append((name, fields, len(entry)))
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 33, *fields, 0, 0, 0, 0, 0, len(entry) - length) + name
        for name, fields, length in reversed(records)
    )
    return entry + directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, entries, entries, len(directory), len(entry), 0)


def _same_offset() -> bytes:
    """Two directory records for the same bytes."""
    data = zip_of(("aa.md", b"A"), ("bb.md", b"B"))
    first, second = directory_entries(data)
    return patched(data, {second + 42: data[first + 42 : first + 46]})


def _lying_count() -> bytes:
    data = zip_of(("a.md", b"A"), ("b.md", b"B"))
    end = data.rfind(b"PK\5\6")
    return patched(data, {end + 8: struct.pack("<2H", 1, 1)})


def _count_too_high() -> bytes:
    data = zip_of(("a.md", b"A"), ("b.md", b"B"))
    end = data.rfind(b"PK\5\6")
    return patched(data, {end + 8: struct.pack("<2H", 3, 3)})


def _offset_outside() -> bytes:
    data = zip_of(("a.md", b"A"))
    return patched(data, {directory_entries(data)[0] + 42: struct.pack("<L", 1 << 30)})


def _zip64_nonsense() -> bytes:
    data = zip_of(("a.md", b"A"))
    end = data.rfind(b"PK\5\6")
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, 1 << 60, 1)
    return data[:end] + locator + patched(data[end:], {8: b"\xff" * 8})


def _zip64_many() -> bytes:
    """Ten million entries, it says; the directory is not even there."""
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 10_000_000, 10_000_000, 460_000_000, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1)
    return record + locator + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def _zip64_without_its_record() -> bytes:
    data = zip_of(("a.md", b"A"))
    return patched(data, {data.rfind(b"PK\5\6") + 16: b"\xff" * 4})


def _zip64_damaged_record() -> bytes:
    data = zip_of(("a.md", b"A"))
    end = data.rfind(b"PK\5\6")
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    return data[:end] + b"\0" * 56 + locator + patched(data[end:], {8: b"\xff" * 8})


def _several_disks() -> bytes:
    data = zip_of(("a.md", b"A"))
    return patched(data, {data.rfind(b"PK\5\6") + 4: b"\1\0"})


def _entry_cut_by_the_next() -> bytes:
    """A local header with a longer extra field than the directory knows of: its data runs into the next entry."""
    data = zip_of(("a.md", b"A" * 100), ("b.md", b"B"), method=zipfile.ZIP_STORED)
    return patched(data, {28: struct.pack("<H", 50)})


def _records(number: int, name: bytes, said: int) -> bytes:
    """A directory of so many entries with this name, and an end that says how many there are."""
    sizes = (0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0)
    directory = (struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, *sizes) + name) * number
    return directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, said, said, len(directory), 0, 0)


def _many_empty() -> bytes:
    names = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0) + b"%07d" % n
        for n in range(150_000)
    )
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 150_000, 150_000, len(names), 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(names), 1)
    return (
        names + record + locator + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    )


def _zeros() -> bytes:
    """Files of 20 MB each, every one below the limit for files."""
    return zip_of(*((f"{n}.txt", b"\0" * 20_000_000) for n in range(4)))


def _huge_pax() -> bytes:
    """A header of 150 MB, which a library that reads headers at once holds in memory."""
    info = tarfile.TarInfo("x")
    info.size, info.type = 150_000_000, tarfile.XHDTYPE
    return info.tobuf(tarfile.USTAR_FORMAT) + b"\0" * 150_000_000


def _pax_chain() -> bytes:
    info = tarfile.TarInfo("x")
    info.size, info.type = 0, tarfile.XHDTYPE
    return info.tobuf(tarfile.USTAR_FORMAT) * 5000


def _negative_size() -> bytes:
    data = tar_of(("a.md", b"A", {}), ("b.md", b"B", {}))
    header = bytearray(data[:512])
    header[124:136] = b"\xff" * 12  # base 256: -1
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + data[512:]


def _xz_memory() -> bytes:
    return lzma.compress(tar_of(("a.md", b"A", {})), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}])


ZEROS = b"\0" * 1_000_000
WHOLE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "overlap bomb": ("zip", lambda: overlapping(200, 1_000_000)),
    "the same bytes twice": ("zip", _same_offset),
    "count lies low": ("zip", _lying_count),
    "count lies high": ("zip", _count_too_high),
    "offset outside": ("zip", _offset_outside),
    "zip64 record outside": ("zip", _zip64_nonsense),
    "zip64 of ten million": ("zip", _zip64_many),
    "zip64 without its record": ("zip", _zip64_without_its_record),
    "zip64 with a damaged record": ("zip", _zip64_damaged_record),
    "one of several disks": ("zip", _several_disks),
    "an entry that runs into the next": ("zip", _entry_cut_by_the_next),
    "a directory of long names": ("zip", lambda: _records(3_000, b"x" * 65_000, 3_000)),
    "a directory of more than it says": ("zip", lambda: _records(650_000, b"", 10)),
    "150,000 empty entries": ("zip", _many_empty),
    "zeros in a zip": ("zip", _zeros),
    "truncated zip": ("zip", lambda: zip_of(("a.md", os.urandom(10_000)))[:5_000]),
    "truncated directory": ("zip", lambda: _cut_directory()),
    "no zip": ("zip", lambda: b"<html>not found</html>"),
    "empty file as zip": ("zip", lambda: b""),
    "zeros in gzip": ("tar.gz", lambda: gzip.compress(tar_of(("z.txt", ZEROS * 50, {})))),
    "zeros in bzip2": ("tar.bz2", lambda: bz2.compress(tar_of(("z.txt", ZEROS * 50, {})))),
    "zeros in xz": ("tar.xz", lambda: lzma.compress(tar_of(("z.txt", ZEROS * 50, {})))),
    "xz that asks for memory": ("tar.xz", _xz_memory),
    "a header of 150 MB": ("tar", _huge_pax),
    "headers of headers": ("tar", _pax_chain),
    "negative size": ("tar", _negative_size),
    "truncated tar": ("tar", lambda: tar_of(("a.md", os.urandom(10_000), {}))[:5_000]),
    "tar without an end": ("tar", lambda: tar_of(("a.md", b"A", {}))[:1024]),
    "garbage in a tar": ("tar", lambda: tar_of(("a.md", b"A", {}))[:1024] + os.urandom(1024)),
    "truncated gzip": ("tar.gz", lambda: gzip.compress(tar_of(("a.md", os.urandom(10_000), {})))[:-50]),
    "no tar": ("tar", lambda: os.urandom(2048)),
    "empty file as tar": ("tar", lambda: b""),
}


def _cut_directory() -> bytes:
    data = zip_of(("a.md", b"A"), ("b.md", b"B"))
    end = data.rfind(b"PK\5\6")
    return data[: end - 20] + data[end:]


@pytest.mark.parametrize(("suffix", "build"), WHOLE.values(), ids=WHOLE.keys())
def test_an_archive_that_is_refused(tmp_path, suffix, build):
    archive = tmp_path / f"evil.{suffix}"
    archive.write_bytes(build())
    before = {path for path in tmp_path.rglob("*") if "data" not in path.parts}
    with pytest.raises((Invalid, Limited)) as refused:
        import_source(OPERATOR, "guide", archive)
    assert refused.value.code in {"bad_archive", "archive_bomb", "too_many_files", "import_too_large"}
    assert paths() == set()
    assert Change.objects.count() == 0
    assert {path for path in tmp_path.rglob("*") if "data" not in path.parts} == before
    assert [path for path in (tmp_path / "data").rglob("*") if "incoming" in path.name] == []


def test_the_overlap_bomb_is_real(tmp_path):
    """What a reader that does not look for overlaps makes of it: hundreds of times its size."""
    data = overlapping(20, 1_000_000)
    assert len(data) < 4_000
    members = zips._members(io.BytesIO(data), zips._directory(io.BytesIO(data), len(data)), Budget(Limits.configured()))
    assert len(members) == 20
    assert sum(member.size for member in members) > 20_000_000
    first = members[0]
    inside = data[first.offset + 30 + 8 :][: first.packed]
    assert zlib.crc32(zlib.decompress(inside, -15)) == first.crc


def test_a_file_above_the_limit_is_refused_alone(tmp_path, settings):
    settings.MAX_UPLOAD_MB = 3
    archive = tmp_path / "large.zip"
    archive.write_bytes(zip_of(("large.bin", os.urandom(3_100_000)), ("a.md", GOOD)))
    report = import_source(OPERATOR, "guide", archive)
    assert (paths(), [noted.path for noted in report.files.refused]) == ({"a.md"}, ["large.bin"])


def test_nested_archives_are_files(tmp_path):
    inner = zip_of(("zeros.txt", b"\0" * 5_000_000))
    archive = tmp_path / "outer.zip"
    archive.write_bytes(zip_of(("inner.zip", inner), ("a.md", GOOD)))
    import_source(OPERATOR, "guide", archive)
    assert paths() == {"inner.zip", "a.md"}


def test_git_inside_an_archive_stays_there(tmp_path):
    archive = tmp_path / "a.zip"
    archive.write_bytes(zip_of(("a.md", GOOD), (".git/config", b"x"), ("sub/.GIT/hooks/post-checkout", b"#!/bin/sh")))
    report = import_source(OPERATOR, "guide", archive)
    assert (paths(), report.files.refused) == ({"a.md"}, [])


MEASURE = """
import resource, sys
import django
django.setup()
from pathlib import Path
from nexus.base.errors import NexusError
from nexus.exchange.limits import Budget, Limits
from nexus.exchange.sources import EntryRefused, File, open_source
before = resource.getrusage(resource.RUSAGE_SELF)
try:
    for entry in open_source(Path(sys.argv[1])).entries(Budget(Limits.configured())):
        try:
            for _ in entry.chunks if isinstance(entry, File) else ():
                pass
        except EntryRefused:
            pass
except NexusError:
    pass
after = resource.getrusage(resource.RUSAGE_SELF)
print((after.ru_maxrss - before.ru_maxrss) // 1024, after.ru_utime - before.ru_utime)
"""


@pytest.mark.slow  # make test-all: it takes as long as a hundred others
@pytest.mark.parametrize(
    "name",
    ["overlap bomb", "150,000 empty entries", "a directory of long names", "a directory of more than it says",
     "zeros in a zip", "zeros in xz", "a header of 150 MB", "xz that asks for memory", "headers of headers"],
)  # fmt: skip
def test_memory_and_work_stay_bounded(tmp_path, name):
    suffix, build = WHOLE[name]
    archive = tmp_path / f"evil.{suffix}"
    archive.write_bytes(build())
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MEASURE, str(archive)], capture_output=True, check=True, text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "nexus.settings", "NEXUS_DATA_DIR": str(tmp_path)},
    )  # fmt: skip
    megabytes, seconds = done.stdout.split()
    assert int(megabytes) < 100
    assert float(seconds) < 5  # of processor time, so that a loaded machine is no failure


def test_what_is_left_unread_does_not_shift_what_follows(tmp_path):
    """A reader that takes only some of a tar's files still gets the right bytes."""
    archive = tmp_path / "a.tar"
    archive.write_bytes(tar_of(*((f"{n}.md", bytes([n]) * 700, {}) for n in range(6))))
    taken = {}
    for n, entry in enumerate(open_source(Path(archive)).entries(Budget(Limits.configured()))):
        assert isinstance(entry, File)
        if n % 2:
            taken[entry.path] = b"".join(entry.chunks)
    assert taken == {f"{n}.md": bytes([n]) * 700 for n in (1, 3, 5)}
