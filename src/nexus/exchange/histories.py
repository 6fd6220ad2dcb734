"""Importing a Git history: each commit becomes a change with its author, date and message (docs/adr/0096).

Commit by commit the same decisions are made as for a whole source (`exchange.plan`): what was edited here since is merged,
or reported and kept. Each commit is a transaction of its own that also writes down how far it is, so an import that ends
anywhere goes on from there, and a later one brings only what is new.
"""

import datetime
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched, chain
from pathlib import Path
from typing import Literal

from nexus.accounts.actor import Actor
from nexus.accounts.models import Person
from nexus.accounts.people import git_author
from nexus.base.errors import Conflict, Invalid
from nexus.base.ids import text_key
from nexus.base.sentences import NOTHING, Sentence
from nexus.base.transactions import in_transaction
from nexus.exchange.limits import Budget, Limits
from nexus.exchange.models import HistoryMark, ImportedFile
from nexus.exchange.plan import Merges, Plan
from nexus.exchange.report import ImportReport, Noted, Outcome
from nexus.exchange.repositories import Began, Committed, Content, Did, Repository
from nexus.exchange.staging import Progress, Staged, placed
from nexus.hubs import following
from nexus.hubs.access import Capability, require
from nexus.hubs.models import Hub
from nexus.markdown import MAX_BYTES
from nexus.pages import blobs, documents, guard
from nexus.pages.actions import import_change
from nexus.pages.changes import Draft
from nexus.pages.models import Change, Page
from nexus.pages.paths import ancestors, checked_path, is_page_name

type Authors = Literal["git", "me"]

_CHUNK = 500
_BATCH_FILES, _BATCH_BYTES = 200, 4_000_000
#: Seconds of the epoch that are believed: a commit may say anything.
_MOST = 4_102_444_800


@dataclass(slots=True)
class CommitStaged(Staged):
    """What one commit did: contents by path in the hub, and the paths that it left."""

    gone: set[str] = field(default_factory=set)
    #: Where a file was moved from; and what its author started from (None: nothing), for commits of side branches.
    moved: dict[str, str] = field(default_factory=dict)
    bases: dict[str, str | None] = field(default_factory=dict)

    def is_gone(self, path: str) -> bool:
        return path in self.gone


@dataclass
class CommitPlan(Plan):
    """The decisions of one commit: those of a whole import, over the paths that it touched; a moved file's page moves."""

    step: CommitStaged = field(default_factory=CommitStaged)
    _moves: dict[str, str] = field(default_factory=dict, init=False)

    def fill(self, draft: Draft) -> None:
        """Puts into `draft` what the commit changes."""
        step = self.step
        self.staged = CommitStaged(
            dict(step.files), suspicious=step.suspicious, gone=set(step.gone), moved=dict(step.moved)
        )
        self._moves = {}
        super().fill(draft)

    def _rows(self) -> dict[str, ImportedFile]:
        staged = self.staged
        assert isinstance(staged, CommitStaged)  # noqa: S101  made in `fill`
        paths = {*staged.files, *staged.gone, *staged.moved.values()}
        rows: dict[str, ImportedFile] = {}
        for part in batched(sorted(paths), _CHUNK, strict=False):
            keys = [text_key(path) for path in part]
            found = ImportedFile.objects.filter(hub=self.hub, source=self.source, path_key__in=keys)
            rows |= {row.path: row for row in found.select_related("page")}
        self._settle_sides(staged, rows)
        for new, old in staged.moved.items():
            if new in staged.files and old in rows and new not in rows:
                rows[new] = rows.pop(old)
                self.forgotten.append(rows[new].pk)
        self._choose_moves(rows)
        return rows

    def _settle_sides(self, staged: CommitStaged, rows: dict[str, ImportedFile]) -> None:
        """A commit of a side branch is merged into what the source has by then, as Git will have done; where that is not
        clean nothing is done, since the commit that merged the branch says what came of it."""
        for path, base in self.step.bases.items():
            row = rows.get(staged.moved.get(path, path)) or rows.get(path)
            now = row.blob_id if row else None
            if now == base:
                continue
            theirs = staged.files.pop(path, None)
            staged.gone.discard(path)
            staged.moved.pop(path, None)
            if theirs is not None and theirs != now and base is not None and now is not None:
                merged = self.merges.of(path, base, now, theirs)
                if merged is not None:
                    staged.files[path] = merged
                    staged.suspicious |= {merged} if theirs in staged.suspicious else set()

    def _choose_moves(self, rows: dict[str, ImportedFile]) -> None:
        """Which pages go where their files went: those that are where the source had them, to places that are free."""
        wanted = {
            new: row for new, row in rows.items() if row.path != new and row.page.is_live and row.page.path == row.path
        }
        if not wanted:
            return
        leaving = {row.page_id for row in wanted.values()}
        draft = Draft(self.hub)
        taken = {path for path, page in draft.pages_at(wanted).items() if page.pk not in leaving}
        blocking = set(draft.pages_at({folder for path in wanted for folder in ancestors(path)}))
        folders = set(self._folders(list(wanted), [row.page for row in wanted.values()]))
        for new in wanted:
            if new not in taken | folders and blocking.isdisjoint(ancestors(new)):
                self._moves[new] = new

    def _target(self, path: str, page: Page) -> str:
        return self._moves.get(path, page.path)

    def _remembered(self, changed: list[ImportedFile]) -> Iterator[ImportedFile]:
        for path in [path for path, row in self._known.items() if row.path != path]:
            del self._known[path]  # its row was forgotten: it gets one at its new path
        return super()._remembered(changed)


def import_history(
    actor: Actor,
    place: Hub,
    repository: Repository,
    *,
    prefix: str,
    authors: Authors,
    progress: Progress,
    reviewed: Collection[str] = (),
) -> ImportReport | None:
    """Brings the commits that `repository` has and that were not brought yet into `place`, below the folder `prefix`.

    authors: "git": each change is its commit's author's; "me": all are the actor's, with the dates of the commits.
    None when what was brought last is no part of its history any more: the caller brings its newest state then.
    Raises as `exchange.actions.import_source`, Conflict("imported_already"), Limited("too_many_commits").
    """
    began = time.monotonic()
    source = text_key(f"{repository.identity}\0{prefix}")
    mark = HistoryMark.objects.filter(hub=place, source=source).first()
    if mark is None and ImportedFile.objects.filter(hub=place, source=source).exists():
        raise Conflict(
            Sentence("It was imported without its history before."), code="imported_already", field="history",
            remedy=Sentence("Go on without, or import it with its history into another folder or hub."),
        )  # fmt: skip
    steps = _Steps(actor, place, repository, prefix, source, authors, mark, progress, reviewed)
    with following.held(place.pk):
        is_told = steps.bring()
    if not is_told:
        return None
    outcome = steps.outcome()
    if outcome.held:
        HistoryMark.objects.filter(hub=place, source=source).update(has_held=True)
    return ImportReport(place.slug, steps.last, outcome, {}, time.monotonic() - began, steps.changes)


def has_held(place: Hub, repository: Repository, prefix: str) -> bool:
    """Whether files of commits that were brought are held back: no later commit would bring them."""
    source = text_key(f"{repository.identity}\0{prefix}")
    return HistoryMark.objects.filter(hub=place, source=source, has_held=True).exists()


def mark_history(place: Hub, repository: Repository, prefix: str, *, has_held: bool) -> None:
    """Notes that the newest state of a source whose history is followed was brought as a whole, or held back in part."""
    source = text_key(f"{repository.identity}\0{prefix}")
    if repository.head:
        marks = HistoryMark.objects.filter(hub=place, source=source)
        marks.update(commit=repository.head, beyond=[], has_held=has_held)


class _Steps:
    """The commits of one import, as they come."""

    def __init__(
        self, actor: Actor, place: Hub, repository: Repository, prefix: str, source: str, authors: Authors,
        mark: HistoryMark | None, progress: Progress, reviewed: Collection[str],
    ) -> None:  # fmt: skip
        self.actor, self.place, self.repository, self.prefix, self.source = actor, place, repository, prefix, source
        self.authors, self.progress, self.reviewed = authors, progress, reviewed
        self.mark = mark or HistoryMark(hub=place, source=source, commit="")
        self.merges = Merges()
        #: Our name of each content by Git's; None: refused, for the reason.
        self.contents: dict[str, str | None] = {}
        self.reasons: dict[str, Sentence] = {}
        self.waiting: list[blobs.Content] = []
        self.step = CommitStaged()
        self.people: dict[tuple[str, str], Person] = {}
        self.changes, self.last, self.files, self.bytes = 0, None, 0, 0  # type: int, int | None, int, int
        self.counted = Outcome()
        self.noted: dict[str, dict[str, Sentence]] = {"conflicts": {}, "refused": {}, "held": {}}
        self.suspicious: set[str] = set()

    def bring(self) -> bool:
        """Does all of them. False when there is no way from what was brought last."""
        for told in self.repository.steps(Budget(Limits.configured()), self.mark.commit, self.mark.beyond):
            match told:
                case Began(is_rewritten=True):
                    return False
                case Content():
                    self._take(told)
                case Did():
                    self._note(told)
                case Committed():
                    self._commit(told)
        return True

    def outcome(self) -> Outcome:
        """What became of the files, over all commits; a conflict is told once."""
        for name, noted in self.noted.items():
            setattr(self.counted, name, [Noted(path, reason) for path, reason in noted.items()])
        return self.counted

    def _take(self, told: Content) -> None:
        if told.chunks is None:
            self.contents[told.blob], self.reasons[told.blob] = None, told.reason
            return
        content = _content(told.chunks)
        self.contents[told.blob] = content.hash
        self.waiting.append(content)
        self.files, self.bytes = self.files + 1, self.bytes + content.size
        if len(self.waiting) >= _BATCH_FILES or sum(len(each.data or b"") for each in self.waiting) > _BATCH_BYTES:
            self._store()

    def _store(self) -> None:
        self.suspicious |= blobs.store(self.waiting)
        self.waiting = []

    def _note(self, told: Did) -> None:
        """Takes down what the commit did to a path, if it can be done here."""
        if any(segment.casefold() == ".git" for segment in told.path.split("/")):
            return
        path = placed(self.prefix, told.path)
        reason = _refused_path(path)
        blob = self.contents.get(told.blob) if told.blob else None
        if told.blob and blob is None:
            reason = reason or self.reasons[told.blob]
        if reason:
            self.noted["refused"][path] = reason
            return
        if blob is None:
            self.step.gone.add(path)
        else:
            self.step.files[path] = blob
        if told.source is not None:
            self.step.moved[path] = placed(self.prefix, told.source)
        self.step.bases[path] = self.contents.get(told.base) if told.base else None

    def _commit(self, told: Committed) -> None:
        self._store()
        step, self.step = self.step, CommitStaged()
        if told.is_trunk:
            step.bases = {}  # it says what is, whatever came before
        documents.ensure_pages({blob for path, blob in step.files.items() if is_page_name(path)})
        step.suspicious = self.suspicious
        plan = CommitPlan(self.place, self.source, step, Outcome(), self.actor, self.reviewed, self.merges, step)
        author = self._author(told)
        at = datetime.datetime.fromtimestamp(told.at, datetime.UTC) if 0 < told.at < _MOST else None

        @in_transaction
        def flip() -> Change | None:
            change = import_change(
                self.actor, self.place.slug, plan.fill, source=self.repository.label, message=told.message,
                author=author, authored_at=at,
            )  # fmt: skip
            plan.remember()
            self._mark(told)
            return change

        change = plan.flipped(flip)
        if change is not None:
            self.changes, self.last = self.changes + 1, change.seq
        self._count(plan.outcome)
        self.progress(self.files, self.bytes, self.repository.done())

    def _author(self, told: Committed) -> Person | None:
        if self.authors == "me":
            return None
        key = told.name, told.email
        if key not in self.people:
            self.people[key] = git_author(told.name, told.email)
        return self.people[key]

    def _mark(self, told: Committed) -> None:
        mark = self.mark
        commit, beyond = (told.commit, []) if told.is_trunk else (mark.commit, [*mark.beyond, told.commit])
        kept = {"commit": commit, "beyond": beyond}
        self.mark, _ = HistoryMark.objects.update_or_create(hub=self.place, source=self.source, defaults=kept)

    def _count(self, outcome: Outcome) -> None:
        for name in ("added", "changed", "removed", "merged"):
            setattr(self.counted, name, getattr(self.counted, name) + getattr(outcome, name))
        self.counted.suspects += outcome.suspects[: guard.MOST - len(self.counted.suspects)]
        for name, noted in self.noted.items():
            noted |= {each.path: each.reason for each in getattr(outcome, name)}


def _content(chunks: Iterable[bytes]) -> blobs.Content:
    """The content that `chunks` are; what is too long for a page goes to disk as it comes."""
    walk = iter(chunks)
    head = b""
    for chunk in walk:
        head += chunk
        if len(head) > MAX_BYTES:
            return blobs.content_from(chain([head], walk))
    return blobs.content_of(head)


def _refused_path(path: str) -> Sentence:
    """Why there can be no file at `path`; NOTHING when there can."""
    try:
        checked_path(path)
    except Invalid as error:
        return error.message
    return NOTHING


def checked_authors(actor: Actor, place: Hub, authors: str, *, history: bool) -> str:
    """Whose imported texts are; the rule when nothing is said. Raises Invalid(authors), Denied."""
    known = ("git", "me") if history else ("me", "path")
    authors = authors or known[0]
    if authors not in known:
        raise Invalid(
            Sentence("Authors cannot be told so."), field="authors", value=authors,
            remedy=Sentence("With a history git or me; without, me or path."),
        )  # fmt: skip
    if authors == "path":
        require(actor, Capability.MEMBER_INVITE, place)
    return authors


def repository_of(source: object, named: str | Path) -> Repository:
    """`source`, which was opened, when it has a history. Raises Invalid("no_history")."""
    if not isinstance(source, Repository):
        raise Invalid(
            Sentence("That has no history."), code="no_history", field="history", value=named,
            remedy=Sentence("Name a .git folder, a bare repository or an https address; or import what it holds now."),
        )  # fmt: skip
    return source
