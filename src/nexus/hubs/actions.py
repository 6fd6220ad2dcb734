"""Every write to hubs and their members."""

import datetime
import re
import uuid
from dataclasses import dataclass
from functools import partial
from importlib import import_module

from django.conf import settings
from django.db import transaction

from nexus.accounts.actions import checked_email, require_administrator
from nexus.accounts.actor import Actor, Scope
from nexus.accounts.credentials import digest, new_secret
from nexus.accounts.models import User
from nexus.accounts.queries import has_proved
from nexus.base import clock
from nexus.base.errors import Conflict, Denied, Invalid, Limited, NotFound, Unauthenticated
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.hubs import activity, audit, invitations, looks
from nexus.hubs.access import Capability, capabilities, hub_for, invited_roles, is_wider, require, visible_invitations
from nexus.hubs.models import SLUG_PATTERN, FormerSlug, Hub, Invitation, InvitationUse, Membership, Role, Visibility

#: First segments of addresses that mean something else (tests/web/test_addresses.py compares with the URLs).
RESERVED_SLUGS = frozenset({
    "about", "account", "accounts", "admin", "administration", "api", "assets", "changes", "chapters", "docs",
    "favicon.ico", "graphql", "health", "help", "hubs", "import", "imports", "invitations", "login", "logout",
    "media", "metrics", "new", "people", "raw", "robots.txt", "search", "settings", "share", "shared", "show-me",
    "signup", "sitemap.xml", "static", "topics", "ws",
})  # fmt: skip


@in_transaction
def create_hub(actor: Actor, slug: str, *, title: str = "", visibility: str = Visibility.PRIVATE) -> Hub:
    """A new hub whose owner is the actor (the operator's has no members).

    Raises Denied, Invalid (slug, title, visibility), Conflict("slug_taken").
    """
    if not (actor.is_operator or actor.is_signed_in):
        raise Unauthenticated(Sentence("Sign in to create a hub."))
    require_whole_account(actor)
    if settings.HUB_CREATION != "everyone" and not (actor.is_operator or actor.is_administrator):
        raise Denied(Sentence("Only an administrator may create hubs here."))
    check_slug(slug)
    check_free(slug)
    _check_number(actor)
    hub = Hub.objects.create(slug=slug, title=checked_title(title or slug), visibility=checked_visibility(visibility))
    owner = None
    if actor.user_id is not None:
        owner = Membership.objects.create(hub=hub, user_id=actor.user_id, role=Role.OWNER).user.username
    activity.record(hub, actor, "hub.created", {"title": hub.title, "visibility": hub.visibility, "owner": owner})
    if actor.user_id is not None:
        looks.begin(hub, actor.user_id)
    return hub


def update_hub(actor: Actor, slug: str, *, title: str | None = None, visibility: str | None = None) -> Hub:
    """Changes what is given. Raises NotFound, Denied, Invalid; SecretsFound (nexus.pages.guard) when more people would read
    what seems not to be for them."""
    if visibility is not None:  # what takes long once, before others have to wait
        import_module(settings.NEXUS_GUARD).get_ready(hub_for(actor, slug, Capability.HUB_SETTINGS).pk)
    return _update_hub(actor, slug, title, visibility)


@in_transaction
def _update_hub(actor: Actor, slug: str, title: str | None, visibility: str | None) -> Hub:
    hub = activity.locked_hub(hub_for(actor, slug, Capability.HUB_SETTINGS).pk)
    require(actor, Capability.HUB_SETTINGS, hub)
    before = {"title": hub.title, "visibility": hub.visibility}
    hub.title = hub.title if title is None else checked_title(title)
    hub.visibility = hub.visibility if visibility is None else checked_visibility(visibility)
    after = {"title": hub.title, "visibility": hub.visibility}
    if before != after:
        if is_wider(hub.visibility, before["visibility"]):
            import_module(settings.NEXUS_GUARD).check_hub(actor, hub)
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
    invitations.check_role(role)
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise Invalid(
            Sentence("Nobody of that name has an account."), field="user", value=username, code="unknown_user"
        )
    member = Membership.objects.filter(hub=hub, user=user).first()
    if member is None:
        member = Membership.objects.create(hub=hub, user=user, role=role)
        activity.record(hub, actor, "member.added", {"user": username, "role": role})
        looks.begin(hub, user.pk)
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


@in_transaction
def enter_hub(actor: Actor, slug: str) -> Membership:
    """Makes an administrator a guest of a hub that they do not belong to. It stands in the hub's log, for its members to
    see.

    Raises Denied, NotFound.
    """
    if not actor.is_administrator or not actor.is_signed_in:
        raise Denied(Sentence("Only an administrator may do that."))
    require_whole_account(actor)
    found = Hub.objects.filter(slug=slug, deleted_at=None).first()
    if found is None:
        raise NotFound
    hub = activity.locked_hub(found.pk)
    member = Membership.objects.filter(hub=hub, user_id=actor.user_key).first()
    if member is None:
        member = Membership.objects.create(hub=hub, user_id=actor.user_key, role=Role.GUEST)
        activity.record(hub, actor, "administrator.entered", {"user": member.user.username})
        looks.begin(hub, actor.user_key)
    return member


@in_transaction
def set_hub_quota(actor: Actor, slug: str, *, max_pages: int | None, max_bytes: int | None) -> Hub:
    """How much a hub may hold, in pages and files, and in bytes of all versions; None: as the settings say. For
    administrators and the operator. Raises Denied, NotFound, Invalid naming the field."""
    require_administrator(actor)
    for name, value, most in (("max_pages", max_pages, 2**31 - 1), ("max_bytes", max_bytes, 2**63 - 1)):
        if value is not None and not 0 <= value <= most:
            raise Invalid(Sentence("That is no limit."), field=name, value=value, remedy=Sentence("A whole number."))
    found = Hub.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound
    hub = activity.locked_hub(found.pk)
    hub.max_pages, hub.max_bytes = max_pages, max_bytes
    hub.save(update_fields=["max_pages", "max_bytes"])
    audit.note(actor, "quota.changed", {"hub": slug, "pages": max_pages, "bytes": max_bytes})
    return hub


def leave_hub(actor: Actor, slug: str) -> None:
    """Ends the actor's own membership. Raises NotFound, Conflict("last_owner")."""
    hub = hub_for(actor, slug)
    if not actor.is_signed_in:
        raise NotFound
    mine = Membership.objects.filter(hub=hub, user_id=actor.user_key).values_list("user__username", flat=True).first()
    if mine is None:
        raise NotFound
    remove_member(actor, slug, mine)


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that was made, with its secret and the link that carries it; both are nowhere kept."""

    invitation: Invitation
    token: str
    link: str


@in_transaction
def invite_member(
    actor: Actor,
    slug: str,
    role: str,
    *,
    email: str = "",
    uses: int = 1,
    days: int = invitations.DAYS,
    site: str = "",
) -> Invited:
    """A link by which `uses` people may become `role` of a hub within `days`; whoever manages members invites to any role,
    others to learner and guest. With an `email` it is good for that address alone, once, and is mailed there if mail is set.

    site: the origin of the link, where NEXUS_ADDRESS names none; this machine's without either.
    Raises NotFound, Denied, Invalid naming the field, Conflict("too_many_invitations"), Throttled.
    """
    hub = activity.locked_hub(hub_for(actor, slug, Capability.MEMBER_INVITE).pk)
    require(actor, Capability.MEMBER_INVITE, hub)
    email = checked_email(email) if email else ""
    invitations.check_terms(role, uses=uses, days=days, email=email)
    if role not in invited_roles(capabilities(actor, hub)):
        raise Denied(
            Sentence("Your role in this hub does not allow that."), remedy=Sentence("Ask an owner of the hub.")
        )
    now = clock.now()
    Invitation.objects.filter(hub=hub, expires_at__lt=now - invitations.KEPT).delete()
    if invitations.open_invitations(Invitation.objects.filter(hub=hub)).count() >= invitations.MAX_OPEN:
        raise Conflict(
            Sentence("This hub has %(number)s open invitations.", number=invitations.MAX_OPEN),
            code="too_many_invitations",
            remedy=Sentence("Revoke one, or make one by which several may come."),
        )
    token = new_secret(invitations.PREFIX)
    made = Invitation.objects.create(
        hub=hub, hash=digest(token), role=role, email=email, uses=uses, inviter_id=actor.user_id,
        expires_at=now + datetime.timedelta(days=days),
    )  # fmt: skip
    link = invitations.link_to(token, site)
    if email and settings.MAIL_IS_SET:
        invitations.count_mail(actor)
        transaction.on_commit(partial(invitations.send, made, link), robust=True)
    activity.record(hub, actor, "member.invited", {"invitation": str(made.pk), "role": role, "uses": uses})
    return Invited(made, token, link)


@in_transaction
def accept_invitation(actor: Actor, token: str) -> Membership:
    """Makes the actor a member by an invitation's secret, or raises the role they have; never lowers it.

    Whoever has that role already, or came by this very invitation, uses nothing up; who came by it and was removed since
    comes by it no more.

    Raises Unauthenticated; NotFound whatever is wrong with the invitation; Denied("other_address") when it is for another
    address, or one that the account has not proved to be its own.
    """
    if not actor.is_signed_in:
        raise Unauthenticated(Sentence("Sign in to join."))
    require_whole_account(actor)
    hub = activity.locked_hub(invitations.hub_of(token))
    member = Membership.objects.filter(hub=hub, user_id=actor.user_key).select_related("user", "hub").first()
    if InvitationUse.objects.filter(invitation__hash=digest(token), user_id=actor.user_key).exists():
        if member is None:
            raise NotFound
        return member
    found = invitations.good_invitation(token)
    if found.email and not has_proved(actor, found.email):
        raise Denied(
            Sentence("This invitation is for another address."),
            code="other_address",
            remedy=Sentence("Sign in with the account of that address, and confirm the address first."),
        )
    ladder = list(Role)
    if member and ladder.index(Role(member.role)) >= ladder.index(Role(found.role)):
        return member
    verb = "member.changed" if member else "member.added"
    member = member or Membership(hub=hub, user_id=actor.user_key)
    member.role = found.role
    member.save()
    InvitationUse.objects.create(invitation=found, user_id=actor.user_key)
    found.used += 1
    found.save(update_fields=["used"])
    data = {"user": member.user.username, "role": member.role, "invitation": str(found.pk)}
    activity.record(hub, actor, verb, data)
    looks.begin(hub, actor.user_key)
    return member


@in_transaction
def revoke_invitation(actor: Actor, slug: str, invitation_id: uuid.UUID) -> None:
    """Ends an invitation: whoever manages members any, others their own. Raises NotFound, Denied."""
    hub = activity.locked_hub(hub_for(actor, slug, Capability.MEMBER_INVITE).pk)
    require(actor, Capability.MEMBER_INVITE, hub)
    mine = visible_invitations(actor).filter(hub=hub, pk=invitation_id, revoked_at=None)
    if not Invitation.objects.filter(pk__in=list(mine.values_list("pk", flat=True))).update(revoked_at=clock.now()):
        raise NotFound
    activity.record(hub, actor, "member.uninvited", {"invitation": str(invitation_id)})


def require_whole_account(actor: Actor) -> None:
    """Raises Denied when a token was shown that reaches less than its owner does."""
    if Scope.ADMIN not in actor.scopes or actor.hub_ids is not None:
        raise Denied(
            Sentence("Your token does not reach so far."),
            code="insufficient_scope",
            remedy=Sentence("Make one with a wider scope."),
        )


def _keep_an_owner(member: Membership) -> None:
    others = Membership.objects.filter(hub=member.hub_id, role=Role.OWNER).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.exists():
        raise Conflict(
            Sentence("A hub keeps at least one owner."),
            code="last_owner",
            remedy=Sentence("Make somebody else an owner first."),
        )


def _check_number(actor: Actor) -> None:
    """Raises Limited when the actor owns as many hubs as one person may."""
    if not actor.is_signed_in or actor.is_administrator:
        return
    most = User.objects.filter(pk=actor.user_key).values_list("max_hubs", flat=True).first()
    most = settings.HUBS_PER_PERSON if most is None else most
    owned = Membership.objects.filter(user_id=actor.user_key, role=Role.OWNER, hub__deleted_at=None).count()
    if owned >= most:
        raise Limited(
            Sentence("You own %(number)s hubs, as many as one person may here.", number=owned), code="quota_exceeded",
            remedy=Sentence("Delete one, or ask an administrator for more."),
        )  # fmt: skip


def check_free(slug: str, hub: Hub | None = None) -> None:
    """Raises Conflict("slug_taken") when another hub has that address, or had it and is still found by it."""
    now, former = Hub.objects.filter(slug=slug), FormerSlug.objects.filter(slug=slug)
    if hub is not None:
        now, former = now.exclude(pk=hub.pk), former.exclude(hub=hub)
    if now.exists() or former.exists():
        raise Conflict(
            Sentence("That address is taken."),
            code="slug_taken",
            field="slug",
            value=slug,
            remedy=Sentence("Choose another."),
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
