"""Every write of this package: imports."""

import time
from pathlib import Path

from nexus.accounts.actor import Actor
from nexus.base.ids import text_key
from nexus.base.transactions import in_transaction
from nexus.exchange.limits import Budget, Limits
from nexus.exchange.plan import Plan
from nexus.exchange.report import ImportReport, Outcome
from nexus.exchange.sources import open_source
from nexus.exchange.staging import Progress, stage
from nexus.hubs import following
from nexus.hubs.access import Capability, hub_for
from nexus.hubs.actions import create_hub
from nexus.hubs.models import Hub
from nexus.knowledge.queries import kinds_in
from nexus.pages.actions import import_change
from nexus.pages.changes import Draft
from nexus.pages.models import Change, Page
from nexus.pages.paths import checked_path


def import_source(
    actor: Actor,
    hub: str,
    source: str | Path,
    *,
    prefix: str = "",
    progress: Progress | None = None,
    convert_utf16: bool = False,
    message: str = "",
    named: str = "",
) -> ImportReport:
    """Brings what `source` holds into a hub below the folder `prefix`, as one change; once more changes nothing.

    source: a Path of this machine (file, folder, archive, bare repository), or a str, which is an https address of a
    Git repository and nothing else. named: how a file that was sent is called where it came from, by which it is known the
    next time. What both sides changed since the last import is merged, or listed as a conflict with the hub's text kept;
    what is gone from the source and unedited here is deleted.
    Raises NotFound, Denied; Invalid ("unknown_source", "bad_address", "bad_archive", "bad_repository", "no_commit",
    prefix), Limited, Unavailable: then the hub is as it was.
    """
    began = time.monotonic()
    place = hub_for(actor, hub, Capability.PAGE_IMPORT)
    if prefix:
        checked_path(prefix, "prefix")
    opened = open_source(source)
    before = Outcome()
    staged = stage(
        opened, prefix, Budget(Limits.configured()), before, progress=progress or _silent, convert_utf16=convert_utf16
    )
    identity = f"sent:{named}" if named and isinstance(source, Path) else opened.identity
    plan = Plan(place, text_key(f"{identity}\0{prefix}"), staged, before)
    label = named or opened.label
    change = _flipped(actor, plan, label, message or f"Import {label}")
    return ImportReport(
        place.slug, change.seq if change else None, plan.outcome, _found(actor, plan), time.monotonic() - began
    )


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
    Raises what `create_hub` and `import_source` raise.
    """
    opened = open_source(source)
    before = Outcome()
    staged = stage(opened, "", Budget(limits or Limits.configured()), before, progress=_silent, convert_utf16=False)

    @in_transaction
    def found() -> Hub:
        hub = create_hub(actor, slug, title=title, visibility=visibility)
        plan = Plan(hub, text_key(f"{opened.identity}\0"), staged, before)
        import_change(actor, hub.slug, plan.fill, source=opened.label, message=f"Import {opened.label}")
        plan.remember()
        return hub

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
        return flip()


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
