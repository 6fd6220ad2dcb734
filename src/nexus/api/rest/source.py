"""`source` of a hub: the Git repository that it is connected with."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from nexus.accounts.actor import Scope
from nexus.api.rest.checks import Strict
from nexus.api.rest.parsers import AnyBytes
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.exchange import access, connecting
from nexus.exchange.models import ConnectedSource, PullState
from nexus.exchange.pulling import label_of

_NEVER_KEPT = {"Cache-Control": "no-store"}


class SourceShown(serializers.Serializer[ConnectedSource]):
    """The Git repository that a hub is connected with, and what came of the last pull."""

    url = serializers.SerializerMethodField(help_text="Without its query.")
    branch = serializers.CharField(help_text="Empty: its main one.")
    prefix = serializers.CharField(help_text="The folder of the hub that it goes to; empty: its top.")
    every = serializers.IntegerField(help_text="Minutes between two pulls; 0: no schedule.")
    history = serializers.BooleanField(help_text="Whether each commit becomes a change.")
    authors = serializers.CharField(help_text="Whose the texts are: as of an import.")
    user = serializers.CharField(
        source="user.username", default=None, allow_null=True, help_text="Whose rights a pull has; null: the operator."
    )
    state = serializers.ChoiceField(PullState.choices, help_text="What came of the last pull.")
    is_pulling = serializers.BooleanField(help_text="Whether it is pulled right now.")
    is_wanted = serializers.SerializerMethodField(help_text="Whether a pull is about to begin.")
    pulled_at = serializers.DateTimeField(allow_null=True)
    next_at = serializers.DateTimeField(allow_null=True, help_text="When the schedule pulls next.")
    report = serializers.DictField(allow_null=True, help_text="Of the last pull that worked, as of an import.")
    error = serializers.DictField(allow_null=True, help_text="Why the last pull failed: code, message, remedy.")
    has_secret = serializers.BooleanField(help_text="Whether a push webhook may call `source/push`.")

    def get_url(self, source: ConnectedSource) -> str:
        return label_of(source.url)

    @extend_schema_field(serializers.BooleanField())
    def get_is_wanted(self, source: ConnectedSource) -> bool:
        return source.wanted_at is not None


class NewSourceSecretShown(SourceShown):
    """A source with the secret of its push webhook, which is shown this once."""

    secret = serializers.CharField()


class SourceConnected(Strict):
    """What a hub is to be connected with."""

    url = serializers.CharField(
        max_length=connecting.MAX_URL, help_text="The https address of a public Git repository."
    )
    branch = serializers.CharField(required=False, default="", allow_blank=True, max_length=connecting.MAX_BRANCH)
    prefix = serializers.CharField(required=False, default="", allow_blank=True, max_length=1024)
    every = serializers.IntegerField(
        required=False, default=0, min_value=0, max_value=connecting.MOST,
        help_text=f"Minutes between two pulls, {connecting.LEAST} to {connecting.MOST:,}; 0: no schedule.",
    )  # fmt: skip
    history = serializers.BooleanField(required=False, default=False)
    authors = serializers.ChoiceField(["me", "git", "path"], required=False, default="", allow_blank=True)


class Source(Resource):
    """The connected source of a hub."""

    @operation("Read the connected source", answer=SourceShown, scope=Scope.WRITE, refusals=(403,))
    def get(self, hub: str) -> Any:
        return access.source_for(self.actor, hub)

    @operation(
        "Connect a hub with a source", body=SourceConnected, answer=SourceShown, scope=Scope.ADMIN, refusals=(403,)
    )
    def put(self, hub: str) -> Any:
        sent = dict(self.sent)
        return connecting.connect_source(self.actor, hub, sent.pop("url"), **sent)

    @operation("Disconnect the source", status=204, scope=Scope.ADMIN, refusals=(403,))
    def delete(self, hub: str) -> None:
        connecting.disconnect_source(self.actor, hub)


class Pull(Resource):
    """A pull of the connected source."""

    @operation("Pull the source", answer=SourceShown, status=202, scope=Scope.WRITE, refusals=(403, 409))
    def post(self, hub: str) -> Any:
        return connecting.pull_source(self.actor, hub)


class RotateSourceSecret(Resource):
    """A new secret for the push webhook."""

    @operation("Rotate the source's secret", answer=NewSourceSecretShown, scope=Scope.ADMIN, refusals=(403,))
    def post(self, hub: str) -> Answer:
        source, secret = connecting.rotate_source_secret(self.actor, hub)
        source.secret = secret  # type: ignore[attr-defined]  # shown this once
        return Answer(source, headers=dict(_NEVER_KEPT))


class Push(Resource):
    """What the host of the repository calls after a push; signed as GitHub does, or as Standard Webhooks says."""

    parser_classes = (AnyBytes,)

    @operation("Tell of a push", status=204, scope=None, takes="application/json", refusals=(413,))
    def post(self, hub: str) -> None:
        data: Any = self.request.data
        headers = {name.lower(): value for name, value in self.request.headers.items()}
        connecting.note_push(hub, headers, data if isinstance(data, bytes) else b"")
