"""A Git history in a line: the steps from one commit to another, each with what it did to which path. Runs in `git_worker`.

Git's history is a graph, a hub's is a sequence (docs/adr/0096). The *trunk* is the chain of first parents down from the
newest commit. After a trunk commit the state is exactly that commit's tree; what came from side branches stands before the
commit that merged it, as steps of their own authors, which say what they started from so that they can be merged in.
"""

import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dulwich.diff_tree import RenameDetector, tree_changes
from dulwich.object_store import tree_lookup_path
from dulwich.objects import Commit, ObjectID

from nexus.base.errors import Limited
from nexus.base.sentences import Sentence

#: Commits that one import takes, and that it looks at to find those.
MAX_COMMITS, MAX_KNOWN = 20_000, 500_000
#: Files of one commit among which renames with edits are looked for; unedited ones are always found.
MAX_RENAMED = 100


class Op(NamedTuple):
    """What a step does to a path: it gets the content `blob` (None: it is gone). `source`: the path that it was moved from.
    `base`: the content that the author started from, for a step of a side branch."""

    path: bytes
    blob: ObjectID | None
    mode: int = 0
    source: bytes | None = None
    base: ObjectID | None = None


class Step(NamedTuple):
    """A commit and what it does; `is_trunk`: afterwards the state is its tree."""

    commit: Commit
    is_trunk: bool
    ops: list[Op]


@dataclass
class History:
    """The commits of `store` that lead to `head`, without those that `after` (b"" for none) has, or that are in `beyond`."""

    store: Any
    head: ObjectID
    after: ObjectID | None = None
    beyond: frozenset[ObjectID] = frozenset()
    _parents: dict[ObjectID, list[ObjectID]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._renames = RenameDetector(self.store, max_files=MAX_RENAMED)
        known = self._reachable(self.after) if self.after else set()
        self.is_rewritten = self.after is not None and self.after not in self._reachable(self.head)
        self._order = [] if self.is_rewritten else list(self._new(known))
        if len(self._order) > MAX_COMMITS:
            raise Limited(
                Sentence("It has more than %(most)s commits to bring.", most=f"{MAX_COMMITS:,}"), code="too_many_commits",
                remedy=Sentence("Import it without its history, or in parts: an older commit first."),
            )  # fmt: skip
        self._trunk = self._first_parents(known)

    def __len__(self) -> int:
        return sum(commit not in self.beyond for commit in self._order)

    def steps(self) -> Iterator[Step]:
        """In order; those in `beyond` are passed over, as done already."""
        state = self._tree(self.after) if self.after else None
        touched: set[bytes] = set()
        for name in self._order:
            commit = self._commit(name)
            if name in self._trunk:
                ops = list(self._changes(state, commit.tree))
                done = {op.path for op in ops}
                ops += [self._as_it_is(commit.tree, path) for path in sorted(touched - done)]
                state, touched = commit.tree, set()
            else:
                ops = list(self._aside(commit))
                touched |= {path for op in ops for path in (op.path, op.source) if path is not None}
            if name not in self.beyond:
                yield Step(commit, name in self._trunk, ops)

    # --- The graph ---

    def _commit(self, name: ObjectID) -> Commit:
        found = self.store[name]
        assert isinstance(found, Commit)  # noqa: S101  only parents of commits are asked for
        return found

    def _tree(self, name: ObjectID | None) -> ObjectID | None:
        return self._commit(name).tree if name else None

    def _parents_of(self, name: ObjectID) -> list[ObjectID]:
        if name not in self._parents:
            # A shallow clone ends somewhere: what is not there is no parent.
            self._parents[name] = [each for each in self._commit(name).parents if each in self.store]
            if len(self._parents) > MAX_KNOWN:
                raise Limited(Sentence("Its history is too long."), code="too_many_commits")
        return self._parents[name]

    def _reachable(self, name: ObjectID) -> set[ObjectID]:
        if name not in self.store:
            return set()
        found, left = {name}, [name]
        while left:
            for parent in self._parents_of(left.pop()):
                if parent not in found:
                    found.add(parent)
                    left.append(parent)
        return found

    def _new(self, known: set[ObjectID]) -> Iterator[ObjectID]:
        """Parents before children, the first parent's line first, so that no two branches interleave."""
        if self.head in known:
            return
        seen = {self.head}
        way = [(self.head, iter(self._parents_of(self.head)))]
        while way:
            name, parents = way[-1]
            parent = next(parents, None)
            if parent is None:
                yield name
                way.pop()
            elif parent not in seen and parent not in known:
                seen.add(parent)
                way.append((parent, iter(self._parents_of(parent))))

    def _first_parents(self, known: set[ObjectID]) -> frozenset[ObjectID]:
        chain = [self.head]
        while (parents := self._parents_of(chain[-1])) and parents[0] not in known:
            chain.append(parents[0])
        below = self._parents_of(chain[-1])
        # Where the chain misses what was brought last (it became a side branch), only the end is sure to hold it.
        return frozenset(chain) if not self.after or (below and below[0] == self.after) else frozenset({self.head})

    # --- What a commit did ---

    def _changes(self, old: ObjectID | None, new: ObjectID) -> Iterator[Op]:
        for change in tree_changes(self.store, old, new, rename_detector=self._renames):
            was, now = change.old, change.new
            if now is None or now.path is None:
                if was is not None and was.path is not None:
                    yield Op(was.path, None)
                continue
            source = was.path if change.type == "rename" and was is not None else None
            yield Op(now.path, now.sha, now.mode or 0, source)

    def _aside(self, commit: Commit) -> Iterator[Op]:
        """What a commit of a side branch did itself: of a merge what none of its parents had."""
        parents = [self._commit(name).tree for name in self._parents_of(commit.id)]
        first = parents[0] if parents else None
        for op in self._changes(first, commit.tree):
            if any(self._at(tree, op.path) == op.blob for tree in parents[1:]):
                continue
            yield op._replace(base=self._at(first, op.source or op.path) if first else None)

    def _as_it_is(self, tree: ObjectID, path: bytes) -> Op:
        mode, blob = self._entry(tree, path)
        return Op(path, blob, mode)

    def _at(self, tree: ObjectID, path: bytes) -> ObjectID | None:
        return self._entry(tree, path)[1]

    def _entry(self, tree: ObjectID, path: bytes) -> tuple[int, ObjectID | None]:
        lookup: Callable[[Any], Any] = self.store.__getitem__
        try:
            mode, name = tree_lookup_path(lookup, tree, path)
        except (KeyError, ValueError, TypeError):  # nothing there, or a file where a folder was
            return 0, None
        return (mode, name) if not stat.S_ISDIR(mode) else (0, None)


def author_of(commit: Commit) -> tuple[str, str]:
    """(name, e-mail) of a commit's author, as text."""
    name, _, rest = commit.author.partition(b"<")
    return _text(name.strip()), _text(rest.rpartition(b">")[0].strip())


def message_of(commit: Commit) -> str:
    """What its author said, as text."""
    return _text(commit.message).strip()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\0", "\ufffd")


def names(shas: Sequence[str]) -> frozenset[ObjectID]:
    """Commits as they were written down."""
    return frozenset(ObjectID(each.encode("ascii")) for each in shas)
