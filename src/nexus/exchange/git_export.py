"""A hub as a Git repository: each change a commit, in the order they happened."""

import stat
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from dulwich.objects import Blob as GitBlob
from dulwich.objects import Commit, ObjectID, Tree
from dulwich.refs import HEADREF, Ref
from dulwich.repo import Repo

from nexus.accounts.actor import Actor
from nexus.accounts.models import Person
from nexus.hubs.access import Capability, capabilities
from nexus.hubs.models import Hub
from nexus.pages import blobs
from nexus.pages.access import visible_changes, visible_versions
from nexus.pages.models import Blob, Change

BRANCH = Ref(b"refs/heads/main")
_FILE = stat.S_IFREG | 0o644


class _Step(NamedTuple):
    """One version: what a page was after a change."""

    seq: int
    page: UUID
    path: str
    blob: str
    is_deletion: bool


class _Folder:
    """A tree in the making; it is written again only after something in it changed."""

    def __init__(self) -> None:
        self.entries: dict[bytes, _Folder | ObjectID] = {}
        self.written: ObjectID | None = None


def write_repository(actor: Actor, hub: Hub, target: Path, step: Callable[[int, float], None]) -> None:
    """Makes a bare repository at `target` whose `main` has a commit for each change of a hub that `actor` was shown.

    Its newest tree is what the hub holds. `step` is called with each content's bytes and how much is done.

    E-mail addresses of people are written only for an actor who manages the hub's members.
    """
    names_addresses = Capability.MEMBER_MANAGE in capabilities(actor, hub)
    last = hub.sequence
    with Repo.init_bare(str(target), mkdir=True, default_branch=b"main") as repository:
        writer = _Writer(repository)
        head: list[ObjectID] = []
        rows = visible_changes(actor).filter(hub=hub, seq__lte=last).select_related("author").order_by("seq")
        changes = rows.iterator(chunk_size=200)
        for seq, versions in groupby(_steps(actor, hub, last), key=lambda each: each.seq):
            change = next(change for change in changes if change.seq == seq)
            for each in writer.apply(list(versions)):
                step(each, seq / max(1, last))
            head = [writer.commit(change, head, names_addresses=names_addresses)]
        if head:
            repository.refs[BRANCH] = head[0]
        repository.refs.set_symbolic_ref(HEADREF, BRANCH)


def _steps(actor: Actor, hub: Hub, last: int) -> Iterator[_Step]:
    rows = visible_versions(actor).filter(page__hub=hub, change__seq__lte=last).order_by("change__seq", "pk")
    columns = rows.values_list("change__seq", "page_id", "path", "blob_id", "is_deletion")
    return (_Step(*row) for row in columns.iterator(chunk_size=2000))


class _Writer:
    """The repository, the tree as it is after the changes so far, and where each page is in it."""

    def __init__(self, repository: Repo) -> None:
        self._store = repository.object_store
        self._top = _Folder()
        self._paths: dict[UUID, str] = {}
        self._blobs: dict[str, ObjectID] = {}

    def apply(self, versions: list[_Step]) -> Iterator[int]:
        """Makes the tree what it was after a change; yields the size of each content written."""
        for version in versions:  # first all leave, so that two pages may change places
            if path := self._paths.pop(version.page, None):
                self._put(path, None)
        for version in versions:
            if not version.is_deletion:
                if version.blob not in self._blobs:
                    blob = Blob.objects.get(pk=version.blob)
                    self._blobs[version.blob] = self._stored(GitBlob.from_string(blobs.read(blob)))
                    yield blob.size
                self._put(version.path, self._blobs[version.blob])
                self._paths[version.page] = version.path

    def commit(self, change: Change, parents: list[ObjectID], *, names_addresses: bool) -> ObjectID:
        """Writes the tree, and the commit of a change."""
        commit = Commit()
        commit.tree = self._written(self._top)
        commit.parents = list(parents)
        commit.author = commit.committer = identity(change.author, names_address=names_addresses)
        commit.author_time, commit.commit_time = (int(at.timestamp()) for at in (change.made_at, change.created_at))
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        commit.message = (change.message or f"Change {change.seq}").encode("utf-8") + b"\n"
        return self._stored(commit)

    def _put(self, path: str, blob: ObjectID | None) -> None:
        *folders, name = path.encode("utf-8").split(b"/")
        way = [self._top]
        for folder in folders:
            below = way[-1].entries.setdefault(folder, _Folder())
            assert isinstance(below, _Folder)  # noqa: S101  no page stands where a folder is
            way.append(below)
        for each in way:
            each.written = None
        if blob is not None:
            way[-1].entries[name] = blob
            return
        del way[-1].entries[name]
        for upper, folder in zip(reversed(way[:-1]), reversed(folders), strict=True):
            below = upper.entries[folder]
            if isinstance(below, _Folder) and not below.entries:
                del upper.entries[folder]

    def _written(self, folder: _Folder) -> ObjectID:
        if folder.written is None:
            tree = Tree()
            for name, entry in folder.entries.items():
                if isinstance(entry, _Folder):
                    tree.add(name, stat.S_IFDIR, self._written(entry))
                else:
                    tree.add(name, _FILE, entry)
            folder.written = self._stored(tree)
        return folder.written

    def _stored(self, thing: GitBlob | Tree | Commit) -> ObjectID:
        self._store.add_object(thing)
        return thing.id


def identity(person: Person, *, names_address: bool) -> bytes:
    """`Name <address>` as Git writes it; without an address, or where it must not be told, one that reaches nobody."""
    address = (person.email if names_address else "") or f"{person.handle}@users.nexus.invalid"
    name, address = ("".join(c for c in text if c.isprintable() and c not in "<>") for text in (person.name, address))
    return f"{name.strip() or person.handle} <{address.strip()}>".encode()
