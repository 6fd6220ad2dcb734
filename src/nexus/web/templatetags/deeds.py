"""`{% load deeds %}`: what stands in the audit view, as a sentence."""

from django import template
from django.utils.translation import gettext_lazy as _

from nexus.base.errors import shown
from nexus.hubs.models import Activity, AuditEntry

register = template.Library()

#: What somebody did, behind their name.
_SAID = {
    "hub.created": _("made this hub"),
    "hub.updated": _("changed title or visibility"),
    "hub.archived": _("archived it"),
    "hub.unarchived": _("let it be changed again"),
    "hub.renamed": _("changed its address"),
    "hub.deleted": _("deleted it"),
    "hub.restored": _("brought it back"),
    "hub.purged": _("took it away for good"),
    "member.added": _("added a member"),
    "member.changed": _("changed a role"),
    "member.removed": _("ended a membership"),
    "member.transferred": _("gave the hub into other hands"),
    "member.invited": _("made an invitation"),
    "member.uninvited": _("revoked an invitation"),
    "administrator.entered": _("entered as administrator"),
    "change.purge": _("purged something for good"),
    "share.created": _("made a share link"),
    "share.revoked": _("revoked a share link"),
    "refused": _("was refused"),
    "account.signed_in": _("signed in"),
    "account.failed": _("failed to sign in"),
    "account.deactivated": _("deactivated an account"),
    "account.activated": _("activated an account"),
    "account.made_administrator": _("made somebody an administrator"),
    "account.no_administrator": _("made somebody no administrator any more"),
    "account.password_set": _("set somebody's password"),
    "account.signed_out": _("signed somebody out everywhere"),
    "account.reset_link": _("made a link to set a new password"),
    "account.deleted": _("deleted an account"),
    "account.renamed": _("changed a name"),
    "quota.changed": _("changed a quota"),
}
#: Facts that say nothing to a reader.
_IDS = frozenset({"share", "invitation", "webhook"})
#: How much of the facts is shown, in characters.
_FACTS = 300


@register.filter
def deed(row: Activity | AuditEntry) -> str:
    """What was done, and its facts on one line."""
    words = str(_SAID[row.verb]) if row.verb in _SAID else row.verb
    told = {name: value for name, value in row.data.items() if name not in _IDS}
    if "until" in told:
        told["until"] = str(told["until"])[:10]
    facts = ", ".join(f"{name}: {value}" for name, value in told.items())
    return f"{words} ({shown(facts, _FACTS)})" if facts else words
