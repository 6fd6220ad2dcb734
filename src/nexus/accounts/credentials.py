"""Secrets that are shown once, and access tokens (RFC 7519, RFC 9068) signed by keys that rotate by themselves."""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
from django.conf import settings

from nexus.accounts.models import User
from nexus.base import clock
from nexus.base.errors import Unauthenticated
from nexus.base.sentences import Sentence

#: What the secrets begin with, so that people and scanners know them.
REFRESH_PREFIX, PERSONAL_PREFIX = "nxr_", "nxp_"
ISSUER, AUDIENCE = "nexus", "nexus-api"
ALGORITHM, TOKEN_TYPE = "HS256", "at+jwt"
#: How long one key signs, in seconds; it is accepted for as long again.
KEY_PERIOD = 30 * 86_400
#: The clocks of two servers may differ by so many seconds.
LEEWAY = 30
#: A bearer longer than this is none of ours, in characters.
MAX_TOKEN = 2_000


def new_secret(prefix: str) -> str:
    """A secret of 256 random bits behind its prefix."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a secret. It is random, so that a plain hash (SHA-256) cannot be guessed back."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom an access token names, the stamp and family it was given for, and when it ends (seconds of the epoch)."""

    user: uuid.UUID
    stamp: str
    family: uuid.UUID
    ends: int


def access_token(user: User, family: uuid.UUID) -> str:
    """A signed access token for `user`, good for NEXUS_ACCESS_TOKEN_MINUTES."""
    now = int(clock.now().timestamp())
    name, key = next(_keys(now))
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": str(user.pk), "iat": now, "exp": now + settings.ACCESS_TOKEN_MINUTES * 60,
        "jti": uuid.uuid4().hex, "sid": str(family), "stamp": user.stamp,
    }  # fmt: skip
    return jwt.encode(claims, key, ALGORITHM, headers={"kid": name, "typ": TOKEN_TYPE})


def claims_of(token: str) -> Claims:
    """The claims of an access token that holds. Raises Unauthenticated ("invalid_token", "token_expired")."""
    now = int(clock.now().timestamp())
    try:
        header = jwt.get_unverified_header(token) if len(token) <= MAX_TOKEN else {}
        key = dict(_keys(now)).get(str(header.get("kid")))
        if key is None or header.get("typ") != TOKEN_TYPE:
            raise _invalid()
        # Times are compared here, with a clock that can be set.
        options: Any = {"require": ["exp", "iat", "sub", "sid", "stamp"], "verify_exp": False, "verify_iat": False,
                        "verify_nbf": False}  # fmt: skip
        said = jwt.decode(token, key, [ALGORITHM], options=options, audience=AUDIENCE, issuer=ISSUER)
        begins, ends = int(said["iat"]), int(said["exp"])
        found = Claims(uuid.UUID(said["sub"]), str(said["stamp"]), uuid.UUID(said["sid"]), ends)
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, AttributeError, RecursionError) as error:
        raise _invalid() from error
    if now > ends + LEEWAY:
        raise Unauthenticated(
            Sentence("That access token has expired."),
            code="token_expired",
            remedy=Sentence("Get another by POST /api/v1/auth/token/refresh."),
        )
    if begins > now + LEEWAY:
        raise _invalid()
    return found


def _invalid() -> Unauthenticated:
    return Unauthenticated(
        Sentence("That token does not hold."), code="invalid_token", remedy=Sentence("Sign in again.")
    )


def _keys(now: int) -> Iterator[tuple[str, bytes]]:
    """(kid, key) of the keys that are accepted, the one that signs first: of this period and the last, by SECRET_KEY and
    SECRET_KEY_FALLBACKS."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        for period in (now // KEY_PERIOD, now // KEY_PERIOD - 1):
            yield _derived(secret, f"name {period}").hex()[:16], _derived(secret, f"key {period}")


def _derived(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), f"nexus access token {purpose}".encode(), "sha512")
