"""Between a source here and a Nexus elsewhere: what is imported is packed, what was exported is unpacked."""

import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence
from nexus.exchange import exporting
from nexus.exchange.documents_json import JsonExport
from nexus.exchange.exporting import Exported, Progress
from nexus.exchange.limits import CHUNK, Budget, Limits
from nexus.exchange.report import ImportReport, Noted
from nexus.exchange.sources import EntryRefused, File, Refused, open_source
from nexus.exchange.tars import Tar
from nexus.exchange.zips import EXPORT_COMMENT, Zip
from nexus.pages.paths import checked_path

#: A file is in memory up to here, and then on the disk, until it is known to be readable to its end.
IN_MEMORY = 8_000_000
#: What a bare repository must have, and an archive without its empty folders has not.
REPOSITORY_FOLDERS = ("refs/heads", "refs/tags", "objects/info", "objects/pack")


@dataclass(frozen=True, slots=True)
class Packed:
    """An archive of a source. `reasons` says why a path is in it only as a mark that it was not taken; `nameless` could not
    even be named there."""

    path: Path
    name: str
    reasons: dict[str, Sentence] = field(default_factory=dict)
    nameless: list[Noted] = field(default_factory=list)

    def told(self, report: ImportReport, prefix: str) -> ImportReport:
        """The report of the import of this archive, as one of the source itself would be."""
        at = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        refused = [Noted(path, self.reasons.get(path.removeprefix(at), why)) for path, why in report.files.refused]
        refused += [Noted(at + path, why) for path, why in self.nameless]
        return replace(report, files=replace(report.files, refused=refused))


def packed(source: Path, folder: Path, progress: Progress | None = None) -> Packed:
    """An archive of what an import of `source` would take, in `folder`; an archive is one already.

    What would be refused is in it as what no import takes (a pipe), so that whoever imports it does not think it gone.
    Raises what opening and reading a source raise.
    """
    opened = open_source(source)
    if isinstance(opened, Zip | Tar | JsonExport):
        return Packed(source, source.name)
    budget = Budget(Limits.configured())
    made = Packed(folder / "source.zip", f"{opened.label}.zip")
    with zipfile.ZipFile(made.path, "x", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.comment = EXPORT_COMMENT  # so that a backslash is a letter of a name
        for number, entry in enumerate(opened.entries(budget), 1):
            _add(archive, entry, made)
            if progress:
                progress(number, budget.bytes, opened.done())
    return made


def _add(archive: zipfile.ZipFile, entry: File | Refused, made: Packed) -> None:
    try:
        entry.path.encode("utf-8")
    except UnicodeEncodeError:
        shown = entry.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        made.nameless.append(Noted(shown, Sentence("its name is not valid UTF-8")))
        return
    if isinstance(entry, Refused):
        _mark(archive, entry.path, entry.reason, made)
        return
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as kept:
        try:
            for chunk in entry.chunks:
                kept.write(chunk)
        except EntryRefused as error:
            _mark(archive, entry.path, error.reason, made)
            return
        size = kept.tell()
        kept.seek(0)
        info = _info(entry.path, stat.S_IFREG | 0o644)
        info.file_size = size
        with archive.open(info, "w") as target:
            shutil.copyfileobj(kept, target, CHUNK)


def _mark(archive: zipfile.ZipFile, path: str, reason: Sentence, made: Packed) -> None:
    made.reasons[path] = reason
    archive.writestr(_info(path, stat.S_IFIFO | 0o644), b"")


def _info(path: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
    info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, mode << 16
    return info


def unpack(archive: Path, dest: Path, *, below: str = "") -> None:
    """Writes an export, as a zip that another machine made, to the folder `dest`: complete, or not at all.

    below: the folder of the archive that is wanted; with one it is a bare repository. Its paths are believed no more than
    those of any archive. Raises Invalid("bad_archive", "unwritable_paths"), Limited, Conflict("destination_taken").
    """
    with exporting.appearing(dest) as target:
        target.mkdir()
        exporting.check_names([Exported(path, "") for path, _ in _files(Zip(archive), below)])
        for path, chunks in _files(Zip(archive), below):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            with (target / path).open("xb") as file:
                file.writelines(chunks)
        for name in REPOSITORY_FOLDERS if below else ():
            (target / name).mkdir(parents=True, exist_ok=True)


def _files(archive: Zip, below: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    for entry in archive.entries(Budget(Limits.configured())):
        if isinstance(entry, Refused):
            raise Invalid(
                Sentence("The export cannot be unpacked: %(why)s.", why=entry.reason), code="bad_archive", field="path",
                value=entry.path, remedy=Sentence("Export as zip."),
            )  # fmt: skip
        path = entry.path.removeprefix(below)
        checked_path(path)
        yield path, entry.chunks
