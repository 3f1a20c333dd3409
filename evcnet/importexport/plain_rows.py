"""Plain rows: new ones in which all cells are good, and stored ones that stay as they are, read a column at a time.

Whatever else there is to a row, an odd cell, a change or a rule that it breaks, is left to the reader of single rows. That
one says the same of plain rows, and takes tens of times as long. Of a kind that stages changes, a change is as plain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.validators import (
    DecimalValidator,
    MaxLengthValidator,
    MaxValueValidator,
    MinValueValidator,
    ProhibitNullCharactersValidator,
    validate_email,
)
from django.db.models import DateTimeField, F

from evcnet.errors import REFUSALS
from evcnet.importexport.declaration import ODD, ResourceDeclaration, Values, filter_in
from evcnet.importexport.fields import Field
from evcnet.importexport.rows import Row
from evcnet.importexport.sheet_rows import Numbered
from evcnet.importexport.widgets import DecimalWidget, ReferenceWidget
from evcnet.validators import validate_code, validate_key, validate_name, validate_print

if TYPE_CHECKING:
    from customers.models import Provider
    from evcnet.importexport.row_reader import RowReader

TEXT_VALIDATORS = (validate_code, validate_key, validate_name, validate_print, validate_email)
OF_ANY_TEXT = (MaxLengthValidator, ProhibitNullCharactersValidator)
MOST_KNOWN = 20_000  # cells of a column whose values are remembered


@dataclass
class PlainBatch:
    """What is plain among some rows of one provider: ``new`` and ``changed`` ones by position, with the values that are
    to be written, the positions of ``unchanged`` ones, and the ``odd`` others."""

    new: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    changed: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    unchanged: list[int] = field(default_factory=list)
    odd: set[int] = field(default_factory=set)


class PlainColumn:
    """One column of a file whose rows are of one provider."""

    def __init__(self, reader: RowReader, column: Field, provider: Provider) -> None:
        self._reader, self._column, self._provider = reader, column, provider
        self._known: dict[Any, Any] = {}
        model_field: Any = reader.resource.model._meta.get_field(column.attribute)
        plain = column.widget.plain_cells()
        self._fits = plain.fullmatch if plain and _says_no_more(model_field, column.widget) else None
        self._most = model_field.max_length
        self._plain_value = None if model_field.max_length else column.widget.plain_value

    def values(self, cells: Sequence[Any]) -> list[Any]:
        """The values of the cells as they come in with new rows, ODD where there is more to say."""
        if self._fits is not None and set(map(type, cells)) == {str}:
            fits, most, value = self._fits, self._most, self._value
            if (plain := self._plain_value) is not None:
                return [plain(cell) if fits(cell) else value(cell) for cell in cells]
            return [cell if len(cell) <= most and fits(cell) else value(cell) for cell in cells]
        self._get_to_know(set(cells))
        return list(map(self._known.__getitem__, cells))

    def _get_to_know(self, cells: set[Any]) -> None:
        widget = self._column.widget
        if isinstance(widget, ReferenceWidget):
            self._known.clear()  # the rows that are pointed at are not remembered for ever
            self._reader.look_up(widget, [self._provider], {cell.strip() for cell in cells if type(cell) is str})
        elif len(self._known) > MOST_KNOWN:
            self._known.clear()
        for cell in cells - self._known.keys():
            self._known[cell] = self._value(cell)

    def _value(self, cell: Any) -> Any:
        return self._reader.plain_value(self._column, cell, self._provider)


def _says_no_more(model_field: Any, widget: Any) -> bool:
    """Does the model say no more of the field than what plain cells are known to be?"""
    validators = model_field.validators
    if model_field.choices:
        return False
    if isinstance(model_field, DateTimeField):
        return not validators
    if isinstance(widget, DecimalWidget):
        return all(_takes_all(each, widget) for each in validators)
    others = [each for each in validators if each not in TEXT_VALIDATORS and type(each) not in OF_ANY_TEXT]
    return model_field.max_length is not None and not others


def _takes_all(validator: Any, widget: DecimalWidget) -> bool:
    """Does it refuse no number that is plain for the widget?"""
    if isinstance(validator, DecimalValidator):
        digits, places = validator.max_digits or 0, validator.decimal_places or 0
        return places >= widget.decimals and digits - places >= len(str(widget.most))
    if isinstance(validator, MinValueValidator):
        return bool(validator.limit_value <= 0)
    return isinstance(validator, MaxValueValidator) and bool(validator.limit_value >= widget.most)


class PlainRows:
    """Of one file and one provider."""

    def __init__(self, resource: ResourceDeclaration, reader: RowReader, provider: Provider) -> None:
        self.resource, self.reader, self.provider = resource, reader, provider
        self.columns = {
            each.column_name: PlainColumn(reader, each, provider)
            for each in resource.columns
            if each.column_name in reader.header
        }
        self.names = [each.column_name for each in resource.columns]
        self.references = {each.column_name for each in resource.reference_fields()}
        self._checks_rows = type(resource).clean_row is not ResourceDeclaration.clean_row

    def read(self, rows: Sequence[Numbered], *, may_add: bool) -> PlainBatch:
        """``may_add``: new rows may be written."""
        batch = PlainBatch()
        cells = dict(zip(self.reader.header, zip(*(row for _, row in rows), strict=True), strict=True))
        values = {name: self._values(name, cells, len(rows)) for name in self.names}
        for column in values.values():
            batch.odd.update([position for position, value in enumerate(column) if value is ODD])
        keys = [None if position in batch.odd else key for position, key in enumerate(self._keys(values))]
        stored = self._stored([key for key in keys if key is not None])
        new = {position: key for position, key in enumerate(keys) if key is not None and key not in stored}
        taken = self.resource.taken_keys(self.provider, list(new.values())) if may_add else set(new.values())
        if not self._checks_rows:
            values |= {name: [getattr(each, "pk", None) for each in values[name]] for name in self.references}
        in_order = list(zip(*(values[name] for name in self.names), strict=True))
        for position, key in enumerate(keys):
            if key is None or key in taken:
                batch.odd.add(position)
            elif self._checks_rows or key in stored:
                self._sort_in(batch, position, rows[position], in_order[position], stored.get(key))
            else:
                batch.new[position] = in_order[position]
        return batch

    def _values(self, name: str, cells: Mapping[str, Sequence[Any]], count: int) -> Sequence[Any]:
        column = self.columns.get(name)
        return [self.resource.fields[name].default] * count if column is None else column.values(cells[name])

    def _keys(self, values: Mapping[str, Sequence[Any]]) -> list[Any]:
        """By what each row is compared: a text, or the ids of all that its key points at; None where that is not known."""
        names, comparable = self.resource.key, self.resource.comparable
        if len(names) == 1:
            return [comparable(value) if type(value) is str else None for value in values[names[0]]]
        pointers = ([getattr(value, "pk", None) for value in values[name]] for name in names)
        return [None if None in key else key for key in zip(*pointers, strict=True)]

    def _stored(self, keys: Sequence[Any]) -> dict[Any, tuple[Any, ...]]:
        """The stored values of the rows that the keys mean, by their keys; ids in the place of rows that are pointed at."""
        resource = self.resource
        rows = resource.scope.rows(resource.model, "change").filter(provider=self.provider).order_by()
        names = [resource.fields[name].attribute for name in self.names]
        if len(resource.key) > 1:
            return self._stored_by_pointers(rows.values_list(*names), keys)
        attribute = resource.fields[resource.key[0]].attribute
        rows = rows.alias(natural_key=resource.compared_by(attribute) if resource.compared_by else F(attribute))
        place = self.names.index(resource.key[0])
        instances = filter_in(rows.values_list(*names), "natural_key", sorted(set(keys)))
        return {resource.comparable(row[place]): row for row in instances}

    def _stored_by_pointers(self, rows: Any, keys: Sequence[Any]) -> dict[Any, tuple[Any, ...]]:
        """Also some that no key means, but each part of theirs is a part of some key."""
        if not keys:
            return {}
        *few, many = zip(self.resource.key, map(set, zip(*keys, strict=True)), strict=True)
        attributes = {name: self.resource.fields[name].attribute for name in self.resource.key}
        rows = rows.filter(**{f"{attributes[name]}__in": ids for name, ids in few})
        places = [self.names.index(name) for name in self.resource.key]
        instances = filter_in(rows, attributes[many[0]], sorted(many[1]))
        return {tuple([row[place] for place in places]): row for row in instances}

    def _sort_in(
        self,
        batch: PlainBatch,
        position: int,
        row: Numbered,
        values: tuple[Any, ...],
        old: tuple[Any, ...] | None,
    ) -> None:
        if self._checks_rows or (old is not None and old != self._written(values)):
            values = self._checked(row, values, old)
        written = values if values is ODD else self._written(values)
        if written is ODD:
            batch.odd.add(position)
        elif old is None:
            batch.new[position] = written
        elif old == written:
            batch.unchanged.append(position)
        elif self.resource.stages_changes:
            batch.changed[position] = written
        else:
            batch.odd.add(position)

    def _checked(self, numbered: Numbered, values: tuple[Any, ...], old: tuple[Any, ...] | None) -> Any:
        """The values after what follows from several of them, and from what is stored; ODD where that is refused."""
        row = Row(numbered[0], zip(self.reader.header, numbered[1], strict=True), self.reader.references)
        row.provider, row.alone = self.provider, True
        new_values: Values = dict(zip(self.names, values, strict=True))
        old_values = None if old is None else dict(zip(self.names, old, strict=True))
        for name, before in (old_values or {}).items():
            if self._stays(name, row) or self._repeats(name, row, new_values[name], before):
                new_values[name] = before
        try:
            self.resource.clean_row(row, new_values, old_values)
        except REFUSALS:
            return ODD
        return ODD if row.errors else tuple(new_values.values())

    def _stays(self, name: str, row: Row) -> bool:
        """Is the column of a stored row left as it is, whatever is in the cell?"""
        if name not in row or name in self.resource.key:
            return True
        return self.resource.fields[name].stays and not row.cell(name)

    def _repeats(self, name: str, row: Row, value: Any, before: Any) -> bool:
        """Does the cell say what an export says of the stored value, though that may hold more?"""
        if name in self.references or value == before:
            return False
        widget = self.resource.fields[name].widget
        return bool(row[name] == widget.render(before, zone=row.zone, scope=self.resource.scope))

    def _written(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            [
                value.pk if name in self.references and value is not None and not isinstance(value, int) else value
                for name, value in zip(self.names, values, strict=True)
            ]
        )
