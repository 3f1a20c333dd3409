"""Counts of related rows for lists, up to a bound past which nobody reads on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, models

from evcnet.replica import connection_to_read

BOUND = 1000

_COUNT = """
SELECT wanted.id, (SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {column} = wanted.id LIMIT %s) AS bounded)
FROM unnest(%s::bigint[]) AS wanted (id)
"""


def bounded_counts(model: type[models.Model], field: str, owners: Iterable[Any]) -> dict[Any, str]:
    """In words, by the id of the row that ``field`` points at: "0", "24", "more than 1,000"."""
    quote = connection.ops.quote_name
    (column,) = (each.column for each in model._meta.concrete_fields if each.name == field and each.column)
    statement = _COUNT.format(table=quote(model._meta.db_table), column=quote(column))
    with connection_to_read().cursor() as cursor:
        cursor.execute(statement, [BOUND + 1, [owner.pk for owner in owners]])
        return {pk: f"more than {BOUND:,}" if count > BOUND else f"{count:,}" for pk, count in cursor.fetchall()}
