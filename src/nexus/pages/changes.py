"""The one way a hub's paths change: a Draft is filled under the hub's lock, checked as a whole, and written at once."""

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import batched
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from nexus.accounts.actions import author_for
from nexus.accounts.actor import Actor
from nexus.accounts.models import Person
from nexus.base.errors import Conflict, Invalid, Limited
from nexus.base.ids import text_key, uuid7
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.hubs import activity
from nexus.hubs.access import Capability, require
from nexus.hubs.models import Hub
from nexus.hubs.quotas import check_owners
from nexus.pages import blobs, documents, guard
from nexus.pages.arrivals import Arrival, store_along
from nexus.pages.guard import Shown
from nexus.pages.inserting import insert_many, update_many
from nexus.pages.models import Blob, Change, ChangeKind, Folder, Kind, Page, Version
from nexus.pages.paths import ancestors, checked_path, folder_of, is_page_name, name_of
from nexus.pages.sensitive import RULES
from nexus.statements.prepared import Prepared
from nexus.statements.single import insert_one

_CHUNK = 500  # parameters a statement: below every database's bound
#: Characters of what is said about a change.
MAX_MESSAGE = 1_000


#: With its head, for the number that the next version gets.
_page_at = Prepared(
    lambda *, hub, key: Page.objects.filter(hub=hub, live_key=key).select_related("head"), hub=UUID, key=str
)


@dataclass(slots=True)
class State:
    """What a page is to be after the change: where, and what it says; `live` False deletes it."""

    page: Page | None
    path: str
    blob: str
    live: bool = True
    #: Where it was live before, if it was.
    was: str | None = None
    #: Written down though nothing differs: what differs is in the versions before.
    anyway: bool = False


@dataclass
class Draft:
    """A change in the making. Paths and pages it hands out are those under the hub's lock; what is put in last counts."""

    hub: Hub
    _states: dict[UUID, State] = field(default_factory=dict)
    #: What this change itself stores, by hash.
    brought: dict[str, Arrival] = field(default_factory=dict)

    def pages_at(self, paths: Iterable[str]) -> dict[str, Page]:
        """The live pages and files at `paths`, by path."""
        keys = [text_key(path) for path in paths]
        if len(keys) == 1:
            return {page.path: page for page in _page_at.rows(hub=self.hub.pk, key=keys[0])}
        return {
            page.path: page
            for start in range(0, len(keys), _CHUNK)
            for page in Page.objects.filter(hub=self.hub, live_key__in=keys[start : start + _CHUNK])
        }

    def pages(self, ids: Iterable[UUID]) -> dict[UUID, Page]:
        """The pages of this hub by id, deleted ones too."""
        wanted = list(ids)
        return {
            page.pk: page
            for start in range(0, len(wanted), _CHUNK)
            for page in Page.objects.filter(hub=self.hub, pk__in=wanted[start : start + _CHUNK])
        }

    def pages_below(self, folder: str) -> list[Page]:
        """Every live page and file anywhere below `folder`."""
        # The folder index says which folders there are; their paths are compared here, byte for byte.
        paths = Folder.objects.filter(hub=self.hub).values_list("path", "path_key")
        keys = [key for path, key in paths if path == folder or path.startswith(folder + "/")]
        return [
            page
            for start in range(0, len(keys), _CHUNK)
            for page in Page.objects.filter(hub=self.hub, folder_key__in=keys[start : start + _CHUNK])
        ]

    def bring(self, arriving: Arrival) -> str:
        """Stores a content with the change: it is there when the change is. Returns its hash."""
        store_along(arriving)
        if not arriving.is_known:
            self.brought[arriving.hash] = arriving
        return arriving.hash

    def put(self, page: Page | None, path: str, blob: str) -> UUID:
        """`page` (None: a new one) says `blob` at `path`, and is live. Returns the page's id."""
        key = page.pk if page else uuid7()
        self._states[key] = State(page, checked_path(path), blob, was=page.path if page and page.is_live else None)
        return key

    def delete(self, page: Page) -> None:
        """`page` is gone from its path; its versions stay."""
        self._states[page.pk] = State(
            page, page.path, page.blob_id, live=False, was=page.path if page.is_live else None
        )

    def purge(self, page: Page, *, live: bool) -> None:
        """Something was purged from `page`, which says that from now on; it stays where it is, or is not `live`."""
        was = page.path if page.is_live else None
        self._states[page.pk] = State(page, page.path, page.blob_id, live=live and page.is_live, was=was, anyway=True)

    def take(self, states: Mapping[UUID, State]) -> None:
        """Takes over what another draft of this transaction holds."""
        self._states |= states

    def effective(self) -> dict[UUID, State]:
        """What differs from now."""
        return {
            key: state
            for key, state in self._states.items()
            if state.page is None
            or state.anyway
            or (state.path, state.blob, state.live) != (state.page.path, state.page.blob_id, state.page.is_live)
        }


@dataclass(frozen=True, slots=True)
class Notes:
    """What is said about a change."""

    message: str = ""
    kind: ChangeKind = ChangeKind.EDIT
    source: str = ""
    reverts: Change | None = None
    #: Whose it is, when not the actor's, and when they made it, when not here and now.
    author: Person | None = None
    authored_at: datetime.datetime | None = None


@in_transaction
def write_change(
    actor: Actor, hub_id: UUID, capability: Capability, fill: Callable[[Draft], None], notes: Notes = Notes()
) -> Change | None:
    """Locks the hub, lets `fill` say what is to be, checks it and writes it as one change; None when nothing differs.

    `fill` runs again from the start when the transaction met another. Raises what `fill` raises; NotFound, Denied;
    Conflict("path_taken") when two live things would stand at one path, or a page where a folder is; SecretsFound when more
    people would read what seems not to be for them.
    """
    hub = activity.locked_hub(hub_id)
    require(actor, capability, hub)
    message = notes.message if notes.kind == ChangeKind.IMPORT else checked_message(notes.message)
    draft = Draft(hub)
    fill(draft)
    states = draft.effective()
    if not states:
        return None
    check_paths(hub, states)
    contents = _stored({state.blob for state in states.values()}, draft.brought)
    _count_hub(hub, states, contents)
    guard.check(actor, hub, _shown(states, contents))
    own = author_for(actor)
    person = notes.author or own
    counts = Counter(_verb(state) for state in states.values())
    written = activity.record(hub, actor, f"change.{notes.kind}", {"pages": dict(counts)}, person=person)
    change = Change(
        hub=hub, seq=written.seq, kind=notes.kind, message=message, author=written.person, source=notes.source[:1024],
        reverts=notes.reverts, authored_at=notes.authored_at,
        brought_by=own if own is not None and own != written.person else None,
    )  # fmt: skip
    insert_one(change)
    titles = {key: each.title for key, each in draft.brought.items() if each.title is not None}
    _write_versions(change, states, {key: known.is_text for key, known in contents.items()}, titles)
    _count_folders(hub, states)
    return change


def _shown(states: dict[UUID, State], contents: "dict[str, Known]") -> list[Shown]:
    """What of a change may hold something sensitive, and what stood there before."""
    return [
        Shown(state.path, state.blob, state.page.blob_id if state.page and state.was else None, state.was)
        for state in states.values()
        if state.live and contents[state.blob].suspects
    ]


def _count_hub(hub: Hub, states: dict[UUID, State], contents: "dict[str, Known]") -> None:
    """Counts what the change adds to its hub (saved with its number). Raises Limited("quota_exceeded") when that is more
    than the hub may hold, or the hubs of its owners together; a change that adds nothing is always written."""
    is_purge = any(state.anyway for state in states.values())
    more = sum(
        (state.live and state.was is None) - (not state.live and state.was is not None) for state in states.values()
    )
    size = sum(contents[state.blob].size for state in states.values() if state.live)
    most = settings.HUB_PAGES if hub.max_pages is None else hub.max_pages
    most_bytes = settings.HUB_MB * 1_000_000 if hub.max_bytes is None else hub.max_bytes
    hub.page_count = max(hub.page_count + more, 0)
    hub.byte_count += size
    for is_over, what, limit in (
        (more > 0 and hub.page_count > most, Sentence("%(number)s pages and files", number=most), most),
        (
            size > 0 and hub.byte_count > most_bytes,
            Sentence("%(number)s MB", number=most_bytes // 1_000_000),
            most_bytes,
        ),
    ):
        if is_over and not is_purge:
            raise Limited(
                Sentence("This hub is full: it may hold %(what)s. Nothing was stored.", what=what), code="quota_exceeded",
                remedy=Sentence("Ask an administrator for more, or use another hub."), limit=limit,
            )  # fmt: skip
    if size and not is_purge:
        check_owners(hub, size)


def checked_message(message: str) -> str:
    """`message` without white space around it. Raises Invalid when it is too long; what is imported keeps its own."""
    message = message.strip()
    if len(message) > MAX_MESSAGE:
        raise Invalid(
            Sentence("That is too long for a message."), field="message", value=message,
            remedy=Sentence("Use at most %(most)s characters.", most=MAX_MESSAGE),
        )  # fmt: skip
    return message


def _verb(state: State) -> str:
    if not state.live:
        return "deleted"
    if state.page is None:
        return "created"
    if state.was is None:
        return "restored"
    return "moved" if state.was != state.path else "edited"


def check_paths(hub: Hub, states: dict[UUID, State]) -> None:
    """One thing at a path, and no page where a folder is: among the new states, and against all that stays."""
    live = {key: state.path for key, state in states.items() if state.live}
    new = {key: path for key, path in live.items() if states[key].was != path}
    if not new:
        return
    twice = [path for path, n in Counter(live.values()).items() if n > 1]
    folders = {folder for path in live.values() for folder in ancestors(path)}
    both = sorted(folders.intersection(live.values()))
    gone = set(states)
    wanted = {text_key(path): path for path in new.values()}
    above = {text_key(folder): folder for path in new.values() for folder in ancestors(path)}
    taken = _live_at(hub, wanted, gone)
    blocked = _live_at(hub, above, gone)
    for path in [*twice, *taken]:
        raise _path_taken(
            path,
            Sentence("Something stands at that path already."),
            Sentence("Choose another path, or edit what is there."),
        )
    for path in [*both, *blocked]:
        raise _path_taken(
            path,
            Sentence("A page or file stands where a folder is needed."),
            Sentence("Move it first, or choose another folder."),
        )
    emptied = Counter(folder for state in states.values() if state.was is not None for folder in ancestors(state.was))
    keys = list(wanted)
    for start in range(0, len(keys), _CHUNK):
        for folder in Folder.objects.filter(hub=hub, path_key__in=keys[start : start + _CHUNK]):
            if folder.count > emptied[folder.path]:
                raise _path_taken(
                    folder.path, Sentence("A folder stands at that path."), Sentence("Choose another path.")
                )


def _live_at(hub: Hub, keys: dict[str, str], besides: set[UUID]) -> list[str]:
    wanted = list(keys)
    return [
        path
        for start in range(0, len(wanted), _CHUNK)
        for pk, path in Page.objects.filter(hub=hub, live_key__in=wanted[start : start + _CHUNK]).values_list(
            "pk", "path"
        )
        if pk not in besides
    ]


def _path_taken(path: str, message: Sentence, remedy: Sentence) -> Conflict:
    return Conflict(message, code="path_taken", field="path", value=path, remedy=remedy)


def _write_versions(
    change: Change, states: dict[UUID, State], is_text: dict[str, bool], titles: dict[str, str]
) -> None:
    # Paths that are left become free before others take them: two pages may change places in one change.
    freed = [key for key, s in states.items() if s.was is not None and (not s.live or s.was != s.path)]
    for some in batched(freed, _CHUNK, strict=False):
        Page.objects.filter(pk__in=some).update(live_key=None)
    for part in batched(states.items(), _CHUNK, strict=False):  # so that an import holds the rows of a part only
        _write_part(change, dict(part), is_text, titles)


def _write_part(change: Change, states: dict[UUID, State], is_text: dict[str, bool], known: dict[str, str]) -> None:
    titles = known | _titles(
        {s.blob for s in states.values() if is_text[s.blob] and is_page_name(s.path)} - known.keys()
    )
    numbers = _version_numbers([s.page for s in states.values() if s.page is not None])
    created: list[Page] = []
    changed: list[Page] = []
    versions: list[Version] = []
    for key, state in states.items():
        kind = Kind.PAGE if is_text[state.blob] and is_page_name(state.path) else Kind.FILE
        page = state.page or Page(pk=key, hub=change.hub)
        version = Version(
            page=page, change=change, number=numbers.get(key, 0) + 1, parent_id=page.head_id,
            path=state.path, path_key=text_key(state.path), kind=kind,
            blob_id=state.blob, is_deletion=not state.live,
        )  # fmt: skip
        _set_page(page, state, kind, titles, version, change.seq)
        versions.append(version)
        (changed if state.page else created).append(page)
    update_many(Page, changed, _PAGE_FIELDS, batch_size=100)
    insert_many(Page, created)
    insert_many(Version, versions)


_PAGE_FIELDS = [
    "path",
    "live_key",
    "folder_key",
    "name",
    "name_key",
    "kind",
    "title",
    "title_key",
    "blob",
    "head",
    "seq",
]


def _set_page(page: Page, state: State, kind: Kind, titles: dict[str, str], version: Version, seq: int) -> None:
    name = name_of(state.path)
    page.path, page.name, page.kind = state.path, name, kind
    page.title = (titles.get(state.blob) or name)[:300] if kind is Kind.PAGE else name[:300]
    page.live_key = text_key(state.path) if state.live else None
    page.folder_key = text_key(folder_of(state.path)) if state.live else None
    page.name_key = text_key(name) if state.live else None
    page.title_key = text_key(page.title) if state.live and kind is Kind.PAGE else None
    page.blob_id, page.head_id, page.seq = state.blob, version.pk, seq


class Known(NamedTuple):
    """What is known of a stored content."""

    is_text: bool
    size: int
    rules: int
    suspects: int


def _stored(hashes: set[str], brought: Mapping[str, Arrival]) -> dict[str, Known]:
    """What is known of each of `hashes`; what is new and was `brought` is not looked up. Raises Invalid("blob_missing")
    when one is not stored."""
    found = {
        key: Known(each.content.is_text, each.content.size, RULES, each.suspects)
        for key, each in brought.items()
        if not each.is_known
    }
    found |= _known(hashes - found.keys())
    if missing := hashes - set(found):
        raise Invalid(
            Sentence("That content is not stored."), code="blob_missing", field="blob", value=next(iter(missing))
        )
    old = {key for key, known in found.items() if known.rules != RULES}
    if old:
        blobs.look_through(old)
        found |= _known(old)
    return found


def _known(hashes: Iterable[str]) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for some in batched(hashes, _CHUNK, strict=False):
        rows = Blob.objects.filter(hash__in=some).values_list("hash", "is_text", "size", "rules", "suspects")
        found |= {row[0]: Known(*row[1:]) for row in rows}
    return found


def _titles(texts: set[str]) -> dict[str, str]:
    """The titles of texts that will be pages. What was never parsed is parsed now: a text file that gets a page's name."""
    titles: dict[str, str] = {}
    for some in batched(texts, _CHUNK, strict=False):
        titles |= documents.titles(some)
    if unparsed := texts - titles.keys():
        documents.ensure_stored(unparsed)
        titles |= documents.titles(unparsed)
    return titles


def _version_numbers(pages: list[Page]) -> dict[UUID, int]:
    """The number of each page's head, which came with it or is looked up."""
    numbers = {page.pk: page.head.number for page in pages if Page.head.is_cached(page)}
    for some in batched([page.pk for page in pages if page.pk not in numbers], _CHUNK, strict=False):
        heads = Version.objects.filter(pk__in=Page.objects.filter(pk__in=some).values("head_id"))
        numbers |= dict(heads.values_list("page_id", "number"))
    return numbers


def _count_folders(hub: Hub, states: dict[UUID, State]) -> None:
    """Keeps the folder index: what left, what came, summed by folder."""
    delta: Counter[str] = Counter()
    for state in states.values():
        if state.was is not None:
            delta.subtract(ancestors(state.was))
        if state.live:
            delta.update(ancestors(state.path))
    add_to_folders(hub, {path: n for path, n in delta.items() if n})


def add_to_folders(hub: Hub, delta: dict[str, int]) -> None:
    """Adds to the counts of folders, makes those that are new and drops those that became empty."""
    if not delta:
        return
    keys = {text_key(path): path for path in delta}
    wanted = list(keys)
    known = [
        folder
        for start in range(0, len(wanted), _CHUNK)
        for folder in Folder.objects.filter(hub=hub, path_key__in=wanted[start : start + _CHUNK])
    ]
    for folder in known:
        folder.count += delta[folder.path]
    update_many(Folder, [f for f in known if f.count], ["count"], batch_size=200)
    Folder.objects.filter(pk__in=[f.pk for f in known if not f.count]).delete()
    new = set(delta) - {f.path for f in known}
    insert_many(
        Folder,
        (
            Folder(
                hub=hub, path=path, path_key=text_key(path), parent_key=text_key(folder_of(path)), name=name_of(path),
                count=delta[path],
            )
            for path in sorted(new)
        ),
    )  # fmt: skip
