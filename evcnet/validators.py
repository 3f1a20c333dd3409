"""Validators of codes and names: which signs they may hold (docs/terms.md, Codes and names)."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from evcnet.codes import foreign_sign, is_visible

REMEDY = "delete it, or type the whole again in plain letters and digits"


def validate_code(code: str) -> None:
    """Codes and numbers: signs that are what they look like."""
    _refuse_marks_around(code)
    validate_print(code)


def validate_print(text: str) -> None:
    """What is printed on a card, which may have blanks around it."""
    _refuse_foreign_sign(text, ascii_only=False)


def validate_key(code: str) -> None:
    """Uids, identities and EVSE IDs: printable ASCII, with a letter or digit, since separators don't count."""
    _refuse_marks_around(code)
    _refuse_foreign_sign(code, ascii_only=True)
    if not any(map(str.isalnum, code)):
        raise ValidationError("It has neither a letter nor a digit: write at least one.")


def validate_name(name: str) -> None:
    """A name that nobody sees is none."""
    if not is_visible(name):
        raise ValidationError("Nothing of it can be seen: write at least one letter, digit or sign.")


def _refuse_marks_around(code: str) -> None:
    if code != code.strip():
        raise ValidationError("A code neither begins nor ends with a space.")
    if code.startswith("'"):
        raise ValidationError("It begins with an apostrophe, by which spreadsheets mark text: delete the apostrophe.")


def _refuse_foreign_sign(code: str, *, ascii_only: bool) -> None:
    sign = foreign_sign(code, ascii_only=ascii_only)
    if sign is not None:
        raise ValidationError(f"It holds {sign}: {REMEDY}.")
