"""Every write to hubs and their members."""

import re

from django.conf import settings

from nexus.accounts.actor import Actor, Scope
from nexus.accounts.models import User
from nexus.base import clock
from nexus.base.errors import Conflict, Denied, Invalid, NotFound, Unauthenticated
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.hubs import activity
from nexus.hubs.access import Capability, hub_for, require
from nexus.hubs.models import SLUG_PATTERN, Hub, Membership, Role, Visibility

#: First segments of addresses that mean something else (tests/web/test_addresses.py compares with the URLs).
RESERVED_SLUGS = frozenset({
    "about", "account", "accounts", "admin", "api", "assets", "changes", "chapters", "docs", "favicon.ico", "graphql",
    "health", "help", "hubs", "import", "imports", "login", "logout", "media", "metrics", "new", "people", "raw",
    "robots.txt", "search", "settings", "share", "show-me", "signup", "sitemap.xml", "static", "topics", "ws",
})  # fmt: skip


@in_transaction
def create_hub(actor: Actor, slug: str, *, title: str = "", visibility: str = Visibility.PRIVATE) -> Hub:
    """A new hub whose owner is the actor (the operator's has no members).

    Raises Denied, Invalid (slug, title, visibility), Conflict("slug_taken").
    """
    if not (actor.is_operator or actor.is_signed_in):
        raise Unauthenticated(Sentence("Sign in to create a hub."))
    if Scope.ADMIN not in actor.scopes or actor.hub_ids is not None:
        raise Denied(
            Sentence("Your token does not reach so far."),
            code="insufficient_scope",
            remedy=Sentence("Make one with a wider scope."),
        )
    if settings.HUB_CREATION != "everyone" and not (actor.is_operator or actor.is_administrator):
        raise Denied(Sentence("Only an administrator may create hubs here."))
    check_slug(slug)
    if Hub.objects.filter(slug=slug).exists():
        raise Conflict(
            Sentence("That address is taken."),
            code="slug_taken",
            field="slug",
            value=slug,
            remedy=Sentence("Choose another."),
        )
    hub = Hub.objects.create(slug=slug, title=checked_title(title or slug), visibility=checked_visibility(visibility))
    owner = None
    if actor.user_id is not None:
        owner = Membership.objects.create(hub=hub, user_id=actor.user_id, role=Role.OWNER).user.username
    activity.record(hub, actor, "hub.created", {"title": hub.title, "visibility": hub.visibility, "owner": owner})
    return hub


@in_transaction
def update_hub(actor: Actor, slug: str, *, title: str | None = None, visibility: str | None = None) -> Hub:
    """Changes what is given. Raises NotFound, Denied, Invalid."""
    hub = activity.locked_hub(hub_for(actor, slug, Capability.HUB_SETTINGS).pk)
    require(actor, Capability.HUB_SETTINGS, hub)
    before = {"title": hub.title, "visibility": hub.visibility}
    hub.title = hub.title if title is None else checked_title(title)
    hub.visibility = hub.visibility if visibility is None else checked_visibility(visibility)
    after = {"title": hub.title, "visibility": hub.visibility}
    if before != after:
        hub.save(update_fields=["title", "visibility"])
        activity.record(hub, actor, "hub.updated", {"before": before, "after": after})
    return hub


@in_transaction
def archive_hub(actor: Actor, slug: str, *, archived: bool = True) -> Hub:
    """Makes a hub read-only, or (archived=False) brings it back. Raises NotFound, Denied."""
    hub = activity.locked_hub(hub_for(actor, slug, Capability.HUB_SETTINGS).pk)
    require(actor, Capability.HUB_SETTINGS, hub)
    if bool(hub.archived_at) != archived:
        hub.archived_at = clock.now() if archived else None
        hub.save(update_fields=["archived_at"])
        activity.record(hub, actor, "hub.archived" if archived else "hub.unarchived")
    return hub


@in_transaction
def set_member(actor: Actor, slug: str, username: str, role: str) -> Membership:
    """Makes a user a member, or changes their role. Raises NotFound, Denied, Invalid, Conflict("last_owner")."""
    hub = activity.locked_hub(hub_for(actor, slug, Capability.MEMBER_MANAGE).pk)
    require(actor, Capability.MEMBER_MANAGE, hub)
    if role not in Role.values:
        raise Invalid(
            Sentence("That is no role."),
            field="role",
            value=role,
            remedy=Sentence("One of %(choices)s.", choices=", ".join(Role.values)),
        )
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise Invalid(
            Sentence("Nobody of that name has an account."), field="user", value=username, code="unknown_user"
        )
    member = Membership.objects.filter(hub=hub, user=user).first()
    if member is None:
        member = Membership.objects.create(hub=hub, user=user, role=role)
        activity.record(hub, actor, "member.added", {"user": username, "role": role})
    elif member.role != role:
        _keep_an_owner(member)
        member.role = role
        member.save(update_fields=["role"])
        activity.record(hub, actor, "member.changed", {"user": username, "role": role})
    return member


@in_transaction
def remove_member(actor: Actor, slug: str, username: str) -> None:
    """Ends a membership: an owner anybody's, everybody their own. Raises NotFound, Denied, Conflict("last_owner")."""
    hub = activity.locked_hub(hub_for(actor, slug).pk)
    member = Membership.objects.filter(hub=hub, user__username=username).first()
    if member is None or member.user_id != actor.user_id:
        require(actor, Capability.MEMBER_MANAGE, hub)
    if member is None:
        raise NotFound
    _keep_an_owner(member)
    member.delete()
    activity.record(hub, actor, "member.removed", {"user": username})


def _keep_an_owner(member: Membership) -> None:
    others = Membership.objects.filter(hub=member.hub_id, role=Role.OWNER).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.exists():
        raise Conflict(
            Sentence("A hub keeps at least one owner."),
            code="last_owner",
            remedy=Sentence("Make somebody else an owner first."),
        )


def check_slug(slug: str) -> None:
    """Raises Invalid unless `slug` may be a hub's address."""
    if not re.fullmatch(SLUG_PATTERN, slug):
        raise Invalid(
            Sentence("That cannot be an address."), field="slug", value=slug,
            remedy=Sentence("Use 1 to 63 lower-case letters, digits and single hyphens."),
        )  # fmt: skip
    if slug in RESERVED_SLUGS:
        raise Invalid(
            Sentence("That address is reserved."), field="slug", value=slug, remedy=Sentence("Choose another.")
        )


def checked_title(title: str) -> str:
    """`title` with runs of white space as one space. Raises Invalid when empty, too long or not printable."""
    title = " ".join(title.split())
    if not title or len(title) > 200 or not title.isprintable():
        raise Invalid(
            Sentence("That cannot be a title."),
            field="title",
            value=title,
            remedy=Sentence("Use 1 to 200 printable characters."),
        )
    return title


def checked_visibility(visibility: str) -> str:
    """Raises Invalid unless it is one of Visibility."""
    if visibility not in Visibility.values:
        raise Invalid(
            Sentence("That is no visibility."),
            field="visibility",
            value=visibility,
            remedy=Sentence("One of %(choices)s.", choices=", ".join(Visibility.values)),
        )
    return visibility
