"""The mutations of hubs and their members."""

from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.mutations.payloads import Outcome, mutation, seen, text_argument, uuid_of
from nexus.api.graphql.nouns.hubs import InvitationType, MembershipType
from nexus.api.graphql.nouns.rows import NOUNS, RoleEnum, VisibilityEnum, value_of
from nexus.api.graphql.nouns.since import LookType
from nexus.hubs import actions, lifetime
from nexus.hubs.access import hub_for
from nexus.hubs.invitations import DAYS, MAX_DAYS
from nexus.hubs.models import Hub, Invitation, Look, Membership, Visibility
from nexus.hubs.queries import invitations
from nexus.pages import since


def _create_hub(actor: Actor, *, slug: str, title: str, visibility: Any) -> Hub:
    """A new hub; you are its owner."""
    return actions.create_hub(actor, slug, title=title, visibility=value_of(visibility))


def _update_hub(actor: Actor, *, hub: str, title: str | None = None, visibility: Any = None) -> Hub:
    """Changes what is given."""
    chosen = None if visibility is None else value_of(visibility)
    return actions.update_hub(actor, hub, title=title, visibility=chosen)


def _archive_hub(actor: Actor, *, hub: str, archived: bool) -> Hub:
    """Makes a hub read-only, or brings it back (`archived: false`)."""
    return actions.archive_hub(actor, hub, archived=archived)


def _rename_hub(actor: Actor, *, hub: str, slug: str) -> Hub:
    """Gives a hub another address; the old one leads to it."""
    return lifetime.rename_hub(actor, hub, slug)


def _transfer_hub(actor: Actor, *, hub: str, username: str) -> Hub:
    """Makes a member the owner of a hub, and you a mentor."""
    return lifetime.transfer_hub(actor, hub, username)


def _delete_hub(actor: Actor, *, hub: str, confirm: str) -> None:
    """Ends a hub. It can be brought back until it is purged; the object is null."""
    lifetime.delete_hub(actor, hub, confirm=confirm)


def _restore_hub(actor: Actor, *, hub: str) -> Hub:
    """Brings a deleted hub back as it was."""
    return lifetime.restore_hub(actor, hub)


def _set_member(actor: Actor, *, hub: str, username: str, role: Any) -> Membership:
    """Makes a user a member, or changes their role."""
    return actions.set_member(actor, hub, username, value_of(role))


def _remove_member(actor: Actor, *, hub: str, username: str) -> Any:
    """Ends a membership: an owner anybody's, everybody their own. The object is the hub, if you may still read it."""
    actions.remove_member(actor, hub, username)
    return seen(lambda asking: hub_for(asking, hub), actor)


def _invite_member(actor: Actor, *, hub: str, role: Any, email: str, uses: int, days: int, site: str) -> Outcome:
    """A link by which others become members. `token` and `link` are shown this once and nowhere kept."""
    made = actions.invite_member(actor, hub, value_of(role), email=email, uses=uses, days=days, site=site)
    return Outcome(made.invitation, token=made.token, link=made.link)


def _accept_invitation(actor: Actor, *, token: str) -> Membership:
    """Makes you a member by an invitation's secret; never lowers the role you have."""
    return actions.accept_invitation(actor, token)


def _revoke_invitation(actor: Actor, *, hub: str, id: str) -> Invitation | None:  # noqa: A002  the argument's name
    """Ends an invitation, which is the object."""
    invitation_id = uuid_of(id, "id")
    found = invitations(actor, hub).filter(pk=invitation_id).first()
    actions.revoke_invitation(actor, hub, invitation_id)
    return found


def _mark_seen(actor: Actor, *, hub: str, page: str | None = None, until: int | None = None) -> Look | None:
    """Says that you have seen what happened in a hub, or to one page of it. The object is how far you have seen the hub."""
    return since.mark_seen(actor, hub, page=None if page is None else uuid_of(page, "page"), until=until)


_HUB = text_argument("The address of the hub.")
_USER = text_argument("The name of the user.")


class HubMutation(graphene.ObjectType):
    """What is done to hubs."""

    create_hub = mutation(
        "CreateHub", f"{NOUNS}.hubs.HubType", _create_hub, slug=text_argument("Its address."),
        title=graphene.Argument(graphene.String, required=True, default_value="", description="Empty: its address."),
        visibility=graphene.Argument(
            VisibilityEnum, required=True, default_value=Visibility.PRIVATE, description="Who may read it."
        ),
    )  # fmt: skip
    update_hub = mutation(
        "UpdateHub", f"{NOUNS}.hubs.HubType", _update_hub, hub=_HUB,
        title=graphene.Argument(graphene.String, description="What it is to be called."),
        visibility=graphene.Argument(VisibilityEnum, description="Who is to read it."),
    )  # fmt: skip
    archive_hub = mutation(
        "ArchiveHub", f"{NOUNS}.hubs.HubType", _archive_hub, hub=_HUB,
        archived=graphene.Argument(graphene.Boolean, required=True, default_value=True, description="Whether it is to be."),
    )  # fmt: skip
    rename_hub = mutation(
        "RenameHub", f"{NOUNS}.hubs.HubType", _rename_hub, hub=_HUB, slug=text_argument("Its new address.")
    )
    transfer_hub = mutation("TransferHub", f"{NOUNS}.hubs.HubType", _transfer_hub, hub=_HUB, username=_USER)
    delete_hub = mutation(
        "DeleteHub", f"{NOUNS}.hubs.HubType", _delete_hub, hub=_HUB, confirm=text_argument("Its address once more.")
    )
    restore_hub = mutation("RestoreHub", f"{NOUNS}.hubs.HubType", _restore_hub, hub=_HUB)
    set_member = mutation(
        "SetMember", MembershipType, _set_member, hub=_HUB, username=_USER,
        role=graphene.Argument(RoleEnum, required=True, description="What they are to be."),
    )  # fmt: skip
    remove_member = mutation("RemoveMember", f"{NOUNS}.hubs.HubType", _remove_member, hub=_HUB, username=_USER)
    mark_seen = mutation(
        "MarkSeen", LookType, _mark_seen, hub=_HUB,
        page=graphene.Argument(graphene.ID, description="The id of a page; none: the whole hub."),
        until=graphene.Argument(
            graphene.Int,
            description="Up to this number of the hub; none: the newest. A smaller one makes what came since new again.",
        ),
    )  # fmt: skip
    invite_member = mutation(
        "InviteMember", InvitationType, _invite_member, hub=_HUB, at_site=True,
        more={
            "token": graphene.String(description="The secret of the invitation: keep it."),
            "link": graphene.String(description="Where a browser accepts it."),
        },
        role=graphene.Argument(RoleEnum, required=True, description="What they are to be."),
        email=graphene.Argument(
            graphene.String, required=True, default_value="", description="The only address it is good for."
        ),
        uses=graphene.Argument(graphene.Int, required=True, default_value=1, description="How many may come by it."),
        days=graphene.Argument(
            graphene.Int, required=True, default_value=DAYS, description=f"How long it holds, 1 to {MAX_DAYS}."
        ),
    )  # fmt: skip
    accept_invitation = mutation(
        "AcceptInvitation", MembershipType, _accept_invitation, token=text_argument("The secret of the invitation.")
    )
    revoke_invitation = mutation(
        "RevokeInvitation", InvitationType, _revoke_invitation, hub=_HUB,
        id=graphene.Argument(graphene.ID, required=True, description="Its id."),
    )  # fmt: skip
