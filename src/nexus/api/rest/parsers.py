"""What a body may be: JSON that is bounded in size and depth, or bytes that are taken as they come."""

import json
import math
import re
from typing import IO, Any, Never

from django.conf import settings
from rest_framework.parsers import BaseParser

from nexus.api.texts import check_text
from nexus.base.errors import Invalid, Limited
from nexus.base.sentences import Sentence

#: How deep arrays and objects may stand in each other, and how many digits a number may have.
MAX_DEPTH, MAX_DIGITS = 32, 20
_BRACKETS = re.compile(rb'[\[\]{}"\\]')


class StrictJSON(BaseParser):
    """RFC 8259 in UTF-8: no duplicate names, no NaN, no lone surrogates or NUL, at most MAX_DEPTH deep."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], *_context: Any) -> Any:
        """The value. Raises Invalid("malformed"), Limited."""
        return loads(read_at_most(stream, settings.DATA_UPLOAD_MAX_MEMORY_SIZE))


class AnyBytes(BaseParser):
    """A body that is the resource itself."""

    media_type = "*/*"

    def parse(self, stream: IO[bytes], *_context: Any) -> Any:
        """Its bytes. Raises Limited above a page's size and as much again, since a file is sent elsewhere."""
        return read_at_most(stream, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def read_at_most(stream: IO[bytes], limit: int) -> bytes:
    """All of `stream`. Raises Limited when it is longer."""
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise Limited(
            Sentence("A body may have %(limit)s bytes here.", limit=f"{limit:,}"),
            code="too_large",
            remedy=Sentence("Send less, or send a file."),
        )
    return data


def loads(data: bytes) -> Any:
    """The JSON value of `data`. Raises Invalid("malformed")."""
    try:
        if _depth(data) > MAX_DEPTH:
            raise _malformed(f"It is nested more than {MAX_DEPTH} deep.")
        text = data.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_short_int,
                           parse_float=_finite)  # fmt: skip
        if "\\u" in text:
            _check_characters(value)
    except UnicodeDecodeError as error:
        raise _malformed("It is not valid UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise _malformed(str(error)[:120]) from error
    return value


def _depth(data: bytes) -> int:
    """How deep brackets stand in each other, without building anything of them."""
    depth = deepest = 0
    in_text = escaped_at = -1
    for found in _BRACKETS.finditer(data):
        mark, at = found[0], found.start()
        if at == escaped_at:
            continue
        if mark == b"\\":
            escaped_at = at + 1
        elif mark == b'"':
            in_text = -1 if in_text >= 0 else at
        elif in_text < 0:
            depth += 1 if mark in b"[{" else -1
            deepest = max(deepest, depth)
    return deepest


def _check_characters(value: Any) -> None:
    """Raises Invalid("invalid_text") for what an escape may bring and no text may hold."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            check_text(each)
        elif isinstance(each, dict):
            pending += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            pending += each


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("It has a name twice in one object.")
    return made


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON.")


def _short_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("It has a number of too many digits.")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError("It has a number that is too large.")
    return value


def _malformed(why: str) -> Invalid:
    return Invalid(
        Sentence("The body is no JSON that can be taken."),
        code="malformed",
        remedy=Sentence("Send valid JSON: %(why)s", why=why),
    )
