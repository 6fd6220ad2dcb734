"""Where imported files come from. Every kind of source yields the same entries, one at a time, and writes nothing."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence
from nexus.exchange.limits import Budget


class File(NamedTuple):
    """A file at a path of the source. `chunks` can be read once, before the next entry is asked for."""

    path: str
    chunks: Iterator[bytes]


class Refused(NamedTuple):
    """Something that is not taken, and why. A folder that cannot be read stands for everything below it."""

    path: str
    reason: Sentence


class EntryRefused(Exception):
    """Raised by a file's chunks: this one is not taken, the others may be."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(reason)
        self.reason = reason


type Entry = File | Refused


class Source(Protocol):
    """Something that holds files. Opening and reading raise Invalid or Limited when it is refused as a whole."""

    @property
    def identity(self) -> str:
        """What it is, the same at the next import: an absolute path or an address. Never shown, never stored."""

    @property
    def label(self) -> str:
        """How it is called in the change's message and record: a name, or an address without credentials."""

    def entries(self, budget: Budget) -> Iterator[Entry]:
        """All it holds, in an order that stays; paths are as found, not yet checked."""

    def done(self) -> float | None:
        """How much of it was read, 0 to 1; None while that is not known."""


#: What looks like an address rather than a path: a scheme, a Git transport (`ext::`), or `user@host:path`.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(//|:)|[^/\s]+@[^/\s]+:|-")
ARCHIVE_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2")


def named_source(text: str) -> str | Path:
    """What somebody typed: an address (str), or a path of this machine (Path). For doors that may read local files.

    Raises Invalid("unknown_source") when it is blank.
    """
    if not text.strip():
        # Path("") is the current folder, which an unset shell variable never meant.
        raise Invalid(
            Sentence("No source is named."), code="unknown_source", field="source", value=text,
            remedy=Sentence("Give a path (`.` for this folder) or an https address."),
        )  # fmt: skip
    return text if _ADDRESS.match(text) and not Path(text).exists() else Path(text)


def open_source(source: str | Path) -> Source:
    """The source behind an address (str: only https) or a local path (Path).

    The type decides, so that text from a network can never name a file of the server. A folder is what lies in it now,
    without `.git`; a bare repository (or a `.git` folder named itself) is what its HEAD holds.
    Raises Invalid("unknown_source", "bad_address") and what the kind's own reader raises.
    """
    from nexus.exchange import documents_json, folders, repositories, tars, zips

    if isinstance(source, str):
        return repositories.RemoteRepository(source)
    name = source.name.lower()
    if source.is_dir():
        return repositories.LocalRepository(source) if repositories.is_repository(source) else folders.Folder(source)
    if not source.is_file():
        raise Invalid(
            Sentence("There is no file or folder there."), code="unknown_source", field="source", value=source,
            remedy=Sentence("Check the path; an address begins with https://."),
        )  # fmt: skip
    if name.endswith(".zip"):
        return zips.Zip(source)
    if name.endswith(ARCHIVE_SUFFIXES):
        return tars.Tar(source)
    if name.endswith(".json") and documents_json.is_export(source):
        return documents_json.JsonExport(source)
    return folders.SingleFile(source)
