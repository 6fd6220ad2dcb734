"""`attachments`: the files of a hub that are no pages."""

import uuid
from typing import Any

from django.http import HttpResponseBase
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from nexus.accounts.actor import Scope
from nexus.api import paging
from nexus.api.rest.checks import Paged, Strict
from nexus.api.rest.pages import NEWEST_FIRST, RAW_TEXT, Message, raw, shown, version_id
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.api.rest.shown import PageShown
from nexus.base.errors import NotFound
from nexus.pages import actions, blobs, queries
from nexus.pages.changes import MAX_MESSAGE
from nexus.pages.models import Kind, Page


class AttachmentMade(Strict):
    """A file that is to be, as multipart/form-data."""

    path = serializers.CharField(max_length=1024, trim_whitespace=False)
    file = serializers.FileField(allow_empty_file=True, max_length=None)
    message = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_MESSAGE)


class Attachments(Resource):
    """The files of a hub."""

    parser_classes = (MultiPartParser,)

    @operation("List files", query=Paged, answer=PageShown, many=True)
    def get(self, hub: str) -> Any:
        return paging.page_of(queries.paths(self.actor, hub, kind=Kind.FILE), NEWEST_FIRST, **self.asked)

    @operation(
        "Put a file", body=AttachmentMade, answer=PageShown, status=201, scope=Scope.WRITE, refusals=(403, 409, 413, 415),
        shows=True, idempotent=True,
    )  # fmt: skip
    def post(self, hub: str) -> Answer:
        content = blobs.content_from(self.sent["file"].chunks())
        actions.create_page(self.actor, hub, self.sent["path"], content, message=self.sent["message"])
        page = queries.path_for(self.actor, hub, self.sent["path"])
        noun = "pages" if page.kind == Kind.PAGE else "attachments"
        return shown(page, {"Location": f"/api/v1/hubs/{hub}/{noun}/{page.pk}"})


class OneAttachment(Resource):
    """A file."""

    @operation("Read about a file", answer=PageShown)
    def get(self, hub: str, page_id: uuid.UUID) -> Answer:
        return shown(_file(self, hub, page_id))

    @operation("Delete a file", query=Message, status=204, scope=Scope.WRITE, refusals=(403, 412, 428))
    def delete(self, hub: str, page_id: uuid.UUID) -> None:
        base = version_id(self)
        page = queries.page_with_id(self.actor, hub, page_id)
        actions.delete_page(self.actor, hub, page.path, base=base, message=self.asked["message"])


class Content(Resource):
    """The bytes of a file."""

    @operation("Read a file", raw=RAW_TEXT)
    def get(self, hub: str, page_id: uuid.UUID) -> HttpResponseBase:
        page = _file(self, hub, page_id)
        return raw(self, page, str(page.head_id))


def _file(resource: Resource, hub: str, page_id: uuid.UUID) -> Page:
    page = queries.page_with_id(resource.actor, hub, page_id)
    if page.kind != Kind.FILE:
        raise NotFound
    return page
