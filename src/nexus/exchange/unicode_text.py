"""What the bytes of a .md file are when they are not UTF-8: said plainly, and converted only when asked for."""

from nexus.base.sentences import Sentence

_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
#: Without a mark, so much of every second byte must be zero: text in Latin letters has nearly all.
_ZEROS = 0.7


def utf16_of(data: bytes) -> str | None:
    """The name "utf-16-le" or "utf-16-be" when `data` is clearly UTF-16 (RFC 2781): by its byte order mark, or by zeros
    in every second byte; None otherwise."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    half = len(data) // 2
    if half < 2 or len(data) % 2:
        return None
    zeros = data[0::2].count(0) / half, data[1::2].count(0) / half
    if zeros[1] >= _ZEROS and zeros[0] == 0:
        return "utf-16-le"
    if zeros[0] >= _ZEROS and zeros[1] == 0:
        return "utf-16-be"
    return None


def converted_from_utf16(data: bytes) -> bytes | None:
    """The same text in UTF-8, without a byte order mark; None when `data` is no valid UTF-16, or holds NUL."""
    encoding = utf16_of(data)
    if encoding is None:
        return None
    try:
        text = data.decode(encoding).removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.encode("utf-8")


def why_no_page(data: bytes) -> Sentence:
    """What is said of a .md file that is kept as a file, because these bytes are no text."""
    if utf16_of(data):
        return Sentence("it is UTF-16, not UTF-8: import it with --convert-utf16, or save it as UTF-8")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Sentence("it is not valid UTF-8 (byte %(at)s)", at=f"{error.start:,}")
    return Sentence("it holds NUL characters")
