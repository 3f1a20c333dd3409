"""What do the cells of a file say? Whose row it is, which one is meant, and the value of every column."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.db.models import F
from django.db.models.functions import Upper

from evcnet.errors import DomainError
from evcnet.importexport.columns import Column, Reference
from evcnet.importexport.formulas import unescaped
from evcnet.importexport.headers import PROVIDER
from evcnet.importexport.kinds import Kind, Row, asked
from evcnet.importexport.problems import Undecided, listed, quoted
from evcnet.importexport.scope import Reach
from evcnet.importexport.sheets import BadCell, Record, Sheet


class Reader:
    """Rows of one kind, for one login or command. ``provider`` is whose rows those are that don't say it."""

    def __init__(self, kind: Kind, sheet: Sheet, reach: Reach, provider: Any) -> None:
        self.kind, self.sheet, self.reach, self.provider = kind, sheet, reach, provider
        self.providers = reach.writable(kind.model)
        self.known: dict[Any, Any] = {}
        if kind.owned and provider is None and PROVIDER not in sheet.header:
            names = listed(sorted(self.providers)) if self.providers else "none, since there is no provider yet"
            raise Undecided(f"Say whose rows these are, by a provider or a column “provider”: {names}.")

    def rows(self) -> list[Row]:
        """All rows, with their provider and key where these can be read, and with what is wrong so far."""
        rows = [self._row(record) for record in self.sheet.records]
        self._look_up(rows)
        for row in rows:
            self._read_key(row)
        self._refuse_doubles(rows)
        return rows

    def _row(self, record: Record) -> Row:
        cells = dict(zip(self.sheet.header, record.cells, strict=False))
        row = Row(record.number, {name: unescaped(str(cell)) for name, cell in cells.items()}, self.known)
        for name, cell in cells.items():
            if isinstance(cell, BadCell):
                row.refuse(name, cell.why)
            elif "\x00" in cell:
                row.refuse(name, "The cell has a NUL character, which no text holds: delete it.")
        if record.number in self.sheet.ragged:
            lengths = f"The row has {self.sheet.ragged[record.number]} cells, the header {len(self.sheet.header)}"
            row.refuse("", f"{lengths}: put text with commas or semicolons into quotation marks.")
        if self.kind.owned:
            self._find_provider(row)
        return row

    def _find_provider(self, row: Row) -> None:
        code = row.said(PROVIDER)
        row.provider = self.providers.get(code) if code else self.provider
        if row.provider is None:
            wrong = f"There is no provider {quoted(code)} here" if code else "The row doesn't say whose it is"
            row.refuse(PROVIDER, f"{wrong}: write {listed(sorted(self.providers)) if self.providers else 'another'}.")
        elif self.provider is not None and row.provider != self.provider:
            row.provider = None
            row.refuse(PROVIDER, f"The row is of {code}, the import of {self.provider.code}: import them one by one.")

    def _look_up(self, rows: list[Row]) -> None:
        """Every row that is pointed at, in one query a column."""
        for column in self.kind.references():
            said = {row.said(column.name) for row in rows if row.provider} - {""}
            queryset = self.reach.rows(column.model).filter(provider__in={row.provider for row in rows if row.provider})
            queryset = queryset.alias(word=Upper(column.by) if column.folded else F(column.by))
            # As written too: the database knows letters of which it makes no capitals, such as ß.
            usable = sorted(word for word in said | {column.key(word) for word in said} if "\x00" not in word)
            for other in asked(queryset, "word", usable):
                self.known[column.model, other.provider_id, column.key(getattr(other, column.by))] = other

    def _read_key(self, row: Row) -> None:
        if self.kind.owned and row.provider is None:
            return
        with suppress(DomainError):  # said again, with its column, when all columns are read
            key = self.kind.read_key(row)
            if all(key) and not row.problems:
                row.key = (row.provider.pk if self.kind.owned else None, *key)

    def _refuse_doubles(self, rows: list[Row]) -> None:
        first: dict[Any, Row] = {}
        for row in rows:
            if row.key and first.setdefault(row.key, row) is not row:
                earlier, row.key = first[row.key], None
                said, before = self._key_said(row), self._key_said(earlier)
                case = "" if said == before else ", but for letter case"
                message = f"{quoted(said)} stands in row {earlier.number} already{case}: keep one of them."
                row.refuse(self.kind.key[-1], message)

    def _key_said(self, row: Row) -> str:
        return ", ".join(row.said(name) for name in self.kind.key)

    def wanted(self, row: Row, stored: dict[str, Any] | None) -> dict[str, Any]:
        """The value of every column, as it stands in the file, as it is stored, or by default."""
        wanted = {}
        blamed = {problem.column for problem in row.problems}
        for column in self.kind.columns:
            if column.name in blamed or (isinstance(column, Reference) and row.provider is None):
                continue
            try:
                wanted[column.name] = self._value(row, column, stored)
            except DomainError as error:
                row.refuse(column.name, str(error))
        return wanted

    def _value(self, row: Row, column: Column, stored: dict[str, Any] | None) -> Any:
        cell = row.cells.get(column.name)
        if cell is None:
            return column.default if stored is None else stored[column.name]
        if stored is not None and cell == column.write(stored[column.name], row.zone, self.reach.shows):
            return stored[column.name]  # what was exported is never a change, whatever a parser makes of it
        if not cell.strip():
            if column.required:
                raise DomainError("The cell is empty: this column is required.")
            return column.default
        return column.parse(cell, row)
