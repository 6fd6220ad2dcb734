"""`nexus --remote URL`: import, export and search on another machine, through its REST interface, told as if here."""

import getpass
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings

import nexus_client
from nexus.base.errors import Invalid, NexusError, NotFound, Unauthenticated
from nexus.base.sentences import NOTHING, Sentence
from nexus.exchange import exporting, packing
from nexus.exchange.exporting import ExportReport, Format, Progress
from nexus.exchange.report import ImportReport
from nexus.exchange.sources import named_source
from nexus.ops.cli.place import REMOTE, here_only
from nexus_client import Nexus
from nexus_client.models import Job, Result


def import_source(
    hub: str,
    source: str,
    *,
    prefix: str,
    message: str,
    convert_utf16: bool,
    progress: Progress | None,
    history: bool = False,
    authors: str = "",
    reviewed: Sequence[str] = (),
) -> ImportReport:
    """`exchange.actions.import_source` there. A folder is packed on the way, by the rules of a local import; what is packed
    has no history."""
    if convert_utf16:
        raise here_only("convert-utf16")
    named = named_source(source)
    with _connected() as nexus:
        place = nexus.hub(hub)
        if isinstance(named, str):
            job = place.import_repository(
                named, prefix=prefix, message=message, history=history, authors=authors, reviewed=reviewed,
                progress=progress,
            )  # fmt: skip
            return ImportReport.from_json(_report(job))
        if history or authors not in {"", "me"}:
            raise here_only("history" if history else "authors")
        place.about()  # before anything is packed
        with tempfile.TemporaryDirectory(prefix="nexus-") as folder:
            packed = packing.packed(named, Path(folder), progress)
            job = place.import_archive(
                packed.path, name=packed.name, prefix=prefix, message=message, reviewed=reviewed, progress=progress
            )
    report = ImportReport.from_json(_report(job))
    return packed.told(report, prefix)


def export_hub(hub: str, dest: Path, *, form: Format, progress: Progress | None) -> ExportReport:
    """`exchange.exporting.export_hub` there, written here."""
    began = time.monotonic()
    exporting.check_free(dest, may_be_empty=form == "folder")
    with (
        _connected() as nexus,
        tempfile.TemporaryDirectory(prefix=".nexus-export-", dir=dest.absolute().parent) as folder,
    ):
        fetched = Path(folder) / "export"
        kind: Any = "zip" if form == "folder" else form
        job = nexus.hub(hub).export(kind, to=fetched, progress=progress)
        if form in {"folder", "git"}:
            packing.unpack(fetched, dest, below="repository/" if form == "git" else "")
        else:
            with exporting.appearing(dest) as target:
                fetched.replace(target)
    told = _report(job)
    return ExportReport(told["hub"], form, dest, told["files"], told["bytes"], time.monotonic() - began)


def search(query: str, *, hub: str, kind: str, limit: int, cursor: str) -> dict[str, Any]:
    """What `nexus search --json` prints, found there."""
    with _connected() as nexus:
        found = nexus.search_page(query, hub=hub, kind=kind, limit=limit, cursor=cursor)
    return {"results": [_result(each) for each in found.results], "facets": found.facets, "next": found.next or None}


def _result(found: Result) -> dict[str, Any]:
    empty_is_none = {
        name: getattr(found, name) or None for name in ("hub", "path", "person", "match", "problem", "solution")
    }
    marks = {"title": found.title_marks, "snippet": found.marks}
    told = asdict(found) | empty_is_none | {"marks": marks}
    del told["title_marks"]
    return told


@contextmanager
def _connected() -> Iterator[Nexus]:
    """A client of the chosen server. What it refuses is raised as what would be refused here."""
    url = REMOTE.get()
    try:
        client = Nexus(url, token=_token())
    except ValueError as error:
        raise Invalid(
            Sentence("That is no address of a Nexus."), code="bad_remote", field="remote", value=url,
            remedy=Sentence("It looks like https://nexus.example.org."),
        ) from error  # fmt: skip
    with client:
        try:
            yield client
        except nexus_client.NotFound as error:
            raise NotFound from error
        except nexus_client.NexusError as error:
            said = NexusError(
                Sentence("%(message)s", message=error.message), code=error.code, field=error.field, value=error.value,
                remedy=Sentence("%(remedy)s", remedy=error.remedy) if error.remedy else NOTHING, **error.details,
            )  # fmt: skip
            raise said from error


def _token() -> str:
    if settings.TOKEN:
        return str(settings.TOKEN)
    if sys.stdin.isatty():
        return getpass.getpass("Token: ").strip()
    raise Unauthenticated(
        Sentence("There is no token to sign in with."), code="no_token", field="NEXUS_TOKEN",
        remedy=Sentence("Make one there (`nexus token create`, or `me/tokens`) and set NEXUS_TOKEN to it."),
    )  # fmt: skip


def _report(job: Job) -> dict[str, Any]:
    return job.report or {}
