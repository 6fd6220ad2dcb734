"""`Prepared`: a queryset that the ORM builds and compiles once; from then on only its values change.

Building and compiling a queryset takes some twenty times as long as SQLite takes to answer it. What a request always asks
is asked this way; everything else stays a plain queryset, whose rows and models are the same (docs/adr/0056).
"""

import datetime
import functools
import hashlib
import uuid
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from types import UnionType
from typing import Any, NamedTuple, get_args

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import BigIntegerField, CharField, DateTimeField, Field, QuerySet, UUIDField
from django.db.models.query import ModelIterable, ValuesListIterable, get_related_populators
from django.db.models.sql.compiler import SQLCompiler

#: Forms of one queryset that are kept compiled.
FORMS = 64
#: What a value is, and how the database is given one.
_FIELDS: Mapping[type, "Field[Any, Any]"] = {
    str: CharField(), int: BigIntegerField(), uuid.UUID: UUIDField(), datetime.datetime: DateTimeField()
}  # fmt: skip


def stand_in(name: str, kind: type) -> Any:
    """What stands for the value `name` while a queryset is built: a `str`, `int`, `UUID` or aware `datetime` like none."""
    digest = hashlib.sha256(f"the value {name}".encode()).digest()
    if kind is str:
        return f"\x00{name}"
    if kind is int:
        return -int.from_bytes(digest[:7])
    if kind is uuid.UUID:
        return uuid.UUID(bytes=digest[:16])
    return datetime.datetime(1, 1, 2, tzinfo=datetime.UTC) + datetime.timedelta(microseconds=int.from_bytes(digest[:4]))


class Prepared[R]:
    """A queryset by its form and its values.

    build: makes it of the form, by place, and of what stands for the values, by name; a value is compared as it is, in a
    `filter` or an expression, or sought by `__contains`, `__startswith` or `__endswith`. values: what each of them is:
    `str`, `int`, `UUID` or `datetime`; `UUID | None` for one that some forms do without.
    """

    def __init__(self, build: Callable[..., "QuerySet[Any, R]"], **values: type | UnionType) -> None:
        self._build = build
        self._values: dict[str, type] = {
            name: next(each for each in _FIELDS if each in (get_args(kind) or (kind,))) for name, kind in values.items()
        }
        self._needed = {name for name, kind in values.items() if not isinstance(kind, UnionType)}
        self._statement = functools.lru_cache(FORMS)(self._compiled)

    def rows(self, *form: Hashable, **values: Any) -> list[R]:
        """All rows: models with what `select_related` and `annotate` ask for, or tuples for a `values_list`.

        form: whatever else decides on the statement. values: one for each name. One statement; raises as a queryset.
        """
        return self._statement(connection.vendor, *form).rows(values)

    def cells(self, *form: Hashable, **values: Any) -> list[tuple[Any, ...]]:
        """As `rows`, but what the database gives, in the order of the columns: to be compared with what it gave before."""
        return self._statement(connection.vendor, *form).cells(values)

    def first(self, *form: Hashable, **values: Any) -> R | None:
        """The first of `rows`, of a queryset that gives few; None without any."""
        rows = self.rows(*form, **values)
        return rows[0] if rows else None

    def _compiled(self, _vendor: str, *form: Hashable) -> "_Statement[R]":
        standing = {name: stand_in(name, kind) for name, kind in self._values.items()}
        return _Statement(self._build(*form, **standing), standing, self._needed)


class _Statement[R]:
    def __init__(self, queryset: "QuerySet[Any, R]", standing: Mapping[str, Any], needed: Set[str]) -> None:
        compiler = queryset.query.get_compiler(using=queryset.db)
        self._locks = queryset.query.select_for_update
        self._sql, params = _sql_of(compiler)
        sent = {name: _sent(value) for name, value in standing.items()}
        self._params = [_Param.of(param, sent) for param in params]
        missing = needed - {param.name for param in self._params}
        if missing and self._sql:
            raise ValueError(f"a queryset leaves out or changes {sorted(missing)}: {self._sql}")
        self._converters = _converters(compiler) if self._sql else []
        self._made = _maker(queryset, compiler) if self._sql else _none

    def rows(self, values: Mapping[str, Any]) -> list[R]:
        return self._made(self._converted(row) for row in self.cells(values))

    def cells(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        if not self._sql:
            return []
        if self._locks and not connection.in_atomic_block:
            raise transaction.TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [param.sent(values) for param in self._params])
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def _converted(self, row: Sequence[Any]) -> list[Any]:
        cells = list(row)
        for place, converters, expression in self._converters:
            value = cells[place]
            for convert in converters:
                value = convert(value, expression, connection)
            cells[place] = value
        return cells


def _sql_of(compiler: SQLCompiler) -> tuple[str, Sequence[Any]]:
    """("", ()) for a queryset that can find nothing."""
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return "", ()
    return sql, params


def _sent(value: Any) -> Any:
    """A value as the database is given it; UUIDs and times differ from one to the next."""
    field = _FIELDS.get(type(value))
    return value if field is None else field.get_db_prep_value(value, connection)


def _none(_found: Iterable[Sequence[Any]]) -> list[Any]:
    return []


class _Param(NamedTuple):
    """One that the statement is sent: the value `name` (a text maybe within a pattern of LIKE), or the same each time."""

    name: str | None
    same: Any = None
    pattern: str = ""

    @classmethod
    def of(cls, param: Any, standing: Mapping[str, Any]) -> "_Param":
        for name, value in standing.items():
            if (type(value) is type(param) or (isinstance(value, int) and isinstance(param, int))) and value == param:
                return cls(name)
            if isinstance(value, str) and isinstance(param, str):
                sought = connection.ops.prep_for_like_query(value)
                if param.strip("%") == sought:
                    return cls(name, pattern=param.replace(sought, "{}"))
        return cls(None, param)

    def sent(self, values: Mapping[str, Any]) -> Any:
        if self.name is None:
            return self.same
        value = _sent(values[self.name])
        return self.pattern.format(connection.ops.prep_for_like_query(value)) if self.pattern else value


def _converters(compiler: SQLCompiler) -> list[tuple[int, Sequence[Callable[..., Any]], Any]]:
    """Of each column that is not taken as the database gives it: its place, and what makes a value of it."""
    expressions = [each[0] for each in compiler.select[: compiler.col_count]]
    return [(place, converters, each) for place, (converters, each) in compiler.get_converters(expressions).items()]


def _maker(queryset: "QuerySet[Any, Any]", compiler: SQLCompiler) -> Callable[[Iterable[Sequence[Any]]], list[Any]]:
    """What makes rows of converted cells, as the queryset's own iterable does."""
    kind: Any = queryset._iterable_class
    if kind is ValuesListIterable:
        return lambda found: [tuple(cells) for cells in found]
    if kind is not ModelIterable or compiler.klass_info is None:
        raise ValueError(f"rows of {kind.__name__} are not made here")
    info, select = compiler.klass_info, compiler.select
    model, columns = info["model"], info["select_fields"]
    first, end = columns[0], columns[-1] + 1
    names = [each[0].target.attname for each in select[first:end]]
    mode = queryset._fetch_mode  # type: ignore[attr-defined]
    related = get_related_populators(info, select, queryset.db, mode)
    noted = list((compiler.annotation_col_map or {}).items())

    def made(found: Iterable[Sequence[Any]]) -> list[Any]:
        rows = []
        for cells in found:
            row = model.from_db(queryset.db, names, cells[first:end], fetch_mode=mode)
            for each in related:
                each.populate(cells, row)
            for name, place in noted:
                setattr(row, name, cells[place])
            rows.append(row)
        return rows

    return made
