"""One row by one statement that is written once: what `Model.save` does beside it costs more than the database takes."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import AutoField, Model
from django.db.models.constants import OnConflict
from django.db.models.expressions import DatabaseDefault


def insert_one(row: Model, *, unless_there: bool = False) -> None:
    """Inserts `row`. A key that the database counts up is filled in; what else is left to the database is not read back.

    unless_there: a row whose key is there already is left out. One statement, no signals; raises as `save`.
    """
    model = type(row)
    values = [(field, field.pre_save(row, add=True)) for field in _fields(model)]
    given = [(field, value) for field, value in values if not isinstance(value, DatabaseDefault)]
    sql = _insertion(connection.vendor, model, tuple(field for field, _ in given), unless_there)
    with connection.cursor() as cursor:
        cursor.execute(sql, [field.get_db_prep_save(value, connection) for field, value in given])
        if _is_counted(model) and not unless_there:
            row.pk = cursor.fetchone()[0] if _returns() else cursor.lastrowid
    row._state.adding, row._state.db = False, connection.alias


def update_one(model: type[Model], key: Any, values: Mapping[str, Any]) -> None:
    """Sets the fields of the row whose primary key is `key`; a value is what the field's `attname` holds. One statement."""
    fields = [model._meta.get_field(name) for name in values]
    sql = _update(connection.vendor, model, tuple(values))
    params = [field.get_db_prep_save(value, connection) for field, value in zip(fields, values.values(), strict=True)]  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, model._meta.pk.get_db_prep_value(key, connection)])


@functools.cache
def _fields(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]


def _is_counted(model: type[Model]) -> bool:
    return isinstance(model._meta.pk, AutoField)


def _returns() -> bool:
    return connection.features.can_return_columns_from_insert


@functools.lru_cache(256)
def _insertion(_vendor: str, model: type[Model], fields: Sequence[Any], unless_there: bool) -> str:
    quoted = connection.ops.quote_name
    rule = OnConflict.IGNORE if unless_there else None
    columns, places = ", ".join(quoted(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    parts = [
        connection.ops.insert_statement(on_conflict=rule),
        quoted(model._meta.db_table),
        f"({columns}) VALUES ({places})",
    ]
    if unless_there:
        parts.append(connection.ops.on_conflict_suffix_sql(fields, rule, [], []))
    elif _is_counted(model) and _returns():
        parts.append(f"RETURNING {quoted(str(model._meta.pk.column))}")
    return " ".join(parts)


@functools.lru_cache(256)
def _update(_vendor: str, model: type[Model], names: tuple[str, ...]) -> str:
    quoted = connection.ops.quote_name
    columns = [quoted(str(model._meta.get_field(name).column)) for name in names]  # type: ignore[union-attr]
    key = quoted(str(model._meta.pk.column))
    return f"UPDATE {quoted(model._meta.db_table)} SET {', '.join(f'{c} = %s' for c in columns)} WHERE {key} = %s"  # noqa: S608
