"""The form between an upload and its preview: what each column of the file is, and what all rows have beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from evcnet.importexport.column_choices import ColumnChoices
from evcnet.importexport.column_names import NAME, ColumnNames
from evcnet.importexport.csv_file import Sheet
from evcnet.importexport.fields import Field
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.row_errors import alternatives, quoted
from evcnet.importexport.widgets import BooleanWidget, ChoiceWidget, ReferenceWidget

LEAVE_OUT = [("", "leave out")]
SAMPLES = 3  # rows of which each column shows its cells
CODES_MOST = 200  # that stand in a list; among more the code is typed


class ColumnsForm(forms.Form):
    """``sheet`` is the file as it is, with its header or, where it has none, with columns named by position."""

    headless = forms.BooleanField(
        label="The first row holds values: the file has no header",
        required=False,
        help_text="Of a list of uids on one line, choose uid for every column: each cell becomes a row.",
    )

    def __init__(self, resource: BulkResource, sheet: Sheet, choices: ColumnChoices, **options: Any) -> None:
        super().__init__(**options)
        self.resource, self.sheet, self.names = resource, sheet, ColumnNames(resource)
        self.header: list[str] = sheet.headers or []
        self.initial["headless"] = not choices.header
        targets = [(name, self.title(name)) for name in self.names.targets]
        for position, name in enumerate(self.header):
            label = f"Column “{name}” of the file" if name else f"Column {position + 1} of the file, which has no name"
            self.fields[f"column_{position}"] = forms.ChoiceField(
                label=label, choices=LEAVE_OUT + targets, required=False, widget=UnfoldAdminSelectWidget
            )
            self.initial[f"column_{position}"] = choices.columns[position] or ""
        for field in self._fields_of_values():
            self.fields[f"value_{field.column_name}"] = self._value_field(field)
            self.initial[f"value_{field.column_name}"] = choices.values.get(field.column_name, "")
        if resource.numbered_column and resource.provider is not None:
            label = f"Make a {self.names.labels[resource.numbered_column].lower()} where the file has none"
            text = "Free ones, after the highest that you see. The same file twice comes in twice."
            self.fields["numbered"] = forms.BooleanField(label=label, required=False, help_text=text)
            self.initial["numbered"] = choices.numbered

    def title(self, name: str) -> str:
        """A column, or a part of a name, as people choose it."""
        if name in self.names.parts:
            return f"{self.names.parts[name]} (joined into {NAME})"
        return f"{self.names.labels[name]}{', required' if name in self.names.required else ''}"

    def _fields_of_values(self) -> list[Field]:
        """What all rows may have: what is required, but for the one column by which rows are told apart; choices."""
        columns, key = self.resource.columns, self.resource.key
        required = [each for each in columns if each.required and [each.column_name] != list(key)]
        listed = [each for each in columns if isinstance(each.widget, ChoiceWidget | BooleanWidget)]
        return required + [each for each in listed if each not in required]

    def _value_field(self, field: Field) -> forms.Field:
        choices = self._listed_values(field)
        options: dict[str, Any] = {"label": f"{self.names.labels[field.column_name]} of all rows", "required": False}
        if choices is None:
            widget = UnfoldAdminTextInputWidget
            return forms.CharField(max_length=200, widget=widget, help_text=field.widget.takes, **options)
        return forms.ChoiceField(
            choices=[("", "as the file says, row by row"), *choices], widget=UnfoldAdminSelectWidget, **options
        )

    def _listed_values(self, field: Field) -> list[tuple[str, str]] | None:
        """The values from which one is picked; None where it has to be typed."""
        widget = field.widget
        if isinstance(widget, ChoiceWidget):
            return [(each, each) for each in widget.choices.values()]
        if isinstance(widget, BooleanWidget):
            return [("true", "yes"), ("false", "no")]
        if not isinstance(widget, ReferenceWidget) or widget.by != "code" or self.resource.provider is None:
            return None
        rows = self.resource.scope.rows(widget.model).filter(provider=self.resource.provider).order_by("code")
        codes = list(rows.values_list("code", "name")[: CODES_MOST + 1])
        return [(code, f"{name} ({code})") for code, name in codes] if len(codes) <= CODES_MOST else None

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each column of the file with its first cells and its field, for the template."""
        for position, name in enumerate(self.header):
            cells = [str(row[position]).strip() for row in self.sheet[: SAMPLES * 20]]
            samples = list(dict.fromkeys(filter(None, cells)))[:SAMPLES]
            yield {"name": name, "number": position + 1, "samples": samples, "field": self[f"column_{position}"]}

    def values(self, *, required: bool) -> list[forms.BoundField]:
        """The fields of what all rows have."""
        names = [each.column_name for each in self._fields_of_values() if each.required == required]
        return [self[f"value_{name}"] for name in names]

    @property
    def required_values(self) -> list[forms.BoundField]:
        return self.values(required=True)

    @property
    def other_values(self) -> list[forms.BoundField]:
        return self.values(required=False)

    @property
    def listed(self) -> set[str]:
        """The columns whose value for all rows is picked from a list."""
        listed = {name for name, each in self.fields.items() if isinstance(each, forms.ChoiceField)}
        return {name.removeprefix("value_") for name in listed if name.startswith("value_")}

    @property
    def has_other_values(self) -> bool:
        """Was one of these chosen? Then they are open."""
        return any(each.value() for each in self.other_values)

    @property
    def choices(self) -> ColumnChoices:
        """What was chosen, of a form whose fields were cleaned."""
        data = self.cleaned_data
        return ColumnChoices(
            columns=tuple(data.get(f"column_{position}") or None for position in range(len(self.header))),
            values={
                name.removeprefix("value_"): data[name].strip()
                for name in data
                if name.startswith("value_") and data[name].strip()
            },
            header=not data["headless"],
            numbered=bool(data.get("numbered")),
        )

    def clean(self) -> None:
        """Every column of ours once, and those that the rows can't do without."""
        choices = self.choices
        if not choices.is_list:
            self._refuse_doubles(choices)
        rows = {*choices.columns_of_rows(), *([self.resource.numbered_column] if choices.numbered else [])}
        missing = [self.names.labels[name] for name in self.resource.key if name not in rows]
        if missing:
            remedy = " Or have numbers made, below the columns." if "numbered" in self.fields else ""
            self.add_error(
                None, f"No column is the {alternatives(missing).lower()}: choose the one that has it.{remedy}"
            )

    def _refuse_doubles(self, choices: ColumnChoices) -> None:
        first: dict[str, int] = {}
        for position, name in enumerate(choices.columns):
            if name is not None and first.setdefault(name, position) != position:
                other = self.header[first[name]] or f"column {first[name] + 1}"
                self.add_error(f"column_{position}", f"{quoted(other)} is that already: leave one of the two out.")
