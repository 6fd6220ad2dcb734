"""Git repositories as sources: what their newest commit holds. The reading is done by `git_worker`, a process that can
be killed; here its frames become entries, and its time is measured."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from django.conf import settings

from nexus.base.errors import Invalid, Limited, NexusError, Unavailable
from nexus.base.sentences import NOTHING, Sentence
from nexus.exchange.addresses import Reach
from nexus.exchange.frames import unpacked
from nexus.exchange.limits import CHUNK, Budget, too_slow
from nexus.exchange.sources import Entry, File, Refused

_MAX_FRAME = 1_000_000
_ERRORS: dict[str, type[NexusError]] = {"Limited": Limited, "Unavailable": Unavailable}
#: What a process killed in the middle leaves behind is swept by a later import, after so many seconds.
_LEFT_BEHIND = 86_400


def is_repository(folder: Path) -> bool:
    """Whether a folder is a bare repository or a `.git` folder, rather than one that has a `.git` in it."""
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def _ports() -> list[int]:
    return [int(port) for port in settings.IMPORT_PORTS]


class Began(NamedTuple):
    """A history begins: how many commits are told, and the newest; `is_rewritten`: the commit that was asked from is none of
    its own any more, so that none is told."""

    commits: int
    head: str
    is_rewritten: bool


class Content(NamedTuple):
    """A content that steps name by `blob`; `chunks` can be read once, before anything else is asked for; None: refused."""

    blob: str
    chunks: Iterator[bytes] | None
    reason: Sentence


class Did(NamedTuple):
    """What the commit that follows did to a path: `blob` is there (None: gone), moved from `source`, made from `base`."""

    path: str
    blob: str | None
    source: str | None
    base: str | None


class Committed(NamedTuple):
    """The commit of the steps before: who, when (seconds of the epoch), and what they said."""

    commit: str
    is_trunk: bool
    name: str
    email: str
    at: int
    message: str


type Told = Began | Content | Did | Committed


class Repository(ABC):
    """What both kinds share: a job for the worker, and its answers."""

    identity: str
    label: str
    #: The newest commit, once its files were asked for.
    head = ""

    def __init__(self) -> None:
        self._seen = 0
        self._count = 0

    def done(self) -> float | None:
        return self._seen / self._count if self._count else None

    def entries(self, budget: Budget) -> Iterator[Entry]:
        """The files of its newest commit. Raises Invalid("no_commit", "bad_repository"), Limited, and for a remote one
        Unavailable("unreachable_source")."""
        with self._place() as place, self._answers(place, budget) as stream:
            yield from self._entries(stream, budget)

    def steps(self, budget: Budget, after: str, beyond: Sequence[str]) -> Iterator[Told]:
        """Its history behind the commit `after` ("": all), without the commits in `beyond`, as docs of `git_worker` say.
        Raises as `entries`, and Limited("too_many_commits")."""
        asked = {"is_history": True, "after": after, "beyond": list(beyond)}
        with self._place() as place, self._answers(place | asked, budget) as stream:
            yield from self._told(stream, budget)

    @abstractmethod
    def _place(self) -> AbstractContextManager[dict[str, Any]]:
        """What a job says of where the repository is."""

    @contextmanager
    def _answers(self, job: dict[str, Any], budget: Budget) -> Iterator[IO[bytes]]:
        """What the worker says to a job; it is ended when its time is over, and when its reader is done."""
        limits = budget.limits
        job |= {
            "allowed": settings.ALLOWED_ADDRESSES, "ports": _ports(), "max_files": limits.files,
            "max_file_bytes": limits.file_bytes, "max_pack_bytes": limits.total_bytes,
        }  # fmt: skip
        # Nothing of the environment that could lead Git or TLS elsewhere, but where trusted certificates are.
        kept = {"PATH", "PYTHONPATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR"}
        process = subprocess.Popen(
            [sys.executable, "-m", "nexus.exchange.git_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={k: v for k, v in os.environ.items() if k in kept},
        )
        assert process.stdin is not None  # noqa: S101  both are pipes
        assert process.stdout is not None  # noqa: S101  both are pipes
        timer = threading.Timer(budget.seconds_left, process.kill)
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(json.dumps(job).encode("ascii") + b"\n")
            process.stdin.flush()
            yield process.stdout
        except BrokenPipeError as error:
            raise _ended(budget) from error
        finally:
            timer.cancel()
            process.kill()
            process.communicate()

    def _entries(self, stream: IO[bytes], budget: Budget) -> Iterator[Entry]:
        while True:
            frame = _frame(stream, budget)
            if "done" in frame:
                return
            if "files" in frame:
                self._count, self.head = int(frame["files"]), frame["head"]
                continue
            budget.take_file()
            self._seen += 1
            if "refused" in frame:
                yield Refused(frame["path"], unpacked(frame["refused"]))
                continue
            body = _Body(stream, frame["size"], budget)
            yield File(frame["path"], body.chunks())
            for _ in body.chunks():  # what its reader left
                pass

    def _told(self, stream: IO[bytes], budget: Budget) -> Iterator[Told]:
        while True:
            frame = _frame(stream, budget)
            if "done" in frame:
                return
            if "steps" in frame:
                self._count = int(frame["steps"])
                yield Began(self._count, frame["head"], is_rewritten=bool(frame["rewritten"]))
            elif "op" in frame:
                budget.check_time()
                yield Did(frame["op"], frame["blob"], frame["source"], frame["base"])
            elif "commit" in frame:
                self._seen += 1
                yield Committed(*(frame[name] for name in Committed._fields))
            elif "refused" in frame:
                yield Content(frame["blob"], None, unpacked(frame["refused"]))
            else:
                body = _Body(stream, frame["size"], budget)
                yield Content(frame["blob"], body.chunks(), NOTHING)
                for _ in body.chunks():  # what its reader left
                    pass


class LocalRepository(Repository):
    """A bare repository on this machine, or the `.git` folder of another."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path.resolve()
        self.identity = f"repository:{self.path}"
        self.label = self.path.parent.name if self.path.name == ".git" else self.path.name

    @contextmanager
    def _place(self) -> Iterator[dict[str, Any]]:
        yield {"path": str(self.path), "url": "", "folder": ""}


class RemoteRepository(Repository):
    """A repository that is fetched by https. Raises Invalid("bad_address") when its address is not fetched."""

    def __init__(self, url: str, branch: str = "") -> None:
        super().__init__()
        parts = Reach(settings.ALLOWED_ADDRESSES, _ports()).checked_url(url)
        self.url = parts._replace(fragment="").geturl()
        self.branch = branch
        self.identity = f"git:{self.url.rstrip('/').removesuffix('.git')}{f'#{branch}' if branch else ''}"
        self.label = parts._replace(fragment="", query="").geturl()

    @contextmanager
    def _place(self) -> Iterator[dict[str, Any]]:
        base = Path(settings.DATA_DIR) / "incoming"
        base.mkdir(parents=True, exist_ok=True)
        _sweep(base)
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=base) as folder:
            yield {"path": "", "url": self.url, "folder": folder, "branch": self.branch}


class _Body:
    """The bytes of one file on the stream; what was not read is still there to be passed over."""

    def __init__(self, stream: IO[bytes], size: int, budget: Budget) -> None:
        self._stream = stream
        self._left = size
        self._budget = budget

    def chunks(self) -> Iterator[bytes]:
        while self._left > 0:
            chunk = self._stream.read(min(CHUNK, self._left))
            if not chunk:
                raise _ended(self._budget)
            self._left -= len(chunk)
            self._budget.take_bytes(len(chunk))
            yield chunk


def _frame(stream: IO[bytes], budget: Budget) -> dict[str, Any]:
    line = stream.readline(_MAX_FRAME)
    if not line.endswith(b"\n"):
        raise _ended(budget)
    frame: dict[str, Any] = json.loads(line)
    if said := frame.get("error"):
        message, said["remedy"] = (unpacked(said.pop(part)) for part in ("message", "remedy"))
        raise _ERRORS.get(said.pop("kind"), Invalid)(message, **said)
    return frame


def _ended(budget: Budget) -> NexusError:
    """Why the worker ended without saying: its time was over, or the system took its memory."""
    if budget.seconds_left == 0:
        return too_slow(budget.limits.seconds)
    return Limited(Sentence("Reading the repository takes too much memory."), code="import_too_large")


def _sweep(base: Path) -> None:
    for left in base.glob("fetch-*"):
        if left.stat().st_mtime < time.time() - _LEFT_BEHIND:
            shutil.rmtree(left, ignore_errors=True)
