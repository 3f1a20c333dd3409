"""What may stand in a cell, and how is it written? One class a sort of value; a refusal names the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django_countries import countries

from evcnet.datetimes import NotAMoment, read_moment
from evcnet.errors import DomainError
from evcnet.importexport.problems import listed, quoted

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+", re.ASCII)


class Column:
    """Free text. ``default`` is what an empty cell means, and what a new row has whose file lacks the column.

    ``takes`` and ``needed`` describe the column to people; ``needed`` follows from the default unless it is given.
    """

    takes = "text"
    free_text = True  # what could begin like a formula

    def __init__(
        self, name: str, *, field: str = "", required: bool = False, default: Any = "", needed: str = ""
    ) -> None:
        self.name, self.field, self.required, self.default = name, field or name, required, default
        otherwise = self.write(default, UTC, bool)
        self.needed = needed or ("required" if required else f"else {otherwise}" if otherwise else "optional")

    def parse(self, cell: str, row: Any) -> Any:
        """The value that the cell stands for, in the given row. Raises DomainError."""
        return cell.strip(" ")  # what people type by accident; other signs may be meant

    def write(self, value: Any, zone: tzinfo, shows: Callable[[Any], bool]) -> str:
        """The cell for a value. ``shows`` says whether a row that is pointed at may be named."""
        return "" if value is None else str(value)

    def of(self, thing: Any) -> Any:
        return getattr(thing, self.field)


class Code(Column):
    """A word by which rows are known. ``capitals`` are written as such, whatever was typed."""

    def __init__(self, name: str, *, capitals: bool = False, **options: Any) -> None:
        super().__init__(name, **options)
        self.capitals = capitals

    def parse(self, cell: str, row: Any) -> str:
        return cell.strip().upper() if self.capitals else cell.strip()


class Email(Column):
    takes = "e-mail address"

    def parse(self, cell: str, row: Any) -> str:
        try:
            validate_email(cell.strip())
        except ValidationError as error:
            raise DomainError(f"{quoted(cell)} is not an e-mail address: write it like name@example.org.") from error
        return cell.strip()


class Country(Code):
    takes = "two letters of ISO 3166, such as NL"

    def parse(self, cell: str, row: Any) -> str:
        code = cell.strip().upper()
        if code not in countries:
            raise DomainError(f"{quoted(cell)} is not a country: write its two letters of ISO 3166, such as NL.")
        return code

    def of(self, thing: Any) -> str:
        return str(super().of(thing))


class Choice(Column):
    def __init__(self, name: str, choices: Collection[str], **options: Any) -> None:
        super().__init__(name, **options)
        self.choices = {str(choice).lower(): str(choice) for choice in choices}
        self.takes = listed(list(self.choices.values()))

    def parse(self, cell: str, row: Any) -> str:
        choice = self.choices.get(cell.strip().lower())
        if choice is None:
            raise DomainError(f"{quoted(cell)} is not known: write {listed(list(self.choices.values()))}.")
        return choice


class Flag(Column):
    takes = "true or false"

    def __init__(self, name: str, *, default: bool | None = False, **options: Any) -> None:
        super().__init__(name, default=default, **options)

    def parse(self, cell: str, row: Any) -> bool:
        answer = {"true": True, "false": False}.get(cell.strip().lower())
        if answer is None:
            raise DomainError(f"{quoted(cell)} is neither true nor false: write one of the two.")
        return answer

    def write(self, value: Any, zone: tzinfo, shows: Callable[[Any], bool]) -> str:
        return "" if value is None else str(value).lower()


class Moment(Column):
    """ISO 8601; without an offset it is the provider's wall clock. Kept in UTC: two wall times of one zone are compared
    without its clock, and one in an hour that the clock repeats equals no other moment."""

    takes = "time, such as 2026-12-01T09:00; without an offset in the provider’s time zone"

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **{"default": None} | options)

    def parse(self, cell: str, row: Any) -> datetime:
        return self._local(cell, row).astimezone(UTC)

    def _local(self, cell: str, row: Any) -> datetime:
        try:
            return read_moment(cell, lambda: row.zone)
        except NotAMoment as error:
            raise DomainError(str(error)) from error

    def write(self, value: datetime | None, zone: tzinfo, shows: Callable[[Any], bool]) -> str:
        return "" if value is None else value.astimezone(zone).isoformat()


class Number(Column):
    """A decimal of at least ``least`` and at most ``most``. More decimals than ``decimals`` are refused, or rounded."""

    free_text = False

    def __init__(
        self,
        name: str,
        *,
        decimals: int,
        most: int,
        least: int = 0,
        rounded: bool = False,
        what: str = "",
        **options: Any,
    ) -> None:
        super().__init__(name, **{"default": None} | options)
        self.decimals, self.least, self.most, self.rounded, self.what = decimals, least, most, rounded, what
        self.takes = f"number, {what}" if what else "number"

    def parse(self, cell: str, row: Any) -> Decimal:
        number = self._read(cell)
        if not self.least <= number <= self.most:
            limits = f"from {self.least:,} to {self.most:,}"
            raise DomainError(
                f"{quoted(cell)} is out of reach: write a number {limits}{self.what and f' ({self.what})'}."
            )
        kept = round(number, self.decimals)
        if kept != number and not self.rounded:
            wrong = f"has more than {self.decimals} decimals" if self.decimals else "is not a whole number"
            raise DomainError(f"{quoted(cell)} {wrong}: round it.")
        return kept

    def _read(self, cell: str) -> Decimal:
        text = cell.strip()
        if _COMMA.fullmatch(text) and len(text) <= 40:
            raise DomainError(
                f"{quoted(text)} is not a number: the decimal sign is a point, so write {text.replace(',', '.')}."
            )
        if not _NUMBER.fullmatch(text) or len(text) > 40:
            raise DomainError(
                f"{quoted(text)} is not a number: write digits, and a point as decimal sign, such as 0.35."
            )
        return Decimal(text)

    def write(self, value: Any, zone: tzinfo, shows: Callable[[Any], bool]) -> str:
        return "" if value is None else format(Decimal(value).normalize(), "f")


class Whole(Number):
    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, decimals=0, **options)

    def parse(self, cell: str, row: Any) -> Any:
        return int(super().parse(cell, row))


class Reference(Column):
    """Another row of the same provider, by its code or number. Another provider's is as unknown as none at all.

    ``folded``: by a word that is unique whatever its letter case, so that case doesn't matter here either.
    """

    def __init__(self, name: str, model: Any, *, by: str = "code", folded: bool = False, **options: Any) -> None:
        super().__init__(name, **{"default": None} | options)
        self.model, self.by, self.folded = model, by, folded
        self.takes = f"{by} of a {model._meta.verbose_name}"

    def parse(self, cell: str, row: Any) -> Any:
        found = row.known.get((self.model, row.provider.pk, self.key(cell.strip())))
        if found is None:
            what = self.model._meta.verbose_name
            raise DomainError(
                f"There is no {what} {quoted(cell)} here: correct the {self.by}, or import the {what} first."
            )
        return found

    def key(self, word: str) -> str:
        """The word as it is looked up."""
        return word.upper() if self.folded else word

    def write(self, value: Any, zone: tzinfo, shows: Callable[[Any], bool]) -> str:
        return "" if value is None or not shows(value) else str(getattr(value, self.by))
