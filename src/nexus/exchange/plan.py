"""What an import may touch: decided for each path by what the source says now, what it said last time, and what the hub
says. Runs under the hub's lock; outside of it once before, so that merging is done when the lock is taken."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched
from uuid import UUID

from nexus.accounts.actor import Actor
from nexus.base.ids import content_hash, text_key
from nexus.base.sentences import Sentence
from nexus.exchange.models import ImportedFile
from nexus.exchange.report import Noted, Outcome
from nexus.exchange.staging import Staged
from nexus.hubs.models import Hub
from nexus.pages import blobs, guard
from nexus.pages.actions import store_content
from nexus.pages.changes import Draft
from nexus.pages.erasing import WHOLE, forget, purged_in
from nexus.pages.guard import Shown
from nexus.pages.inserting import insert_many, update_many
from nexus.pages.merge import merge
from nexus.pages.models import Blob, Change, ChangeKind, Folder, Page, Version
from nexus.pages.paths import ancestors

_CHUNK = 500
#: What stands for a file that was purged.
_WHOLE = content_hash(WHOLE)


class Merges:
    """Three-way merges of stored contents, each made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, str], str | None] = {}

    def of(self, path: str, base: str, ours: str, theirs: str) -> str | None:
        """The stored hash of the merge of two contents made from `base`; None when there is no clean one."""
        key = base, ours, theirs
        if key not in self._made:
            sides = Blob.objects.in_bulk(key)
            text = None
            if all(blob.is_text for blob in sides.values()):
                text = merge(*(blobs.read(sides[name]).decode("utf-8") for name in key))
            self._made[key] = None if text is None else store_content(path, text.encode("utf-8"))
        return self._made[key]


@dataclass
class Plan:
    """The decisions of one import. `fill` makes them anew from what it finds, and may be called again."""

    hub: Hub
    source: str
    staged: Staged
    before: Outcome
    actor: Actor
    #: The ids of suspects that may be seen, or guard.ALL.
    reviewed: Collection[str] = ()
    merges: Merges = field(default_factory=Merges)
    outcome: Outcome = field(init=False)
    #: What to remember: for each path of the hub the page it became (its id) and the content the source had.
    brought: dict[str, tuple[UUID, str]] = field(init=False)
    #: ImportedFile rows of files that are gone from the source and from the hub.
    forgotten: list[int] = field(init=False)
    _known: dict[str, ImportedFile] = field(init=False)

    def fill(self, draft: Draft) -> None:
        """Puts into `draft` what the import changes."""
        self.outcome = Outcome(
            refused=list(self.before.refused), kept_as_file=self.before.kept_as_file, converted=self.before.converted
        )
        self.brought, self.forgotten = {}, []
        self._keep_out(draft.hub)
        rows = self._known = self._rows()
        pages = draft.pages(row.page_id for row in rows.values())
        gone = self._remove(draft, rows, pages)
        self._bring(draft, rows, pages, gone)

    def _keep_out(self, hub: Hub) -> None:
        """What was purged here and the source has still does not come again: a file not at all, of a text what is left."""
        files, purged = self.staged.files, self.staged.purged
        instead = purged_in(hub, set(files.values()))
        for path in [path for path, blob in files.items() if blob in instead]:
            purged[path] = files[path]
            files[path] = instead[files[path]]
            if files[path] == _WHOLE:
                del files[path]
                self.staged.unread.add(path)
        gone = [path for path in purged if path not in files]
        self.outcome.refused += [Noted(path, Sentence("it was purged from this hub")) for path in gone]
        self.outcome.purged = [path for path in purged if path in files]

    def flipped(self, flip: Callable[[], Change | None]) -> Change | None:
        """What `flip` returns, which writes this plan in a transaction; what `reviewed` names is decided on the way."""
        return guard.looked_through(self.actor, self.reviewed, flip)

    def remember(self) -> None:
        """Writes down what was brought, after the pages are there; in the transaction that `fill` last ran in."""
        ImportedFile.objects.filter(pk__in=self.forgotten).delete()
        changed: list[ImportedFile] = []
        insert_many(ImportedFile, self._remembered(changed))
        update_many(ImportedFile, changed, ["source", "page", "blob"], batch_size=100)
        forget(self.staged.purged.values())

    def _remembered(self, changed: list[ImportedFile]) -> Iterator[ImportedFile]:
        """The new rows; those that are there and say something else go into `changed`."""
        for path, (page, blob) in self.brought.items():
            row = self._known.get(path)
            if row is None:
                yield ImportedFile(
                    hub=self.hub, path=path, path_key=text_key(path), source=self.source, page_id=page, blob_id=blob
                )
            elif (row.source, row.page_id, row.blob_id) != (self.source, page, blob):
                row.source, row.page_id, row.blob_id = self.source, page, blob
                changed.append(row)

    def _rows(self) -> dict[str, ImportedFile]:
        """What earlier imports brought to the paths of this one, and all that this source brought."""
        mine = {row.path: row for row in ImportedFile.objects.filter(hub=self.hub, source=self.source)}
        others = [path for path in self.staged.files if path not in mine]
        for part in batched(others, _CHUNK, strict=False):
            keys = [text_key(path) for path in part]
            mine |= {row.path: row for row in ImportedFile.objects.filter(hub=self.hub, path_key__in=keys)}
        return mine

    def _remove(self, draft: Draft, rows: dict[str, ImportedFile], pages: dict[UUID, Page]) -> list[Page]:
        """Deletes what came from this source, is gone there and was not edited here.

        A page that was moved to where the source now has a file is that file: both sides made the same move.
        """
        removed = []
        for path, row in rows.items():
            if not self.staged.is_gone(path):  # so it is one of this source's: others' rows are of paths that it has
                continue
            page = pages.get(row.page_id)
            if page is not None and page.is_live and page.path not in self.staged.files:
                if page.blob_id != row.blob_id:
                    self._conflict(path, Sentence("it is gone from the source, but was edited here; it stays"))
                    continue
                draft.delete(page)
                removed.append(page)
                self.outcome.removed += 1
            self.forgotten.append(row.pk)
        return removed

    def _bring(self, draft: Draft, rows: dict[str, ImportedFile], pages: dict[UUID, Page], gone: list[Page]) -> None:
        live = draft.pages_at(self.staged.files)
        # A page follows its own way: who brought it finds it where it was moved to, others find the place taken.
        followed = {row.page_id for path, row in rows.items() if path in self.staged.files and _live(pages, row)}
        removed = {page.pk for page in gone}
        strangers: list[tuple[str, str, Page]] = []
        new: list[tuple[str, str]] = []
        held = self._held(rows, live)
        for path, blob in self.staged.files.items():
            if path in held:
                self.outcome.held.append(Noted(path, held[path]))
                continue
            row = rows.get(path)
            page = _live(pages, row) if row else None
            there = live.get(path)
            if page is None and there is not None and there.pk not in removed:
                if there.pk in followed:
                    self._conflict(path, Sentence("a page that another file of the source became was moved there"))
                    continue
                page = there
            if row is not None and page is not None:
                self._update(draft, path, row, page, blob)
            elif page is not None:
                strangers.append((path, blob, page))
            elif row is not None and row.page_id in pages and row.page_id not in removed:
                self._deleted_here(path, row, blob)
            else:
                new.append((path, blob))
        self._meet(draft, strangers)
        self._add(draft, new, gone)

    def _held(self, rows: dict[str, ImportedFile], live: dict[str, Page]) -> dict[str, Sentence]:
        """Which files are not taken, since more than the members would read what they seem to hold, and why; no statement
        when they seem to hold nothing."""
        suspicious = [
            Shown(path, blob, live[path].blob_id if path in live else None, path if path in live else None)
            for path, blob in self.staged.files.items()
            if (blob in self.staged.suspicious or path in self.staged.purged)
            and not (path in rows and rows[path].blob_id == blob)
        ]
        if not suspicious:
            return {}
        seen = {one.path for one in guard.newly_seen(self.hub, suspicious)}
        held: dict[str, Sentence] = {}
        for told in guard.look_at_all(self.actor, self.hub, suspicious):
            if guard.ALL in self.reviewed or told.id in self.reviewed:
                continue  # the change is refused for it, and written once that is decided (`flipped`)
            if told.path in seen:
                held.setdefault(told.path, told.said)
            if len(self.outcome.suspects) < guard.MOST:
                self.outcome.suspects.append(told.as_json())
        return held

    def _update(self, draft: Draft, path: str, row: ImportedFile, page: Page, blob: str) -> None:
        """A file that was imported before, and its page."""
        target = self._target(path, page)
        if blob in {page.blob_id, row.blob_id}:
            if target == page.path:
                self.outcome.unchanged += 1
            else:
                draft.put(page, target, page.blob_id)
                self.outcome.changed += 1
        elif page.blob_id == row.blob_id:
            draft.put(page, target, blob)
            self.outcome.changed += 1
        else:
            merged = self.merges.of(page.path, row.blob_id, page.blob_id, blob)
            if merged is None:
                self._conflict(path, Sentence("both it and its page here changed in the same lines; the page stays"))
                return
            draft.put(page, target, merged)
            if (merged, target) == (page.blob_id, page.path):
                self.outcome.unchanged += 1
            else:
                self.outcome.merged += 1
        self.brought[path] = page.pk, blob

    def _target(self, path: str, page: Page) -> str:  # noqa: ARG002  for those who know more of `path`
        """Where the page of the source's `path` is to be: where it went here."""
        return page.path

    def _deleted_here(self, path: str, row: ImportedFile, blob: str) -> None:
        if blob != row.blob_id:
            self._conflict(path, Sentence("it changed in the source, but was deleted here; it stays deleted"))
            return
        self.outcome.unchanged += 1
        self.outcome.kept_deleted += 1
        self.brought[path] = row.page_id, blob

    def _meet(self, draft: Draft, strangers: list[tuple[str, str, Page]]) -> None:
        """Files that no import is known to have brought, where something is at their path already."""
        differing = [(blob, page) for _, blob, page in strangers if page.blob_id != blob]
        imported = set(_heads_by_import([page for _, page in differing]))
        older = set(_earlier(differing))
        for path, blob, page in strangers:
            if page.blob_id == blob or (page.pk, blob) in older:
                self.outcome.unchanged += 1
            elif page.pk in imported:
                draft.put(page, page.path, blob)
                self.outcome.changed += 1
            else:
                self._conflict(
                    path, Sentence("something else stands there, and it is not known which of the two is newer")
                )
                continue
            self.brought[path] = page.pk, blob

    def _add(self, draft: Draft, new: list[tuple[str, str]], gone: list[Page]) -> None:
        free = {page.path for page in gone}
        above = {folder for path, _ in new for folder in ancestors(path)}
        blocking = {path for path in draft.pages_at(above) if path not in free}
        folders = set(self._folders([path for path, _ in new], gone))
        for path, blob in new:
            if path in folders:
                self.outcome.refused.append(Noted(path, Sentence("there is a folder at that path")))
            elif not blocking.isdisjoint(ancestors(path)):
                self.outcome.refused.append(Noted(path, Sentence("there is a page or file where it needs a folder")))
            else:
                self.brought[path] = draft.put(None, path, blob), blob
                self.outcome.added += 1

    def _folders(self, paths: list[str], gone: list[Page]) -> Iterator[str]:
        """Which of `paths` are folders, also once `gone` is gone."""
        for part in batched(paths, _CHUNK, strict=False):
            keys = [text_key(path) for path in part]
            for folder in Folder.objects.filter(hub=self.hub, path_key__in=keys):
                if folder.count > sum(folder.path in ancestors(page.path) for page in gone):
                    yield folder.path

    def _conflict(self, path: str, reason: Sentence) -> None:
        self.outcome.conflicts.append(Noted(path, reason))


def _live(pages: dict[UUID, Page], row: ImportedFile) -> Page | None:
    page = pages.get(row.page_id)
    return page if page is not None and page.is_live else None


def _heads_by_import(pages: Iterable[Page]) -> Iterator[UUID]:
    for part in batched(pages, _CHUNK, strict=False):
        heads = Version.objects.filter(pk__in=[page.head_id for page in part], change__kind=ChangeKind.IMPORT)
        yield from heads.values_list("page_id", flat=True)


def _earlier(pairs: Iterable[tuple[str, Page]]) -> Iterator[tuple[UUID, str]]:
    """(page, content) for each version of the pages that said what the source says."""
    for part in batched(pairs, _CHUNK, strict=False):
        rows = Version.objects.filter(page__in=[page for _, page in part], blob__in=[blob for blob, _ in part])
        yield from rows.values_list("page_id", "blob_id")
