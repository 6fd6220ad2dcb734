"""Each request: an id that every log line and the answer carry, and one line about how it went."""

import re
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponseBase

from nexus.accounts.origins import coming_from
from nexus.base.ids import uuid7

log = structlog.get_logger("nexus.access")

#: Addresses that end in a secret: it is not logged either.
_SECRETS = re.compile(
    r"(?<=^/invitations/).+|(?<=^/shared/)[^/]+|(?<=^/account/confirm-email/).+|(?<=^/account/password/reset/key/).+"
)
#: An id from a proxy that may stand in our logs and headers (others are refused at the door, see ops.proxies).
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestMiddleware:
    """Binds `request` (its id), answers with X-Request-ID, and logs method, path, status, milliseconds and user.

    The query string is never logged: it may hold what people searched for, or a token.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        name = given if _SANE.fullmatch(given) else uuid7().hex
        started = time.perf_counter()
        request.request_id = name  # type: ignore[attr-defined]  # the page of a defect shows it
        with structlog.contextvars.bound_contextvars(request=name), coming_from(request.META.get("REMOTE_ADDR", "")):
            response = self._get_response(request)
            response["X-Request-ID"] = name
            # How long until the answer began: what is streamed goes on after this line.
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            write = log.error if response.status_code >= 500 else log.info
            write("request", method=request.method, path=_SECRETS.sub("…", request.path), status=response.status_code,
                  ms=milliseconds, user=_user_id(request))  # fmt: skip
        return response


def _user_id(request: HttpRequest) -> str | None:
    """Who was signed in, when the answer needed to know; looking it up only to log it would cost a statement."""
    user = request.__dict__.get("_cached_user")
    return str(user.pk) if user is not None and user.pk else None
