"""Widgets of the CSV columns: each reads and writes the cells of one sort of value, for django-import-export.

``clean`` raises ValueError with a message that names the remedy. ``render`` is given the provider's time zone as
``zone`` and the ``scope``, which says whether a row that is pointed at may be named.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Model
from django_countries import countries
from import_export import widgets

from evcnet.booleans import BOOLEANS
from evcnet.code_keys import CodeKey
from evcnet.datetimes import end_in_words, moment_in_words, read_moment
from evcnet.importexport.common_words import words_of
from evcnet.importexport.row_errors import alternatives, quoted
from evcnet.importexport.rows import Row
from evcnet.spreadsheet_text import is_shortened_number, shortened_number_message
from evcnet.text import compact

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_THOUSANDS_OR_DECIMALS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}", re.ASCII)  # 1,000 is one or a thousand
_WITH_MARKS = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[0-9]{1,3}(?:(?P<mark>[.,’'\s])[0-9]{3})(?:(?P=mark)[0-9]{3})*|[0-9]*)"
    r"(?P<decimals>(?:[.,][0-9]+)?)"
)
_CURRENCY = re.compile(r"[€$£]|\b(?:EUR|USD|GBP|CHF|DKK|NOK|SEK|PLN|CZK)\b", re.IGNORECASE)
_PLAIN_TEXT = re.compile(r"[0-9A-Za-zÀ-ÖØ-öø-ž](?:[0-9A-Za-zÀ-ÖØ-öø-ž .,'’&()/-]*[0-9A-Za-zÀ-ÖØ-öø-ž.)])?")
_PLAIN_WORD = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z _:/-]*[0-9A-Za-z])?")
_PLAIN_LABEL = r"[a-z0-9]{1,30}(?:-[a-z0-9]{1,30})?"
_PLAIN_ADDRESS = re.compile(
    rf"[a-z0-9_]{{1,60}}(?:[.+-][a-z0-9_]{{1,60}}){{0,3}}@(?:{_PLAIN_LABEL}\.){{1,4}}[a-z]{{2,20}}",
    re.ASCII | re.IGNORECASE,
)
_PLAIN_MOMENT = re.compile(
    r"20[0-9]{2}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
    r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])",
    re.ASCII,
)
MOST_CHARACTERS = 40  # of a number
MOST_SPELLINGS = 3


class TextWidget(widgets.Widget):
    """Free text. ``takes`` describes the cell to people, ``empty`` is what an empty one means unless the field says
    otherwise, and ``free_text`` whether it could begin like a formula."""

    takes = "text"
    empty: ClassVar[Any] = ""
    free_text = True
    is_word: ClassVar[bool] = False  # a uid, identity, number, code or id, which no number or date of a spreadsheet is

    def plain_cells(self) -> re.Pattern[str] | None:
        """Cells of which ``plain_value`` knows the value, and which no validator of a text or number refuses that is short
        enough. It spares looking closer at nearly all cells; what it leaves out is looked at."""
        return _PLAIN_TEXT if type(self) is TextWidget else None

    def plain_value(self, cell: str) -> Any:
        """The value of a plain cell."""
        return cell

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> Any:
        return value.strip(" ")  # what people type by accident; other signs may be meant

    def render(self, value: Any, obj: models.Model | None = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)

    def in_words(self, value: Any, *, zone: tzinfo, scope: Any = None) -> str:
        """As a page shows the value: as it would stand in a file, unless the widget says otherwise."""
        return self.render(value, zone=zone, scope=scope)


class CodeWidget(TextWidget):
    """A word by which rows are known. ``capitals`` are written as such, whatever was typed."""

    is_word = True

    def __init__(self, *, capitals: bool = False) -> None:
        super().__init__()
        self.capitals = capitals

    def plain_cells(self) -> re.Pattern[str] | None:
        return None if self.capitals else _PLAIN_WORD

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> str:
        if is_shortened_number(value):
            raise ValueError(shortened_number_message(value))
        return value.strip().upper() if self.capitals else value.strip()


class PrintedNumberWidget(TextWidget):
    """A number that is printed somewhere; blanks may be part of it."""

    is_word = True

    def plain_cells(self) -> re.Pattern[str] | None:
        return _PLAIN_WORD

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> Any:
        if is_shortened_number(value):
            raise ValueError(shortened_number_message(value))
        return super().clean(value, row)


class EmailWidget(TextWidget):
    takes = "e-mail address"

    def plain_cells(self) -> re.Pattern[str] | None:
        return _PLAIN_ADDRESS

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
    """One of a few words, in any letter case; also as the portal calls it, and as other programs do."""

    def __init__(self, choices: type[models.TextChoices]) -> None:
        super().__init__()
        self.choices = {each.value.lower(): each.value for each in choices}
        self.takes = alternatives(list(self.choices.values()))
        self._words = words_of(choices)

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> str:
        choice = self.choices.get(value.strip().lower()) or self._words.get(compact(value))
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
    compared without its clock, and one in an hour that the clock repeats equals no other moment.

    ``ends``: a date without a time includes that day, so the value is the next midnight.
    """

    takes = "time, such as 2026-12-01T09:00; without an offset in the provider’s time zone; a date is its first moment"
    empty = None

    def __init__(self, *, ends: bool = False) -> None:
        super().__init__()
        self.ends = ends
        if ends:
            self.takes = self.takes.replace("is its first moment", "includes that day")

    def plain_cells(self) -> re.Pattern[str] | None:
        return _PLAIN_MOMENT

    def plain_value(self, cell: str) -> datetime:
        return datetime.fromisoformat(cell).astimezone(UTC)

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> datetime:
        return read_moment(value, lambda: row.zone if row is not None else UTC, ends=self.ends).astimezone(UTC)

    def render(
        self, value: datetime | None, obj: models.Model | None = None, *, zone: tzinfo = UTC, **kwargs: Any
    ) -> str:
        return "" if value is None else value.astimezone(zone).isoformat()

    def in_words(self, value: datetime | None, *, zone: tzinfo, scope: Any = None) -> str:
        return end_in_words(value, zone) if self.ends else moment_in_words(value, zone)


class DecimalWidget(TextWidget):
    """A decimal from ``least`` to ``most``. More decimals than ``decimals`` are refused, or rounded. ``percentage``: a sign
    for per cent may stand behind it, 21 % is 21."""

    free_text = False
    empty = None

    def __init__(
        self,
        *,
        decimals: int,
        most: int,
        least: int = 0,
        rounded: bool = False,
        unit: str = "",
        percentage: bool = False,
    ) -> None:
        super().__init__()
        self.decimals, self.least, self.most, self.rounded, self.unit = decimals, least, most, rounded, unit
        self.percentage = percentage
        self.takes = f"number, {unit}" if unit else "number"
        first, others = int(str(most)[0]), len(str(most)) - 1
        whole = f"[0-9]{{1,{others}}}"  # of so many digits none is above the most
        whole = f"(?:{whole}|[1-{first - 1}][0-9]{{{others}}})" if first > 1 else whole
        self._plain = re.compile(rf"{whole}(?:\.[0-9]{{1,{decimals}}})?" if decimals else whole, re.ASCII)

    def plain_cells(self) -> re.Pattern[str] | None:
        return self._plain if self.least <= 0 and self.most >= 10 else None

    def plain_value(self, cell: str) -> Any:
        return round(Decimal(cell), self.decimals)

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> Any:
        text = value.strip()
        number = self._read(text.removesuffix("%").rstrip() if self.percentage else text)
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
        if not _NUMBER.fullmatch(text) or len(text) > MOST_CHARACTERS:
            raise ValueError(f"{quoted(text)} is not a number: {number_remedy(text)}.")
        return Decimal(text)

    def render(self, value: Any, obj: models.Model | None = None, **kwargs: Any) -> str:
        return "" if value is None else format(Decimal(value).normalize(), "f")


def number_remedy(text: str) -> str:
    """What to write in place of a text that is nearly a number; not a number that it may not mean."""
    bare = _CURRENCY.sub("", text).strip()
    if _THOUSANDS_OR_DECIMALS.fullmatch(bare):
        mark = "comma" if "," in bare else "point"
        return f"its {mark} may set off thousands or decimals, so write it with a point before decimals alone"
    if "%" in bare:
        return "it is a percentage, so write the number that is meant, such as 0.35"
    match = _WITH_MARKS.fullmatch(bare) if len(bare) <= MOST_CHARACTERS else None
    if match is None or not bare.strip("+-") or match["mark"] == match["decimals"][:1]:
        return "write digits, and a point as decimal sign, such as 0.35"
    sign, whole, decimals = match["sign"], re.sub(r"[^0-9]", "", match["whole"]) or "0", match["decimals"]
    return (
        f"digits stand alone, and the decimal sign is a point, so write {sign}{whole}{decimals and f'.{decimals[1:]}'}"
    )


class IntegerWidget(DecimalWidget):
    def __init__(self, **options: Any) -> None:
        super().__init__(decimals=0, **options)

    def plain_value(self, cell: str) -> int:
        return int(cell)

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
    ``compared_by``: where no row has the word as it is spelled, the only one with its key is meant.
    """

    empty = None
    is_word = True

    def __init__(self, model: type[Model], *, by: str = "code", compared_by: type[CodeKey] | None = None) -> None:
        super().__init__()
        self.model, self.by, self.compared_by = model, by, compared_by
        self.takes = f"{by} of a {model._meta.verbose_name}"

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> Any:
        word = value.strip()
        rows = row.references(self.model, self.comparable(word)) if row is not None else {}
        if word not in rows and len(rows) > 1:
            spellings = alternatives([quoted(code) for code in sorted(rows)[:MOST_SPELLINGS]])
            what = f"{self.model._meta.verbose_name} {spellings}"
            raise ValueError(f"{quoted(value)} may be the {what}: write the {self.by} as it is stored.")
        instance = rows.get(word, next(iter(rows.values()), None))
        if instance is None and is_shortened_number(value):
            raise ValueError(shortened_number_message(value))
        if instance is None:
            raise UnknownReferenceError(self, word)
        return instance

    def comparable(self, word: str) -> str:
        """The word as it is looked up."""
        return self.compared_by.of(word) if self.compared_by else word

    def render(self, value: Any, obj: models.Model | None = None, *, scope: Any = None, **kwargs: Any) -> str:
        hidden = value is None or (scope is not None and not scope.shows(value))
        return "" if hidden else str(getattr(value, self.by))
