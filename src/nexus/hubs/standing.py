"""How somebody stands to a hub: whatever decides what they are shown of it but the clock, by one statement.

It is asked before an answer is given again (ops.personal), many times a second; so the ORM writes the statement once, and
only what differs is put in its place.
"""

import datetime
import functools
import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import DateTimeField, OuterRef, QuerySet, Subquery, UUIDField

from nexus.accounts.models import PersonalToken, User
from nexus.accounts.proofs import Proof
from nexus.base import clock
from nexus.hubs.models import Hub, Membership
from nexus.hubs.queries import with_followed

#: What stands for a value in the compiled statement; no slug, session key or id is ever one of them.
_HUB, _SESSION = "\x00hub", "\x00session"
_USER, _TOKEN = uuid.UUID(int=1), uuid.UUID(int=2)
_NOW = datetime.datetime(1, 1, 2, tzinfo=datetime.UTC)


def standing(proof: Proof, hub: str) -> tuple[Any, ...] | None:
    """What `proof` and the hub at slug `hub` are worth now, as values to compare: the account and what was shown, the role,
    the hub's row, its newest number and how far its indexes have followed. None when one of them is gone. One statement.

    Two equal answers mean that whatever was made from this hub alone for them is the same, but for the names of people
    and how long ago something was.
    """
    if proof.user is None or proof.is_over():
        return None
    sql, places = _compiled(proof.token is not None, proof.token is None and bool(proof.session))
    values: Mapping[str, Any] = {
        "hub": hub, "session": proof.session, "user": _id(proof.user), "now": _moment(clock.now()),
        "token": _id(proof.token) if proof.token else None,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, [values[place] if is_ours else place for place, is_ours in places])
        row = cursor.fetchone()
    # The last value is of what was shown: an access token is shown by itself, and its owner's stamp is in the row.
    return None if row is None or row[-1] is None else tuple(row)


def _statement(*, token: bool, session: bool) -> QuerySet[Any, tuple[Any, ...]]:
    """Every column of hub and account, so that one that is added later is not forgotten here."""
    user = User.objects.filter(pk=_USER, is_active=True)
    role = Membership.objects.filter(hub=OuterRef("pk"), user=_USER).values("role")
    shown: QuerySet[Any, Any] = user.values("epoch")
    if token:
        shown = PersonalToken.objects.filter(pk=_TOKEN, revoked_at=None, expires_at__gt=_NOW).values("stamp")
    elif session:
        shown = Session.objects.filter(session_key=_SESSION, expire_date__gt=_NOW).values("session_data")
    columns = [field.attname for field in User._meta.concrete_fields if field.attname != "last_login"]
    account = {f"user_{column}": Subquery(user.values(column)) for column in columns}
    hubs: QuerySet[Any, Any] = with_followed(Hub.objects.filter(slug=_HUB)).annotate(
        role=Subquery(role), **account, shown=Subquery(shown)
    )
    of_hub = [field.attname for field in Hub._meta.concrete_fields]
    rows: QuerySet[Any, tuple[Any, ...]] = hubs.values_list(*of_hub, "followed", "role", *account, "shown")
    return rows


@functools.cache
def _compiled(token: bool, session: bool) -> tuple[str, list[tuple[Any, bool]]]:
    """The statement, and for each of its parameters what it is: a name of ours, or a value as it is."""
    sql, params = _statement(token=token, session=session).query.sql_with_params()
    ours = {_HUB: "hub", _SESSION: "session", _id(_USER): "user", _id(_TOKEN): "token", _moment(_NOW): "now"}
    return sql, [(ours[param], True) if param in ours else (param, False) for param in params]


def _id(value: uuid.UUID) -> Any:
    return UUIDField().get_db_prep_value(value, connection)


def _moment(value: datetime.datetime) -> Any:
    return DateTimeField().get_db_prep_value(value, connection)
