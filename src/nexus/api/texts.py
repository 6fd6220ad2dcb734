"""What no text may hold that comes in by JSON: its escapes can write what UTF-8 cannot."""

from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence


def check_text(text: str) -> None:
    """Raises Invalid("invalid_text") for NUL and for lone surrogates (RFC 8259 §8.2), which no database takes."""
    if "\0" not in text:
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            pass
        else:
            return
    raise Invalid(
        Sentence("A text holds NUL or lone surrogates."),
        code="invalid_text",
        remedy=Sentence("Send text that is valid Unicode."),
    )
