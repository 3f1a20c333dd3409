"""Runs of rows of a file of customers with their cards: adjacent rows of one customer, taken many at a time.

Plain runs, in which the customer and all cards are new or stay as they are, are staged as those of files of one kind are.
All others are left to ``card_rows.py``, which says what is wrong with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from tablib import Dataset

from customers.models import Customer
from customers.resources.card_rows import CARD, CUSTOMER, NUMBER
from evcnet.code_keys import IdentityKey
from evcnet.errors import REFUSALS
from evcnet.importexport.column_names import PROVIDER
from evcnet.importexport.csv_file import Sheet
from evcnet.importexport.declaration import filter_in
from evcnet.importexport.formulas import unescaped
from evcnet.importexport.plain_rows import PlainBatch, PlainRows
from evcnet.importexport.possible_doubles import PossibleDoubles
from evcnet.importexport.results import MAX_ROWS, ImportResult, RowResult
from evcnet.importexport.row_reader import RowReader
from evcnet.importexport.sheet_rows import Numbered, batches
from evcnet.importexport.staged_import import StagedImport

UID = f"{CARD}uid"


@dataclass
class Run:
    """``rows`` begin with the one that says who the customer is; ``cards`` are those with a card."""

    number: str
    rows: list[Numbered]
    cards: list[Numbered] = field(default_factory=list)
    is_odd: bool = False
    is_new: bool = False
    new_cards: set[int] = field(default_factory=set)

    @property
    def new_rows(self) -> int:
        return len(self.new_cards | ({self.rows[0][0]} if self.is_new else set()))


class CustomerRuns:
    """The plain runs of one file and one provider. ``customers`` and ``cards`` are the resources that write them."""

    def __init__(self, whole: Any, reader: RowReader, result: ImportResult, *, lock: bool) -> None:
        self.whole, self.dataset, self.header = whole, reader.dataset, reader.header
        self.customers, self.cards, self.provider = whole.customers, whole.cards, whole.provider
        self.result, self.lock, self.seal = result, lock, hashlib.sha256()
        self.odd: list[Numbered] = []
        self._page_rows = self._new = self._rows = 0
        sources = getattr(self.dataset, "sources", {}) or self.header
        self._places = {name: place for place, name in enumerate(self.header)}
        self._of_customer = [place for name, place in self._places.items() if not name.startswith(CARD)]
        self._of_card = [place for name, place in self._places.items() if name.startswith(CARD)]
        self._says_card = [place for name, place in self._places.items() if name.startswith(CARD) and name in sources]
        self._ragged: dict[int, int] = getattr(self.dataset, "ragged", {})

    @property
    def is_possible(self) -> bool:
        """Small files, those of several providers and those that lack a column are taken row by row, and so are the
        rows of a login of some user groups."""
        return (
            len(self.dataset) > MAX_ROWS
            and self.provider is not None
            and PROVIDER not in self.header
            and not any(part.names.missing_for(1, part.header) for part in self._readers())
            and self.customers.reaches_all(self.provider)
            and self.cards.reaches_all(self.provider)
        )

    def _readers(self) -> tuple[RowReader, RowReader]:
        of_card = [CUSTOMER, *(self.header[place].removeprefix(CARD) for place in self._of_card)]
        of_customer = [self.header[place] for place in self._of_customer]
        return (
            RowReader(self.customers, Sheet(headers=of_customer)),
            RowReader(self.cards, Sheet(headers=of_card)),
        )

    def take(self) -> Dataset:
        """Take the plain runs; gives back the rows of all others, in their order."""
        customers, cards = self._readers()
        self.customers.begin_part(customers, self.result, lock=self.lock)
        self.cards.begin_part(cards, self.result, lock=self.lock)
        for each in (self.customers, self.cards):
            each.staged.create()
        if self.lock:
            self.customers.lock_terms({self.provider.pk})
        self._plain_customers = PlainRows(self.customers, customers, self.provider)
        self._plain_cards = PlainRows(self.cards, cards, self.provider)
        self._look_for_doubles()
        for runs in self._runs():
            self.whole.check_time()
            self._take_runs(runs)
        rest = Sheet(*(cells for _, cells in self.odd), headers=self.header)
        rest.numbers = [number for number, _ in self.odd]
        for name in ("ragged", "file_width", "sources"):
            if hasattr(self.dataset, name):
                setattr(rest, name, getattr(self.dataset, name))
        return rest

    # Which rows belong together

    def _runs(self) -> Iterator[list[Run]]:
        runs: list[Run] = []
        for rows in batches(self.dataset):
            for row in rows:
                number = _text(row[1][self._places[NUMBER]])
                if runs and number in ("", runs[-1].number):
                    runs[-1].rows.append(row)
                else:
                    runs.append(Run(number, [row]))
            yield runs[:-1]
            runs = runs[-1:]  # it may go on
        yield runs

    def _look_for_doubles(self) -> None:
        uid, count = self._places[UID], len(self.dataset)
        self._numbers, self._uids = PossibleDoubles(IdentityKey.of, count), PossibleDoubles(self.cards.alike, count)
        for runs in self._runs():
            self.whole.check_time()
            self._numbers.look_at(run.number for run in runs)
            self._uids.look_at(filter(None, (_text(cells[uid]) for run in runs for _, cells in run.rows)))
        self._numbers.end()
        self._uids.end()

    # Some thousand rows

    def _take_runs(self, runs: list[Run]) -> None:
        self._sort_out(runs)
        customers = self._read_customers([run for run in runs if not run.is_odd])
        cards = self._read_cards([run for run in runs if not run.is_odd])
        self._leave_rows_of_page(runs)
        if not self._write([run for run in runs if not run.is_odd], customers, cards):
            for run in runs:
                run.is_odd = True
        self.odd += [row for run in runs if run.is_odd for row in run.rows]
        self._count([run for run in runs if not run.is_odd])

    def _sort_out(self, runs: list[Run]) -> None:
        """Runs of which the rows have more to say than each for itself."""
        uid = self._places[UID]
        doubles = self._numbers.positions_in(run.number for run in runs)
        for position, run in enumerate(runs):
            run.cards = [row for row in run.rows if any(map(_text, map(row[1].__getitem__, self._says_card)))]
            uids = (_text(cells[uid]) for _, cells in run.cards)
            run.is_odd = (
                not run.number
                or position in doubles
                or bool(self._uids.positions_in(uids))
                or any(number in self._ragged for number, _ in run.rows)
                or not self._agrees(run)
            )

    def _agrees(self, run: Run) -> bool:
        """Has each later row a card, and does it repeat what the first says of the customer, or nothing?"""
        if len(run.rows) == 1:
            return True
        first, with_card = run.rows[0][1], {number for number, _ in run.cards}
        return all(
            number in with_card and all(cells[place] in ("", first[place]) for place in self._of_customer)
            for number, cells in run.rows[1:]
        )

    def _read_customers(self, runs: list[Run]) -> dict[int, tuple[Any, ...]]:
        """The values of new customers by the numbers of their rows."""
        firsts = [(run.rows[0][0], [run.rows[0][1][place] for place in self._of_customer]) for run in runs]
        batch = self._read(self._plain_customers, self.customers, firsts)
        for position, run in enumerate(runs):
            run.is_odd, run.is_new = position in batch.odd, position in batch.new
        return {firsts[position][0]: values for position, values in batch.new.items()}

    def _read_cards(self, runs: list[Run]) -> dict[int, tuple[Any, ...]]:
        """The values of new cards by the numbers of their rows; a new customer is known by the number of its row, below
        zero."""
        reader = self._plain_cards.reader
        reader.forget()
        widget: Any = self.cards.fields[CUSTOMER].widget
        for run in runs:
            if run.is_new:
                reader.add_reference(widget, self._not_yet_stored(run))
        owners = [run for run in runs for _ in run.cards]
        rows = [
            (number, [run.rows[0][1][self._places[NUMBER]], *(cells[place] for place in self._of_card)])
            for run in runs
            for number, cells in run.cards
        ]
        batch = self._read(self._plain_cards, self.cards, rows)
        for position in batch.odd:
            owners[position].is_odd = True
        for position in batch.new:
            owners[position].new_cards.add(rows[position][0])
        return {rows[position][0]: values for position, values in batch.new.items()}

    def _read(self, plain: PlainRows, resource: StagedImport, rows: Sequence[Numbered]) -> PlainBatch:
        return plain.read(rows, may_add=resource.scope.may(resource.model, "add")) if rows else PlainBatch()

    def _not_yet_stored(self, run: Run) -> Customer:
        payment = self.customers.fields["payment"]
        cell = run.rows[0][1][self._places["payment"]] if "payment" in self._places else ""
        value = payment.widget.clean(cell) if _text(cell) else payment.default
        return Customer(pk=-run.rows[0][0], provider=self.provider, number=run.number, payment=value)

    def _leave_rows_of_page(self, runs: list[Run]) -> None:
        """New rows that a page shows are taken one by one."""
        for run in runs:
            if self._page_rows < MAX_ROWS and not run.is_odd and run.new_rows:
                self._page_rows += run.new_rows
                run.is_odd = True

    def _write(self, runs: list[Run], customers: dict[int, Any], cards: dict[int, Any]) -> bool:
        """False where a row is refused by the checks of its table, in which case none is written."""
        new = [(run.rows[0][0], customers[run.rows[0][0]]) for run in runs if run.is_new]
        new_cards = [(number, cards[number]) for run in runs for number in sorted(run.new_cards)]
        numbers = {-run.rows[0][0]: run.number for run in runs if run.is_new}
        try:
            with transaction.atomic():
                self.customers.stage_part(self.provider, new)
                self.cards.stage_part(self.provider, self._with_owners(new_cards, numbers))
        except REFUSALS:
            return False
        self.customers.count_part(new)
        self.cards.count_part(new_cards)
        self.seal.update(repr((new, new_cards)).encode("utf-8", "surrogatepass"))
        return True

    def _with_owners(self, cards: list[tuple[int, Any]], numbers: dict[int, str]) -> list[tuple[int, Any]]:
        """Once their customers are written: with the ids that these have got."""
        if not numbers or not self.lock or self.result.has_validation_errors():
            return cards
        place = self._plain_cards.names.index(CUSTOMER)
        stored = Customer._base_manager.filter(provider=self.provider).order_by().values_list("number", "pk")
        ids = dict(filter_in(stored, "number", sorted(numbers.values())))
        owner = {before: ids.get(number, before) for before, number in numbers.items()}
        return [
            (number, (*values[:place], owner.get(values[place], values[place]), *values[place + 1 :]))
            for number, values in cards
        ]

    def _count(self, runs: Iterable[Run]) -> None:
        rows = 0
        for run in runs:
            rows, self._new = rows + len(run.rows), self._new + run.new_rows
        self._rows += rows
        self.whole.take_plain(rows)

    def end(self) -> None:
        """After the rows that a page shows are counted: take in the others."""
        self.result.count_plain(self._new, RowResult.IMPORT_TYPE_NEW)
        self.result.count_plain(self._rows - self._new, RowResult.IMPORT_TYPE_SKIP)
        self.seal.update(self.result.fingerprint.encode())
        self.result.fingerprint = self.seal.hexdigest()


def _text(cell: Any) -> str:
    return "" if cell is None else unescaped(str(cell)).strip()
