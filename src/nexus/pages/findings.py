"""What a check of the stored data has found to be wrong."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken invariant: a stable code, what is wrong with what, and what to do about it."""

    code: str
    message: str
    subject: str
    remedy: str = ""
