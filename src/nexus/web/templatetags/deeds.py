"""`{% load deeds %}`: what stands in the audit view, as a sentence."""

from django import template
from django.utils.translation import gettext, gettext_noop

from nexus.base.errors import shown
from nexus.hubs.models import Activity, AuditEntry

register = template.Library()

#: What somebody did, behind their name.
_SAID = {
    "hub.created": gettext_noop("made this hub"),
    "hub.updated": gettext_noop("changed title or visibility"),
    "hub.archived": gettext_noop("archived it"),
    "hub.unarchived": gettext_noop("let it be changed again"),
    "hub.renamed": gettext_noop("changed its address"),
    "hub.deleted": gettext_noop("deleted it"),
    "hub.restored": gettext_noop("brought it back"),
    "hub.purged": gettext_noop("took it away for good"),
    "member.added": gettext_noop("added a member"),
    "member.changed": gettext_noop("changed a role"),
    "member.removed": gettext_noop("ended a membership"),
    "member.transferred": gettext_noop("gave the hub into other hands"),
    "member.invited": gettext_noop("made an invitation"),
    "member.uninvited": gettext_noop("revoked an invitation"),
    "administrator.entered": gettext_noop("entered as administrator"),
    "share.created": gettext_noop("made a share link"),
    "share.revoked": gettext_noop("revoked a share link"),
    "refused": gettext_noop("was refused"),
    "account.signed_in": gettext_noop("signed in"),
    "account.failed": gettext_noop("failed to sign in"),
    "account.deactivated": gettext_noop("deactivated an account"),
    "account.activated": gettext_noop("activated an account"),
    "account.made_administrator": gettext_noop("made somebody an administrator"),
    "account.no_administrator": gettext_noop("made somebody no administrator any more"),
    "account.reset_link": gettext_noop("made a link to set a new password"),
    "account.deleted": gettext_noop("deleted an account"),
    "account.renamed": gettext_noop("changed a name"),
    "quota.changed": gettext_noop("changed a quota"),
}
#: How much of the facts is shown, in characters.
_FACTS = 300


@register.filter
def deed(row: Activity | AuditEntry) -> str:
    """What was done, and its facts on one line."""
    words = gettext(_SAID[row.verb]) if row.verb in _SAID else row.verb
    facts = ", ".join(f"{name}: {value}" for name, value in row.data.items())
    return f"{words} ({shown(facts, _FACTS)})" if facts else words
