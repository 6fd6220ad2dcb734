"""`hubs` and their members."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from nexus.accounts.actor import Scope
from nexus.api import paging
from nexus.api.rest.checks import Paged, Strict
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.hubs import actions, lifetime, queries
from nexus.hubs.access import Capability, capabilities, hub_for
from nexus.hubs.invitations import DAYS, MAX_DAYS, MAX_USES
from nexus.hubs.models import Hub, Invitation, Membership, Role, Visibility


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
    # The domain says what white space in it is.
    title = serializers.CharField(max_length=200, required=False, default="", allow_blank=True, trim_whitespace=False)
    visibility = serializers.ChoiceField(Visibility.choices, required=False, default=Visibility.PRIVATE.value)


class HubChanged(Strict):
    """What of a hub is to be otherwise."""

    slug = serializers.CharField(
        max_length=63, required=False, help_text="Another address; the old one leads to it from then on."
    )
    title = serializers.CharField(max_length=200, required=False, trim_whitespace=False)
    visibility = serializers.ChoiceField(Visibility.choices, required=False)
    archived = serializers.BooleanField(required=False, help_text="Whether it can only be read.")


class HubConfirmed(Strict):
    """That it is this hub which is meant."""

    confirm = serializers.CharField(max_length=63, help_text="Its address once more.")


class HeirNamed(Strict):
    """Who is to own it."""

    username = serializers.CharField(max_length=39, help_text="A member; you become a mentor.")


class DeletedHubShown(serializers.Serializer[Hub]):
    """A hub that is gone, until it is brought back or purged."""

    slug = serializers.CharField()
    title = serializers.CharField()
    deleted_at = serializers.DateTimeField()
    purged_at = serializers.SerializerMethodField()

    @extend_schema_field(serializers.DateTimeField(help_text="When it is gone for good."))
    def get_purged_at(self, hub: Hub) -> Any:
        return lifetime.purged_on(hub)


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

    @operation("Change a hub", shows=True, body=HubChanged, answer=OneHubShown, scope=Scope.ADMIN, refusals=(403, 409))
    def patch(self, hub: str) -> Any:
        changed = {name: self.sent[name] for name in ("title", "visibility") if name in self.sent}
        place = actions.update_hub(self.actor, hub, **changed) if changed else hub_for(self.actor, hub)
        if "archived" in self.sent:
            place = actions.archive_hub(self.actor, hub, archived=self.sent["archived"])
        if "slug" in self.sent:
            place = lifetime.rename_hub(self.actor, hub, self.sent["slug"])
        return _with_capabilities(self, place)

    @operation("Delete a hub", query=HubConfirmed, status=204, scope=Scope.ADMIN, refusals=(403,))
    def delete(self, hub: str) -> None:
        lifetime.delete_hub(self.actor, hub, confirm=self.asked["confirm"])


class Transfer(Resource):
    """A hub in other hands."""

    @operation("Transfer a hub", body=HeirNamed, answer=OneHubShown, scope=Scope.ADMIN, refusals=(403,))
    def post(self, hub: str) -> Any:
        return _with_capabilities(self, lifetime.transfer_hub(self.actor, hub, self.sent["username"]))


class DeletedHubs(Resource):
    """The deleted hubs that one may bring back."""

    @operation("List deleted hubs", query=Paged, answer=DeletedHubShown, many=True, scope=Scope.ADMIN)
    def get(self) -> Any:
        return paging.page_of(queries.deleted(self.actor), ("slug",), **self.asked)


class RestoredHub(Resource):
    """A deleted hub, brought back."""

    @operation("Bring a deleted hub back", answer=OneHubShown, scope=Scope.ADMIN, refusals=(403,))
    def post(self, slug: str) -> Any:
        return _with_capabilities(self, lifetime.restore_hub(self.actor, slug))


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


class InvitationMade(Strict):
    """An invitation that is to be."""

    role = serializers.ChoiceField(Role.choices)
    email = serializers.CharField(
        max_length=254, required=False, default="", allow_blank=True,
        help_text="The only address it is good for; it is mailed there where mail is set.",
    )  # fmt: skip
    uses = serializers.IntegerField(
        required=False, default=1, min_value=1, max_value=MAX_USES, help_text="How many may come by it."
    )
    days = serializers.IntegerField(required=False, default=DAYS, min_value=1, max_value=MAX_DAYS)


class InvitationShown(serializers.Serializer[Invitation]):
    """An invitation by which somebody may still come, without its secret."""

    id = serializers.UUIDField()
    role = serializers.ChoiceField(Role.choices)
    email = serializers.CharField()
    uses = serializers.IntegerField(help_text="How many may come by it.")
    used = serializers.IntegerField(help_text="How many did.")
    inviter = serializers.CharField(
        source="inviter.username", default=None, allow_null=True, help_text="Null: the operator."
    )
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class NewInvitationShown(serializers.Serializer[actions.Invited]):
    """An invitation just made, with its link, which is shown this once."""

    invitation = InvitationShown()
    token = serializers.CharField()
    link = serializers.CharField(help_text="Where a browser accepts it.")


class Invitations(Resource):
    """The invitations of a hub."""

    @operation(
        "List invitations", query=Paged, answer=InvitationShown, many=True, scope=Scope.ADMIN, refusals=(403,)
    )  # fmt: skip
    def get(self, hub: str) -> Any:
        return paging.page_of(queries.invitations(self.actor, hub), ("-created_at", "-pk"), **self.asked)

    @operation(
        "Invite somebody", body=InvitationMade, answer=NewInvitationShown, status=201, scope=Scope.ADMIN,
        refusals=(403, 409),
    )  # fmt: skip
    def post(self, hub: str) -> Answer:
        site = self.request.build_absolute_uri("/")
        made = actions.invite_member(self.actor, hub, **self.sent, site=site)
        place = f"/api/v1/hubs/{hub}/invitations/{made.invitation.pk}"
        return Answer(made, headers={"Location": place, "Cache-Control": "no-store"})


class OneInvitation(Resource):
    """An invitation."""

    @operation("Revoke an invitation", status=204, scope=Scope.ADMIN, refusals=(403,))
    def delete(self, hub: str, invitation_id: uuid.UUID) -> None:
        actions.revoke_invitation(self.actor, hub, invitation_id)


class InvitationSent(Strict):
    """The secret of an invitation."""

    token = serializers.CharField(max_length=200)


class JoinedShown(MemberShown):
    """What somebody is in the hub that they joined."""

    hub = HubShown()


class AcceptedInvitations(Resource):
    """Joining a hub."""

    @operation("Accept an invitation", body=InvitationSent, answer=JoinedShown, scope=Scope.ADMIN, refusals=(403,))
    def post(self) -> Answer:
        return Answer(actions.accept_invitation(self.actor, self.sent["token"]), headers={"Cache-Control": "no-store"})
