"""What may be refused, as the problem documents of the server say it (RFC 9457)."""

from typing import Any

#: The members of a problem document that have a place of their own.
_KNOWN = {"type", "title", "status", "code", "detail", "field", "value", "remedy"}


class NexusError(Exception):
    """Something was refused, or did not work.

    code: stable; docs/errors.md of the server lists them. status: of HTTP, 0 without an answer. message: what happened.
    field, value: the input that was wrong, when one was. remedy: what to do, or "". details: what else the server told.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int = 0,
        field: str | None = None,
        value: str | None = None,
        remedy: str = "",
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.field = field
        self.value = value
        self.remedy = remedy
        self.details = details or {}

    def __str__(self) -> str:
        said = f" ({self.field}: {self.value})" if self.field and self.value is not None else ""
        return " ".join(part for part in (f"{self.message}{said}", self.remedy) if part)


class Invalid(NexusError):
    """The input breaks a rule."""


class Unauthenticated(NexusError):
    """Who is asking is not known, or the token does not hold."""


class Denied(NexusError):
    """It may be seen, but this may not be done to it."""


class NotFound(NexusError):
    """It does not exist, or may not be seen: the server does not tell the two apart."""


class Conflict(NexusError):
    """Someone else's work is in the way; nothing was stored."""


class StaleVersion(Conflict):
    """The page was changed since it was read; nothing was stored."""

    @property
    def current(self) -> str:
        """The id of the version that is there now."""
        return str(self.details.get("current", ""))

    @property
    def base(self) -> str:
        """The id of the version that the change was made from."""
        return str(self.details.get("base", ""))


class SecretsFound(Conflict):
    """It would show more people a key, a password or somebody's data; nothing was stored. Whoever looked and wants it
    so asks again with `reviewed=error.suspects`."""

    @property
    def suspects(self) -> list[str]:
        """Their ids; `details["suspects"]` says where each stands and what it seems to be."""
        return [str(each.get("id")) for each in self.details.get("suspects", []) if isinstance(each, dict)]


class TooLarge(NexusError):
    """A bound of size or number was met."""


class PreconditionRequired(NexusError):
    """A change must say which version it was made from."""


class Throttled(NexusError):
    """Too often in too short a time; `retry_after` is in how many seconds it may be tried again."""

    retry_after: float = 0.0


class ServerError(NexusError):
    """Something broke on the server's side, or what answers there is no Nexus."""


class Unavailable(ServerError):
    """A part the server stands on does not answer; the same may succeed later."""


class Unreachable(NexusError):
    """There was no answer."""


class JobFailed(NexusError):
    """An import or export ended without being done; the code is that of what it was refused for, or `cancelled`."""


_BY_STATUS: dict[int, type[NexusError]] = {
    400: Invalid, 401: Unauthenticated, 403: Denied, 404: NotFound, 409: Conflict, 412: StaleVersion, 413: TooLarge,
    415: Invalid, 422: Invalid, 428: PreconditionRequired, 429: Throttled, 503: Unavailable,
}  # fmt: skip


_BY_CODE: dict[str, type[NexusError]] = {"secrets_found": SecretsFound}


def refusal(status: int, problem: dict[str, Any], retry_after: float | None = None) -> NexusError:
    """The error that a problem document tells of. One that comes from something in between has the code "http_…"."""
    kind = _BY_CODE.get(str(problem.get("code")), _BY_STATUS.get(status, ServerError if status >= 500 else NexusError))
    error = kind(
        str(problem.get("detail") or problem.get("title") or f"The server answered {status}."),
        code=str(problem.get("code") or f"http_{status}"),
        status=status,
        field=_text(problem.get("field")),
        value=_text(problem.get("value")),
        remedy=str(problem.get("remedy") or ""),
        details={name: value for name, value in problem.items() if name not in _KNOWN},
    )
    if isinstance(error, Throttled):
        error.retry_after = retry_after or 0.0
    return error


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
