"""Stage: a temporary table of the new rows of a file, from which they come into their own table by few statements.

A COPY straight into a table with a history would lose who did it, which only statements carry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models, transaction

NUMBER = "row_number"


class Stage:
    """Of one model and one transaction. ``columns`` are those that the rows say; it has their types and, unless it is
    ``unchecked``, the checks of the table, so that what is good here is good there but for keys and foreign keys."""

    def __init__(self, model: type[models.Model], columns: Sequence[str], *, unchecked: bool = False) -> None:
        self.model, self.columns, self._unchecked = model, columns, unchecked
        self.table = f"stage_{model._meta.db_table}"
        others = [each for each in model._meta.concrete_fields if each.column not in columns]
        self._dropped = [each.column for each in others]
        own = [each for each in others if not each.primary_key and each.db_default is models.NOT_PROVIDED]
        defaults = {str(each.column): each.get_default() for each in own}
        self._defaults = {column: value for column, value in defaults.items() if value is not None}
        self._names = ", ".join(columns)
        self.is_empty = True

    def create(self) -> None:
        """Once there is a row for it, since of a small file there is often none, and outside of what may be undone alone."""
        if not self.is_empty:
            return
        self.is_empty = False
        like = f"LIKE {self.model._meta.db_table}{'' if self._unchecked else ' INCLUDING CONSTRAINTS'}"
        drops = "".join(f", DROP COLUMN {each}" for each in self._dropped)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {self.table}")
            cursor.execute(f"CREATE TEMPORARY TABLE {self.table} ({like}) ON COMMIT DROP")
            cursor.execute(f"ALTER TABLE {self.table} ADD COLUMN {NUMBER} integer NOT NULL{drops}")
            cursor.execute(f"CREATE INDEX ON {self.table} ({NUMBER})")

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Each row is its number in the file and its columns. None is kept where one is refused by the table's checks."""
        self.create()
        sql = f"COPY {self.table} ({NUMBER}, {self._names}) FROM STDIN"
        with (
            transaction.atomic(),
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(sql) as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def insert(self, provider: int, first: int, last: int) -> None:
        """Write the rows of a provider from one number to another."""
        names = ", ".join([self._names, *self._defaults])
        values = ", ".join([self._names, *(["%s"] * len(self._defaults))])
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self.model._meta.db_table} ({names}) SELECT {values} FROM {self.table} "
                f"WHERE {NUMBER} BETWEEN %s AND %s AND provider_id = %s ORDER BY {NUMBER}",
                [*self._defaults.values(), first, last, provider],
            )
