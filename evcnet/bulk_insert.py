"""Insertion and update of many rows by few statements: COPY into a temporary table, and one statement from there.

A COPY straight into a table with a history would lose who did it, which only statements carry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

from evcnet.signals import rows_changed


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Within a transaction. JSON is given as text; columns that are not named take their default of the database."""
    table, names = model._meta.db_table, ", ".join(columns)
    stage = f"new_{table}"
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {stage} ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA"
        )
        cursor.execute(f"TRUNCATE {stage}")
        with cursor.copy(f"COPY {stage} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {stage}")


def update_rows(model: type[models.Model], columns: Sequence[str], instances: Sequence[models.Model]) -> None:
    """Write these columns of stored rows by one statement, within a transaction, and tell of it."""
    table, names = model._meta.db_table, ", ".join(["id", *columns])
    stage = f"changed_{table}"
    fields: list[Any] = [next(each for each in model._meta.concrete_fields if each.column == name) for name in columns]
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {stage} ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA"
        )
        cursor.execute(f"TRUNCATE {stage}")
        with cursor.copy(f"COPY {stage} ({names}) FROM STDIN") as copy:
            for each in instances:
                copy.write_row([each.pk, *(field.get_prep_value(field.value_from_object(each)) for field in fields)])
        values = ", ".join(f"{name} = {stage}.{name}" for name in columns)
        cursor.execute(f"UPDATE {table} SET {values} FROM {stage} WHERE {table}.id = {stage}.id")
    rows_changed.send(model, keys=[each.pk for each in instances])


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """Ids for so many new rows, in ascending order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return sorted(row[0] for row in cursor.fetchall())


def refresh_statistics(model: type[models.Model], growth: int) -> bool:
    """Before other rows point at the first of ``growth`` new ones: let PostgreSQL see that the table is no longer empty.

    False where it is to be tried again after more rows, since somebody, such as the autovacuum, held the table. How a foreign key is looked up is planned once for a connection. A plan made for an empty table may read all rows of the provider
    for each row that points at one of them.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        before = _estimated_rows(cursor, table)
        if before >= growth:
            return True
        cursor.execute(f"ANALYZE (SKIP_LOCKED) {table}")
        return _estimated_rows(cursor, table) != before


def _estimated_rows(cursor: Any, table: str) -> float:
    cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
    return float(cursor.fetchone()[0])
