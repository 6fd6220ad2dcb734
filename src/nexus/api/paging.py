"""Keyset paging: a cursor holds where the last item stood in the order, so a page costs the same however far in it is, and
what is written meanwhile neither repeats nor hides an item."""

import base64
import datetime
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet

from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence

MAX_LIMIT, LIMIT = 100, 50
_MAX_CURSOR = 2_000


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Some items of a list, and the cursor of those that follow: "" at the end."""

    items: list[T]
    next: str


def page_of[M: Model](rows: QuerySet[M], order: Sequence[str], *, cursor: str = "", limit: int = LIMIT) -> Page[M]:
    """The first `limit` of `rows` (1 to MAX_LIMIT) behind `cursor`, in `order`: names of fields that are never null and
    together unique, "-" before one that descends. One statement. Raises Invalid ("limit", "cursor")."""
    found = list(after(rows, order, cursor)[: checked_limit(limit) + 1])
    if len(found) <= limit:
        return Page(found, "")
    return Page(found[:limit], cursor_of(found[limit - 1], order))


def checked_limit(limit: int) -> int:
    """Raises Invalid unless `limit` is from 1 to MAX_LIMIT."""
    if not 1 <= limit <= MAX_LIMIT:
        raise Invalid(
            Sentence("That is no limit."),
            field="limit",
            value=limit,
            remedy=Sentence("A number from 1 to %(max_limit)s.", max_limit=MAX_LIMIT),
        )
    return limit


def after[M: Model](rows: QuerySet[M], order: Sequence[str], cursor: str) -> QuerySet[M]:
    """`rows` in `order`, those behind `cursor`. Raises Invalid("cursor")."""
    if cursor:
        rows = rows.filter(_behind(order, _values(rows, order, cursor)))
    return rows.order_by(*order)


def cursor_of(row: Model, order: Sequence[str]) -> str:
    """The cursor that names the place of `row`."""
    values = [_value(row, name) for name in map(_bare, order)]
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).rstrip(b"=").decode()


def _behind(order: Sequence[str], values: Sequence[Any]) -> Q:
    """(a, b) behind (x, y) as a > x or (a = x and b > y), which every database understands."""
    behind, equal = Q(), Q()
    for name, value in zip(order, values, strict=True):
        compared = "lt" if name.startswith("-") else "gt"
        behind |= equal & Q(**{f"{_bare(name)}__{compared}": value})
        equal &= Q(**{_bare(name): value})
    return behind


def _bare(name: str) -> str:
    return name.removeprefix("-")


def _value(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    return row.isoformat() if isinstance(row, datetime.datetime) else row


def _values(rows: QuerySet[Any], order: Sequence[str], cursor: str) -> list[Any]:
    """What a cursor says, as the fields of `order` take it; it came from outside, so nothing of it is believed."""
    try:
        said = _decoded(cursor)
        return [_parsed(value, kind) for value, kind in zip(said, _kinds(rows, order), strict=True)]
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise Invalid(
            Sentence("That is no cursor."),
            field="cursor",
            value=cursor,
            remedy=Sentence("Take the one that came as `next`."),
        ) from error


def _decoded(cursor: str) -> list[Any]:
    if len(cursor) > _MAX_CURSOR:
        raise ValueError
    padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
    said = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    if not isinstance(said, list):
        raise TypeError
    return said


def _kinds(rows: QuerySet[Any], order: Sequence[str]) -> list[str]:
    kinds = []
    for name in map(_bare, order):
        model = rows.model
        *path, last = name.split("__")
        for part in path:
            model = model._meta.get_field(part).related_model
        annotation = rows.query.annotations.get(name)
        field = annotation.output_field if annotation is not None else (
            model._meta.pk if last == "pk" else model._meta.get_field(last)
        )  # fmt: skip
        kinds.append(field.get_internal_type())
    return kinds


def _parsed(value: Any, kind: str) -> Any:
    if kind == "UUIDField":
        return uuid.UUID(value)
    if kind == "DateTimeField":
        moment = datetime.datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment
    if kind.endswith(("IntegerField", "AutoField")):
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
            raise ValueError
        return value
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    value.encode("utf-8")  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
    return value
