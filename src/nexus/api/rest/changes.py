"""`changes`: what was done in a hub, several page operations at once, and taking one back."""

from typing import Any

from rest_framework import serializers

from nexus.accounts.actor import Scope
from nexus.api import paging
from nexus.api.rest.checks import Paged, Strict
from nexus.api.rest.history import ReversionShown, told_reversion
from nexus.api.rest.pages import PATH, Message
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.api.rest.shown import ChangeShown, VersionShown
from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence
from nexus.hubs.access import hub_for
from nexus.pages import actions, history, queries
from nexus.pages.changes import MAX_MESSAGE
from nexus.pages.models import Change

#: How many versions of one change its own address shows.
MOST_VERSIONS = 1_000


class ChangesAsked(Paged):
    """Which changes of a hub, the newest first."""

    author = serializers.CharField(required=False, default="", max_length=39, help_text="The handle of who made them.")
    path = serializers.CharField(
        required=False, default="", max_length=1024, trim_whitespace=False,
        help_text="Of the page that was there last, wherever it is, or of anything below this folder.",
    )  # fmt: skip


class StepSent(Strict):
    """Something to do to a page."""

    verb = serializers.ChoiceField(["create", "edit", "move", "delete"])
    path = serializers.CharField(trim_whitespace=False, help_text=PATH)
    text = serializers.CharField(
        required=False, allow_blank=True, trim_whitespace=False, help_text="Of create and edit."
    )
    base = serializers.UUIDField(required=False, help_text="The version an edit or deletion was made from.")
    target = serializers.CharField(required=False, trim_whitespace=False, help_text="Where a move goes.")


class ChangeMade(Strict):
    """Several things to do to pages as one change, or not at all."""

    message = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_MESSAGE)
    steps = serializers.ListField(child=StepSent(), min_length=1, max_length=actions.MAX_STEPS)


class OneChangeShown(ChangeShown):
    """A change with the versions it made."""

    versions = VersionShown(many=True, help_text=f"At most {MOST_VERSIONS}.")


class Changes(Resource):
    """The changes of a hub."""

    @operation("List changes", query=ChangesAsked, answer=ChangeShown, many=True)
    def get(self, hub: str) -> Any:
        found = queries.changes(self.actor, hub).select_related("reverts", "brought_by")
        if self.asked["author"]:
            found = found.filter(author=queries.person_for(self.actor, self.asked["author"], hub_for(self.actor, hub)))
        if self.asked["path"]:
            found = found.filter(history.touching(self.actor, hub, self.asked["path"]))
        return paging.page_of(found, ("-seq",), cursor=self.asked["cursor"], limit=self.asked["limit"])

    @operation(
        "Do several things at once", shows=True, body=ChangeMade, answer=OneChangeShown, status=201, scope=Scope.WRITE,
        refusals=(403, 409, 413), idempotent=True, may_be_so=True,
    )  # fmt: skip
    def post(self, hub: str) -> Answer:
        steps = [_step(n, sent) for n, sent in enumerate(self.sent["steps"])]
        change = actions.change_pages(self.actor, hub, steps, message=self.sent["message"])
        return made(self, hub, change)


class OneChange(Resource):
    """A change."""

    @operation("Read a change", answer=OneChangeShown)
    def get(self, hub: str, seq: int) -> Any:
        return _with_versions(self, queries.change_with_seq(self.actor, hub, seq))


class Revert(Resource):
    """A change that is taken back."""

    @operation("Ask what taking a change back would do", answer=ReversionShown, scope=Scope.WRITE, refusals=(403,))
    def get(self, hub: str, seq: int) -> Any:
        return told_reversion(self, hub, seq)

    @operation(
        "Take a change back", body=Message, answer=OneChangeShown, status=201, scope=Scope.WRITE, refusals=(403, 409),
        shows=True, idempotent=True, may_be_so=True,
    )  # fmt: skip
    def post(self, hub: str, seq: int) -> Answer:
        return made(self, hub, actions.revert_change(self.actor, hub, seq, message=self.sent["message"]))


def _step(n: int, sent: dict[str, Any]) -> actions.Step:
    verb = sent["verb"]
    needed = {"create": {"text"}, "edit": {"text", "base"}, "move": {"target"}, "delete": set()}[verb]
    allowed = needed | ({"base"} if verb == "delete" else set()) | {"verb", "path"}
    if missing := needed - sent.keys():
        raise Invalid(
            Sentence("Something is missing."),
            field=f"steps.{n}.{min(missing)}",
            remedy=Sentence("A step to %(verb)s needs it.", verb=verb),
        )
    if more := sent.keys() - allowed:
        raise Invalid(
            Sentence("That has no meaning here."),
            field=f"steps.{n}.{min(more)}",
            remedy=Sentence("A step to %(verb)s has none.", verb=verb),
        )
    return actions.Step(
        verb, sent["path"], sent.get("text", "").encode("utf-8"), sent.get("base"), sent.get("target", "")
    )


def made(resource: Resource, hub: str, change: Change | None) -> Answer:
    """The answer to what made a change, or found that it was so already."""
    if change is None:  # it was so already
        return Answer(status=204)
    made = queries.change_with_seq(resource.actor, hub, change.seq)
    return Answer(_with_versions(resource, made), headers={"Location": f"/api/v1/hubs/{hub}/changes/{change.seq}"})


def _with_versions(resource: Resource, change: Change) -> dict[str, Any]:
    versions = queries.versions_in(resource.actor, change).order_by("pk")[:MOST_VERSIONS]
    told = ("seq", "kind", "message", "author", "source", "reverts", "created_at", "authored_at", "brought_by")
    return {**{name: getattr(change, name) for name in told}, "versions": list(versions)}
