"""Staged exceptions: the rows of a file that stand in its stage, as a change proposes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Model

from changes.proposals import CustomerName, ProposedException
from chargegroups.models import ChargeGroup
from evcnet.importexport.stage import NUMBER, Stage
from tariffs.models import Tariff

FETCHED = 2_000  # rows
COLUMNS = "provider_id, charge_group_id, customer_id, c.number, access, tariff_id, valid_from, valid_until, note"

ByNumber = dict[int, ProposedException]
"""Exceptions by the numbers of their rows, in ascending order."""


def staged_exceptions(stage: Stage) -> dict[int, ByNumber]:
    """All of them by provider. Of a customer, of whom there may be very many, no more is read than a change says."""
    staged: dict[int, ByNumber] = defaultdict(dict)
    if stage.is_empty:
        return staged
    groups, tariffs = _pointed_at(stage, ChargeGroup, "charge_group_id"), _pointed_at(stage, Tariff, "tariff_id")
    for number, provider, group, customer, name, access, tariff, *others in _rows(stage):
        staged[provider][number] = ProposedException(
            groups[group], CustomerName(customer, name), access, tariffs.get(tariff), *others
        )
    return staged


def _pointed_at(stage: Stage, model: type[Model], column: str) -> dict[int, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT {column} FROM {stage.table} WHERE {column} IS NOT NULL")
        return model._base_manager.in_bulk([pk for (pk,) in cursor.fetchall()])


def _rows(stage: Stage) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT {NUMBER}, {COLUMNS} FROM {stage.table} s"
            f" JOIN (SELECT id, number FROM customers_customer) c ON c.id = s.customer_id ORDER BY {NUMBER}"
        )
        while rows := cursor.fetchmany(FETCHED):
            yield from rows
