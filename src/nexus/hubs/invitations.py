"""Which invitations are good, the link that carries one, and the mail that brings it."""

import datetime
import logging
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F, QuerySet
from django.utils.translation import gettext

from nexus.accounts.actor import Actor, Door
from nexus.accounts.credentials import digest
from nexus.base import clock, shared
from nexus.base.errors import Invalid, NotFound, Throttled
from nexus.base.sentences import Sentence
from nexus.hubs.access import capabilities, invited_roles
from nexus.hubs.models import Invitation, Role

log = logging.getLogger(__name__)

#: What the secrets begin with, so that people and scanners know them.
PREFIX = "nxi_"
#: The longest and the usual life of one, in days; how many may come by one at most.
MAX_DAYS, DAYS, MAX_USES = 90, 14, 500
#: The most that are open in a hub, and the most mails that one account sends in a day.
MAX_OPEN, MAX_MAILS = 100, 100
#: Where `nexus serve` answers when nothing else is said.
LOCAL = "http://127.0.0.1:8000"
#: For how long after its end one is kept.
KEPT = datetime.timedelta(days=30)


def open_invitations(rows: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Those of `rows` that are neither over nor revoked nor used up."""
    return rows.filter(revoked_at=None, expires_at__gt=clock.now(), used__lt=F("uses"))


def good_invitation(token: str) -> Invitation:
    """The invitation with that secret, with its hub and inviter; two statements, three when somebody invited.

    Raises NotFound, one and the same for what never was, is over, revoked, used up, or whose inviter lost the right.
    """
    rows = Invitation.objects.select_related("hub", "inviter").filter(hash=digest(token))
    found = open_invitations(rows).first()
    if found is None:
        raise NotFound
    inviter = Actor.of(found.inviter, Door.WEB) if found.inviter else Actor.operator()
    if found.role not in invited_roles(capabilities(inviter, found.hub)):
        raise NotFound
    return found


def hub_of(token: str) -> UUID:
    """The id of the hub that an invitation is to, good or not; so that its row may be locked first. Raises NotFound."""
    hub = Invitation.objects.filter(hash=digest(token)).values_list("hub_id", flat=True).first()
    if hub is None:
        raise NotFound
    return hub


def check_terms(role: str, *, uses: int, days: int, email: str) -> None:
    """Raises Invalid unless such an invitation may be."""
    check_role(role)
    for name, value, most in (("uses", uses, 1 if email else MAX_USES), ("days", days, MAX_DAYS)):
        if not 1 <= value <= most:
            raise Invalid(
                Sentence("That cannot be with an invitation."),
                field=name,
                value=value,
                remedy=Sentence("A number from 1 to %(most)s.", most=most),
            )


def check_role(role: str) -> None:
    """Raises Invalid unless it is one of Role."""
    if role not in Role.values:
        raise Invalid(
            Sentence("That is no role."),
            field="role",
            value=role,
            remedy=Sentence("One of %(choices)s.", choices=", ".join(Role.values)),
        )


def link_to(token: str, site: str) -> str:
    """The address at which an invitation is accepted. `site`: the origin that the inviter came by."""
    return f"{(settings.ADDRESS or site or LOCAL).rstrip('/')}/invitations/{token}"


def count_mail(actor: Actor) -> None:
    """Raises Throttled when an account mailed as many today as it may: a mail is our word."""
    if actor.is_signed_in and shared.count(f"invitation mails {actor.user_key}", 86_400) > MAX_MAILS:
        raise Throttled(
            Sentence("You sent many invitations today."),
            remedy=Sentence("Give others the link itself."),
            retry_after=3600,
        )


def send(invitation: Invitation, link: str) -> None:
    """Mails the link. A mail that cannot be sent is in the log, and the inviter has the link."""
    hub = invitation.hub
    subject = Sentence("You are invited to %(hub)s", hub=hub.title)
    body = Sentence(
        "You are invited to %(hub)s on Nexus, as %(role)s.\n\nTo join, open this link by %(day)s:\n\n%(link)s\n\n"
        "It is good for this address alone. If you expected nothing of the kind, do nothing.",
        hub=hub.title,
        role=invitation.role,
        link=link,
        day=f"{invitation.expires_at:%Y-%m-%d}",
    )
    try:
        send_mail(subject.translated(gettext), body.translated(gettext), None, [invitation.email])
    except OSError:
        log.exception("an invitation could not be mailed: %s", invitation.pk)
