"""Imports and exports that go on after the answer: rows that whoever runs them claims, and that survive whoever dies.

A job is run by a thread of the process that was asked (or of any other that finds it waiting), one at a time in each. What
it did is safe to do again (an import is idempotent, an export writes a file anew), so a job whose runner fell silent is
begun again by the next.
"""

import datetime
import logging
import re
import shutil
import threading
import uuid
from collections.abc import Collection, Iterable
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import Q, QuerySet

from nexus.accounts.actor import Actor, Door
from nexus.base import clock
from nexus.base.errors import Conflict, Denied, Invalid, Limited, NexusError, NotFound, Unavailable
from nexus.base.sentences import Sentence
from nexus.exchange.actions import import_source
from nexus.exchange.exporting import FORMATS, Format, export_hub
from nexus.exchange.histories import checked_authors, repository_of
from nexus.exchange.limits import Budget, Limits
from nexus.exchange.models import Job, JobKind, JobState
from nexus.exchange.sources import ARCHIVE_SUFFIXES, open_source
from nexus.hubs.access import Capability, hub_filter, hub_for
from nexus.hubs.models import Hub
from nexus.hubs.outages import outage
from nexus.pages import guard
from nexus.pages.paths import checked_path

log = logging.getLogger(__name__)

#: The most that one account has waiting or running, and how long a finished one and its file are kept.
MAX_WAITING, KEPT = 5, datetime.timedelta(hours=24)
#: After so long without a word whoever ran a job is taken for dead, and how often it speaks.
SILENT, WORD = datetime.timedelta(seconds=60), datetime.timedelta(seconds=2)
#: How often a job is begun whose database went away meanwhile, and how long it is left alone between, in seconds.
TRIES, PAUSE = 5, 2.0
#: How often it is looked whether somebody fell silent, in seconds.
LOOK = 5.0
#: How an export's file ends.
SUFFIXES: dict[str, str] = {"zip": ".zip", "json": ".json", "git": ".git.zip"}
_SUFFIX = re.compile(
    r"\.(?:zip|json|md|markdown|[A-Za-z0-9]{1,10})$|(?:" + "|".join(map(re.escape, ARCHIVE_SUFFIXES)) + ")$"
)


class _Cancelled(Exception):
    """Somebody asked the job to end."""


def start_import(
    actor: Actor,
    hub: str,
    source: str,
    *,
    chunks: Iterable[bytes] | None = None,
    prefix: str = "",
    message: str = "",
    history: bool = False,
    authors: str = "",
    reviewed: Collection[str] = (),
) -> Job:
    """Begins an import: of the file called `source` whose bytes are `chunks`, or without them of the https address `source`.
    history, authors, reviewed: as for `import_source`.

    Raises NotFound, Denied; Invalid ("bad_address", source; "no_history"; authors); Limited (the file, or too many waiting).
    """
    place = hub_for(actor, hub, Capability.PAGE_IMPORT)
    if chunks is None:
        open_source(source)  # only looks at the address
    elif history:
        repository_of(None, source)
    authors = checked_authors(actor, place, authors, history=history)
    if prefix.strip("/"):
        checked_path(prefix.strip("/"), "prefix")
    options = {"prefix": prefix.strip("/"), "message": message, "is_file": chunks is not None}
    options |= {"history": history, "authors": authors, "reviewed": sorted(reviewed)[: guard.IDS]}
    return _begin(actor, place, JobKind.IMPORT, source[:1024], options, chunks)


def start_export(actor: Actor, hub: str, format: str) -> Job:  # noqa: A002  the word that every door uses
    """Begins an export as "zip", "json" or "git" (a bare repository, zipped). Raises NotFound, Invalid("unknown_format")."""
    place = hub_for(actor, hub)
    if format not in SUFFIXES:
        raise Invalid(
            Sentence("That is no format."), code="unknown_format", field="format", value=format,
            remedy=Sentence("One of %(names)s.", names=', '.join(SUFFIXES)),
        )  # fmt: skip
    return _begin(actor, place, JobKind.EXPORT, "", {"format": format}, None)


def visible_jobs(actor: Actor) -> QuerySet[Job]:
    """The jobs that exist for `actor`: their own, in hubs they may still read."""
    found = Job.objects.filter(hub_filter(actor, Capability.HUB_READ, "hub__")).select_related("hub")
    if actor.is_operator:
        return found
    return found.filter(user_id=actor.user_key) if actor.is_signed_in else found.none()


def job_for(actor: Actor, hub: str, kind: str, job_id: uuid.UUID) -> Job:
    """One job. Raises NotFound."""
    found = visible_jobs(actor).filter(hub__slug=hub, kind=kind, pk=job_id).first()
    if found is None:
        raise NotFound
    return found


def cancel_job(actor: Actor, hub: str, kind: str, job_id: uuid.UUID) -> Job:
    """Ends a job that waits, and asks one that runs to end; one that is over stays as it is. Raises NotFound."""
    job = job_for(actor, hub, kind, job_id)
    Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(state=JobState.CANCELLED, ended_at=clock.now())
    Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(is_cancelled=True)
    return job_for(actor, hub, kind, job_id)


def file_of(job: Job) -> Path:
    """The file that an export made. Raises Conflict("not_done") while there is none, NotFound when it is gone."""
    if job.state != JobState.DONE:
        raise Conflict(
            Sentence("The export is not done."),
            code="not_done",
            remedy=Sentence("Ask for its state, and come back when it is done."),
        )
    path = folder_of(job) / f"export{SUFFIXES[job.options['format']]}"
    if not path.is_file():
        raise NotFound
    return path


# --- Beginning ------------------------------------------------------------------------------------------------------


def _begin(
    actor: Actor, hub: Hub, kind: JobKind, source: str, options: dict[str, object], chunks: Iterable[bytes] | None
) -> Job:
    if not actor.is_signed_in:
        raise Denied(Sentence("A job belongs to somebody who is signed in."))
    waiting = Job.objects.filter(user_id=actor.user_key, state__in=(JobState.QUEUED, JobState.RUNNING)).count()
    if waiting >= MAX_WAITING:
        raise Limited(
            Sentence("%(max_waiting)s jobs of yours are not done.", max_waiting=MAX_WAITING),
            code="too_many_jobs",
            remedy=Sentence("Wait for one, or cancel it."),
        )
    _sweep()
    job = Job(hub=hub, user_id=actor.user_key, door=actor.door.value, kind=kind, source=source, options=options)
    if chunks is not None:
        _keep(job, chunks)
    job.save(force_insert=True)
    transaction.on_commit(wake)
    return job


def _keep(job: Job, chunks: Iterable[bytes]) -> None:
    """Writes an uploaded file where the job will find it. Raises Limited, Unavailable("storage_full")."""
    budget = Budget(Limits.configured())
    folder = folder_of(job)
    try:
        folder.mkdir(parents=True)
        with (folder / _file_name(job.source)).open("wb") as file:
            for chunk in chunks:
                budget.take_bytes(len(chunk))
                file.write(chunk)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise Unavailable(
            Sentence("The storage does not take the file (%(strerror)s).", strerror=error.strerror), code="storage_full",
            remedy=Sentence("Free space below NEXUS_DATA_DIR, then try again."),
        ) from error  # fmt: skip
    except Limited:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _file_name(source: str) -> str:
    """A name of our own that ends as theirs does, since the end says what it is; a page keeps its name, as its path."""
    name = source.replace("\\", "/").rpartition("/")[2]
    if re.fullmatch(r"[\w .()-]{1,100}\.(?:md|markdown)", name, re.IGNORECASE):
        return name
    found = _SUFFIX.search(name.lower())
    return f"upload{found[0]}" if found else "upload"


def folder_of(job: Job) -> Path:
    """Where the files of a job lie."""
    return Path(settings.DATA_DIR) / "jobs" / str(job.pk)


def _sweep() -> None:
    """Forgets what is over for a day, with its files."""
    over = Job.objects.filter(ended_at__lt=clock.now() - KEPT)[:50]
    for job in over:
        shutil.rmtree(folder_of(job), ignore_errors=True)
        job.delete()


# --- Running --------------------------------------------------------------------------------------------------------

_running = threading.Lock()
_called = threading.Event()
_pause = threading.Event()


def wake() -> None:
    """Has what waits run by a thread of this process, if none is at it; after the commit, and when a server starts."""
    _called.set()
    if _running.acquire(blocking=False):
        threading.Thread(target=_work, name="jobs", daemon=True).start()


def _work() -> None:
    """Runs what waits until nothing does, and nobody else is at anything: whoever is may fall silent."""
    try:
        while True:
            _called.clear()
            _wait_for_database()
            while run_next():
                pass
            if not Job.objects.filter(state__in=(JobState.QUEUED, JobState.RUNNING)).exists():
                break
            connection.close()
            _called.wait(LOOK)
    except Exception:
        log.exception("jobs stopped; the next that is asked for starts them again")
    finally:
        connection.close()
        _running.release()
        if _called.is_set():  # something came while it ended
            wake()


def _waiting() -> QuerySet[Job]:
    silent = Q(state=JobState.RUNNING, seen_at__lt=clock.now() - SILENT)
    return Job.objects.filter(Q(state=JobState.QUEUED) | silent).order_by("created_at", "pk")


def run_next() -> bool:
    """Runs the job that waits longest, in this thread. False when none does."""
    for job in _waiting()[:10]:
        mine = Job.objects.filter(pk=job.pk, state=job.state, seen_at=job.seen_at)
        if mine.update(state=JobState.RUNNING, seen_at=clock.now()):
            _run(Job.objects.select_related("hub", "user__person").get(pk=job.pk))
            return True
    return False


def _run(job: Job) -> None:
    """Does the job, again from the start when its database went away meanwhile."""
    for left in reversed(range(TRIES)):
        try:
            _try(job)
            break
        except Error as error:
            away = outage(error)
            if away is None:
                raise
            log.warning("job %s is begun again once the database answers", job.pk)
            _wait_for_database(job)
            if not left:
                _end(job, JobState.FAILED, error=_told(away))
    if job.kind == JobKind.IMPORT:
        shutil.rmtree(folder_of(job), ignore_errors=True)


def _wait_for_database(job: Job | None = None) -> None:
    """Returns once it answers; it is told that whoever runs `job` lives."""
    while True:
        try:
            if job is None:
                Job.objects.exists()
            else:
                Job.objects.filter(pk=job.pk).update(seen_at=clock.now())
        except Error as error:
            if outage(error) is None:
                raise
            connection.close()
            _pause.wait(PAUSE)
        else:
            return


def _try(job: Job) -> None:
    """Raises Error when the database cannot be asked."""
    try:
        _check_cancelled(job)
        report = _import(job) if job.kind == JobKind.IMPORT else _export(job)
        _end(job, JobState.DONE, report=report, done=1.0)
    except _Cancelled:
        _end(job, JobState.CANCELLED)
    except NexusError as error:
        _end(job, JobState.FAILED, error=_told(error))
    except Exception as failure:
        if outage(failure) is not None:
            raise
        log.exception("job %s failed", job.pk)
        told = {
            "code": "error",
            "message": "Something broke on our side.",
            "field": None,
            "remedy": "It is in the log.",
        }
        _end(job, JobState.FAILED, error=told)


def _told(error: NexusError) -> dict[str, object]:
    return {"code": error.code, "message": error.message, "field": error.field, "remedy": error.remedy}


def _end(job: Job, state: JobState, **told: object) -> None:
    Job.objects.filter(pk=job.pk).update(state=state, ended_at=clock.now(), files=job.files, bytes=job.bytes, **told)


def _import(job: Job) -> dict[str, object]:
    source: str | Path = job.source
    if job.options["is_file"]:
        source = folder_of(job) / _file_name(job.source)
    report = import_source(
        Actor.of(job.user, Door(job.door)), job.hub.slug, source, prefix=str(job.options["prefix"]),
        message=str(job.options["message"]), progress=partial(_progressed, job),
        named=job.source if job.options["is_file"] else "", history=bool(job.options.get("history")),
        authors=str(job.options.get("authors", "")), reviewed=job.options.get("reviewed", ()),
    )  # fmt: skip
    return report.to_json()


def _export(job: Job) -> dict[str, object]:
    folder, format_ = folder_of(job), str(job.options["format"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    target = folder / f"export{SUFFIXES[format_]}"
    actor = Actor.of(job.user, Door(job.door))
    kind: Format = next(each for each in FORMATS if each == format_)
    if kind == "git":
        report = export_hub(actor, job.hub.slug, folder / "repository", format=kind, progress=partial(_progressed, job))
        shutil.make_archive(str(target.with_suffix("")), "zip", folder, "repository")
        shutil.rmtree(folder / "repository")
    else:
        report = export_hub(actor, job.hub.slug, target, format=kind, progress=partial(_progressed, job))
    told = report.to_json()
    del told["destination"]
    return told


def _progressed(job: Job, files: int, volume: int, done: float | None) -> None:
    """Writes down how far it is, every WORD at most. Raises _Cancelled when somebody asked for the end."""
    now = clock.now()
    job.files, job.bytes = files, volume
    if job.seen_at is not None and now - job.seen_at < WORD:
        return
    job.seen_at = now
    Job.objects.filter(pk=job.pk).update(files=files, bytes=volume, done=done, seen_at=now)
    _check_cancelled(job)


def _check_cancelled(job: Job) -> None:
    if Job.objects.filter(pk=job.pk, is_cancelled=True).exists():
        raise _Cancelled
