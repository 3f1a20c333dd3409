"""Widgets of the CSV columns: each reads and writes the cells of one sort of value, for django-import-export.

``clean`` raises ValueError with a message that names the remedy. ``render`` is given the provider's time zone as
``zone`` and the ``scope``, which says whether a row that is pointed at may be named.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime, tzinfo
from datetime import timezone as FixedOffset
from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Model
from django_countries import countries
from import_export import widgets

from evcnet.booleans import BOOLEANS
from evcnet.datetimes import read_moment
from evcnet.importexport.row_errors import alternatives, quoted
from evcnet.importexport.rows import Row

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+", re.ASCII)


class TextWidget(widgets.Widget):
    """Free text. ``takes`` describes the cell to people, ``empty`` is what an empty one means unless the field says
    otherwise, and ``free_text`` whether it could begin like a formula."""

    takes = "text"
    empty: ClassVar[Any] = ""
    free_text = True

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> Any:
        return value.strip(" ")  # what people type by accident; other signs may be meant

    def render(self, value: Any, obj: models.Model | None = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class CodeWidget(TextWidget):
    """A word by which rows are known. ``capitals`` are written as such, whatever was typed."""

    def __init__(self, *, capitals: bool = False) -> None:
        super().__init__()
        self.capitals = capitals

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> str:
        return value.strip().upper() if self.capitals else value.strip()


class EmailWidget(TextWidget):
    takes = "e-mail address"

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> str:
        try:
            validate_email(value.strip())
        except ValidationError as error:
            raise ValueError(f"{quoted(value)} is not an e-mail address: write it like name@example.org.") from error
        return value.strip()


class CountryWidget(TextWidget):
    takes = "two letters of ISO 3166, such as NL"

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> str:
        code = value.strip().upper()
        if code not in countries:
            raise ValueError(f"{quoted(value)} is not a country: write its two letters of ISO 3166, such as NL.")
        return code


class ChoiceWidget(TextWidget):
    """One of a few words, in any letter case."""

    def __init__(self, choices: Collection[str]) -> None:
        super().__init__()
        self.choices = {str(choice).lower(): str(choice) for choice in choices}
        self.takes = alternatives(list(self.choices.values()))

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> str:
        choice = self.choices.get(value.strip().lower())
        if choice is None:
            raise ValueError(f"{quoted(value)} is not known: write {self.takes}.")
        return choice


class BooleanWidget(TextWidget):
    takes = "true or false"
    empty = False

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> bool:
        answer = BOOLEANS.get(value.strip().casefold())
        if answer is None:
            raise ValueError(f"{quoted(value)} is neither true nor false: write one of the two, or yes or no.")
        return answer

    def render(self, value: bool | None, obj: models.Model | None = None, **kwargs: Any) -> str:
        return "" if value is None else str(value).lower()


class MomentWidget(TextWidget):
    """ISO 8601; without an offset it is the provider's wall clock. The value is in UTC: two wall times of one zone are
    compared without its clock, and one in an hour that the clock repeats equals no other moment."""

    takes = "time, such as 2026-12-01T09:00; without an offset in the provider’s time zone"
    empty = None

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> datetime:
        return self.local(value, row).astimezone(UTC)

    def local(self, value: str, row: Row | None) -> datetime:
        return read_moment(value, lambda: row.zone if row is not None else UTC)

    def render(
        self, value: datetime | None, obj: models.Model | None = None, *, zone: tzinfo = UTC, **kwargs: Any
    ) -> str:
        return "" if value is None else value.astimezone(zone).isoformat()


class PastMomentWidget(MomentWidget):
    """A moment that did happen. In the hour that the clock repeats it is the first, unless it has its offset."""

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> datetime:
        local = self.local(value, row)
        moment = local.astimezone(UTC)
        if isinstance(local.tzinfo, FixedOffset):
            return moment
        if moment.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
            raise ValueError(
                f"{quoted(value)} does not exist there: the clock was put forward over it. Write its offset."
            )
        return moment


class DecimalWidget(TextWidget):
    """A decimal from ``least`` to ``most``. More decimals than ``decimals`` are refused, or rounded."""

    free_text = False
    empty = None

    def __init__(self, *, decimals: int, most: int, least: int = 0, rounded: bool = False, unit: str = "") -> None:
        super().__init__()
        self.decimals, self.least, self.most, self.rounded, self.unit = decimals, least, most, rounded, unit
        self.takes = f"number, {unit}" if unit else "number"

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> Any:
        number = self._read(value.strip())
        if not self.least <= number <= self.most:
            limits = f"from {self.least:,} to {self.most:,}"
            raise ValueError(
                f"{quoted(value)} is out of reach: write a number {limits}{self.unit and f' ({self.unit})'}."
            )
        rounded = round(number, self.decimals)
        if rounded != number and not self.rounded:
            wrong = f"has more than {self.decimals} decimals" if self.decimals else "is not a whole number"
            raise ValueError(f"{quoted(value)} {wrong}: round it.")
        return rounded

    @staticmethod
    def _read(text: str) -> Decimal:
        if _COMMA.fullmatch(text) and len(text) <= 40:
            raise ValueError(
                f"{quoted(text)} is not a number: the decimal sign is a point, so write {text.replace(',', '.')}."
            )
        if not _NUMBER.fullmatch(text) or len(text) > 40:
            raise ValueError(
                f"{quoted(text)} is not a number: write digits, and a point as decimal sign, such as 0.35."
            )
        return Decimal(text)

    def render(self, value: Any, obj: models.Model | None = None, **kwargs: Any) -> str:
        return "" if value is None else format(Decimal(value).normalize(), "f")


class IntegerWidget(DecimalWidget):
    def __init__(self, **options: Any) -> None:
        super().__init__(decimals=0, **options)

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> int:
        return int(super().clean(value, row))


class UnknownReferenceError(ValueError):
    """A cell that points at no row. ``words`` are the message with a hint of what may be meant."""

    def __init__(self, widget: ReferenceWidget, word: str) -> None:
        self.widget, self.word = widget, word
        super().__init__(self.words())

    def words(self, hint: str = "") -> str:
        what, by = self.widget.model._meta.verbose_name, self.widget.by
        return f"There is no {what} {quoted(self.word)} here{hint}: correct the {by}, or import the {what} first."


class ReferenceWidget(TextWidget):
    """Another row of the same provider, by its code or number. Another provider's is as unknown as none at all.

    The rows of a whole file are looked up at once, where the library's ForeignKeyWidget asks once a cell.
    ``case_insensitive``: by a word that is unique whatever its letter case.
    """

    empty = None

    def __init__(self, model: type[Model], *, by: str = "code", case_insensitive: bool = False) -> None:
        super().__init__()
        self.model, self.by, self.case_insensitive = model, by, case_insensitive
        self.takes = f"{by} of a {model._meta.verbose_name}"

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> Any:
        instance = row.reference(self.model, self.key(value.strip())) if row is not None else None
        if instance is None:
            raise UnknownReferenceError(self, value.strip())
        return instance

    def key(self, word: str) -> str:
        """The word as it is looked up."""
        return word.upper() if self.case_insensitive else word

    def render(self, value: Any, obj: models.Model | None = None, *, scope: Any = None, **kwargs: Any) -> str:
        hidden = value is None or (scope is not None and not scope.shows(value))
        return "" if hidden else str(getattr(value, self.by))
