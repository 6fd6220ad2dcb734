"""Paths in a hub: UTF-8, compared byte for byte, as in Git."""

import re

from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence

MAX_PATH_BYTES = 1024
PAGE_SUFFIXES = (".md", ".markdown")
_DIGITS = re.compile(r"(\d{1,18})")
#: What a name for saving may not hold: what ends a line or a folder, and what turns the order in which it is read.
_DECEIVING = re.compile("[\0-\x1f\x7f-\x9f\\\\/\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def checked_path(path: str, field: str = "path") -> str:
    """`path` unchanged, when it may be one: no NUL, no lone surrogate, no empty, `.` or `..` segment, no leading or
    trailing slash, at most 1,024 bytes. Raises Invalid naming what is wrong."""

    def refuse(why: Sentence, remedy: Sentence) -> Invalid:
        return Invalid(
            Sentence("That cannot be a path: %(why)s.", why=why),
            code="invalid_path",
            field=field,
            value=path,
            remedy=remedy,
        )

    try:
        size = len(path.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise refuse(Sentence("it is not valid Unicode"), Sentence("Use UTF-8 without lone surrogates.")) from error
    if not path:
        raise refuse(Sentence("it is empty"), Sentence("Give a name such as notes/README.md."))
    if size > MAX_PATH_BYTES:
        raise refuse(
            Sentence("it has %(size)s bytes", size=f"{size:,}"),
            Sentence("Use at most %(MAX_PATH_BYTES)s.", MAX_PATH_BYTES=f"{MAX_PATH_BYTES:,}"),
        )
    if "\0" in path:
        raise refuse(Sentence("it holds a NUL character"), Sentence("Leave it out."))
    segments = path.split("/")
    if "" in segments:
        raise refuse(
            Sentence("it has an empty segment"),
            Sentence("Write it relative, without leading, trailing or double slashes."),
        )
    if ".." in segments or "." in segments:
        raise refuse(Sentence("it has a `.` or `..` segment"), Sentence("Write the folders' names."))
    return path


def folder_of(path: str) -> str:
    """The folder a path lies in: "" at the top."""
    return path.rpartition("/")[0]


def name_of(path: str) -> str:
    """The last segment."""
    return path.rpartition("/")[2]


def saved_name(path: str) -> str:
    """The name under which what is at a path is saved: its own, without what deceives whoever reads it (RFC 6266 §4.3)."""
    return _DECEIVING.sub("_", name_of(path))


def ancestors(path: str) -> list[str]:
    """The folders a path lies in, outermost first, without the top: `a/b/c.md` → `a`, `a/b`."""
    segments = path.split("/")
    return ["/".join(segments[:n]) for n in range(1, len(segments))]


def is_page_name(path: str) -> bool:
    """Whether a text at `path` is a page (by its suffix, in any case)."""
    return path.lower().endswith(PAGE_SUFFIXES)


def natural_key(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """Orders names as people count: `week-2` before `week-10`, without regard to case; equal only for equal names."""
    split = _DIGITS.split(name[:200].casefold())
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in split], name


def is_readme(path: str) -> bool:
    """Whether a page of that name is what its folder shows: `README.md`, in any case and language (`readme.fr.md`)."""
    return is_page_name(path) and name_of(path).lower().partition(".")[0] == "readme"
