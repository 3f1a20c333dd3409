"""What did an action on many rows do, what could it not do, and why?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import models, transaction

from evcnet.errors import REFUSALS, refusal_of


class Remark(NamedTuple):
    """Something to say of one row: the reason and the way out, in whole sentences."""

    row: Any
    text: str


@dataclass(frozen=True)
class Outcome:
    """Each row that was given is in one of done, unchanged and refused. ``noted`` says more of rows that were done."""

    done: tuple[Any, ...] = ()
    unchanged: tuple[Any, ...] = ()
    refused: tuple[Remark, ...] = ()
    noted: tuple[Remark, ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.done + other.done,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
            self.noted + other.noted,
        )


def change_rows(
    rows: models.QuerySet[Any],
    values: dict[str, Any],
    *,
    unchanged: Callable[[Any], bool],
    refused: Callable[[Any], str] = lambda row: "",
) -> Outcome:
    """Set ``values`` on all rows for which ``refused`` gives no reason. Rows of the outcome are as they were before."""
    with transaction.atomic():
        locked = list(rows.select_for_update(of=("self",)))
        same = tuple(row for row in locked if unchanged(row))
        skipped = set(same)
        reasons = {row: refused(row) for row in locked if row not in skipped}
        remarks = tuple(Remark(row, reason) for row, reason in reasons.items() if reason)
        return Outcome((), same, remarks) + _write([row for row, reason in reasons.items() if not reason], values)


def _write(rows: list[Any], values: dict[str, Any]) -> Outcome:
    """One statement for all; where the database refuses it, halves, until the rows that it refuses are found."""
    if not rows:
        return Outcome()
    model = type(rows[0])
    try:
        with transaction.atomic():
            model._default_manager.filter(pk__in=[row.pk for row in rows]).update(**values)
    except REFUSALS as error:
        if len(rows) == 1:
            return Outcome(refused=(Remark(rows[0], refusal_of(error).message),))
        middle = len(rows) // 2
        return _write(rows[:middle], values) + _write(rows[middle:], values)
    return Outcome(done=tuple(rows))
