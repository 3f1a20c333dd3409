"""Domain errors, and what a refusal of the database means to the person whose change it refused."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models

from evcnet.constraints import WithinProvider

FOREIGN_KEY_VIOLATION = "23503"
WAYS_OUT = {
    "guard_home_roaming": "switch roaming off first, or choose type Other",
    "guard_social_netherlands": "place them there, or switch social charging off first",
    "guard_one_currency": "choose a tariff in the currency of the group's",
    "guard_prepaid_roaming": "switch it off first",
    "guard_active_admin": "make another login a provider admin first",
}
"""What to do where a trigger over several tables says only what the rule is."""


@dataclass(frozen=True)
class Refusal:
    """Why a change was not made: the message, and the field where it belongs, if one is known."""

    message: str
    field: str | None = None


class DomainError(Exception):
    """A rule refuses the change; its transaction is undone."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.refusal = Refusal(message, field)


REFUSALS = (DomainError, ValidationError, IntegrityError, DataError, models.ProtectedError)
"""What a change may raise and a page should say instead of failing."""


def refusal_of(error: Exception) -> Refusal:
    """The refusal in words: those of the rule, of the constraint, or of the trigger that raised it."""
    if isinstance(error, DomainError):
        return error.refusal
    if isinstance(error, ValidationError):
        return Refusal(" ".join(error.messages))
    if isinstance(error, models.ProtectedError):
        return Refusal(_in_use(error))
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None:
        return Refusal(str(error))
    return _of_database(diagnosis)


def _of_database(diagnosis: Any) -> Refusal:
    known = _constraints().get(diagnosis.constraint_name or "")
    if known is not None:
        return known
    if diagnosis.sqlstate == FOREIGN_KEY_VIOLATION:
        return Refusal("Something else still uses this: see what it is, and detach or remove that first.")
    if diagnosis.sqlstate and diagnosis.sqlstate.startswith("22"):
        return Refusal("A value is too long, too large or not of its kind: check what you typed.")
    message, way_out = diagnosis.message_primary, WAYS_OUT.get(diagnosis.constraint_name or "")
    if message and way_out:
        message = f"{message.removesuffix('.')}: {way_out}."
    return Refusal(message or "The database refused this.", diagnosis.column_name)


def _in_use(error: models.ProtectedError) -> str:
    users = sorted({str(row) for row in error.protected_objects})
    more = f" and {len(users) - 5} more" if len(users) > 5 else ""
    return f"Still in use by {', '.join(users[:5])}{more}."


@cache
def _constraints() -> dict[str, Refusal]:
    """The message of every constraint that the models declare, by its name in the database."""
    declared = [(model, each) for model in apps.get_models() for each in model._meta.constraints]
    return {each.name: _of_constraint(model, each) for model, each in declared}


def _of_constraint(model: type[models.Model], constraint: models.BaseConstraint) -> Refusal:
    if isinstance(constraint, WithinProvider):
        verbose = model._meta.get_field(constraint.field).verbose_name  # type: ignore[union-attr]
        return Refusal(f"Choose a {verbose} of the same provider.", constraint.field)
    fields = getattr(constraint, "fields", ())
    return Refusal(str(constraint.get_violation_error_message()), fields[-1] if fields else None)
