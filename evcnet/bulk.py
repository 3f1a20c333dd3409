"""Bulk changes: which of many rows were changed, which not, and why; writes that find out which rows are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from django.db import models, transaction

from evcnet.errors import REFUSALS, refusal_of
from evcnet.signals import rows_changed

T = TypeVar("T")


class RowMessage(NamedTuple):
    """Something to say of one row: the reason and the way out, in whole sentences."""

    row: models.Model
    text: str


@dataclass(frozen=True)
class BulkResult:
    """Each row that was given is in one of changed, unchanged and refusals. ``notes`` say more of changed rows."""

    changed: tuple[Any, ...] = ()
    unchanged: tuple[Any, ...] = ()
    refusals: tuple[RowMessage, ...] = ()
    notes: tuple[RowMessage, ...] = ()

    def __add__(self, other: BulkResult) -> BulkResult:
        return BulkResult(
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.refusals + other.refusals,
            self.notes + other.notes,
        )


def change_rows(
    rows: models.QuerySet[Any],
    values: dict[str, Any],
    *,
    is_unchanged: Callable[[Any], bool],
    why_not: Callable[[Any], str] = lambda row: "",
) -> BulkResult:
    """Set ``values`` on all rows for which ``why_not`` gives no reason. Rows of the result are as they were before."""
    with transaction.atomic():
        locked = list(rows.select_for_update(of=("self",)))
        unchanged = tuple(row for row in locked if is_unchanged(row))
        same = set(unchanged)
        reasons = {row: why_not(row) for row in locked if row not in same}
        refusals = [RowMessage(row, reason) for row, reason in reasons.items() if reason]
        good = [row for row, reason in reasons.items() if not reason]

        def write(part: Sequence[Any]) -> None:
            type(part[0])._default_manager.filter(pk__in=[row.pk for row in part]).update(**values)

        refusals += [RowMessage(row, refusal_of(error).message) for row, error in write_in_halves(good, write)]
        refused = {each.row for each in refusals}
        changed = tuple(row for row in good if row not in refused)
        if changed:
            rows_changed.send(rows.model, keys=[row.pk for row in changed])
    return BulkResult(changed, unchanged, tuple(refusals))


def write_in_halves(rows: Sequence[T], write: Callable[[Sequence[T]], None]) -> list[tuple[T, Exception]]:
    """Write all rows at once; where that is refused, halves, until the rows that are refused are found.

    Returns these, each with what was raised; the others are written. Passes on what is none of REFUSALS.
    """
    if not rows:
        return []
    try:
        with transaction.atomic():
            write(rows)
    except REFUSALS as error:
        if len(rows) == 1:
            return [(rows[0], error)]
        middle = len(rows) // 2
        return write_in_halves(rows[:middle], write) + write_in_halves(rows[middle:], write)
    return []
