"""`since`: what others did in a hub since one looked, page by page, and how far one has seen."""

import uuid
from typing import Any

from rest_framework import serializers

from nexus.accounts.actor import Scope
from nexus.api import paging
from nexus.api.rest.checks import Paged, Strict
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.api.rest.shown import PersonShown, VersionShown
from nexus.hubs.access import hub_for
from nexus.hubs.looks import look_at
from nexus.hubs.models import Look
from nexus.pages import since

_MOST = 2**63 - 1


class SinceAsked(Paged):
    """From where on; without either, since you looked."""

    after = serializers.IntegerField(
        required=False, min_value=0, max_value=_MOST, help_text="Only what has a greater number than this."
    )
    days = serializers.IntegerField(
        required=False, min_value=1, max_value=since.MAX_DAYS, help_text="Only what came in so many days."
    )


class PageNewsShown(serializers.Serializer[since.PageNews]):
    """A page or file that differs from what it was: `pages/{id}/versions/{now}/difference?since={before}` says in what."""

    page = serializers.UUIDField(source="page.pk", help_text="Its id.")
    path = serializers.CharField(source="now.path", help_text="Where it is, or was when it was deleted.")
    title = serializers.CharField(source="page.title")
    what = serializers.ChoiceField(["created", "edited", "moved", "deleted", "restored"])
    before = VersionShown(allow_null=True, help_text="What it was; null: it was not there.")
    now = VersionShown(help_text="Its newest version.")
    change = serializers.IntegerField(source="page.seq", help_text="The number of its last change.")
    changes = serializers.IntegerField(help_text="How many others made since.")
    writers = PersonShown(many=True, help_text=f"Who, the last first; at most {since.NAMED}.")


class LookShown(serializers.Serializer[Look]):
    """How far you have seen a hub."""

    until = serializers.IntegerField(
        source="seq", allow_null=True, help_text="What has a greater number is new; null: you never looked."
    )
    at = serializers.DateTimeField(allow_null=True, help_text="When you looked last.")
    newest = serializers.IntegerField(help_text="The number of the newest that there is.")


class Seen(Strict):
    """Up to where you have seen."""

    until = serializers.IntegerField(
        required=False, min_value=0, max_value=_MOST,
        help_text="A number of the hub; without it the newest. A smaller one than before makes what came since new again.",
    )  # fmt: skip


class Since(Resource):
    """What is new in a hub."""

    @operation("List what is new", query=SinceAsked, answer=PageNewsShown, many=True)
    def get(self, hub: str) -> Any:
        place = hub_for(self.actor, hub)
        start = since.start_for(self.actor, place, after=self.asked.get("after"), days=self.asked.get("days"))
        if start is None:
            return paging.Page([], "")
        rows = since.pages_since(self.actor, place, start)
        page = paging.page_of(rows, since.NEWEST_FIRST, cursor=self.asked["cursor"], limit=self.asked["limit"])
        return paging.Page(since.news_of(self.actor, page.items), page.next)


class HubLook(Resource):
    """How far you have seen a hub."""

    @operation("Read how far you have seen", answer=LookShown)
    def get(self, hub: str) -> Any:
        place = hub_for(self.actor, hub)
        return _told(look_at(self.actor, place), place.sequence)

    @operation("Mark a hub as seen", body=Seen, answer=LookShown, scope=Scope.WRITE, refusals=(403,))
    def put(self, hub: str) -> Answer:
        look = since.mark_seen(self.actor, hub, until=self.sent.get("until"))
        return Answer(_told(look, hub_for(self.actor, hub).sequence))


class SeenPage(Resource):
    """How far you have seen a page."""

    @operation("Mark a page as seen", body=Seen, answer=LookShown, scope=Scope.WRITE, refusals=(403,))
    def put(self, hub: str, page_id: uuid.UUID) -> Answer:
        look = since.mark_seen(self.actor, hub, page=page_id, until=self.sent.get("until"))
        return Answer(_told(look, hub_for(self.actor, hub).sequence))


def _told(look: Look | None, newest: int) -> dict[str, Any]:
    return {"seq": look and look.seq, "at": look and look.at, "newest": newest}
