"""Reads the cells of a file: whose row it is, which one is meant, and the value of every column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import F

from customers.provider_lookup import ProviderRequired
from evcnet.importexport.column_names import PROVIDER, ColumnNames
from evcnet.importexport.csv_file import BadCell, NoText
from evcnet.importexport.declaration import ODD, ResourceDeclaration, ValueChecks, Values, filter_in
from evcnet.importexport.fields import Field
from evcnet.importexport.formulas import formula_message, unescaped
from evcnet.importexport.header_place import misplaced_header
from evcnet.importexport.row_errors import RowError, alternatives, quoted
from evcnet.importexport.rows import Row
from evcnet.importexport.sheet_rows import numbered_rows
from evcnet.importexport.suggestions import CodeSuggestions
from evcnet.importexport.widgets import ReferenceWidget, UnknownReferenceError
from evcnet.text import counted

if TYPE_CHECKING:
    from tablib import Dataset

    from customers.models import Provider

MOST_REFERENCES = 5_000  # words of which the meaning is remembered from rows to rows


class RowReader:
    """The rows of one file for one resource. Raises ProviderRequired where it isn't clear whose they are."""

    def __init__(self, resource: ResourceDeclaration, dataset: Dataset) -> None:
        self.resource, self.dataset = resource, dataset
        self.names = ColumnNames(resource)
        self.header = self.names.resolve(dataset.headers or [])
        self.providers = resource.scope.writable(resource.model)
        self.references: dict[Any, dict[str, Any]] = defaultdict(dict)
        self._looked_up: set[tuple[ReferenceWidget, Any, str]] = set()
        self._first: dict[Any, Row] = {}
        self._value_checks = ValueChecks(resource.model, ())
        self.suggestions = CodeSuggestions(resource.scope)
        columns = resource.columns
        self.word_columns = {PROVIDER, *(each.column_name for each in columns if each.widget.is_word)}
        if resource.has_provider and resource.provider is None and PROVIDER not in self.header:
            names = alternatives(sorted(self.providers)) if self.providers else "none, since there is no provider yet"
            raise ProviderRequired(f"Say whose rows these are, by a provider or a column “provider”: {names}.")

    def header_errors(self) -> list[RowError]:
        """All that is wrong with row 1. A column that is not known is refused, never left out in silence."""
        errors = self.names.errors(self.header)
        elsewhere = self.names.on_another_sheet(self.header, self.dataset)
        return errors + (elsewhere or misplaced_header(self.names, self.header, self.dataset) if errors else elsewhere)

    def rows(self) -> list[Row]:
        """All rows, with their provider and key where these can be read, and with what is wrong so far."""
        return self.take(numbered_rows(self.dataset))

    def take(self, numbered: Iterable[tuple[int, Sequence[Any]]], repeats: Container[int] | None = None) -> list[Row]:
        """Some of the rows, in their order. ``repeats`` are the numbers of those whose key may stand there twice, where
        that is known."""
        rows = [self._row(number, cells) for number, cells in numbered]
        self._look_up(rows)
        for row in rows:
            self._read_key(row)
        self._refuse_doubles([row for row in rows if repeats is None or row.number in repeats])
        return rows

    def begin_again(self) -> None:
        """Before all rows are taken once more: none was taken yet."""
        self._first.clear()

    def _row(self, number: int, cells: Iterable[Any]) -> Row:
        texts = ["" if cell is None else cell for cell in cells]
        row = Row(number, zip(self.header, map(unescaped, map(str, texts)), strict=False), self.references)
        for name, cell in zip(self.header, texts, strict=False):
            if isinstance(cell, BadCell) and (name in self.word_columns or not isinstance(cell, NoText)):
                row.refuse(name, cell.why)
            elif name in self.word_columns and (why := formula_message(cell)):
                row.refuse(name, why)
            elif "\x00" in row[name]:
                row.refuse(name, "The cell has a NUL character, which no text holds: delete it.")
        width = getattr(self.dataset, "ragged", {}).get(number)
        if width is not None:
            row.refuse("", _ragged(width, getattr(self.dataset, "file_width", len(self.header))))
        if self.resource.has_provider:
            self._find_provider(row)
        return row

    def _find_provider(self, row: Row) -> None:
        code, provider = row.cell(PROVIDER), self.resource.provider
        row.provider = self.providers.get(code) if code else provider
        if row.provider is None:
            wrong = f"There is no provider {quoted(code)} here" if code else "The row doesn't say whose it is"
            codes = alternatives(sorted(self.providers)) if self.providers else "another"
            row.refuse(PROVIDER, f"{wrong}: write {codes}.")
        elif provider is not None and row.provider != provider:
            row.provider = None
            row.refuse(PROVIDER, f"The row is of {code}, the import of {provider.code}: import them one by one.")

    def _look_up(self, rows: list[Row]) -> None:
        """Every row that is pointed at, in one query a column."""
        providers = {row.provider for row in rows if row.provider}
        for field in self.resource.reference_fields():
            widget: Any = field.widget
            words = {row.cell(field.column_name) for row in rows if row.provider} - {""}
            self.look_up(widget, providers, words)

    def look_up(self, widget: ReferenceWidget, providers: Collection[Provider], words: Iterable[str]) -> None:
        """Get to know the rows of these providers that the words may mean, where they were not asked for before."""
        usable = {widget.comparable(word) for word in words if "\x00" not in word} - {""}
        asked = {(widget, provider.pk, word) for provider in providers for word in usable} - self._looked_up
        self._looked_up |= asked
        queryset = self.resource.scope.usable(widget.model).filter(provider__in=providers)
        queryset = queryset.alias(word=widget.compared_by(widget.by) if widget.compared_by else F(widget.by))
        for instance in filter_in(queryset, "word", sorted({word for _, _, word in asked})):
            self.add_reference(widget, instance)

    def plain_value(self, column: Field, cell: Any, provider: Provider) -> Any:
        """The value of a cell of a new row, ODD where there is more to say of it, such as why it is refused."""
        name = column.column_name
        if type(cell) is not str or "\x00" in cell or unescaped(cell) != cell:
            return ODD
        if name in self.word_columns and formula_message(cell):
            return ODD
        row = Row(0, [(name, cell)], self.references)
        row.provider = provider
        try:
            value = column.clean(row)
            self._value_checks.check_one(column.attribute, value)
        except (ValueError, ValidationError):
            return ODD
        return value

    def forget(self) -> None:
        """Before more rows are taken: let go of the rows that were pointed at, where they are many."""
        if len(self._looked_up) > MOST_REFERENCES:
            self._looked_up.clear()
            self.references.clear()

    def add_reference(self, widget: ReferenceWidget, instance: Any) -> None:
        """Let rows point at this one."""
        code = getattr(instance, widget.by)
        self.references[widget.model, instance.provider_id, widget.comparable(code)][code] = instance

    def _read_key(self, row: Row) -> None:
        if self.resource.has_provider and row.provider is None:
            return
        with suppress(ValueError):  # said again, with its column, when all columns are read
            key = self.resource.read_key(row)
            if all(key) and not row.errors:
                row.key = (row.provider.pk if row.provider else None, *key)

    def _refuse_doubles(self, rows: list[Row]) -> None:
        for row in rows:
            if row.key and self._first.setdefault(row.key, row) is not row:
                earlier, row.key = self._first[row.key], None
                key, before = self._key_cells(row), self._key_cells(earlier)
                spelled = "" if key == before else f", spelled {quoted(before)}"
                message = f"{quoted(key)} stands in row {earlier.number} already{spelled}: keep one of them."
                row.refuse(self.resource.key[-1], message)

    def _key_cells(self, row: Row) -> str:
        return ", ".join(row.cell(name) for name in self.resource.key)

    def new_values(self, row: Row, old_values: Values | None) -> Values:
        """The value of every column, as it stands in the file, as it is stored, or by default."""
        values = {}
        refused = {error.column for error in row.errors}
        for field in self.resource.columns:
            if field.column_name in refused or (isinstance(field.widget, ReferenceWidget) and row.provider is None):
                continue
            try:
                values[field.column_name] = self._new_value(row, field, old_values)
            except UnknownReferenceError as error:
                hint = self.suggestions.hint(error.widget, row.provider, error.word) if row.provider else ""
                row.refuse(field.column_name, error.words(hint))
            except ValueError as error:
                row.refuse(field.column_name, f"{error}{self._hint_of_totals(row, field)}")
        return values

    def _hint_of_totals(self, row: Row, field: Field) -> str:
        """A row without a key may be none of a table."""
        is_empty = field.column_name in self.resource.key and not row.cell(field.column_name)
        return " A row of totals or remarks is to be deleted." if is_empty else ""

    def _new_value(self, row: Row, field: Field, old_values: Values | None) -> Any:
        cell = row.get(field.column_name)
        if old_values is None:
            return field.default if cell is None else field.clean(row)
        old_value = old_values[field.column_name]
        is_key = field.column_name in self.resource.key  # by which the row was found: its stored spelling stays
        if cell is None or is_key or cell == field.widget.render(old_value, zone=row.zone, scope=self.resource.scope):
            return old_value  # what was exported is never a change, whatever a widget makes of it
        if field.stays and not cell.strip():
            return old_value
        return field.clean(row)


def _ragged(width: int, expected: int) -> str:
    """What to do with a row of more or fewer cells than the header."""
    lengths = f"The row has {counted(width, 'cell')}, the header {expected:,}"
    if width > expected:
        return f"{lengths}: put text with commas or semicolons into quotation marks."
    return f"{lengths}: write a separator for each empty cell, and put text with line ends into quotation marks."
