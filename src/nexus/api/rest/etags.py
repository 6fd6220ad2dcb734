"""Entity tags (RFC 9110 §8.8.3) as they come back: weakened by a proxy that compressed, or with its suffix."""

import re

from nexus.base.errors import Conflict, Invalid, NexusError
from nexus.base.sentences import Sentence

_TAG = re.compile(r'\s*(?:W/)?"([\x21\x23-\x7e]*)"\s*(?:,|$)')


class PreconditionRequired(NexusError):
    """A change must say which version it was made from (RFC 6585 §3)."""

    code = "precondition_required"
    status = 428


def tags_of(header: str) -> set[str] | None:
    """The tags of an If-Match or If-None-Match header, without `W/` and `-gzip`, `-br`; None for `*`."""
    if header.strip() == "*":
        return None
    return {re.sub(r"-(?:gzip|br|zstd)$", "", tag) for tag in _TAG.findall(header)}


def matches(header: str, tag: str) -> bool:
    """Whether an If-None-Match names `tag`."""
    tags = tags_of(header)
    return tags is None or tag in tags


def version_named(header: str | None) -> str:
    """The version id that an If-Match names. Raises PreconditionRequired without one, Invalid for several or `*`."""
    if header is None:
        raise PreconditionRequired(
            Sentence("Say which version you changed."),
            field="If-Match",
            remedy=Sentence("Send the ETag you read as If-Match."),
        )
    tags = tags_of(header)
    if tags is None or len(tags) != 1:
        raise Invalid(
            Sentence("One version is expected."),
            field="If-Match",
            value=header,
            remedy=Sentence("Send the ETag you read."),
        )
    return tags.pop()


def status_of(error: Conflict, if_match: str | None) -> int:
    """412 for an If-Match that came too late, else the conflict's own."""
    return 412 if if_match is not None and error.code == "stale_version" else error.status
