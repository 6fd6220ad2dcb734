"""Secrets of webhooks, and what they sign (Standard Webhooks 1.0, https://www.standardwebhooks.com).

A receiver checks with the secret, so we must have it again at each delivery and cannot keep a hash. It is made anew each
time: by HMAC, out of SECRET_KEY and a seed of the row's. So neither the database nor a backup of it holds a secret.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

#: How a secret begins.
PREFIX = "whsec_"
_NAME = 12
#: How old a signed call may be, in seconds (Standard Webhooks), and how many signatures of it are looked at.
TOLERANCE, _SIGNATURES = 300, 10


class UnknownKey(Exception):
    """The SECRET_KEY that a seed belongs to is neither the present one nor a former one that still holds."""


def new_seed() -> str:
    """32 characters: which SECRET_KEY they go with, and chance."""
    return _name_of(settings.SECRET_KEY) + secrets.token_hex((32 - _NAME) // 2)


def secret_of(webhook: UUID, seed: str) -> str:
    """The secret as its owner sees it, once. Raises UnknownKey."""
    return PREFIX + base64.b64encode(_key(webhook, seed)).decode()


def headers_for(webhook: UUID, seeds: Sequence[str], delivery: str, at: int, body: bytes) -> dict[str, str]:
    """The headers that prove that `body` is ours, for a receiver that has the secret of any of the seeds. A former one whose
    SECRET_KEY is gone signs no more. Raises UnknownKey when that is so of the first."""
    signed = f"{delivery}.{at}.".encode() + body
    keys = [_key(webhook, seeds[0])]
    for seed in seeds[1:]:
        try:
            keys.append(_key(webhook, seed))
        except UnknownKey:
            continue
    made = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys]
    return {
        "webhook-id": delivery,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in made),
    }


def is_signed(webhook: UUID, seed: str, headers: Mapping[str, str], body: bytes, now: int) -> bool:
    """Whether `body` came from somebody who has the secret: signed as GitHub does (`X-Hub-Signature-256`, by the secret as
    it stands there), or as Standard Webhooks says, at most TOLERANCE seconds ago. headers: by their lower-case names."""
    try:
        key = _key(webhook, seed)
    except UnknownKey:
        return False
    if given := headers.get("x-hub-signature-256"):
        made = hmac.new(secret_of(webhook, seed).encode(), body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(f"sha256={made}".encode(), given.encode("utf-8", "replace"))
    name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (at.isascii() and at.isdigit() and len(at) < 12 and abs(now - int(at)) <= TOLERANCE):
        return False
    signed = f"{name}.{at}.".encode("utf-8", "replace") + body
    made = f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"
    signatures = headers.get("webhook-signature", "").split()[:_SIGNATURES]
    return any(hmac.compare_digest(made.encode(), each.encode("utf-8", "replace")) for each in signatures)


def _key(webhook: UUID, seed: str) -> bytes:
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if hmac.compare_digest(_name_of(key), seed[:_NAME]):
            return salted_hmac("nexus.webhooks.secret", f"{webhook}:{seed}", secret=key, algorithm="sha256").digest()
    raise UnknownKey


def _name_of(key: str) -> str:
    return salted_hmac("nexus.webhooks.key", "", secret=key, algorithm="sha256").hexdigest()[:_NAME]
