"""A column for long texts that are written by the thousand."""

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Columns, Statement, Table


class LongTextField(models.TextField):  # type: ignore[type-arg]  # the same text as its parent
    """A TextField whose values are sent as they are.

    On PostgreSQL Django sends many rows as arrays (UNNEST), in which every quote and line end of a value is escaped in
    Python: for the stored documents of an import two thirds of what the client did.
    """

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """To migrations it is a TextField: the column is the same."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    # Django's signature
    def get_placeholder_sql(self, value: Any, compiler: Any, connection: Any) -> tuple[str, Any]:  # noqa: ARG002
        """The placeholder of one value, which makes Django write VALUES (see its SQLInsertCompiler)."""
        if hasattr(value, "as_sql"):
            sql, params = compiler.compile(value)
            return sql, params
        return "%s", (value,)


def compress_with_lz4(schema_editor: BaseDatabaseSchemaEditor, table: str, *columns: str) -> None:
    """On PostgreSQL built with it, new values of `columns` are compressed by lz4, several times faster than by default."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
        row = cursor.fetchone()
    if row and row[0]:
        for column in columns:
            schema_editor.execute(
                Statement(
                    "ALTER TABLE %(table)s ALTER COLUMN %(column)s SET COMPRESSION lz4",
                    table=Table(table, schema_editor.quote_name),
                    column=Columns(table, [column], schema_editor.quote_name),
                )
            )
