"""Primary keys: as a browser sends them, and reserved for rows that are named before they are stored."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, models

MOST_DIGITS = 18
"""Longer numbers are no key of ours, and the database would refuse to compare with them."""


def parse_pk(text: str | None) -> int | None:
    """The key that the text is; None for what can't be one."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


def parse_pks(texts: Iterable[str]) -> list[int]:
    """The keys among the texts; what can't be one is left out."""
    return [pk for text in texts if (pk := parse_pk(text)) is not None]


def reserve_pks(model: type[models.Model], count: int) -> list[int]:
    """So many keys of the model, that no other row will get."""
    with connection.cursor() as cursor:
        sequence = [model._meta.db_table, model._meta.pk.column, count]
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", sequence)
        return [pk for (pk,) in cursor.fetchall()]
