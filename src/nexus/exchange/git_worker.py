"""A process that reads one Git repository: its memory is bounded, and whoever started it ends it on time.

Run as `python -m nexus.exchange.git_worker`. A job comes in as one line of JSON on standard input, which then stays
open: when it closes, the process ends, so none outlives its starter. Out come frames on standard output, each a line of
JSON. Of the newest commit: `{"files": n, "head": name}` once, then for each entry `{"path", "size"}` followed by that many
bytes, or `{"path", "refused": reason}`. Of a history: `{"steps": n, "rewritten": bool, "head": name}` once, then for each
commit first the contents that were not sent yet (`{"blob", "size"}` and its bytes, or `{"blob", "refused"}`), then what it
did (`{"op": path, "blob" or null, "source", "base"}`), then `{"commit", "is_trunk", "name", "email", "at", "message"}`. At
the end of either comes `{"done": true}`; or, at any point, `{"error": {kind, code, message, remedy, field, value}}` as the
last. Reasons, messages and remedies are packed Sentences.

Only objects are read, by dulwich: no hook, filter, submodule or Git program runs, and no work tree is looked at.
"""

import json
import os
import resource
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import urljoin

import urllib3
from dulwich.client import HttpGitClient, default_user_agent_string
from dulwich.errors import GitProtocolError
from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.object_store import BaseObjectStore, ObjectStoreGraphWalker, iter_tree_contents
from dulwich.objects import Blob, Commit, ObjectID
from dulwich.pack import ObjectContainer, Pack, PackData
from dulwich.repo import Repo

from nexus.base.errors import Invalid, Limited, NexusError, Unavailable
from nexus.base.sentences import Sentence
from nexus.exchange.addresses import AddressRefused, CheckedPool, Reach
from nexus.exchange.frames import packed
from nexus.exchange.git_history import History, author_of, message_of, names

#: Folders in folders: more than any path of 1,024 bytes can have.
MAX_DEPTH = 520
#: How long one connection may take to be made, and one read to be answered, in seconds.
TIMEOUT = 20.0
#: Paths are cut here, well above what any path may have, so that a frame stays a line.
_LONG_PATH, _LONG_NAME, _LONG_MESSAGE = 4096, 300, 10_000
_REDIRECTS = 3


type Objects = BaseObjectStore | Pack


class Job(NamedTuple):
    """What to read, and how much of it. `path` names a local repository; else `url` is fetched into `folder`."""

    path: str
    url: str
    folder: str
    allowed: list[str]
    ports: list[int]
    max_files: int
    max_file_bytes: int
    max_pack_bytes: int
    #: The branch of a remote repository; "": what its HEAD is.
    branch: str = ""
    #: Whether all commits are told, behind commit `after`, without those in `beyond`; else the files of the newest.
    is_history: bool = False
    after: str = ""
    beyond: tuple[str, ...] = ()

    @property
    def memory(self) -> int:
        """Bytes of memory: an object, its base and its delta at the same time, and the index of a large pack."""
        return 400_000_000 + 8 * self.max_file_bytes


def run(job: Job, out: BinaryIO) -> None:
    """Reads what the job names and writes its frames. Raises NexusError when it is refused."""
    if job.path:
        with Repo(job.path) as repository:
            _told(repository.object_store, _head(repository), job, out)
        return
    commit = fetch(job)
    with Pack(str(Path(job.folder, "fetched")), object_format=DEFAULT_OBJECT_FORMAT) as pack:
        _told(pack, commit, job, out)


def _told(store: Objects, commit: ObjectID, job: Job, out: BinaryIO) -> None:
    if job.is_history:
        _write_history(store, commit, job, out)
    else:
        _write(store, commit, job, out)


def fetch(job: Job) -> ObjectID:
    """Brings the newest commit of a remote repository, with its history only when that is told, into `fetched.pack` and its
    index in `job.folder`. Returns the commit's id."""
    heads: list[ObjectID] = []
    wanted = f"refs/heads/{job.branch}".encode() if job.branch else b"HEAD"

    def newest(refs: Any, depth: int | None = None) -> list[ObjectID]:  # noqa: ARG001  dulwich passes it by name
        heads.extend([refs[wanted]] if wanted in refs else [])
        return heads

    target = Path(job.folder, "fetched.pack")
    nothing = ObjectStoreGraphWalker([], lambda _: [])
    with CheckedPool(Reach(job.allowed, job.ports), timeout=TIMEOUT) as pool, target.open("wb") as file:
        client = _Client(job.url, pool, job.max_pack_bytes)
        depth = None if job.is_history else 1
        client.fetch_pack("", newest, nothing, file.write, depth=depth, ref_prefix=[wanted])
    if not heads:
        raise _no_branch(job.branch) if job.branch else _no_commit()
    with PackData(str(target), object_format=DEFAULT_OBJECT_FORMAT) as pack:
        if len(pack) > (40 if job.is_history else 4) * job.max_files:
            raise _too_many(job)
        pack.check()
        pack.create_index(str(target.with_suffix(".idx")), version=2)
    return heads[0]


class _Client(HttpGitClient):
    """dulwich's smart HTTP client over checked connections: few redirects, none of a POST, bounded answers."""

    def __init__(self, url: str, pool: CheckedPool, max_bytes: int) -> None:
        super().__init__(url, pool_manager=pool, quiet=True)
        self._left = max_bytes

    def _http_request(
        self, url: str, headers: dict[str, str] | None = None, data: Any = None, raise_for_status: bool = True
    ) -> tuple[Any, Callable[[int], bytes]]:
        sent = {"User-Agent": default_user_agent_string(), "Pragma": "no-cache", **(headers or {})}
        asked = url
        for _ in range(_REDIRECTS + 1):
            answer: Any = self.pool_manager.urlopen(
                "GET" if data is None else "POST", url, headers=sent, body=data, preload_content=False
            )
            location = answer.get_redirect_location()
            if not location:
                break
            answer.close()  # without reading a body that may never end
            if data is not None:
                raise GitProtocolError(Sentence("it redirects a question that must not be asked elsewhere"))
            url = urljoin(url, location)
        else:
            raise GitProtocolError(Sentence("it redirects again and again"))
        answer.content_type = answer.headers.get("Content-Type") or ""
        answer.redirect_location = url if url != asked else ""
        if raise_for_status and answer.status != 200:
            answer.close()
            raise GitProtocolError(Sentence("it answers with status %(status)s", status=answer.status))
        if not answer.content_type.startswith("application/x-git-"):
            answer.close()
            raise GitProtocolError(Sentence("it does not speak Git's smart HTTP protocol"))
        return answer, self._counted(answer.read)

    def _counted(self, read: Callable[[int], bytes]) -> Callable[[int], bytes]:
        def counted(size: int) -> bytes:
            data = read(size)
            self._left -= len(data)
            if self._left < 0:
                raise Limited(
                    Sentence("The repository is too large."), code="import_too_large",
                    remedy=Sentence("Ask for a higher NEXUS_MAX_IMPORT_MB."),
                )  # fmt: skip
            return data

        return counted


def _head(repository: Repo) -> ObjectID:
    try:
        return repository.head()
    except KeyError:
        raise _no_commit() from None


def _write(store: Objects, commit: ObjectID, job: Job, out: BinaryIO) -> None:
    found = store[commit]
    if not isinstance(found, Commit):
        raise _no_commit()
    entries = list(_entries(store, found.tree, job))
    _send(out, {"files": len(entries), "head": _named(commit)})
    for path, mode, sha in entries:
        name = _path(path)
        if stat.S_ISLNK(mode):
            _send(out, {"path": name, "refused": packed(Sentence("it is a link, and links are not followed"))})
        elif not stat.S_ISREG(mode):
            why = Sentence("it is a submodule: another repository, to be imported by itself")
            _send(out, {"path": name, "refused": packed(why)})
        else:
            _write_blob(store, name, sha, job, out)
    _send(out, {"done": True})


def _write_history(store: Objects, head: ObjectID, job: Job, out: BinaryIO) -> None:
    after = ObjectID(job.after.encode("ascii")) if job.after else None
    history = History(store, head, after, names(job.beyond))
    told = {"steps": len(history), "rewritten": history.is_rewritten, "head": head.decode("ascii")}
    _send(out, told)
    sent: set[ObjectID] = set()
    for step in history.steps():
        for op in step.ops:
            for blob, mode in ((op.blob, op.mode), (op.base, stat.S_IFREG)):
                if blob is not None and blob not in sent:
                    sent.add(blob)
                    _send_content(store, blob, mode, job, out)
        for op in step.ops:
            _send(out, {
                "op": _path(op.path), "blob": _named(op.blob), "source": None if op.source is None else _path(op.source),
                "base": _named(op.base),
            })  # fmt: skip
        name, email = author_of(step.commit)
        _send(out, {
            "commit": _named(step.commit.id), "is_trunk": step.is_trunk, "name": name[:_LONG_NAME],
            "email": email[:_LONG_NAME], "at": step.commit.author_time, "message": message_of(step.commit)[:_LONG_MESSAGE],
        })  # fmt: skip
    _send(out, {"done": True})


def _send_content(store: Objects, blob: ObjectID, mode: int, job: Job, out: BinaryIO) -> None:
    why = None
    if stat.S_ISLNK(mode):
        why = Sentence("it is a link, and links are not followed")
    elif not stat.S_ISREG(mode):
        why = Sentence("it is a submodule: another repository, to be imported by itself")
    else:
        kind, data = store.get_raw(blob)
        if kind != Blob.type_num:
            why = Sentence("it is damaged")
        elif len(data) > job.max_file_bytes:
            why = Sentence("it has more than %(size)s MB", size=job.max_file_bytes // 1_000_000)
        else:
            _send(out, {"blob": _named(blob), "size": len(data)})
            out.write(data)
            return
    _send(out, {"blob": _named(blob), "refused": packed(why)})


def _named(name: ObjectID | None) -> str | None:
    return None if name is None else name.decode("ascii")


def _path(path: bytes) -> str:
    return path[:_LONG_PATH].decode("utf-8", "surrogateescape")


def _entries(store: Objects, tree: ObjectID, job: Job) -> Iterator[tuple[bytes, int, ObjectID]]:
    # Trees count too: ten that each name the next ten times have a billion leaves in a few hundred bytes.
    entries = iter_tree_contents(cast("ObjectContainer", store), tree, include_trees=True, max_depth=MAX_DEPTH)
    for number, entry in enumerate(entries, 1):
        if number > 2 * job.max_files:
            raise _too_many(job)
        if entry.mode is not None and entry.sha is not None and entry.path is not None and not stat.S_ISDIR(entry.mode):
            yield entry.path, entry.mode, entry.sha


def _write_blob(store: Objects, name: str, sha: ObjectID, job: Job, out: BinaryIO) -> None:
    kind, data = store.get_raw(sha)
    if kind != Blob.type_num:
        _send(out, {"path": name, "refused": packed(Sentence("it is damaged"))})
    elif len(data) > job.max_file_bytes:
        why = Sentence("it has more than %(size)s MB", size=job.max_file_bytes // 1_000_000)
        _send(out, {"path": name, "refused": packed(why)})
    else:
        _send(out, {"path": name, "size": len(data)})
        out.write(data)


def _send(out: BinaryIO, frame: dict[str, Any]) -> None:
    out.write(json.dumps(frame).encode("ascii") + b"\n")
    out.flush()


def _no_commit() -> Invalid:
    return Invalid(Sentence("The repository has no commit to import."), code="no_commit", field="source")


def _no_branch(branch: str) -> Invalid:
    return Invalid(
        Sentence("The repository has no such branch."), code="no_commit", field="branch", value=branch,
        remedy=Sentence("Give a branch that it has, or none for its main one."),
    )  # fmt: skip


def _too_many(job: Job) -> Limited:
    return Limited(
        Sentence("It holds more than %(files)s files.", files=f"{job.max_files:,}"), code="too_many_files",
        remedy=Sentence("Ask for a higher NEXUS_MAX_IMPORT_FILES."),
    )  # fmt: skip


def refusal(error: Exception) -> NexusError:
    """What is said of a repository that cannot be read, whatever made it so."""
    match error:
        case NexusError():
            return error
        case AddressRefused():
            return Invalid(
                Sentence("That address is not fetched. %(why)s", why=error.why), code="bad_address", field="source"
            )
        case MemoryError():
            return Limited(Sentence("Reading the repository takes too much memory."), code="import_too_large")
        case urllib3.exceptions.HTTPError() | GitProtocolError():
            ours = error.args[0] if error.args and isinstance(error.args[0], Sentence) else None
            return Unavailable(
                Sentence("The repository cannot be fetched: %(why)s.", why=ours or str(error).rstrip(".")),
                code="unreachable_source",
                remedy=Sentence("Check the address; only repositories that need no sign-in can be imported."),
            )  # fmt: skip
        case _:
            return Invalid(
                Sentence("The repository is damaged (%(error)s).", error=type(error).__name__),
                code="bad_repository", field="source",
                remedy=Sentence("`git fsck` says more; or clone it and import the folder."),
            )  # fmt: skip


def main() -> None:
    """Reads the job, and answers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the starter, which ends this process
    job = Job(**json.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_end_with_input, daemon=True).start()
    resource.setrlimit(resource.RLIMIT_DATA, (job.memory, job.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        run(job, sys.stdout.buffer)
    except BrokenPipeError:
        os._exit(1)
    except Exception as error:  # noqa: BLE001  whatever a repository does, its importer gets a sentence
        said = refusal(error)
        frame = {"code": said.code, "message": packed(said.message), "remedy": packed(said.remedy), "field": said.field}
        _send(sys.stdout.buffer, {"error": {**frame, "value": said.value, "kind": type(said).__name__}})
    os._exit(0)


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main()
