"""Hubs, and the log of what happened in them."""

from collections.abc import Mapping, Sequence
from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.connections import Listed, connection, listed, or_null, top
from nexus.api.graphql.edges import Edge, alone, first_of_each, many, one, parent
from nexus.api.graphql.nouns import entries, people, shares, since, sources, topics, webhooks
from nexus.api.graphql.nouns.rows import (
    JSON,
    NOUNS,
    PageKindEnum,
    RoleEnum,
    RowType,
    VisibilityEnum,
    narrowing,
    value_of,
)  # fmt: skip
from nexus.base.errors import Denied
from nexus.hubs.access import hub_for, visible_activities, visible_invitations, visible_memberships
from nexus.hubs.invitations import open_invitations
from nexus.hubs.models import Activity, Hub, Invitation, Membership
from nexus.hubs.queries import hubs, members
from nexus.pages.access import visible_changes, visible_paths
from nexus.pages.models import Kind


def _pages(actor: Actor, rows: Sequence[Hub], *, first: int, kind: Any) -> Mapping[Any, list[Any]]:
    found = visible_paths(actor).filter(kind=value_of(kind))
    return first_of_each(found, {"hub": [row.pk for row in rows]}, ("-seq", "pk"), first)


def _changes(actor: Actor, rows: Sequence[Hub], *, first: int) -> Mapping[Any, list[Any]]:
    return first_of_each(visible_changes(actor), {"hub": [row.pk for row in rows]}, ("-seq",), first)


def _activity(actor: Actor, rows: Sequence[Hub], *, first: int) -> Mapping[Any, list[Any]]:
    return first_of_each(visible_activities(actor), {"hub": [row.pk for row in rows]}, ("-seq",), first)


def _invitations(actor: Actor, rows: Sequence[Hub], *, first: int) -> Mapping[Any, list[Any]]:
    found = open_invitations(visible_invitations(actor))
    return first_of_each(found, {"hub": [row.pk for row in rows]}, ("-created_at", "-pk"), first)


class InvitationType(RowType):
    """An invitation by which somebody may still come, without its secret."""

    class Meta:
        model = Invitation
        name = "Invitation"
        about = {
            "id": "Its id.", "email": "The only address it is good for; empty: for whoever has the link.",
            "created_at": "When it was made.", "expires_at": "Until when it holds.",
        }  # fmt: skip

    role = graphene.Field(RoleEnum, required=True, description="What they are to be.")
    uses = graphene.Int(required=True, description="How many may come by it.")
    used = graphene.Int(required=True, description="How many did.")
    hub = parent(f"{NOUNS}.hubs.HubType", "hub", required=True, description="Where to.")


def _members(actor: Actor, rows: Sequence[Hub], *, first: int) -> Mapping[Any, list[Any]]:
    found = visible_memberships(actor).select_related("user__person")
    return first_of_each(found, {"hub": [row.pk for row in rows]}, ("user__username",), first)


class ActivityType(RowType):
    """One thing that happened in a hub. Numbers count up; there may be more of them than you may see."""

    class Meta:
        model = Activity
        name = "Activity"
        about = {"verb": "What happened, as `noun.verb`.", "door": "The way in that it took.", "at": "When."}

    seq = graphene.Int(required=True, description="Its number in the hub.")
    data = JSON(required=True, description="Small facts, by the verb.")
    hub = parent(f"{NOUNS}.hubs.HubType", "hub", required=True, description="Where.")
    person = parent(f"{NOUNS}.people.PersonType", "person", required=True, description="Who.")


class MembershipType(RowType):
    """What a user is in a hub."""

    class Meta:
        model = Membership
        name = "Membership"
        about = {"since": "Since when."}

    user = graphene.String(
        required=True, description="The name they sign in by.", resolver=lambda row, _info: row.user.username
    )
    name = graphene.String(
        required=True, description="How they are called.", resolver=lambda row, _info: row.user.person.name
    )
    role = graphene.Field(RoleEnum, required=True, description="What they are.")
    hub = parent(f"{NOUNS}.hubs.HubType", "hub", required=True, description="Where.")


class HubType(RowType):
    """A place of pages with members and a visibility."""

    class Meta:
        model = Hub
        name = "Hub"
        about = {
            "id": "Its id, for ever.", "slug": "Its place in addresses.", "title": "What it is called.",
            "created_at": "When it began.", "archived_at": "Since when it can only be read; null while it is in use.",
        }  # fmt: skip

    visibility = graphene.Field(VisibilityEnum, required=True, description="Who may read it.")
    sequence = graphene.Int(required=True, description="The number of the newest activity.")
    pages = many(
        f"{NOUNS}.pages.PageType", _pages, description="Its pages, the last changed first.",
        args={
            "kind": graphene.Argument(
                PageKindEnum, required=True, default_value=Kind.PAGE, description="Pages, or files."
            )
        },
    )  # fmt: skip
    changes = many(f"{NOUNS}.changes.ChangeType", _changes, description="What was changed, newest first.")
    activity = many(ActivityType, _activity, description="What happened, newest first.")
    invitations = many(
        InvitationType,
        _invitations,
        description="Those that are open and that you may see: all if you manage members, else yours; newest first.",
    )
    members = many(
        MembershipType, _members, may_be_unseen=True,
        description="Who belongs to it, by their names; null for who does not.",
    )  # fmt: skip
    entries = many(
        f"{NOUNS}.entries.EntryType", entries.of_hubs, description="What its pages say, newest first.",
        args=narrowing(),
    )  # fmt: skip
    topics = many(
        f"{NOUNS}.topics.TopicType", topics.of_hubs,
        description="What it is about, what most people wrote about first; their lists are of this hub.",
    )  # fmt: skip
    people = many(
        f"{NOUNS}.people.PersonType", people.of_hubs,
        description="Who wrote in it, the latest first; their lists are of this hub.",
    )  # fmt: skip
    source = one(
        f"{NOUNS}.sources.SourceType", sources.of_hubs,
        description="The repository that it is connected with, for those who may import; else null.",
    )  # fmt: skip
    look = one(since.LookType, since.of_hubs, description="How far you have seen it; null: you never looked.")
    shares = many(
        f"{NOUNS}.shares.ShareType",
        shares.of_hubs,
        description="Share links that hold and that you may see: all if you manage members, else yours; newest first.",
    )
    webhooks = many(
        f"{NOUNS}.webhooks.WebhookType", webhooks.of_hubs, description="What is told of it; for its owners, else empty."
    )


def _hub(_root: Any, info: Any, slug: str) -> Hub | None:
    return alone(hub_for(info.context.actor, slug))


def _hubs(_root: Any, info: Any, *, first: int, after: str | None = None) -> Listed:
    return listed(hubs(info.context.actor), ("slug",), first=first, after=after)


def _log(_root: Any, info: Any, hub: str, *, first: int, after: str | None = None) -> Listed:
    place = hub_for(info.context.actor, hub)
    rows = visible_activities(info.context.actor).filter(hub=place)
    return listed(rows, ("-seq",), first=first, after=after)


def _belonging(_root: Any, info: Any, hub: str, *, first: int, after: str | None = None) -> Listed | None:
    try:
        return listed(members(info.context.actor, hub), ("user__username",), first=first, after=after)
    except Denied:  # the hub can be read, who belongs to it not
        return None


class HubQuery(graphene.ObjectType):
    """What is asked of hubs."""

    hub = Edge(
        HubType, resolver=or_null(_hub), reads=1, description="The hub at that address.",
        slug=graphene.String(required=True, description="Its address."),
    )  # fmt: skip
    hubs = top(connection("Hub", HubType), _hubs, reads=1, description="All hubs you may read, by their address.")
    activity = top(
        connection("Activity", ActivityType), _log, reads=2, description="What happened in a hub, newest first.",
        hub=graphene.String(required=True, description="The address of the hub."),
    )  # fmt: skip
    members = top(
        connection("Membership", MembershipType), _belonging, reads=3, description="Who belongs to a hub, by their names.",
        hub=graphene.String(required=True, description="The address of the hub."),
    )  # fmt: skip
