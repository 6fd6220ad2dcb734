"""What is mailed about a webhook."""

import logging
import smtplib

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import gettext

from nexus.base.sentences import Sentence
from nexus.exchange.models import SwitchedOff, Webhook
from nexus.hubs.invitations import LOCAL
from nexus.hubs.models import Membership, Role

log = logging.getLogger(__name__)

#: How many owners of a hub are told.
MOST = 20


def tell_owners(webhook: Webhook, why: SwitchedOff) -> None:
    """Tells the owners of a hub that a webhook of theirs was switched off; whoever did it by hand knows. A mail that
    cannot be sent is in the log: the webhook's own page says the same."""
    if not settings.MAIL_IS_SET or why is SwitchedOff.BY_HAND:
        return
    owners = Membership.objects.filter(hub=webhook.hub_id, role=Role.OWNER, user__is_active=True)
    hub = webhook.hub
    link = f"{(settings.ADDRESS or LOCAL).rstrip('/')}/{hub.slug}/webhooks/{webhook.pk}"
    subject = Sentence("A webhook of %(hub)s is off", hub=hub.title)
    body = Sentence(
        "Nothing is sent to %(url)s any more.\n\nWhy: %(why)s.\n\nWhat waits is kept. Once the receiver works, switch it on "
        "again, and it goes on where it stopped:\n\n%(link)s\n",
        url=webhook.url,
        why=why.label,
        link=link,
    )
    for email in owners.order_by("pk").values_list("user__email", flat=True)[:MOST]:
        if email is None:
            continue  # it is not confirmed
        try:
            send_mail(subject.translated(gettext), body.translated(gettext), None, [email])
        except (OSError, smtplib.SMTPException):
            log.exception("a mail about a webhook was not sent: %s", webhook.pk)
