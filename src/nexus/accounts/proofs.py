"""How somebody showed who they are when they came, and whether that still holds: for connections that stay open."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from importlib import import_module
from itertools import batched
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session

from nexus.accounts.actor import Actor, Door
from nexus.accounts.credentials import LEEWAY, PERSONAL_PREFIX, claims_of
from nexus.accounts.models import PersonalToken, User
from nexus.accounts.queries import shown_token
from nexus.base import clock

_CHUNK = 500  # parameters a statement: below every database's bound


@dataclass(frozen=True, slots=True)
class Proof:
    """What was shown, in a form that can be checked again and again; nobody's has no user."""

    user: uuid.UUID | None = None
    #: User.stamp for which it was given.
    stamp: str = field(default="", repr=False)
    #: When an access token ends, in seconds of the epoch.
    until: int | None = None
    #: The personal token, or the key of the session.
    token: uuid.UUID | None = None
    session: str = field(default="", repr=False)

    def is_over(self) -> bool:
        """Whether it ended by the clock alone."""
        return self.until is not None and clock.now().timestamp() > self.until + LEEWAY


NOBODY = Proof()


def proof_of_bearer(bearer: str) -> Proof:
    """For an access or a personal token. Raises Unauthenticated ("invalid_token", "token_expired").

    An access token is not looked up here: `actors` says whether its owner still stands behind it.
    """
    if bearer.startswith(PERSONAL_PREFIX):
        token = shown_token(bearer)
        return Proof(token.user_id, token.stamp, token=token.pk)
    claims = claims_of(bearer)
    return Proof(claims.user, claims.stamp, until=claims.ends)


def proof_of_session(key: str) -> Proof:
    """For the key of a browser's session; NOBODY when nobody is signed in by it, as in a request."""
    if not key:
        return NOBODY
    request: Any = SimpleNamespace(session=import_module(settings.SESSION_ENGINE).SessionStore(key))
    user = get_user(request)
    return Proof(user.pk, user.stamp, session=request.session.session_key) if isinstance(user, User) else NOBODY


def actors(proofs: Collection[Proof], door: Door) -> dict[Proof, Actor]:
    """Who stands behind each of `proofs` now; those that hold no longer are missing.

    For 500 proofs at most three statements: users, personal tokens, sessions.
    """
    users = {
        user.pk: user
        for ids in batched({proof.user for proof in proofs if proof.user}, _CHUNK, strict=False)
        for user in User.objects.filter(pk__in=ids, is_active=True).only(
            "password", "epoch", "is_active", "is_administrator"
        )
    }
    tokens = {
        token.pk: token
        for ids in batched({proof.token for proof in proofs if proof.token}, _CHUNK, strict=False)
        for token in PersonalToken.objects.filter(pk__in=ids, revoked_at=None, expires_at__gt=clock.now())
    }
    sessions = {
        key
        for keys in batched({proof.session for proof in proofs if proof.session}, _CHUNK, strict=False)
        for key in Session.objects.filter(session_key__in=keys, expire_date__gt=clock.now()).values_list(
            "pk", flat=True
        )
    }
    found: dict[Proof, Actor] = {}
    for proof in proofs:
        if proof.user is None:
            found[proof] = Actor.anonymous(door)
            continue
        user = users.get(proof.user)
        if user is None or user.stamp != proof.stamp or proof.is_over():
            continue
        if proof.session and proof.session not in sessions:
            continue
        if proof.token is None:
            found[proof] = Actor.of(user, door)
        elif token := tokens.get(proof.token):
            token.user = user
            found[proof] = Actor.by_token(token, door)
    return found
