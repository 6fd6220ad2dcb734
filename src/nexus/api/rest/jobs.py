"""`imports` and `exports`: work that goes on after the answer, with its progress."""

import uuid
from typing import Any

from django.http import FileResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from nexus.accounts.actor import Scope
from nexus.api import paging
from nexus.api.rest.checks import Paged, Strict
from nexus.api.rest.parsers import StrictJSON
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.api.reviewing import reviewed
from nexus.base.errors import Invalid, Unauthenticated
from nexus.base.sentences import Sentence
from nexus.exchange import jobs
from nexus.exchange.models import Job, JobKind, JobState
from nexus.hubs.access import hub_for

NEWEST_FIRST = ("-created_at", "-pk")
BYTES = {(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, description="The file.")}


class JobShown(serializers.Serializer[Job]):
    """An import or export, and how far it is."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(JobKind.choices)
    state = serializers.ChoiceField(JobState.choices)
    source = serializers.CharField(help_text="What is imported, as it is called.")  # type: ignore[assignment]  # a field is one
    options = serializers.DictField(
        help_text="`prefix`, `message`, `history`, `authors` of an import; `format` of an export."
    )
    files = serializers.IntegerField(help_text="So far.")
    bytes = serializers.IntegerField(help_text="So far.")
    done = serializers.FloatField(allow_null=True, help_text="From 0 to 1; null while that is not known.")
    report = serializers.DictField(allow_null=True, help_text="What came of it, as `nexus import --json` says it.")
    error = serializers.DictField(allow_null=True, help_text="Why it failed: code, message, field, remedy.")
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class ImportMade(Strict):
    """What is to be imported: a file, as multipart/form-data, or the https address of a public Git repository."""

    file = serializers.FileField(required=False, max_length=None, help_text=".md, .zip, .tar(.gz|.xz|.bz2), .json")
    address = serializers.CharField(required=False, max_length=1024)
    prefix = serializers.CharField(required=False, default="", allow_blank=True, max_length=1024, help_text="A folder.")
    message = serializers.CharField(required=False, default="", allow_blank=True, max_length=1000)
    history = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Of a repository: each commit becomes a change, with its author and date.",
    )
    authors = serializers.ChoiceField(
        ["me", "git", "path"], required=False, default="", allow_blank=True,
        help_text="Whose the texts are: yours; each commit's author's (of a history); by the folders at the top.",
    )  # fmt: skip


class ExportMade(Strict):
    """What is to be exported."""

    format = serializers.ChoiceField(sorted(jobs.SUFFIXES), required=False, default="zip")


class Imports(Resource):
    """Imports into a hub."""

    parser_classes = (StrictJSON, MultiPartParser)

    @operation("List your imports", query=Paged, answer=JobShown, many=True)
    def get(self, hub: str) -> Any:
        return _listed(self, hub, JobKind.IMPORT)

    @operation(
        "Begin an import", body=ImportMade, answer=JobShown, status=202, scope=Scope.WRITE, refusals=(403, 413, 415, 503),
        shows=True, idempotent=True,
    )  # fmt: skip
    def post(self, hub: str) -> Answer:
        sent = self.sent
        file, address = sent.get("file"), sent.get("address")
        if (file is None) == (address is None):
            raise Invalid(
                Sentence("Either a file or an address is expected."), field="file", remedy=Sentence("Send one of them.")
            )
        job = jobs.start_import(
            self.actor, hub, file.name if file else str(address), chunks=file.chunks() if file else None,
            prefix=sent["prefix"], message=sent["message"], history=sent["history"], authors=sent["authors"],
            reviewed=reviewed(self.request.headers),
        )  # fmt: skip
        return Answer(job, headers={"Location": f"/api/v1/hubs/{hub}/imports/{job.pk}"})


class Exports(Resource):
    """Exports of a hub."""

    @operation("List your exports", query=Paged, answer=JobShown, many=True)
    def get(self, hub: str) -> Any:
        return _listed(self, hub, JobKind.EXPORT)

    @operation(
        "Begin an export", body=ExportMade, answer=JobShown, status=202, refusals=(403, 413, 503), idempotent=True
    )
    def post(self, hub: str) -> Answer:
        job = jobs.start_export(self.actor, hub, self.sent["format"])
        return Answer(job, headers={"Location": f"/api/v1/hubs/{hub}/exports/{job.pk}"})


class OneImport(Resource):
    """An import."""

    @operation("Read about an import", answer=JobShown)
    def get(self, hub: str, job_id: uuid.UUID) -> Any:
        return jobs.job_for(self.actor, hub, JobKind.IMPORT, job_id)

    @operation("Cancel an import", answer=JobShown, scope=Scope.WRITE)
    def delete(self, hub: str, job_id: uuid.UUID) -> Any:
        return jobs.cancel_job(self.actor, hub, JobKind.IMPORT, job_id)


class OneExport(Resource):
    """An export."""

    @operation("Read about an export", answer=JobShown)
    def get(self, hub: str, job_id: uuid.UUID) -> Any:
        return jobs.job_for(self.actor, hub, JobKind.EXPORT, job_id)

    @operation("Cancel an export", answer=JobShown)
    def delete(self, hub: str, job_id: uuid.UUID) -> Any:
        return jobs.cancel_job(self.actor, hub, JobKind.EXPORT, job_id)


class ExportContent(Resource):
    """The file that an export made. Whether one may still read the hub is asked at each fetch."""

    @operation("Fetch an export", raw=BYTES, refusals=(409,))
    def get(self, hub: str, job_id: uuid.UUID) -> HttpResponseBase:
        job = jobs.job_for(self.actor, hub, JobKind.EXPORT, job_id)
        path = jobs.file_of(job)
        name = f"{hub}{jobs.SUFFIXES[job.options['format']]}"
        return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="application/octet-stream")


def _listed(resource: Resource, hub: str, kind: JobKind) -> Any:
    place = hub_for(resource.actor, hub)
    if not resource.actor.is_signed_in:
        raise Unauthenticated(Sentence("Sign in first."))
    return paging.page_of(
        jobs.visible_jobs(resource.actor).filter(hub=place, kind=kind), NEWEST_FIRST, **resource.asked
    )
