"""The mutations of hubs and their members."""

from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.mutations.payloads import mutation, seen, text_argument
from nexus.api.graphql.nouns.hubs import MembershipType
from nexus.api.graphql.nouns.rows import NOUNS, RoleEnum, VisibilityEnum, value_of
from nexus.hubs import actions
from nexus.hubs.access import hub_for
from nexus.hubs.models import Hub, Membership, Visibility


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


def _set_member(actor: Actor, *, hub: str, username: str, role: Any) -> Membership:
    """Makes a user a member, or changes their role."""
    return actions.set_member(actor, hub, username, value_of(role))


def _remove_member(actor: Actor, *, hub: str, username: str) -> Any:
    """Ends a membership: an owner anybody's, everybody their own. The object is the hub, if you may still read it."""
    actions.remove_member(actor, hub, username)
    return seen(lambda asking: hub_for(asking, hub), actor)


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
    set_member = mutation(
        "SetMember", MembershipType, _set_member, hub=_HUB, username=_USER,
        role=graphene.Argument(RoleEnum, required=True, description="What they are to be."),
    )  # fmt: skip
    remove_member = mutation("RemoveMember", f"{NOUNS}.hubs.HubType", _remove_member, hub=_HUB, username=_USER)
