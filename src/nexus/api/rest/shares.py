"""`shares` of a hub: links by which somebody without an account reads one page or folder."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from nexus.accounts.actor import Scope
from nexus.api import paging
from nexus.api.rest.checks import Paged, Strict
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.pages import shares
from nexus.pages.models import Share


class ShareMade(Strict):
    """A share link that is to be."""

    path = serializers.CharField(max_length=1024, help_text="Of a page, a file, or a folder.")
    days = serializers.IntegerField(required=False, default=shares.DAYS, min_value=1, max_value=shares.MAX_DAYS)
    password = serializers.CharField(
        max_length=shares.LONGEST, required=False, default="", allow_blank=True, trim_whitespace=False,
        help_text=f"Asked for besides the link; {shares.SHORTEST} characters or more, or none.",
    )  # fmt: skip


class ShareShown(serializers.Serializer[Share]):
    """A share link that holds, without its secret."""

    id = serializers.UUIDField()
    path = serializers.CharField()
    page = serializers.UUIDField(source="page_id", allow_null=True, help_text="Null: a folder.")
    has_password = serializers.SerializerMethodField()
    maker = serializers.CharField(
        source="maker.username", default=None, allow_null=True, help_text="Null: the operator."
    )
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()

    @extend_schema_field(serializers.BooleanField())
    def get_has_password(self, share: Share) -> bool:
        return bool(share.password)


class NewShareShown(serializers.Serializer[shares.Shared]):
    """A share link just made, with its secret, which is shown this once."""

    share = ShareShown()
    token = serializers.CharField()
    link = serializers.CharField(help_text="Where a browser reads it.")


class Shares(Resource):
    """The share links of a hub."""

    @operation("List share links", query=Paged, answer=ShareShown, many=True, scope=Scope.ADMIN, refusals=(403,))
    def get(self, hub: str) -> Any:
        return paging.page_of(shares.shares(self.actor, hub), ("-created_at", "-pk"), **self.asked)

    @operation(
        "Share a page or folder",
        shows=True,
        body=ShareMade,
        answer=NewShareShown,
        status=201,
        scope=Scope.ADMIN,
        refusals=(403, 409),
    )
    def post(self, hub: str) -> Answer:
        site = self.request.build_absolute_uri("/")
        made = shares.create_share(
            self.actor, hub, self.sent["path"], days=self.sent["days"], password=self.sent["password"], site=site
        )
        place = f"/api/v1/hubs/{hub}/shares/{made.share.pk}"
        return Answer(made, headers={"Location": place, "Cache-Control": "no-store"})


class OneShare(Resource):
    """A share link."""

    @operation("Revoke a share link", status=204, scope=Scope.ADMIN, refusals=(403,))
    def delete(self, hub: str, share_id: uuid.UUID) -> None:
        shares.revoke_share(self.actor, hub, share_id)
