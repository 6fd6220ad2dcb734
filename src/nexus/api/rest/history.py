"""What was: `difference` and `blame` of versions, `trash` of a hub, and what taking a change back would do."""

import uuid
from typing import Any

from rest_framework import serializers

from nexus.api import paging
from nexus.api.rest.checks import Paged, Strict
from nexus.api.rest.pages import version_of
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.api.rest.shown import ChangeShown, PageShown
from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence
from nexus.hubs.access import hub_for
from nexus.pages import history
from nexus.pages.blame import Passage
from nexus.pages.diff import Piece, Row
from nexus.pages.models import Version
from nexus.pages.reverting import Reversion, reversion

NEWEST_FIRST = ("-seq", "pk")


class PieceShown(serializers.Serializer[Piece]):
    """A part of a line."""

    text = serializers.CharField()
    is_marked = serializers.BooleanField(help_text="Whether the line's other version lacks it.")


class RowShown(serializers.Serializer[Row]):
    """A line in both texts, side by side; without its line break."""

    what = serializers.ChoiceField(["same", "removed", "added", "changed"])
    old = serializers.IntegerField(allow_null=True, help_text="Its number in the old text, from 1.")
    new = serializers.IntegerField(allow_null=True, help_text="Its number in the new text, from 1.")
    before = PieceShown(many=True)
    after = PieceShown(many=True)


class HunkShown(serializers.Serializer[Any]):
    """Lines that stand together: changed ones, and some around them."""

    rows = RowShown(many=True)


class DifferenceShown(serializers.Serializer[Any]):
    """What differs between two texts."""

    added = serializers.IntegerField(help_text="Lines, of the whole.")
    removed = serializers.IntegerField(help_text="Lines, of the whole.")
    is_cut = serializers.BooleanField(help_text="Whether more differs than `hunks` hold.")
    hunks = HunkShown(many=True)


class DifferenceAsked(Strict):
    """What a version is compared with."""

    since = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1,
        help_text="The number of another version of the page; 0: with nothing. Without it: the one before.",
    )  # fmt: skip


class PassageShown(serializers.Serializer[Passage[Version]]):
    """Lines that came together."""

    first = serializers.IntegerField(help_text="The number of the first line, from 1.")
    lines = serializers.ListField(child=serializers.CharField(), help_text="With their line breaks.")
    version = serializers.IntegerField(
        source="version.number", default=None, allow_null=True,
        help_text="The version that they came with; null: one before those that were looked at.",
    )  # fmt: skip
    change = ChangeShown(source="version.change", default=None, allow_null=True)


class BlameShown(serializers.Serializer[history.Blamed]):
    """A text by who wrote its lines."""

    is_whole = serializers.BooleanField(
        help_text=f"False: only {history.BLAME_VERSIONS:,} versions or {history.BLAME_BYTES:,} bytes were looked at."
    )
    passages = PassageShown(many=True)


class EffectShown(serializers.Serializer[Any]):
    """What would become of a page."""

    was = serializers.CharField(allow_null=True, help_text="Its path now; null: it is not there.")
    path = serializers.CharField(allow_null=True, help_text="Its path then; null: it would be deleted.")
    is_rewritten = serializers.BooleanField(help_text="Whether it would say something else.")


class ConflictShown(serializers.Serializer[Any]):
    """Why a change cannot be taken back."""

    path = serializers.CharField()
    reason = serializers.CharField()


class ReversionShown(serializers.Serializer[Any]):
    """What taking a change back would do now."""

    is_possible = serializers.BooleanField()
    total = serializers.IntegerField(help_text="Pages and files that would be changed.")
    effects = EffectShown(many=True, help_text="The first of them.")
    conflicts = ConflictShown(many=True)


class Difference(Resource):
    """What a version changed."""

    @operation("Compare versions", query=DifferenceAsked, answer=DifferenceShown)
    def get(self, hub: str, page_id: uuid.UUID, number: int) -> Any:
        new = version_of(self, hub, page_id, number)
        since = self.asked.get("since", number - 1)
        old = version_of(self, hub, page_id, since) if since else None
        found = history.compared(old, new)
        if found is None:
            raise Invalid(
                Sentence("That is no text."), code="no_text", field="number", value=number,
                remedy=Sentence("Compare the bytes."),
            )  # fmt: skip
        return found


class Blame(Resource):
    """Who wrote which line of a version."""

    @operation("Blame a version", answer=BlameShown)
    def get(self, hub: str, page_id: uuid.UUID, number: int) -> Any:
        return history.blamed(self.actor, version_of(self, hub, page_id, number))


class Trash(Resource):
    """What was deleted in a hub, and can be restored."""

    @operation("List the trash", query=Paged, answer=PageShown, many=True)
    def get(self, hub: str) -> Any:
        return paging.page_of(history.trash(self.actor, hub_for(self.actor, hub)), NEWEST_FIRST, **self.asked)


def told_reversion(resource: Resource, hub: str, seq: int) -> Answer:
    """What `revert` would do."""
    found: Reversion = reversion(resource.actor, hub, seq)
    conflicts = [{"path": path, "reason": reason} for path, reason in found.conflicts]
    return Answer({
        "is_possible": found.is_possible, "total": found.total, "effects": found.effects, "conflicts": conflicts,
    })  # fmt: skip
