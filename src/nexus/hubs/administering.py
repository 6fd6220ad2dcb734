"""What the operator and administrators do to the accounts of others: each deed and its row in the audit are one
transaction, whichever door it comes through."""

from nexus.accounts import actions
from nexus.accounts.actor import Actor
from nexus.accounts.models import User
from nexus.base.transactions import in_transaction
from nexus.hubs import audit


@in_transaction
def set_password(actor: Actor, user: User, password: str) -> None:
    """As `accounts.actions.set_password`. Raises Denied, Invalid."""
    actions.set_password(actor, user, password)
    audit.note(actor, "account.password_set", {"user": user.username})


@in_transaction
def set_active(actor: Actor, user: User, *, active: bool) -> None:
    """As `accounts.actions.set_active`. Raises Denied."""
    actions.set_active(actor, user, active=active)
    audit.note(actor, "account.activated" if active else "account.deactivated", {"user": user.username})


@in_transaction
def set_administrator(actor: Actor, user: User, *, administrator: bool) -> None:
    """As `accounts.actions.set_administrator`. Raises Denied, Conflict("last_administrator")."""
    actions.set_administrator(actor, user, administrator=administrator)
    verb = "account.made_administrator" if administrator else "account.no_administrator"
    audit.note(actor, verb, {"user": user.username})


@in_transaction
def set_quota(actor: Actor, user: User, *, max_hubs: int | None, max_bytes: int | None = None) -> None:
    """As `accounts.actions.set_quota`. Raises Denied, Invalid."""
    actions.set_quota(actor, user, max_hubs=max_hubs, max_bytes=max_bytes)
    audit.note(actor, "quota.changed", {"user": user.username, "hubs": max_hubs, "bytes": max_bytes})


@in_transaction
def reset_key(actor: Actor, user: User) -> str:
    """As `accounts.actions.reset_key`. Raises Denied."""
    key = actions.reset_key(actor, user)
    audit.note(actor, "account.reset_link", {"user": user.username})
    return key


@in_transaction
def sign_out_everywhere(actor: Actor, user: User) -> None:
    """As `accounts.actions.sign_out_everywhere`, of somebody else. Raises Denied."""
    actions.sign_out_everywhere(actor, user)
    audit.note(actor, "account.signed_out", {"user": user.username})
