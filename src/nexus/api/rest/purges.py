"""`purges` of a hub: taking a file or a passage out of it for good."""

from typing import Any

from rest_framework import serializers

from nexus.accounts.actor import Scope
from nexus.api.rest.checks import Strict
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.pages import purging


class PreviewAsked(Strict):
    """What might be purged: one file or one passage."""

    path = serializers.CharField(
        max_length=1024,
        required=False,
        default="",
        help_text="Of a page or file that is there, or was; all its versions.",
    )
    passage = serializers.CharField(
        max_length=purging.LONGEST, required=False, default="", trim_whitespace=False,
        help_text="A key, or words, wherever they stand in the hub; `[purged]` is left in their place.",
    )  # fmt: skip


class PurgeAsked(PreviewAsked):
    """What is to be purged: one file or one passage."""

    confirm = serializers.CharField(max_length=63, help_text="The address of the hub: nothing brings it back.")


class PlaceShown(serializers.Serializer[purging.Place]):
    """Where something stands, or stood."""

    path = serializers.CharField()
    line = serializers.IntegerField(allow_null=True, help_text="From 1; null: the whole file.")
    text = serializers.CharField(allow_blank=True, help_text="How that line reads without it.")


class PurgeShown(serializers.Serializer[dict[str, Any]]):
    """What was taken out, or would be."""

    change = serializers.IntegerField(
        allow_null=True, help_text="The number of the change that says so; null: a preview."
    )
    versions = serializers.IntegerField()
    pages = serializers.IntegerField()
    messages = serializers.IntegerField(help_text="Of changes.")
    places = PlaceShown(many=True, help_text=f"The first {purging.MAX_PLACES}.")
    left = serializers.ListField(
        child=serializers.CharField(),
        help_text="Paths that hold the passage in their name, and files that are no text: purge each as a file.",
    )
    unread = serializers.IntegerField(help_text="How many large files that are no text were not looked through.")
    copies = serializers.ListField(
        child=serializers.CharField(), help_text="Other paths with what the file says; each is purged on its own."
    )


class Purges(Resource):
    """The purges of a hub."""

    @operation(
        "Purge a file or a passage", body=PurgeAsked, answer=PurgeShown, status=201, scope=Scope.ADMIN, refusals=(403, 413),
    )  # fmt: skip
    def post(self, hub: str) -> Answer:
        """Takes it out of every version, of what is made from these, and of older backups when they are restored. What has
        left the instance is not reached."""
        done = purging.purge(self.actor, hub, **self.sent)
        place = f"/api/v1/hubs/{hub}/changes/{done.change.seq}"
        return Answer({"change": done.change.seq, **done.found.to_json()}, headers={"Location": place})


class Preview(Resource):
    """A purge before it is made."""

    @operation(
        "Tell what a purge would take out", body=PreviewAsked, answer=PurgeShown, scope=Scope.ADMIN, refusals=(403, 413)
    )
    def post(self, hub: str) -> Answer:
        """Changes nothing. A passage is sent in a body, so that it stands in no address and no log."""
        return Answer({"change": None, **purging.look_for(self.actor, hub, **self.sent).to_json()})
