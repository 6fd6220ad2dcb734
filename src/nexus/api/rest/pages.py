"""`pages`, their texts and versions."""

import uuid
from typing import Any

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from nexus.accounts.actor import Scope
from nexus.api import paging
from nexus.api.rest import etags
from nexus.api.rest.checks import Paged, Strict
from nexus.api.rest.parsers import AnyBytes
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.api.rest.shown import PageShown, VersionOfPageShown
from nexus.base.errors import Invalid, NotFound
from nexus.base.sentences import Sentence
from nexus.pages import actions, blobs, queries
from nexus.pages.changes import MAX_MESSAGE
from nexus.pages.models import Kind, Page, Version
from nexus.pages.paths import saved_name

NEWEST_FIRST = ("-seq", "pk")
PATH = "At most 1,024 bytes in UTF-8, without empty or `..` segments."
TEXT = "text/markdown; charset=utf-8"
RAW_TEXT = {(200, "text/markdown"): OpenApiResponse(OpenApiTypes.STR, description="The bytes as they were written.")}


class PagesAsked(Paged):
    """Which pages of a hub, the last changed first."""

    path = serializers.CharField(required=False, default="", max_length=1024, trim_whitespace=False, help_text="At it.")
    prefix = serializers.CharField(
        required=False, default="", max_length=1024, trim_whitespace=False, help_text="Anywhere below this folder."
    )
    kind = serializers.ChoiceField(Kind.choices, required=False, default=Kind.PAGE.value, help_text="Pages, or files.")


class PageMade(Strict):
    """A page that is to be."""

    path = serializers.CharField(trim_whitespace=False, help_text=PATH)
    text = serializers.CharField(allow_blank=True, trim_whitespace=False, help_text="Markdown, at most 2 MB.")
    message = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_MESSAGE)


class PageMoved(Strict):
    """Where a page goes."""

    path = serializers.CharField(trim_whitespace=False, help_text=PATH)
    message = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_MESSAGE)


class Message(Strict):
    """What is said about a change."""

    message = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_MESSAGE)


class TextPut(Message):
    """How a text is put."""

    merge = serializers.BooleanField(required=False, default=False, help_text="Merge when somebody was faster.")


class Restored(Message):
    """Which version comes back: the last before the page was deleted, or `number`."""

    number = serializers.IntegerField(required=False, min_value=1, allow_null=True, default=None)


class Pages(Resource):
    """The pages and files of a hub."""

    @operation("List pages", query=PagesAsked, answer=PageShown, many=True)
    def get(self, hub: str) -> Any:
        asked = self.asked
        found = queries.paths(self.actor, hub, kind=asked["kind"], path=asked["path"], below=asked["prefix"])
        return paging.page_of(found, NEWEST_FIRST, cursor=asked["cursor"], limit=asked["limit"])

    @operation(
        "Make a page", shows=True, body=PageMade, answer=PageShown, status=201, scope=Scope.WRITE, refusals=(403, 409, 413),
        idempotent=True,
    )  # fmt: skip
    def post(self, hub: str) -> Answer:
        sent = self.sent
        content = blobs.page_content(sent["text"].encode("utf-8"))
        actions.create_page(self.actor, hub, sent["path"], content, message=sent["message"])
        page = queries.path_for(self.actor, hub, sent["path"])
        return shown(page, {"Location": f"/api/v1/hubs/{hub}/pages/{page.pk}"})


class OnePage(Resource):
    """A page or file."""

    @operation("Read about a page", answer=PageShown)
    def get(self, hub: str, page_id: uuid.UUID) -> Answer:
        return shown(queries.page_with_id(self.actor, hub, page_id, deleted=True))

    @operation(
        "Move a page", shows=True, body=PageMoved, answer=PageShown, scope=Scope.WRITE, refusals=(403, 409, 412, 428)
    )
    def patch(self, hub: str, page_id: uuid.UUID) -> Answer:
        base = version_id(self)
        page = queries.page_with_id(self.actor, hub, page_id)
        actions.move_page(self.actor, hub, page.path, self.sent["path"], base=base, message=self.sent["message"])
        return shown(queries.page_with_id(self.actor, hub, page_id))

    @operation("Delete a page", query=Message, status=204, scope=Scope.WRITE, refusals=(403, 412, 428))
    def delete(self, hub: str, page_id: uuid.UUID) -> None:
        base = version_id(self)
        page = queries.page_with_id(self.actor, hub, page_id)
        actions.delete_page(self.actor, hub, page.path, base=base, message=self.asked["message"])


class Restore(Resource):
    """A page that comes back."""

    @operation(
        "Restore a page",
        shows=True,
        body=Restored,
        answer=PageShown,
        scope=Scope.WRITE,
        refusals=(403, 409),
        idempotent=True,
    )
    def post(self, hub: str, page_id: uuid.UUID) -> Answer:
        page = queries.page_with_id(self.actor, hub, page_id, deleted=True)
        actions.restore_page(
            self.actor, hub, page.path, page_id=page_id, number=self.sent["number"], message=self.sent["message"]
        )
        return shown(queries.page_with_id(self.actor, hub, page_id))


class Text(Resource):
    """The bytes of a page or file, whatever `Accept` says."""

    parser_classes = (AnyBytes,)

    @operation("Read a text", raw=RAW_TEXT)
    def get(self, hub: str, page_id: uuid.UUID) -> HttpResponseBase:
        page = queries.page_with_id(self.actor, hub, page_id)
        return raw(self, page, str(page.head_id))

    @operation(
        "Put a text", query=TextPut, answer=PageShown, scope=Scope.WRITE, refusals=(403, 409, 412, 413, 415, 428),
        shows=True, takes="text/markdown",
    )  # fmt: skip
    def put(self, hub: str, page_id: uuid.UUID) -> Answer:
        base = version_id(self)
        page = queries.page_with_id(self.actor, hub, page_id)
        data = _body(self)
        content = blobs.page_content(data) if page.kind == Kind.PAGE else data
        actions.edit_page(
            self.actor, hub, page.path, content, base=base,
            on_stale="merge" if self.asked["merge"] else "refuse", message=self.asked["message"],
        )  # fmt: skip
        return shown(queries.page_with_id(self.actor, hub, page_id))


class Versions(Resource):
    """What a page said over time."""

    @operation("List versions", query=Paged, answer=VersionOfPageShown, many=True)
    def get(self, hub: str, page_id: uuid.UUID) -> Any:
        page = queries.page_with_id(self.actor, hub, page_id, deleted=True)
        return paging.page_of(queries.versions_of(self.actor, page), ("-number",), **self.asked)


class OneVersion(Resource):
    """A version of a page."""

    @operation("Read about a version", answer=VersionOfPageShown)
    def get(self, hub: str, page_id: uuid.UUID, number: int) -> Any:
        return version_of(self, hub, page_id, number)


class VersionText(Resource):
    """The bytes of a version."""

    @operation("Read the text of a version", raw=RAW_TEXT)
    def get(self, hub: str, page_id: uuid.UUID, number: int) -> HttpResponseBase:
        version = version_of(self, hub, page_id, number)
        return raw(self, version, str(version.pk))


def raw(resource: Resource, of: Page | Version, tag: str) -> HttpResponseBase:
    """The bytes of a page, file or version, never run by whoever shows them."""
    known = resource.request.headers.get("If-None-Match")
    headers = {"ETag": f'"{tag}"', "Content-Security-Policy": "sandbox; default-src 'none'"}
    if known is not None and etags.matches(known, tag):
        return HttpResponse(status=304, headers=headers)
    if of.kind == Kind.PAGE:
        return HttpResponse(blobs.read(of.blob), content_type=TEXT, headers=headers)
    kind = "application/octet-stream"
    if of.blob.is_text:
        headers["Content-Disposition"] = content_disposition_header(True, saved_name(of.path)) or "attachment"
        return HttpResponse(blobs.read(of.blob), content_type=kind, headers=headers)
    file = blobs.open_file(of.blob)
    return FileResponse(file, as_attachment=True, filename=saved_name(of.path), content_type=kind, headers=headers)


def shown(page: Page, headers: dict[str, str] | None = None) -> Answer:
    return Answer(page, etag=str(page.head_id), headers=headers or {})


def version_of(resource: Resource, hub: str, page_id: uuid.UUID, number: int) -> Version:
    """A version of a page, live or not. Raises NotFound."""
    page = queries.page_with_id(resource.actor, hub, page_id, deleted=True)
    version = queries.versions_of(resource.actor, page).filter(number=number).first()
    if version is None:
        raise NotFound
    return version


def version_id(resource: Resource) -> uuid.UUID:
    named = etags.version_named(resource.request.headers.get("If-Match"))
    try:
        return uuid.UUID(named)
    except ValueError as error:
        raise Invalid(
            Sentence("That is no version."), field="If-Match", value=named, remedy=Sentence("Send the ETag you read.")
        ) from error


def _body(resource: Resource) -> bytes:
    data: Any = resource.request.data
    return data if isinstance(data, bytes) else b""
