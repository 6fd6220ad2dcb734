"""`activity`: the log of a hub, as the stream tells it (docs/events.md)."""

from typing import Any

from rest_framework import serializers

from nexus.api import paging
from nexus.api.rest.checks import Paged
from nexus.api.rest.resource import Resource, operation
from nexus.api.rest.shown import PersonShown
from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence
from nexus.hubs.access import hub_for
from nexus.pages.events import TYPES, Event, events


class ActivityAsked(Paged):
    """Which part of the log, the oldest first."""

    after = serializers.IntegerField(
        required=False, default=0, min_value=0, max_value=2**63 - 1, help_text="Only what has a greater number."
    )
    type = serializers.ChoiceField(
        sorted({*TYPES, *(name.partition(".")[0] for name in TYPES)}), required=False, default="",
        help_text="Only events of that type, or of that noun: `change`, `hub`, `member`.",
    )  # fmt: skip


class EventShown(serializers.Serializer[Event]):
    """Something that happened in a hub. Types and their facts: docs/events.md; ignore those that you do not know."""

    type = serializers.CharField()
    seq = serializers.IntegerField(help_text="Its number in the hub; those that are not for you are left out.")
    at = serializers.DateTimeField()
    person = PersonShown()
    facts = serializers.DictField(help_text="By the type.")

    def to_representation(self, event: Event) -> dict[str, Any]:
        return event.as_json()


class HubActivity(Resource):
    """The log of a hub."""

    @operation("List what happened", query=ActivityAsked, answer=EventShown, many=True)
    def get(self, hub: str) -> Any:
        place = hub_for(self.actor, hub)
        limit, wanted = self.asked["limit"], self.asked["type"]
        types = [name for name in TYPES if wanted in {name, name.partition(".")[0]}] if wanted else None
        found = events(self.actor, place.pk, after=self._behind(), limit=limit + 1, types=types)
        return paging.Page(found[:limit], str(found[limit - 1].seq) if len(found) > limit else "")

    def _behind(self) -> int:
        """The number that a cursor names, else `after`."""
        cursor: str = self.asked["cursor"]
        if not cursor:
            return int(self.asked["after"])
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise Invalid(
                Sentence("That is no cursor."),
                field="cursor",
                value=cursor,
                remedy=Sentence("Take the one that came as `next`."),
            )
        return int(cursor)
