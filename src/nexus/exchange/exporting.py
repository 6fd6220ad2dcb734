"""A hub's pages and files, written out byte for byte. What appears at the destination is complete, or nothing does."""

import os
import secrets
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from nexus.accounts.actor import Actor
from nexus.base.errors import Conflict, Invalid, Unavailable
from nexus.base.sentences import Sentence
from nexus.exchange import documents_json, git_export
from nexus.exchange.zips import EXPORT_COMMENT
from nexus.hubs.access import hub_for
from nexus.hubs.models import Hub
from nexus.pages import blobs
from nexus.pages.access import visible_paths
from nexus.pages.models import Blob

type Format = Literal["folder", "zip", "json", "git"]
FORMATS: tuple[Format, ...] = ("folder", "zip", "json", "git")
#: The longest name a file may have on the file systems in use, in bytes (NAME_MAX of Linux, macOS and NTFS).
MAX_NAME_BYTES = 255

#: Called after each file with how many there were, their bytes, and how much is done (0 to 1).
type Progress = Callable[[int, int, float | None], None]


class Exported(NamedTuple):
    """Something live in the hub."""

    path: str
    blob: str


@dataclass(frozen=True, slots=True)
class ExportReport:
    """The result of one export."""

    hub: str
    format: str
    destination: Path
    files: int
    bytes: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The object that `nexus export --json` prints."""
        return {
            "hub": self.hub, "format": self.format, "destination": str(self.destination), "files": self.files,
            "bytes": self.bytes, "seconds": round(self.seconds, 3),
        }  # fmt: skip


def export_hub(
    actor: Actor,
    hub: str,
    dest: Path,
    *,
    format: Format = "folder",  # noqa: A002  the word that every door uses
    progress: Progress | None = None,
) -> ExportReport:
    """Writes exactly what is live in a hub at one moment to `dest`, which must not exist (for a folder: or be empty).

    folder: the files at their paths. zip: the same, equal bytes for equal hubs. json: `{"hub", "title", "pages":
    [{"path", "text" or "base64", "hash"}]}`. git: a bare repository with each change as a commit.
    Raises NotFound; Conflict("destination_taken"); Invalid("unknown_format", "unknown_destination"),
    Invalid("unwritable_paths", paths=[…]) when the format cannot hold a path; Unavailable("storage_full").
    """
    began = time.monotonic()
    place = hub_for(actor, hub)
    if format not in FORMATS:
        raise Invalid(
            Sentence("That is no format."),
            code="unknown_format",
            field="format",
            value=format,
            remedy=Sentence("One of %(choices)s.", choices=", ".join(FORMATS)),
        )
    check_free(dest, may_be_empty=format == "folder")
    export = _Export(place, _everything(actor, place), progress or _silent)
    if format in {"folder", "git"}:
        check_names(export.files)
    try:
        with appearing(dest) as target:
            match format:
                case "folder":
                    _write_folder(export, target)
                case "zip":
                    _write_zip(export, target)
                case "json":
                    _write_json(export, target)
                case "git":
                    git_export.write_repository(actor, place, target, export.step)
    except OSError as error:
        raise Unavailable(
            Sentence("The destination does not take the export (%(error)s).", error=error.strerror), code="storage_full",
            remedy=Sentence("Nothing was left there. Free some space or choose another place, then try again."),
        ) from error  # fmt: skip
    return ExportReport(place.slug, format, dest, len(export.files), export.volume, time.monotonic() - began)


class _Export:
    """What is to be written, and how far that is."""

    def __init__(self, hub: Hub, files: list[Exported], progress: Progress) -> None:
        self.hub = hub
        self.files = files
        self.volume = 0
        self._number = 0
        self._progress = progress

    def contents(self) -> Iterator[tuple[str, Blob]]:
        """Each path with its content; the step is reported when the next is asked for."""
        for path, name in self.files:
            blob = Blob.objects.get(pk=name)
            yield path, blob
            self.step(blob.size)

    def step(self, size: int, done: float | None = None) -> None:
        """A file of `size` bytes is written."""
        self._number += 1
        self.volume += size
        self._progress(self._number, self.volume, done if done is not None else self._number / max(1, len(self.files)))


def _everything(actor: Actor, hub: Hub) -> list[Exported]:
    """All that is live, as one statement saw it, in the order of the paths' bytes. Contents never change."""
    rows = visible_paths(actor).filter(hub=hub).values_list("path", "blob_id")
    return sorted((Exported(path, blob) for path, blob in rows), key=lambda file: file.path.encode("utf-8"))


def _write_folder(export: _Export, target: Path) -> None:
    target.mkdir()
    made = {""}
    for path, blob in export.contents():
        folder = path.rpartition("/")[0]
        if folder not in made:
            (target / folder).mkdir(parents=True, exist_ok=True)
            made.add(folder)
        # "x": on a file system that takes two of the paths for one, the second is an error, not an overwriting.
        with (target / path).open("xb") as file:
            for chunk in blobs.chunks_of(blob):
                file.write(chunk)


def _write_zip(export: _Export, target: Path) -> None:
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.comment = EXPORT_COMMENT
        for path, blob in export.contents():
            info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
            info.file_size = blob.size
            with archive.open(info, "w") as entry:
                for chunk in blobs.chunks_of(blob):
                    entry.write(chunk)


def _write_json(export: _Export, target: Path) -> None:
    pages = ((path, blob.hash, blobs.read(blob), blob.is_text) for path, blob in export.contents())
    with target.open("xb") as file:
        file.writelines(documents_json.lines(export.hub.slug, export.hub.title, pages))


def check_free(dest: Path, *, may_be_empty: bool) -> None:
    """Raises Conflict("destination_taken"), Invalid("unknown_destination") unless `dest` can be written to."""
    if not os.path.lexists(dest):
        if not dest.parent.is_dir():
            raise Invalid(
                Sentence("There is no folder to put it in."), code="unknown_destination", field="dest", value=dest,
                remedy=Sentence("Make the folder above it first."),
            )  # fmt: skip
        return
    if may_be_empty and dest.is_dir() and not dest.is_symlink() and not any(dest.iterdir()):
        return
    raise Conflict(
        Sentence("Something is there already; an export overwrites nothing."), code="destination_taken", field="dest",
        value=dest, remedy=Sentence("Choose a path where nothing is, or move away what is there."),
    )  # fmt: skip


def check_names(files: list[Exported]) -> None:
    """Raises Invalid naming every path that a file system or a Git tree cannot hold, or must not (`.git`)."""
    bad = [path for path, _ in files if any(not _is_file_name(segment) for segment in path.split("/"))]
    if bad:
        raise Invalid(
            Sentence(
                "%(number)s of the paths cannot be files here: a name has more than %(most)s bytes, or is `.git`.",
                number=len(bad), most=MAX_NAME_BYTES,
            ),
            code="unwritable_paths", field="path", value=bad[0], paths=bad,
            remedy=Sentence("Rename them in the hub, or export as zip or json."),
        )  # fmt: skip


def _is_file_name(segment: str) -> bool:
    return len(segment.encode("utf-8")) <= MAX_NAME_BYTES and segment.casefold() != ".git"


@contextmanager
def appearing(dest: Path) -> Iterator[Path]:
    """A path beside `dest` to write to, which takes its place at the end; on any error it is gone, `dest` untouched."""
    temporary = dest.absolute().parent / f".nexus-export-{secrets.token_hex(8)}"
    try:
        yield temporary
        if temporary.is_dir():
            temporary.rename(dest)  # takes the place of an empty folder, and of nothing else
        else:
            dest.open("xb").close()  # so that what is replaced is ours
            temporary.replace(dest)
    except FileExistsError as error:
        raise Conflict(
            Sentence("Something is there now."), code="destination_taken", field="dest", value=dest
        ) from error
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        with suppress(FileNotFoundError):
            temporary.unlink()


def _silent(_files: int, _bytes: int, _done: float | None) -> None:
    pass
