"""The error codes and what each means, out of `errors.md` beside this file: from it come docs/errors.md and the page that a
problem's `type` leads to."""

import functools
import re
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).with_name("errors.md")
_ROW = re.compile(r"^\| (`[a-z_`, ]+`) \| (.+) \|$", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


class Explained(NamedTuple):
    """A code, and what it means: words, and what is code among them."""

    code: str
    meaning: list[tuple[str, bool]]


def text() -> str:
    """docs/errors.md."""
    return SOURCE.read_text("utf-8")


@functools.cache
def explained() -> tuple[Explained, ...]:
    """Every code in the order of the document; those that the server itself answers with come last."""
    codes, _, doctor = text().partition("## What `nexus doctor`")
    assert doctor  # noqa: S101  what follows are findings, no refusals
    table, _, server = codes.partition("Before Django sees a request")
    found = {name: means for names, means in _ROW.findall(table) for name in _CODE.findall(names)}
    before = "the server itself refused the request, before it was read as one of the API"
    found |= {name: before for name in _CODE.findall(server) if name not in found}
    return tuple(Explained(name, _parts(means)) for name, means in found.items())


def _parts(words: str) -> list[tuple[str, bool]]:
    """`words` in pieces, each with whether it is code: every second one is what stands between back-ticks."""
    return [(part, n % 2 == 1) for n, part in enumerate(_CODE.split(_LINK.sub(r"\1", words))) if part]
