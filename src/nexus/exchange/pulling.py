"""Bringing what is new in connected sources, in every process that serves: one thread looks what is due, and pulls.

Whoever pulls holds the source's lease and says so while it goes on, so that one does at a time; a lease whose holder fell
silent ends, and the next begins again, which an import makes harmless.
"""

import datetime
import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.db import DatabaseError, close_old_connections, connection
from django.db.models import Q, QuerySet

from nexus.accounts.actor import Actor, Door
from nexus.base import clock
from nexus.base.errors import NexusError
from nexus.base.transactions import in_transaction
from nexus.exchange.actions import import_source
from nexus.exchange.models import ConnectedSource, PullState
from nexus.exchange.report import ImportReport
from nexus.exchange.repositories import RemoteRepository
from nexus.exchange.staging import Progress
from nexus.hubs import activity
from nexus.hubs.access import Capability, hub_for

log = logging.getLogger(__name__)

#: How long who pulls is believed to be alive after the last word, and how often they speak.
LEASE, WORD = datetime.timedelta(seconds=60), 15.0
#: How often is looked without being called: for the schedule, and for what another process was asked.
POLL = 10.0
#: The longest pause after failures; each doubles the one before.
LONGEST_PAUSE = datetime.timedelta(days=1)
#: Conflicts and refusals that are kept of a report.
KEPT = 200


class Claim(NamedTuple):
    """A connected source, and the proof that one pulls it."""

    source: uuid.UUID
    lease: str
    began: datetime.datetime


def claim_due(*, hub: uuid.UUID | None = None) -> Claim | None:
    """A source that a pull is due for (`hub`: that one's, due or not), which is the caller's until `pull` is done; None when
    there is none, or somebody else has it."""
    now = clock.now()
    free = ConnectedSource.objects.filter(leased_until__lte=now)
    due = free.filter(hub=hub) if hub else free.filter(Q(wanted_at__lte=now) | Q(next_at__lte=now))
    for pk, lease in due.order_by("wanted_at", "next_at", "pk").values_list("pk", "lease")[:10]:
        claim = Claim(pk, uuid.uuid4().hex, now)
        mine = ConnectedSource.objects.filter(pk=pk, lease=lease, leased_until__lte=now)
        if in_transaction(mine.update)(lease=claim.lease, leased_until=now + LEASE):
            return claim
    return None


def pull(claim: Claim, progress: Progress | None = None) -> ImportReport | None:
    """Brings what is new, and writes down what came of it. None when it failed: the row says why."""
    source = _mine(claim).select_related("hub", "user__person").first()
    if source is None:
        return None
    actor = Actor.of(source.user, Door.GIT) if source.user else Actor.operator(Door.GIT)
    report, error = None, None
    try:
        with _alive(claim):
            hub_for(actor, source.hub.slug, Capability.PAGE_IMPORT)
            report = import_source(
                actor, source.hub.slug, RemoteRepository(source.url, source.branch), prefix=source.prefix,
                progress=progress, history=source.history, authors=source.authors,
            )  # fmt: skip
    except NexusError as refused:
        error = {"code": refused.code, "message": str(refused.message), "remedy": str(refused.remedy)}
    except Exception:
        log.exception("a pull failed: %s", source.hub_id)
        error = {"code": "error", "message": "Something broke on our side.", "remedy": "It is in the log."}
    _record(claim, actor, report, error)
    return report


@in_transaction
def _record(claim: Claim, actor: Actor, report: ImportReport | None, error: dict[str, str] | None) -> None:
    """Writes down a pull, lets the source go, and says in the log what is new about it."""
    source = _mine(claim).select_related("hub").first()
    if source is None:  # disconnected meanwhile, or another's by now
        return
    hub = activity.locked_hub(source.hub_id)
    now = clock.now()
    told = _cut(report.to_json()) if report else None
    state = PullState.FAILED if error else _state_of(report)
    failures = source.failures + 1 if error else 0
    is_news = bool(report and report.change) or state != source.state
    _mine(claim).update(
        lease="", leased_until=now, pulled_at=now, wanted_at=_still_wanted(source, claim), state=state,
        failures=failures, error=error, report=told if report else source.report, next_at=_next(source.every, failures, now),
    )  # fmt: skip
    if is_news:
        facts: dict[str, Any] = {"state": state.value, "change": report.change if report else None}
        facts["conflicts"] = len(report.files.conflicts) if report else 0
        facts["held"] = len(report.files.held) if report else 0
        activity.record(hub, actor if actor.is_signed_in else Actor.operator(Door.GIT), "source.pulled", facts)


def _state_of(report: ImportReport | None) -> PullState:
    if report and report.files.conflicts:
        return PullState.CONFLICTS
    return PullState.HELD if report and report.files.held else PullState.DONE


def _still_wanted(source: ConnectedSource, claim: Claim) -> datetime.datetime | None:
    """What was asked for since the pull began is not done by it."""
    return source.wanted_at if source.wanted_at and source.wanted_at > claim.began else None


def _next(every: int, failures: int, now: datetime.datetime) -> datetime.datetime | None:
    """When the schedule pulls next: as it says, later after failures."""
    if not every:
        return None
    usual = datetime.timedelta(minutes=every)
    longer: datetime.timedelta = min(usual * 2 ** min(failures, 10), LONGEST_PAUSE)
    return now + max(usual, longer)


def _cut(report: dict[str, Any]) -> dict[str, Any]:
    """A report of which long lists are cut: the row is read with every page that tells of it."""
    files = {name: value[:KEPT] if isinstance(value, list) else value for name, value in report["files"].items()}
    return report | {"files": files}


def _mine(claim: Claim) -> QuerySet[ConnectedSource]:
    return ConnectedSource.objects.filter(pk=claim.source, lease=claim.lease)


@contextmanager
def _alive(claim: Claim) -> Iterator[None]:
    """Says every WORD that the pull goes on: fetching may take long, and says nothing meanwhile."""
    ended = threading.Event()

    def speak() -> None:
        try:
            while not ended.wait(WORD):
                _mine(claim).update(leased_until=clock.now() + LEASE)
        except DatabaseError:
            log.warning("a pull could not say that it goes on", exc_info=True)
        finally:
            connection.close()

    voice = threading.Thread(target=speak, name="pull-alive", daemon=True)
    voice.start()
    try:
        yield
    finally:
        ended.set()
        voice.join(WORD)


def label_of(url: str) -> str:
    """An address as everybody may read it."""
    return urlsplit(url)._replace(query="", fragment="").geturl()


# --- In a process that serves -----------------------------------------------------------------------------------------

_called = threading.Event()


def wake() -> None:
    """Has the thread of this process look soon. From any thread; elsewhere they look by themselves."""
    _called.set()


def run() -> None:
    """Pulls what is due, for ever."""
    while True:
        try:
            close_old_connections()
            while claim := claim_due():
                _called.clear()
                pull(claim)
        except DatabaseError as error:
            log.warning("pulls wait: the database does not answer (%s)", error)
        except Exception:
            log.exception("pulls wait")
        _called.wait(POLL)
        _called.clear()


def start() -> None:
    """Has a thread of this process pull; when a server starts."""
    threading.Thread(target=run, name="pulls", daemon=True).start()
