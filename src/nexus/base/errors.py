"""The one family of errors the domain raises. Doors translate them, once each; they never raise their own."""

from typing import Any

from nexus.base.sentences import NOTHING, Sentence


class NexusError(Exception):
    """Something the person asking can understand and act on.

    code: stable, snake_case, documented in docs/errors.md; the same through every door.
    message: one sentence that says what happened. remedy: one that says what to do, or NOTHING. Both are English until the
    door that shows them asks for the reader's language.
    field, value: the input that was wrong, when one was. details: JSON-able extras (for example both version ids).
    """

    code = "error"
    status = 500

    def __init__(
        self,
        message: Sentence,
        *,
        code: str | None = None,
        field: str | None = None,
        value: object = None,
        remedy: Sentence = NOTHING,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.field = field
        self.value = shown(value)
        self.remedy = remedy
        self.details = details

    def __str__(self) -> str:
        said = f" ({self.field}: {self.value})" if self.field and self.value is not None else ""
        return " ".join(part for part in (f"{self.message}{said}", self.remedy) if part)


class NotFound(NexusError):
    """It does not exist, or the actor may not know that it does: the two are never told apart."""

    code = "not_found"
    status = 404

    # it never changes
    def __init__(self, message: Sentence = Sentence("Not found, or not visible to you.")) -> None:  # noqa: B008
        # No path, value or instance: a message that echoes what was asked for tells the two cases apart.
        super().__init__(message)


class Denied(NexusError):
    """The actor may see it, but not do this to it."""

    code = "denied"
    status = 403
    #: What was refused, for whoever keeps a record of it.
    refused: object = None


class Unauthenticated(Denied):
    """Who is asking is not known, or what they showed to say so does not hold."""

    code = "sign_in_required"
    status = 401


class Invalid(NexusError):
    """The input breaks a rule; `field` and `value` name it, `remedy` says what would be accepted."""

    code = "invalid"
    status = 400


class Conflict(NexusError):
    """Someone else's work is in the way; nothing was stored."""

    code = "conflict"
    status = 409


class Limited(NexusError):
    """A bound of size, number or rate was met."""

    code = "too_large"
    status = 413


class Throttled(Limited):
    """Too often in too short a time; `details["retry_after"]` is in how many seconds it may be tried again."""

    code = "throttled"
    status = 429


class Unavailable(NexusError):
    """A part Nexus stands on does not answer; the same request may succeed later."""

    code = "unavailable"
    status = 503


class StorageFull(Unavailable):
    """The disk takes no more: nothing was stored, what is stored is read as before, and writing works again with more
    room."""

    code = "storage_full"
    status = 507


def shown(value: object, limit: int = 120) -> str | None:
    """`value` as an error may show it: one printable line of at most `limit` characters; None stays None."""
    if value is None:
        return None
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value)[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"
