"""Who is signed in by which browser, so that they may look and end what they do not know.

A row is made when somebody signs in, and kept up to date by requests: what was noted last stands in the session itself, so
that an ordinary request asks nothing more.
"""

import time
import uuid
from typing import Any

from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from nexus.accounts import origins
from nexus.accounts.actor import Actor
from nexus.accounts.models import BrowserSession, RefreshFamily, User
from nexus.base import clock
from nexus.base.errors import NotFound, Unauthenticated, shown
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction

#: How old what is known of a session may be, in seconds.
FRESH = 300
#: The most that one account has in the list; those longest unseen leave it.
MOST = 100
#: How many sessions are forgotten at once.
BATCH = 500
_NOTED = "seen"


def keep(user: User, session: Any, device: str) -> None:
    """Notes that `user` is here in a browser's session, unless that was noted lately. device: what it says of itself."""
    if session.session_key is None:  # it was another account's, and is made anew for this one
        session.save()
    noted = session.get(_NOTED)
    now = int(time.time())
    if isinstance(noted, list) and len(noted) == 2 and noted[0] == session.session_key and noted[1] > now - FRESH:
        return
    former = noted[0] if isinstance(noted, list) and len(noted) == 2 else session.session_key
    _note(user, str(former), session.session_key, device)
    session[_NOTED] = [session.session_key, now]


def began(sender: object, *, user: User, request: Any, **_said: object) -> None:  # noqa: ARG001  Django's
    """Notes a session that begins: a receiver of Django's signal. Programs sign in without one."""
    if request is not None and getattr(request, "session", None) is not None:
        if request.session.session_key is None:  # it was somebody else's, and begins anew
            request.session.create()
        keep(user, request.session, str(request.META.get("HTTP_USER_AGENT", "")))


@in_transaction
def _note(user: User, former: str, key: str, device: str) -> None:
    said = {"key": key, "stamp": user.stamp, "seen_at": clock.now(), "address": origins.address()}
    rows = BrowserSession.objects.filter(user=user, key__in={former, key})
    if not rows.filter(key=former).update(**said) and not rows.update(**said):
        try:
            with transaction.atomic():
                BrowserSession.objects.create(user=user, device=shown(device, 200) or "", **said)
        except IntegrityError:  # another request of this session was first
            return
        beyond = BrowserSession.objects.filter(user=user).order_by("-seen_at").values_list("pk", flat=True)[MOST:]
        BrowserSession.objects.filter(pk__in=list(beyond)).delete()


def browser_sessions(actor: Actor) -> QuerySet[BrowserSession]:
    """The actor's sessions that hold, the last seen first; one statement besides reading the account. Raises
    Unauthenticated."""
    user = _whole(actor)
    alive = Session.objects.filter(expire_date__gt=clock.now()).values("session_key")
    return BrowserSession.objects.filter(user=user, stamp=user.stamp, key__in=alive).order_by("-seen_at", "pk")


def programs(actor: Actor) -> QuerySet[RefreshFamily]:
    """The programs that are signed in as the actor, by API, the newest first. Raises Unauthenticated."""
    user = _whole(actor)
    found = RefreshFamily.objects.filter(user=user, stamp=user.stamp, revoked_at=None, expires_at__gt=clock.now())
    return found.order_by("-created_at", "-pk")


@in_transaction
def end_session(actor: Actor, session_id: uuid.UUID) -> None:
    """Ends a session or a program's sign-in of the actor's; connections that came by it close within seconds. Raises
    NotFound, Unauthenticated."""
    user = _whole(actor)
    row = BrowserSession.objects.filter(user=user, pk=session_id).first()
    if row is not None:
        Session.objects.filter(session_key=row.key).delete()
        row.delete()
    elif not RefreshFamily.objects.filter(user=user, pk=session_id, revoked_at=None).update(revoked_at=clock.now()):
        raise NotFound


def _whole(actor: Actor) -> User:
    if not actor.is_signed_in or actor.token_id is not None:
        raise Unauthenticated(Sentence("Sign in to see where you are signed in."))
    return User.objects.get(pk=actor.user_key)


def forget_sessions() -> int:
    """Deletes sessions that are over, with what was noted of them, a bounded number at once; how many. For a job that is
    due."""
    over = Session.objects.filter(expire_date__lt=clock.now()).order_by("expire_date")
    keys = list(over.values_list("session_key", flat=True)[:BATCH])
    in_transaction(BrowserSession.objects.filter(key__in=keys).delete)()
    in_transaction(Session.objects.filter(session_key__in=keys, expire_date__lt=clock.now()).delete)()
    return len(keys)
