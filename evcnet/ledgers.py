"""Ledgers of counts: tables to which triggers add "so many more" by key, whose sums say how many rows there are of each.

Nobody changes a row of a ledger, so that writers never wait for one another on it. Reading sums; folding makes one row of
all of a key. What a ledger says is held against the rows that it counts, in one statement and so at one moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction

from evcnet.replica import connection_to_read

LOCK = 7_309_540
"""Of PostgreSQL's advisory locks: one folds or mends at a time."""


@dataclass(frozen=True)
class CountDifference:
    """A key whose sum differs from how many rows there are."""

    key: dict[str, Any]
    counted: int
    rows: int

    def __str__(self) -> str:
        facts = ", ".join(f"{name.removesuffix('_id')} {value}" for name, value in self.key.items())
        return f"{facts}: {self.counted:,} counted, {self.rows:,} there"


@dataclass(frozen=True)
class Ledger:
    """``rows`` is a query of what is counted: the columns of the key, in their order, and how many."""

    model: type[models.Model]
    rows: str

    @property
    def name(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @property
    def key(self) -> list[str]:
        return [each.name for each in self.model._meta.concrete_fields if each.name not in ("id", "number")]

    def differences(self) -> list[CountDifference]:
        """Of each key whose sum is not the number of its rows."""
        width = len(self.key)
        rows = _fetched(
            f"SELECT {self._columns}, counted, there FROM ({self._differing}) differing ORDER BY {self._columns}"
        )
        return [CountDifference(dict(zip(self.key, row, strict=False)), *row[width:]) for row in rows]

    def mend(self) -> None:
        """Add what is missing. Writers go on meanwhile: each of them is in both, or in neither."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute(
                f"INSERT INTO {self._table} ({self._columns}, number) SELECT {self._columns}, there - counted"
                f" FROM ({self._differing}) differing"
            )

    def fold(self) -> int:
        """Make one row of all of a key, and none where they come to nothing; returns how many were folded.

        Rows that are being written are left for the next time, and nobody waits.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return 0
            cursor.execute(self._folding)
            return int(cursor.fetchone()[0])

    @property
    def _table(self) -> str:
        return connection.ops.quote_name(self.model._meta.db_table)

    @property
    def _columns(self) -> str:
        return ", ".join(self.key)

    @property
    def _differing(self) -> str:
        return f"""SELECT {self._columns}, sum(counted)::bigint AS counted, sum(there)::bigint AS there FROM (
            SELECT {self._columns}, number AS counted, 0 AS there FROM {self._table}
            UNION ALL SELECT {self._columns}, 0, number FROM ({self.rows}) rows ({self._columns}, number)
        ) side GROUP BY {self._columns} HAVING sum(counted) <> sum(there)"""

    @property
    def _folding(self) -> str:
        return f"""WITH several AS (
            SELECT id FROM (
                SELECT id, count(*) OVER (PARTITION BY {self._columns}) AS many, number FROM {self._table}
            ) entry WHERE many > 1 OR number = 0
        ), folded AS (
            DELETE FROM {self._table} WHERE id IN (
                SELECT id FROM {self._table} WHERE id IN (SELECT id FROM several) FOR UPDATE SKIP LOCKED
            ) RETURNING {self._columns}, number
        ), sums AS (
            INSERT INTO {self._table} ({self._columns}, number)
            SELECT {self._columns}, sum(number) FROM folded GROUP BY {self._columns} HAVING sum(number) <> 0
        ) SELECT count(*) FROM folded"""


def _fetched(statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection_to_read().cursor() as cursor:
        cursor.execute(statement, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
