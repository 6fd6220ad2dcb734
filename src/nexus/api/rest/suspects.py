"""`suspects` of a hub: what its texts seem to hold that not everybody should see."""

from typing import Any

from rest_framework import serializers

from nexus.accounts.actor import Scope
from nexus.api.rest.checks import Strict
from nexus.api.rest.resource import Resource, operation
from nexus.pages import guard
from nexus.pages.sensitive import What


class SuspectShown(serializers.Serializer[guard.Told]):
    """Something in a text that looks as if not everybody should see it."""

    id = serializers.CharField(help_text="What it is called in this hub, wherever it stands.")
    path = serializers.CharField()
    version = serializers.IntegerField(allow_null=True, help_text="Of a text that is no more: its version's number.")
    line = serializers.IntegerField(help_text="From 1.")
    what = serializers.ChoiceField([what.value for what in What])
    name = serializers.CharField(help_text="What it seems to be, in words.")
    masked = serializers.CharField(help_text="Enough of it to know it again.")


class SuspectsShown(serializers.Serializer[Any]):
    """What nobody decided about yet."""

    results = SuspectShown(many=True)
    more = serializers.BooleanField(help_text="Whether there is more than this answer tells.")


class SuspectsReviewed(Strict):
    """What somebody looked at, and lets be seen."""

    suspects = serializers.ListField(
        child=serializers.CharField(max_length=32), min_length=1, max_length=guard.IDS, help_text="Their ids."
    )


class ReviewShown(serializers.Serializer[Any]):
    """What was decided."""

    decided = serializers.IntegerField(help_text="How many of them nobody had decided about.")


class Suspects(Resource):
    """What the texts of a hub seem to hold that not everybody should see, and deciding about it."""

    @operation("List suspects", answer=SuspectsShown, scope=Scope.WRITE, refusals=(403,))
    def get(self, hub: str) -> Any:
        found, more = guard.suspects(self.actor, hub)
        return {"results": found, "more": more}

    @operation(
        "Review suspects",
        body=SuspectsReviewed,
        answer=ReviewShown,
        scope=Scope.WRITE,
        refusals=(403,),
        idempotent=True,
    )
    def post(self, hub: str) -> Any:
        return {"decided": guard.review_suspects(self.actor, hub, self.sent["suspects"])}
