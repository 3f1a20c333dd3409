"""Writes of terms and exceptions. Nothing else writes them: the database refuses others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from chargegroups.models import ChargeGroup, CustomerException, Terms
from evcnet.datetimes import database_clock
from tariffs.writes import allow_terms_write

EXCEPTION_COLUMNS = ("access", "tariff_id", "valid_from", "valid_until", "note")
"""What an exception says of its customer in its charge group."""


def create_group(group: ChargeGroup, *, valid_from: datetime | None = None, **terms: Any) -> Terms:
    """Save a new charge group with its first terms, in force from ``valid_from`` (past or future) or from now."""
    with allow_terms_write():
        group.save()
        return Terms.objects.create(
            provider_id=group.provider_id, charge_group=group, valid_from=valid_from or database_clock(), **terms
        )


def save_exception(exception: CustomerException) -> CustomerException:
    """Add or edit the one exception of a customer in a charge group."""
    with allow_terms_write():
        exception.full_clean()
        exception.save()
    return exception


def put_exceptions(exceptions: Iterable[CustomerException]) -> None:
    """Add or edit the exceptions of many customers, whose fields were checked, in few statements."""
    with allow_terms_write():
        CustomerException.objects.bulk_create(
            exceptions,
            batch_size=1_000,
            update_conflicts=True,
            unique_fields=["charge_group", "customer"],
            update_fields=["access", "tariff", "valid_from", "valid_until", "note"],
        )


def put_exceptions_from(table: str, provider: int, first: int, last: int) -> None:
    """The same of the provider's rows of a table of like columns, from one ``row_number`` to another, by one statement."""
    columns = ", ".join(("provider_id", "charge_group_id", "customer_id", *EXCEPTION_COLUMNS))
    with allow_terms_write(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO chargegroups_customerexception ({columns}) SELECT {columns} FROM {table}"
            " WHERE row_number BETWEEN %s AND %s AND provider_id = %s ORDER BY row_number"
            " ON CONFLICT (charge_group_id, customer_id) DO UPDATE"
            f" SET {', '.join(f'{name} = EXCLUDED.{name}' for name in EXCEPTION_COLUMNS)}",
            [first, last, provider],
        )
