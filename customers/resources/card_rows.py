"""Rows of customers with their cards: the rows of either kind that they hold, and what became of both in one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from customers.models import ChargeCard, Customer
from evcnet.importexport.column_names import PROVIDER
from evcnet.importexport.csv_file import Sheet
from evcnet.importexport.fields import Field
from evcnet.importexport.formulas import unescaped
from evcnet.importexport.results import Difference, RowResult
from evcnet.importexport.row_errors import RowError, quoted
from evcnet.importexport.row_reader import RowReader
from evcnet.importexport.rows import Row
from evcnet.importexport.sheet_rows import numbered_rows
from evcnet.importexport.widgets import ReferenceWidget

CARD, NUMBER, CUSTOMER = "card_", "number", "customer"
Named = tuple[Customer, ChargeCard | None]
"""A customer, and one of the customer's cards."""
_WINDOW = re.compile(r"\bvalid_(from|until)\b")  # columns that messages name


@dataclass(frozen=True)
class _Line:
    """A row of the file. ``first`` is the number of the first row of its customer; ``has_card``: it says something of a
    card, beside what is said of all rows."""

    number: int
    cells: Mapping[str, Any]
    first: int
    has_card: bool

    def text(self, column: str) -> str:
        return _text(self.cells, column)


class CardRows:
    """``customers`` holds the first row of each customer, ``cards`` the rows that have a card: sheets for the resources of
    these kinds, whose rows keep their numbers. A row without a number goes on with the customer of the row above."""

    def __init__(self, reader: RowReader) -> None:
        self.dataset: Any = reader.dataset
        self.resource, self.header = reader.resource, reader.header
        self.lines: dict[int, _Line] = {}
        self.errors: dict[int, list[RowError]] = {}
        self._read()
        of_card = [name for name in self.header if name.startswith(CARD)]
        shared = [PROVIDER] if PROVIDER in self.header else []
        self.of_customer = [name for name in self.header if name not in of_card]
        first = [line for line in self.lines.values() if line.first == line.number]
        self.customers = self._sheet(self.of_customer, first, lambda line: list(map(line.cells.get, self.of_customer)))
        names = [*shared, CUSTOMER, *(name.removeprefix(CARD) for name in of_card)]
        with_card = [line for line in self.lines.values() if line.has_card]
        self.cards = self._sheet(names, with_card, lambda line: self._card_cells(line, shared, of_card))

    def _read(self) -> None:
        sources = getattr(self.dataset, "sources", {}) or self.header  # a value for all rows is no card
        of_card = [name for name in self.header if name.startswith(CARD) and name in sources]
        default = self.resource.provider.code if self.resource.provider else ""
        firsts: dict[tuple[str, str], int] = {}
        above: tuple[str, str] | None = None
        for number, row in numbered_rows(self.dataset):
            cells = dict(zip(self.header, row, strict=False))
            key = (_text(cells, PROVIDER) or default, _text(cells, NUMBER))
            if above and (not key[1] or (not key[0] and key[1] == above[1])):
                key = above
            above = key
            has_card = any(_text(cells, name) for name in of_card)
            line = self.lines[number] = _Line(number, cells, firsts.setdefault(key, number), has_card)
            self._hold_against_first(line)

    def _hold_against_first(self, line: _Line) -> None:
        """A later row of a customer has a card, and says nothing else of the customer than the first."""
        if line.first == line.number:
            return
        first = self.lines[line.first]
        if not line.has_card:
            message = f"{quoted(first.text(NUMBER))} stands in row {line.first} already, and the row has no card"
            self._refuse(line, NUMBER, f"{message}: delete it, or write the card.")
        for name in [PROVIDER, *self.resource.fields]:
            text, before = line.text(name), first.text(name)
            if text and not name.startswith(CARD) and not self._same(name, text, before):
                words = f"Row {line.first} has {quoted(before)}" if before else f"Row {line.first} leaves it empty"
                hint = "" if line.text(NUMBER) else ", or write the number of another customer"
                self._refuse(line, name, f"{words} for this customer: write the same, or leave it empty{hint}.")

    def _same(self, name: str, text: str, before: str) -> bool:
        field: Field | None = self.resource.fields.get(name)
        if text == before or field is None or isinstance(field.widget, ReferenceWidget):
            return text == before or (name == PROVIDER and not before)
        with suppress(ValueError):
            return bool(before) and bool(field.widget.clean(text) == field.widget.clean(before))
        return False

    def _refuse(self, line: _Line, column: str, message: str) -> None:
        self.errors.setdefault(line.number, []).append(RowError(line.number, column, message))

    def _card_cells(self, line: _Line, shared: list[str], of_card: list[str]) -> list[Any]:
        first = self.lines[line.first]
        return [
            *(line.cells.get(name) or first.cells.get(name) for name in shared),
            first.cells.get(NUMBER),
            *map(line.cells.get, of_card),
        ]

    def _sheet(self, names: list[str], lines: list[_Line], cells: Callable[[_Line], list[Any]]) -> Sheet:
        sheet = Sheet(*map(cells, lines), headers=names)
        sheet.numbers = [line.number for line in lines]
        sheet.ragged = getattr(self.dataset, "ragged", {})
        sheet.file_width = getattr(self.dataset, "file_width", len(self.header))
        return sheet

    # What became of them

    def joined(self, customers: Iterable[RowResult], cards: Iterable[RowResult]) -> list[RowResult]:
        """One result for each row of the file, with the errors and differences of both kinds."""
        customer_of = {each.number: each for each in customers}
        card_of = {each.number: each for each in cards}
        return [self._join(line, customer_of, card_of.get(line.number)) for line in self.lines.values()]

    def _join(self, line: _Line, customer_of: Mapping[int, RowResult], card: RowResult | None) -> RowResult:
        of_first, own = customer_of[line.first], customer_of.get(line.number)
        row = Row(line.number, ((name, line.text(name)) for name in self.header), {})
        errors = self.errors.get(line.number, []) + (own.row.errors if own else [])
        errors += _card_errors(card, customer_refused=bool(of_first.row.errors)) if card else []
        row.errors = list(dict.fromkeys(errors))
        joined = RowResult(row)
        joined.instance = (of_first.instance, card.instance if card else None)
        is_new = any(each.is_new() for each in (own, card) if each)
        joined.import_type = joined.IMPORT_TYPE_NEW if is_new else joined.IMPORT_TYPE_UPDATE
        joined.diff = (own.diff if own else []) + (_card_differences(card) if card else [])
        return joined


def _text(cells: Mapping[str, Any], column: str) -> str:
    return unescaped(str(cells.get(column) or "")).strip()


def _card_errors(card: RowResult, *, customer_refused: bool) -> list[RowError]:
    """Without those that follow from the customer's own."""
    return [
        RowError(error.row, _named(error.column), _WINDOW.sub(rf"{CARD}\g<0>", error.message))
        for error in card.row.errors
        if not (customer_refused and error.column == CUSTOMER)
    ]


def _card_differences(card: RowResult) -> list[Difference]:
    """A card that was refused for its customer's errors alone counts as what it would be."""
    if card.row.errors:
        return [Difference(_named("uid"), "", card.row.cell("uid"))]
    return [Difference(_named(each.column), each.before, each.after) for each in card.diff]


def _named(column: str) -> str:
    """The column of a card as the file calls it."""
    if column == CUSTOMER:
        return NUMBER
    return f"{CARD}{column}" if column and column != PROVIDER else column
