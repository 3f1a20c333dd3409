"""Partitions by time: those of a table that are older than what is kept, and their end."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction


def partitions_before(table: str, first: str) -> list[str]:
    """The partitions whose names end with a time before ``first``, which is written as they are: 202511, or 20251130."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table])
        names = [name for (name,) in cursor.fetchall()]
    return sorted(name for name in names if name.rpartition("_")[2] < first)


@transaction.atomic
def drop_days_before(table: str, first: datetime) -> None:
    """Drop the days before that of ``first``; waits five seconds at most for who reads them."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        for name in partitions_before(table, f"{first:%Y%m%d}"):
            cursor.execute(f"DROP TABLE {name}")
