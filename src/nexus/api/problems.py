"""A refusal as both doors say it: problem details (RFC 9457) with the stable code of the domain's error."""

from typing import Any

from nexus.base.errors import NexusError, NotFound

#: Names a code, as RFC 9457 has it, and leads to what it means (api.rest.documents).
TYPE = "/api/v1/errors#"
TITLES = {
    400: "Bad request", 401: "Not signed in", 403: "Not allowed", 404: "Not found", 405: "Method not allowed",
    406: "Not acceptable", 409: "Conflict", 412: "Precondition failed", 413: "Too large", 415: "Unsupported media type",
    422: "Unprocessable", 428: "Precondition required", 429: "Too many requests", 500: "Internal error",
    503: "Not available",
}  # fmt: skip


def problem(error: NexusError, status: int | None = None) -> dict[str, Any]:
    """The members of the problem document. That of a 404 is always the same: it carries nothing of what was asked for."""
    status = status or error.status
    told: dict[str, Any] = {
        "type": f"{TYPE}{error.code}", "title": TITLES.get(status, "Error"), "status": status, "code": error.code,
        "detail": error.message,
    }  # fmt: skip
    if isinstance(error, NotFound):
        return told
    parts = {"field": error.field, "value": error.value, "remedy": error.remedy or None, **error.details}
    return told | {name: value for name, value in parts.items() if value is not None}
