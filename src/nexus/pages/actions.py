"""Every write to pages and files. Each is one change of a hub, or nothing."""

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from nexus.accounts.actor import Actor
from nexus.accounts.models import Person
from nexus.base.errors import Conflict, Invalid, NotFound
from nexus.base.ids import text_key
from nexus.base.sentences import Sentence
from nexus.hubs.access import Capability, hub_for, require
from nexus.hubs.models import Hub
from nexus.pages import blobs
from nexus.pages.arrivals import Arrival, arrival, store
from nexus.pages.blobs import Content
from nexus.pages.changes import Draft, Notes, write_change
from nexus.pages.erasing import is_purged, was_purged_since
from nexus.pages.merge import merge
from nexus.pages.models import Blob, Change, ChangeKind, Page, Version
from nexus.pages.paths import checked_path
from nexus.pages.queries import change_to_revert

type OnStale = Literal["refuse", "merge"]


def create_page(actor: Actor, hub: str, path: str, content: bytes | Content, *, message: str = "") -> Change:
    """Puts new content at a free path: a page when the path ends in .md or .markdown and the content is text, else a file.

    Raises NotFound, Denied, Invalid(path), Limited, Conflict("path_taken").
    """
    place = hub_for(actor, hub, Capability.PAGE_CREATE)
    checked_path(path)
    arriving = arrival(path, content)

    def fill(draft: Draft) -> None:
        draft.put(None, path, _bring(draft, path, arriving))

    return _written(write_change(actor, place.pk, Capability.PAGE_CREATE, fill, Notes(message)))


def edit_page(
    actor: Actor,
    hub: str,
    path: str,
    content: bytes | Content,
    *,
    base: UUID,
    on_stale: OnStale = "refuse",
    message: str = "",
) -> Change | None:
    """Replaces the content at `path`, which the writer read at version `base`. None when it says that already.

    If the page has a newer version than `base`: "refuse" raises Conflict("stale_version"); "merge" stores a clean
    three-way merge, and raises Conflict("merge_conflict") when there is none. Either Conflict carries the ids
    `current` and `base`, and `proposed`, the hash of the writer's stored content: nothing is lost.
    Raises NotFound, Denied, Limited.
    """
    place = hub_for(actor, hub, Capability.PAGE_EDIT)
    arriving = arrival(path, content)

    def fill(draft: Draft) -> None:
        stored = _bring(draft, path, arriving)
        page = _page_at(draft, path)
        if page.head_id == base:
            draft.put(page, path, stored)
            return
        read = Version.objects.filter(pk=base, page=page).select_related("blob").first()
        if read is None:
            raise Invalid(
                Sentence("That is no version of this page."), field="base", value=base, code="unknown_version"
            )
        told = "refuse" if was_purged_since(draft.hub, read) else on_stale
        draft.put(page, path, stored if page.blob_id == stored else _merged(page, read, stored, told))

    try:
        return write_change(actor, place.pk, Capability.PAGE_EDIT, fill, Notes(message))
    except Conflict as conflict:
        if conflict.details.get("proposed"):  # it names what the writer sent, which is kept although the change is not
            store(arriving)
        raise


def move_page(
    actor: Actor, hub: str, source: str, target: str, *, base: UUID | None = None, message: str = ""
) -> Change:
    """Moves the page or file at `source`, or everything in the folder `source`, to `target`.

    With `base`, only a page whose newest version that still is.
    Raises NotFound, Denied, Invalid (also "into_itself"), Conflict ("path_taken", "stale_version").
    """
    place = hub_for(actor, hub, Capability.PAGE_MOVE)
    checked_path(target, "target")
    if target.startswith(f"{source}/"):
        raise Invalid(
            Sentence("A folder cannot be moved into itself."), code="into_itself", field="target", value=target
        )
    if target == source:
        raise Invalid(
            Sentence("It is there already."),
            code="unmoved",
            field="target",
            value=target,
            remedy=Sentence("Give another path."),
        )

    def fill(draft: Draft) -> None:
        page = draft.pages_at([source]).get(source)
        moved = [page] if page else draft.pages_below(source)
        if not moved:
            raise NotFound
        if page and base is not None and page.head_id != base:
            raise _stale(page, base, None, Sentence("It was changed since you read it."), "stale_version")
        for each in moved:
            draft.put(each, target + each.path[len(source) :], each.blob_id)

    return _written(write_change(actor, place.pk, Capability.PAGE_MOVE, fill, Notes(message)))


def delete_page(actor: Actor, hub: str, path: str, *, base: UUID | None = None, message: str = "") -> Change:
    """Takes the page or file at `path`, or everything in the folder `path`, away; its versions stay and can be restored.

    With `base`, only if that is still the newest version. Raises NotFound, Denied, Conflict("stale_version").
    """
    place = hub_for(actor, hub, Capability.PAGE_DELETE)

    def fill(draft: Draft) -> None:
        page = draft.pages_at([path]).get(path)
        doomed = [page] if page else draft.pages_below(path)
        if not doomed:
            raise NotFound
        if page and base is not None and page.head_id != base:
            raise _stale(page, base, None, Sentence("It was changed since you read it."), "stale_version")
        for each in doomed:
            draft.delete(each)

    return _written(write_change(actor, place.pk, Capability.PAGE_DELETE, fill, Notes(message)))


def restore_page(
    actor: Actor, hub: str, path: str, *, page_id: UUID | None = None, number: int | None = None, message: str = ""
) -> Change | None:
    """Brings back the page that was last at `path` (or `page_id`, of the pages that were), as it was before it was deleted;
    or, of a page that is there, version `number`. None when that is how it is.

    Raises NotFound, Denied, Conflict("path_taken").
    """
    place = hub_for(actor, hub, Capability.PAGE_RESTORE)

    def fill(draft: Draft) -> None:
        known = draft.pages([page_id]).get(page_id) if page_id else draft.pages_at([path]).get(path)
        if page_id and known is None:
            raise NotFound
        page = known or _deleted_at(place, path)
        versions = Version.objects.filter(page=page)
        version = versions.get(pk=page.head_id) if number is None else versions.filter(number=number).first()
        if version is None:
            raise Invalid(Sentence("There is no such version."), field="number", value=number, code="unknown_version")
        draft.put(page, path, version.blob_id)

    return write_change(actor, place.pk, Capability.PAGE_RESTORE, fill, Notes(message))


def revert_change(actor: Actor, hub: str, seq: int, *, message: str = "") -> Change | None:
    """Takes back what change `seq` did, as a new change: every page of it is as it was before. Text written since is kept
    by a three-way merge. None when nothing of it is left.

    One's own change takes CHANGE_REVERT_OWN, others' CHANGE_REVERT. Raises NotFound, Denied,
    Conflict("merge_conflict" | "path_taken"): then nothing is stored.
    """
    change, capability = change_to_revert(actor, hub, seq)

    def fill(draft: Draft) -> None:
        for version, page in done_by(change, draft):
            take_back(draft, page, version)

    notes = Notes(message or f"Revert change {seq}", ChangeKind.REVERT, reverts=change)
    return write_change(actor, change.hub_id, capability, fill, notes)


def done_by(change: Change, draft: Draft) -> Iterator[tuple[Version, Page]]:
    """What a change did: each version it made, with the page as it is now."""
    done = list(Version.objects.filter(change=change).select_related("parent").order_by("pk"))
    pages = draft.pages(version.page_id for version in done)
    return ((version, pages[version.page_id]) for version in done)


@dataclass(frozen=True, slots=True)
class Step:
    """One of several things that are done to pages as one change.

    content: of a new or edited page. base: the version an edit or deletion was made from (an edit needs one). target: where
    a move goes.
    """

    verb: Literal["create", "edit", "move", "delete"]
    path: str
    content: bytes = b""
    base: UUID | None = None
    target: str = ""


#: The most steps of one change, and what each takes.
MAX_STEPS = 500
_CAPABILITIES = {
    "create": Capability.PAGE_CREATE, "edit": Capability.PAGE_EDIT, "move": Capability.PAGE_MOVE,
    "delete": Capability.PAGE_DELETE,
}  # fmt: skip


def change_pages(actor: Actor, hub: str, steps: Sequence[Step], *, message: str = "") -> Change | None:
    """Does all of `steps` (1 to MAX_STEPS, each at a path of its own) as one change, or nothing. None when nothing differs.

    Raises NotFound, Denied, Limited; Invalid; Conflict ("path_taken", "stale_version"); `field` names the step: "steps.3".
    """
    place = hub_for(actor, hub)
    if not 1 <= len(steps) <= MAX_STEPS:
        raise Invalid(
            Sentence("A change has 1 to %(max_steps)s steps.", max_steps=MAX_STEPS), field="steps", value=len(steps)
        )
    paths = [step.path for step in steps]
    twice = next((n for n, path in enumerate(paths) if path in paths[:n]), None)
    if twice is not None:
        raise Invalid(
            Sentence("Two steps are at one path."),
            field=f"steps.{twice}",
            value=paths[twice],
            remedy=Sentence("Make it one."),
        )
    for step in steps:
        require(actor, _CAPABILITIES[step.verb], place)
        checked_path(step.target if step.verb == "move" else step.path)
    stored = [store_content(s.path, s.content, place) if s.verb in {"create", "edit"} else "" for s in steps]

    def fill(draft: Draft) -> None:
        pages = draft.pages_at(paths)
        for n, (step, content) in enumerate(zip(steps, stored, strict=True)):
            require(actor, _CAPABILITIES[step.verb], draft.hub)
            _take_step(draft, step, pages.get(step.path), content, f"steps.{n}")

    return write_change(actor, place.pk, _CAPABILITIES[steps[0].verb], fill, Notes(message))


def _take_step(draft: Draft, step: Step, page: Page | None, content: str, field: str) -> None:
    if step.verb == "create":
        draft.put(None, step.path, content)
        return
    if page is None:
        raise Invalid(Sentence("There is nothing at that path."), code="no_such_path", field=field, value=step.path)
    if step.verb == "edit" and step.base is None:
        raise Invalid(
            Sentence("An edit says which version it was made from."), field=field, remedy=Sentence("Give `base`.")
        )
    if step.base is not None and page.head_id != step.base:
        raise _stale(page, step.base, content or None, Sentence("It was changed since you read it."), "stale_version")
    if step.verb == "edit":
        draft.put(page, step.path, content)
    elif step.verb == "move":
        draft.put(page, step.target, page.blob_id)
    else:
        draft.delete(page)


def store_content(path: str, content: bytes | Content, hub: Hub | None = None) -> str:
    """Stores `content` for `path`, parsed when it will be a page. Returns its hash. Raises Limited;
    Conflict("purged_content") when it is what was purged from `hub`.

    Contents that no change comes to name are harmless, and swept by `nexus doctor --deep --repair`.
    """
    arriving = arrival(path, content)
    if hub is not None:
        _refuse_purged(hub, path, arriving)
    store(arriving)
    return arriving.hash


def _bring(draft: Draft, path: str, arriving: Arrival) -> str:
    """Stores a content with the change, unless it was purged from the hub, which is locked: no purge comes in between."""
    _refuse_purged(draft.hub, path, arriving)
    return draft.bring(arriving)


def _refuse_purged(hub: Hub, path: str, arriving: Arrival) -> None:
    if is_purged(hub, arriving.hash):
        raise Conflict(
            Sentence("That text was purged from this hub, with what it holds."), code="purged_content", field="path",
            value=path, remedy=Sentence("Take out of it what is not to be here, then save it."),
        )  # fmt: skip


def take_back(draft: Draft, page: Page, done: Version) -> None:
    """Puts into `draft` what undoes one version; later words are kept by a merge. Raises Conflict("merge_conflict")."""
    before = done.parent
    was_live = before is not None and not before.is_deletion
    if not was_live or before is None:
        if page.is_live and page.head_id != done.pk and page.blob_id != done.blob_id:
            raise _stale(page, done.pk, None, Sentence("It was written on since."), "merge_conflict")
        if page.is_live:
            draft.delete(page)
        return
    if done.is_deletion and page.is_live and page.head_id != done.pk:
        return  # somebody brought it back already
    # What came later stays: the path if it was moved again, the words if they were edited again.
    path = before.path if page.path == done.path else page.path
    if page.blob_id == done.blob_id:
        blob = before.blob_id
    elif before.blob_id == done.blob_id:
        blob = page.blob_id
    else:
        blob = _merged(page, done, before.blob_id, "merge")
    if page.is_live or page.head_id == done.pk:
        draft.put(page, path, blob)


def _merged(page: Page, read: Version, proposed: str, on_stale: OnStale) -> str:
    """The stored hash of the merge of the page as it is with `proposed`, both made from `read`. Raises Conflict."""
    if on_stale == "refuse":
        raise _stale(page, read.pk, proposed, Sentence("It was changed since you read it."), "stale_version")
    sides = {blob.hash: blob for blob in Blob.objects.filter(hash__in=[page.blob_id, read.blob_id, proposed])}
    texts = [sides[name] for name in (read.blob_id, page.blob_id, proposed)]
    text = merge(*(blobs.read(blob).decode("utf-8") for blob in texts)) if all(b.is_text for b in texts) else None
    if text is None:
        raise _stale(page, read.pk, proposed, Sentence("Both sides changed the same lines."), "merge_conflict")
    return store_content(page.path, text.encode("utf-8"))


def _stale(page: Page, base: UUID, proposed: str | None, message: Sentence, code: str) -> Conflict:
    return Conflict(
        message, code=code, field="base", value=base, current=str(page.head_id), base=str(base), proposed=proposed,
        remedy=Sentence("Look at both versions, then send the text again with the current version as its base."),
    )  # fmt: skip


def _deleted_at(hub: Hub, path: str) -> Page:
    """The page that was deleted at `path` last."""
    last = Version.objects.filter(page__hub=hub, path_key=text_key(path), is_deletion=True).order_by("-change__seq")
    page = Page.objects.filter(head=last.values("pk")[:1], live_key=None).first()
    if page is None:
        raise NotFound
    return page


def _page_at(draft: Draft, path: str) -> Page:
    page = draft.pages_at([path]).get(path)
    if page is None:
        raise NotFound
    return page


def _written(change: Change | None) -> Change:
    assert change is not None  # noqa: S101  these actions always differ from what is there
    return change


type Fill = Callable[[Draft], None]


def import_change(
    actor: Actor,
    hub: str,
    fill: Fill,
    *,
    source: str,
    message: str = "",
    author: Person | None = None,
    authored_at: datetime.datetime | None = None,
) -> Change | None:
    """One change for everything an import brings (exchange stages the contents first).

    author, authored_at: whose it is, and when they made it, as its source says. Raises NotFound, Denied, Conflict.
    """
    place = hub_for(actor, hub, Capability.PAGE_IMPORT)
    notes = Notes(message, ChangeKind.IMPORT, source, author=author, authored_at=authored_at)
    return write_change(actor, place.pk, Capability.PAGE_IMPORT, fill, notes)
