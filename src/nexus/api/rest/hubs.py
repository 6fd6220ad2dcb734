"""`hubs` and their members."""

from typing import Any

from rest_framework import serializers

from nexus.accounts.actor import Scope
from nexus.api import paging
from nexus.api.rest.checks import Paged, Strict
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.hubs import actions, queries
from nexus.hubs.access import Capability, capabilities, hub_for
from nexus.hubs.models import Hub, Membership, Role, Visibility


class HubShown(serializers.Serializer[Hub]):
    """A place of pages."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    visibility = serializers.ChoiceField(Visibility.choices)
    sequence = serializers.IntegerField(help_text="The number of the newest thing that happened in it.")
    archived_at = serializers.DateTimeField(allow_null=True, help_text="Since when it can only be read.")
    created_at = serializers.DateTimeField()


class OneHubShown(HubShown):
    """A hub, and what you may do in it."""

    capabilities = serializers.ListField(child=serializers.ChoiceField([c.value for c in Capability]))


class HubMade(Strict):
    """A hub that is to be."""

    slug = serializers.CharField(max_length=63, help_text="Lower-case letters, digits, single hyphens.")
    title = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    visibility = serializers.ChoiceField(Visibility.choices, required=False, default=Visibility.PRIVATE.value)


class HubChanged(Strict):
    """What of a hub is to be otherwise."""

    title = serializers.CharField(max_length=200, required=False)
    visibility = serializers.ChoiceField(Visibility.choices, required=False)
    archived = serializers.BooleanField(required=False, help_text="Whether it can only be read.")


class Hubs(Resource):
    """The hubs one may see."""

    @operation("List hubs", query=Paged, answer=HubShown, many=True)
    def get(self) -> Any:
        return paging.page_of(queries.hubs(self.actor), ("slug",), **self.asked)

    @operation(
        "Make a hub",
        body=HubMade,
        answer=OneHubShown,
        status=201,
        scope=Scope.ADMIN,
        refusals=(403, 409),
        idempotent=True,
    )
    def post(self) -> Answer:
        hub = actions.create_hub(
            self.actor, self.sent["slug"], title=self.sent["title"], visibility=self.sent["visibility"]
        )
        return Answer(_with_capabilities(self, hub), headers={"Location": f"/api/v1/hubs/{hub.slug}"})


class OneHub(Resource):
    """A hub."""

    @operation("Read a hub", answer=OneHubShown)
    def get(self, hub: str) -> Any:
        return _with_capabilities(self, hub_for(self.actor, hub))

    @operation("Change a hub", body=HubChanged, answer=OneHubShown, scope=Scope.ADMIN, refusals=(403,))
    def patch(self, hub: str) -> Any:
        changed = {name: self.sent[name] for name in ("title", "visibility") if name in self.sent}
        place = actions.update_hub(self.actor, hub, **changed) if changed else hub_for(self.actor, hub)
        if "archived" in self.sent:
            place = actions.archive_hub(self.actor, hub, archived=self.sent["archived"])
        return _with_capabilities(self, place)


def _with_capabilities(resource: Resource, hub: Hub) -> Hub:
    hub.capabilities = sorted(capabilities(resource.actor, hub))  # type: ignore[attr-defined]  # shown beside the row
    return hub


class MemberShown(serializers.Serializer[Membership]):
    """What somebody is in a hub."""

    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.person.name")
    role = serializers.ChoiceField(Role.choices)
    since = serializers.DateTimeField()


class RoleGiven(Strict):
    """A role."""

    role = serializers.ChoiceField(Role.choices)


class Members(Resource):
    """The members of a hub."""

    @operation("List members", query=Paged, answer=MemberShown, many=True, refusals=(403,))
    def get(self, hub: str) -> Any:
        return paging.page_of(queries.members(self.actor, hub), ("user__username",), **self.asked)


class OneMember(Resource):
    """Somebody's membership."""

    @operation(
        "Make somebody a member, or change their role", body=RoleGiven, answer=MemberShown, scope=Scope.ADMIN,
        refusals=(403, 409),
    )  # fmt: skip
    def put(self, hub: str, username: str) -> Any:
        return actions.set_member(self.actor, hub, username, self.sent["role"])

    @operation("End a membership", status=204, scope=Scope.ADMIN, refusals=(403, 409))
    def delete(self, hub: str, username: str) -> None:
        actions.remove_member(self.actor, hub, username)
