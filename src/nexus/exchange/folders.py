"""Reading a folder or a file of this machine: no link is followed, nothing but regular files is opened."""

import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence
from nexus.exchange.limits import CHUNK, Budget
from nexus.exchange.sources import Entry, EntryRefused, File, Refused


class Folder:
    """Everything below a folder as it is now, but `.git`."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.identity = f"folder:{self.root}"
        self.label = self.root.name or "folder"
        self._found = 0
        self._expected: int | None = None

    def entries(self, budget: Budget) -> Iterator[Entry]:
        """Files in the order of their names, each opened relative to its folder's descriptor, so that a folder that is
        exchanged for a link meanwhile leads nowhere."""
        self._expected = self._counted(budget)
        unreadable: list[OSError] = []
        own_data = _identity_of(Path(settings.DATA_DIR))
        announced = {""}
        for folder, folders, files, descriptor in self._walk(unreadable):
            prefix = "" if folder == str(self.root) else os.path.relpath(folder, self.root) + "/"
            announced.discard(prefix)
            for name in list(folders):
                reason = self._refused_folder(name, descriptor, own_data)
                if reason:
                    budget.take_file()
                    folders.remove(name)
                    yield Refused(prefix + name, reason)
            announced.update(f"{prefix}{name}/" for name in folders)
            for name in files:
                self._found += 1
                budget.take_file()
                yield from self._entry(prefix + name, name, descriptor, budget)
        # What was announced and not walked could not be opened, or was exchanged for a link in between.
        reasons = {os.path.relpath(error.filename, self.root) + "/": _why(error) for error in unreadable}
        if "" in announced:
            raise Invalid(
                Sentence("The folder cannot be read: %(why)s.", why=reasons.get("./", GONE)),
                code="unknown_source",
                field="source",
            )
        for path in sorted(announced):
            yield Refused(path.rstrip("/"), reasons.get(path, GONE))

    def done(self) -> float | None:
        return self._found / self._expected if self._expected else None

    def _counted(self, budget: Budget) -> int:
        """How many files there are, so that progress can be shown; not more than may be imported."""
        number = 0
        for _, _, files, _ in self._walk([]):
            number += len(files)
            if number > budget.limits.files:
                break
        return number

    def _walk(self, errors: list[OSError]) -> Iterator[tuple[str, list[str], list[str], int]]:
        for folder, folders, files, descriptor in os.fwalk(self.root, onerror=errors.append):
            folders[:] = sorted(name for name in folders if name.casefold() != ".git")
            yield folder, folders, sorted(files), descriptor

    @staticmethod
    def _refused_folder(name: str, parent: int, own_data: tuple[int, int] | None) -> Sentence | None:
        try:
            found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        except OSError as error:
            return _why(error)
        if stat.S_ISLNK(found.st_mode):
            return LINK
        if (found.st_dev, found.st_ino) == own_data:
            return Sentence("it is where Nexus keeps its own data")
        return None

    @staticmethod
    def _entry(path: str, name: str, parent: int, budget: Budget) -> Iterator[Entry]:
        try:
            # NONBLOCK: opening a pipe would wait for somebody to write.
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
        except OSError as error:
            yield Refused(path, _why(error))
            return
        with io.FileIO(descriptor) as file:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                yield File(path, _chunks(file, budget))
            else:
                yield Refused(path, SPECIAL)


class SingleFile:
    """One file, under its own name."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.identity = f"file:{path.resolve()}"
        self.label = self.path.name

    def entries(self, budget: Budget) -> Iterator[Entry]:
        """The file, or why it cannot be read."""
        try:
            with io.FileIO(self.path) as file:
                yield File(self.path.name, _chunks(file, budget))
        except OSError as error:
            yield Refused(self.path.name, _why(error))

    def done(self) -> float | None:
        return None


LINK = Sentence("it is a link, and links are not followed")
SPECIAL = Sentence("it is neither a file nor a folder")
GONE = Sentence("it went away while the folder was read")


def _chunks(file: io.FileIO, budget: Budget) -> Iterator[bytes]:
    try:
        while chunk := file.read(CHUNK):
            budget.take_bytes(len(chunk))
            yield chunk
    except OSError as error:
        raise EntryRefused(_why(error)) from error


def _why(error: OSError) -> Sentence:
    if error.errno == errno.ELOOP:  # what O_NOFOLLOW says of a link
        return LINK
    if isinstance(error, FileNotFoundError):
        return GONE
    return Sentence("it cannot be read (%(error)s)", error=error.strerror)


def _identity_of(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
