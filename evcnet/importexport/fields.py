"""Fields of the CSV resources: django-import-export's Field, and what people are told of the column."""

from __future__ import annotations

from abc import ABCMeta
from datetime import UTC
from typing import Any

from import_export import fields
from import_export.resources import ModelDeclarativeMetaclass

from evcnet.importexport.rows import Row
from evcnet.importexport.widgets import BooleanWidget, ChoiceWidget, TextWidget


class Field(fields.Field):
    """``default`` is what an empty cell of a new row means, and what a new row has whose file lacks the column. An empty
    cell of a stored row leaves what has choices or a default as it is (``stays``: also where the default follows from
    other columns), and empties the others. ``needed`` says to people whether the column is; it follows from the default
    unless it is given. The attribute is the field's name."""

    widget: TextWidget

    def __init__(
        self,
        widget: TextWidget | None = None,
        *,
        attribute: str | None = None,
        required: bool = False,
        needed: str = "",
        stays: bool = False,
        **options: Any,
    ) -> None:
        widget = widget or TextWidget()
        super().__init__(attribute, widget=widget, **{"default": widget.empty} | options)
        otherwise = widget.render(self.default, zone=UTC)
        self.required = required
        self.stays = stays or isinstance(widget, ChoiceWidget | BooleanWidget) or self.default not in (None, "")
        self.needed = needed or ("required" if required else f"else {otherwise}" if otherwise else "optional")

    def clean(self, row: Row, **kwargs: Any) -> Any:
        """The value of the cell. Raises ValueError with the remedy."""
        cell = row[self.column_name]
        if cell.strip():
            return self.widget.clean(cell, row=row, **kwargs)
        if self.required:
            raise ValueError("The cell is empty: this column is required.")
        return self.default


class DeclaredFieldsMetaclass(ABCMeta, ModelDeclarativeMetaclass):
    """Columns are the fields that a resource declares, in that order. No other field of the model becomes one, so that
    no file reads or writes an id."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        declared = {name: each for name, each in attrs.items() if isinstance(each, fields.Field)}
        for field_name, field in declared.items():
            field.attribute = field.attribute or field_name
        if declared and "Meta" in attrs:
            attrs["Meta"].fields = list(declared)
        return super().__new__(cls, name, bases, attrs)
