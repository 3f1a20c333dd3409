"""What did an action on many rows do, what could it not do, and why?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, models


@dataclass(frozen=True)
class Remark:
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


def refusal_of(error: IntegrityError, model: type[models.Model]) -> str:
    """What the database refused, in words for people: the constraint's own message, or that of a guard."""
    said = getattr(error.__cause__, "diag", None)
    name = said.constraint_name if said else None
    for constraint in model._meta.constraints:
        if constraint.name == name:
            return str(constraint.get_violation_error_message())
    if said is not None and said.sqlstate == "23514" and (name or "").startswith("guard_"):
        return str(said.message_primary)
    return "Something else changed at the same time: look again, and try once more."
