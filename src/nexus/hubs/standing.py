"""How somebody stands to a hub: whatever decides what they are shown of it but the clock, by one statement.

It is asked before an answer is given again (ops.personal), many times a second; so the ORM writes the statement once, and
only what differs is put in its place.
"""

import datetime
from typing import Any
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db.models import OuterRef, QuerySet, Subquery

from nexus.accounts.models import PersonalToken, User
from nexus.accounts.proofs import Proof
from nexus.base import clock
from nexus.hubs.models import Hub, Membership
from nexus.hubs.queries import with_followed
from nexus.statements.prepared import Prepared


def standing(proof: Proof, hub: str) -> tuple[Any, ...] | None:
    """What `proof` and the hub at slug `hub` are worth now, as values to compare: the account and what was shown, the role,
    the hub's row, its newest number and how far its indexes have followed. None when one of them is gone. One statement.

    Two equal answers mean that whatever was made from this hub alone for them is the same, but for the names of people
    and how long ago something was.
    """
    if proof.user is None or proof.is_over():
        return None
    form = (proof.token is not None, proof.token is None and bool(proof.session))
    values = {"hub": hub, "user": proof.user, "token": proof.token, "session": proof.session, "now": clock.now()}
    rows = _standing.cells(*form, **values)
    # The last value is of what was shown: an access token is shown by itself, and its owner's stamp is in the row.
    return None if not rows or rows[0][-1] is None else tuple(rows[0])


def _statement(
    has_token: bool,
    has_session: bool,
    *,
    hub: str,
    user: UUID,
    token: UUID,
    session: str,
    now: datetime.datetime,
) -> QuerySet[Any, tuple[Any, ...]]:
    """Every column of hub and account, so that one that is added later is not forgotten here."""
    account = User.objects.filter(pk=user, is_active=True)
    role = Membership.objects.filter(hub=OuterRef("pk"), user=user).values("role")
    shown: QuerySet[Any, Any] = account.values("epoch")
    if has_token:
        shown = PersonalToken.objects.filter(pk=token, revoked_at=None, expires_at__gt=now).values("stamp")
    elif has_session:
        shown = Session.objects.filter(session_key=session, expire_date__gt=now).values("session_data")
    columns = [field.attname for field in User._meta.concrete_fields if field.attname != "last_login"]
    of_account = {f"user_{column}": Subquery(account.values(column)) for column in columns}
    hubs: QuerySet[Any, Any] = with_followed(Hub.objects.filter(slug=hub)).annotate(
        role=Subquery(role), **of_account, shown=Subquery(shown)
    )
    of_hub = [field.attname for field in Hub._meta.concrete_fields]
    rows: QuerySet[Any, tuple[Any, ...]] = hubs.values_list(*of_hub, "followed", "role", *of_account, "shown")
    return rows


_standing = Prepared(
    _statement, hub=str, user=UUID, token=UUID | None, session=str | None, now=datetime.datetime | None
)  # fmt: skip
