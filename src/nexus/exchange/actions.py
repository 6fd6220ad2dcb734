"""Every write of this package: imports."""

import time
from collections.abc import Collection
from functools import partial
from pathlib import Path
from uuid import UUID

from nexus.accounts.actor import Actor
from nexus.accounts.people import folder_person
from nexus.base.ids import text_key
from nexus.base.transactions import in_transaction
from nexus.exchange.histories import Authors, checked_authors, has_held, import_history, mark_history, repository_of
from nexus.exchange.limits import Budget, Limits
from nexus.exchange.plan import Plan
from nexus.exchange.report import ImportReport, Outcome
from nexus.exchange.repositories import Repository
from nexus.exchange.sources import Source, open_source
from nexus.exchange.staging import Progress, stage
from nexus.hubs import activity, following
from nexus.hubs.access import Capability, hub_for
from nexus.hubs.actions import create_hub, update_hub
from nexus.hubs.models import Hub, Visibility
from nexus.hubs.queries import people_in
from nexus.knowledge.queries import kinds_in
from nexus.pages.actions import import_change
from nexus.pages.changes import Draft, State
from nexus.pages.models import Change, Page
from nexus.pages.paths import checked_path


def import_source(
    actor: Actor,
    hub: str,
    source: str | Path | Source,
    *,
    prefix: str = "",
    progress: Progress | None = None,
    convert_utf16: bool = False,
    message: str = "",
    named: str = "",
    history: bool = False,
    authors: str = "",
    reviewed: Collection[str] = (),
) -> ImportReport:
    """Brings what `source` holds into a hub below the folder `prefix`, as one change; once more changes nothing.

    source: a Path of this machine (file, folder, archive, bare repository), a str, which is an https address of a Git
    repository and nothing else, or what was opened already. named: how a file that was sent is called where it came from, by
    which it is known the next time. What both sides changed since the last import is merged, or listed as a conflict with
    the hub's text kept; what is gone from the source and unedited here is deleted.

    history: each commit of a repository becomes a change of its own, with its date and message (exchange.histories).
    authors: whose the texts are: "me", the actor's; "git" (the rule with a history), each commit's author's; "path", those
    in a folder at the top of the source are of the person called so, as a change for each (mentors may).
    reviewed: the ids of suspects that may be seen, or guard.ALL; in a hub that others than its members read a file with more
    is held back and listed (nexus.pages.guard).
    Raises NotFound, Denied; Invalid ("unknown_source", "bad_address", "bad_archive", "bad_repository", "no_commit",
    "no_history", prefix, authors), Conflict("imported_already"), Limited, Unavailable: then the hub is as it was, but for
    the commits that were brought before.
    """
    began = time.monotonic()
    place = hub_for(actor, hub, Capability.PAGE_IMPORT)
    if prefix:
        checked_path(prefix, "prefix")
    authors = checked_authors(actor, place, authors, history=history)
    opened = open_source(source) if isinstance(source, str | Path) else source
    tell = progress or _silent
    report = None
    if history:
        repository = repository_of(opened, opened.label)
        kind: Authors = "me" if authors == "me" else "git"
        report = import_history(actor, place, repository, prefix=prefix, authors=kind, progress=tell, reviewed=reviewed)
        if report is not None and not has_held(place, repository, prefix):
            return report
    before = Outcome()
    staged = stage(opened, prefix, Budget(Limits.configured()), before, progress=tell, convert_utf16=convert_utf16)
    identity = f"sent:{named}" if named and isinstance(source, Path) else opened.identity
    plan = Plan(place, text_key(f"{identity}\0{prefix}"), staged, before, actor, reviewed)
    label = named or opened.label
    said = message or f"Import {label}"
    by_folder = authors == "path"
    change = _flipped_by_folder(actor, plan, label, said, prefix) if by_folder else _flipped(actor, plan, label, said)
    if isinstance(opened, Repository):
        mark_history(place, opened, prefix, has_held=bool(plan.outcome.held))
    told = ImportReport(
        place.slug, change.seq if change else None, plan.outcome, _found(actor, plan), time.monotonic() - began
    )
    return told if report is None else told.after(report)


def import_new_hub(
    actor: Actor,
    slug: str,
    source: str | Path,
    *,
    title: str = "",
    visibility: str = "private",
    limits: Limits | None = None,
) -> Hub:
    """A new hub of the actor's that holds what `source` holds; all of it or nothing.

    source: as for `import_source`; limits: NEXUS_MAX_IMPORT_* when left out.
    Raises what `create_hub` and `import_source` raise, and SecretsFound.
    """
    opened = open_source(source)
    before = Outcome()
    staged = stage(opened, "", Budget(limits or Limits.configured()), before, progress=_silent, convert_utf16=False)

    @in_transaction
    def found() -> Hub:
        # What may not be for everybody is brought before anybody reads it, so that the hub is asked about as a whole.
        first = Visibility.PRIVATE if staged.suspicious else visibility
        hub = create_hub(actor, slug, title=title, visibility=first)
        plan = Plan(hub, text_key(f"{opened.identity}\0"), staged, before, actor)
        import_change(actor, hub.slug, plan.fill, source=opened.label, message=f"Import {opened.label}")
        plan.remember()
        return hub if first == visibility else update_hub(actor, hub.slug, visibility=visibility)

    with following.at_once():
        return found()


def _flipped(actor: Actor, plan: Plan, label: str, message: str) -> Change | None:
    """The short second half: the whole import appears, and is remembered, in one transaction."""
    hub = plan.hub.slug
    _rehearse(plan)

    @in_transaction
    def flip() -> Change | None:
        change = import_change(actor, hub, plan.fill, source=label, message=message)
        plan.remember()
        return change

    with following.at_once():  # the report says what was found, and there may be much
        return plan.flipped(flip)


def _flipped_by_folder(actor: Actor, plan: Plan, label: str, message: str, prefix: str) -> Change | None:
    """The same as a change for each folder at the top of the source, by the person it is called after; the actor's are the
    files beside them. The last of these changes."""
    members = people_in(actor, plan.hub)
    _rehearse(plan)

    @in_transaction
    def flip() -> Change | None:
        draft = Draft(activity.locked_hub(plan.hub.pk))
        plan.fill(draft)
        states: dict[str, dict[UUID, State]] = {}
        for key, state in draft.effective().items():
            first, _, rest = state.path.removeprefix(f"{prefix}/" if prefix else "").partition("/")
            states.setdefault(first if rest else "", {})[key] = state
        change = None
        for folder in sorted(states):
            author = folder_person(plan.hub.pk, folder, members) if folder else None
            fill = partial(_take, states=states[folder])
            change = import_change(actor, plan.hub.slug, fill, source=label, message=message, author=author)
        plan.remember()
        return change

    with following.at_once():  # the report says what was found, and there may be much
        return plan.flipped(flip)


def _take(draft: Draft, *, states: dict[UUID, State]) -> None:
    draft.take(states)


def _rehearse(plan: Plan) -> None:
    """Decides once without the lock: whatever has to be merged is then merged and parsed before others have to wait. In an
    empty hub there is nothing to merge with."""
    if Page.objects.filter(hub=plan.hub).exists():
        plan.fill(Draft(plan.hub))


def _found(actor: Actor, plan: Plan) -> dict[str, int]:
    """How many entries of each kind are in the pages that the source's files are."""
    return dict(sorted(kinds_in(actor, [page for page, _ in plan.brought.values()]).items()))


def _silent(_files: int, _bytes: int, _done: float | None) -> None:
    pass
