"""Many rows of one table at once, the way an import writes; and one as cheaply as one can be."""

from collections.abc import Callable, Iterable, Sequence
from itertools import batched
from operator import attrgetter
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.db.models import AutoField, Model
from django.db.models.expressions import DatabaseDefault

from nexus.statements.single import insert_one, update_one

#: Rows a statement, and how many there must be until PostgreSQL's COPY is worth another path through the code.
_AT_ONCE, _FEW = 200, 20


def insert_many[M: Model](model: type[M], rows: Iterable[M], *, ignore_conflicts: bool = False) -> None:
    """Inserts `rows`, taking a few hundred of them at a time; a key that the database counts up itself is not filled in.

    ignore_conflicts: a row whose key is there already is left out. PostgreSQL is sent COPY: Django's INSERT of very many
    values, quoted one by one in Python, took a third of what an import does besides parsing. Raises as bulk_create.
    """
    for some in batched(rows, _AT_ONCE, strict=False):
        if len(some) == 1:
            insert_one(some[0], unless_there=ignore_conflicts)
            continue
        if connection.vendor != "postgresql" or len(some) < _FEW or _leaves_something_to_the_database(model, some):
            model._default_manager.bulk_create(some, ignore_conflicts=ignore_conflicts)
            continue
        try:
            with transaction.atomic(savepoint=ignore_conflicts):
                _copy(model, some)
        except IntegrityError:
            if not ignore_conflicts:
                raise
            model._default_manager.bulk_create(some, ignore_conflicts=True)


def _leaves_something_to_the_database(model: type[Model], rows: Iterable[Model]) -> bool:
    """Whether a row has no value for a column whose default is the database's: only an INSERT can say DEFAULT."""
    names = [field.attname for field in model._meta.concrete_fields if field.has_db_default()]
    return any(isinstance(getattr(row, name), DatabaseDefault) for name in names for row in rows)


def update_many[M: Model](model: type[M], rows: Sequence[M], fields: Sequence[str], *, batch_size: int) -> None:
    """Writes `fields` of `rows`. A single row, as a save has it, goes without the CASE of each field that Django writes for
    many: compiling that took a tenth of a save."""
    if len(rows) == 1:
        update_one(model, rows[0].pk, {name: rows[0].serializable_value(name) for name in fields})
    elif rows:
        model._default_manager.bulk_update(rows, fields, batch_size=batch_size)


#: Fields whose values psycopg sends as they are: asking each of them what it would send costs more than sending it.
_PLAIN = (models.CharField, models.TextField, models.IntegerField, models.FloatField, models.BooleanField, models.UUIDField,
          models.ForeignKey)  # fmt: skip


def _value_of(field: "models.Field[Any, Any]") -> Callable[[Model], Any]:
    """What reads a field's value of a row as it is to be sent."""
    if isinstance(field, _PLAIN):
        return attrgetter(field.attname)
    return lambda row: field.get_db_prep_save(field.pre_save(row, add=True), connection)


def _copy[M: Model](model: type[M], rows: Iterable[M]) -> None:
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    statement = f"COPY {quoted(model._meta.db_table)} ({columns}) FROM STDIN"
    values = [_value_of(field) for field in fields]
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([value(row) for value in values])
