"""Names of columns: what a file's header means, what its columns are guessed to be, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from django.core.exceptions import FieldDoesNotExist

from evcnet.importexport.common_names import COMMON_NAMES, FIRST_NAME, INFIX, LAST_NAME
from evcnet.importexport.row_errors import RowError, alternatives, quoted
from evcnet.importexport.widgets import ReferenceWidget
from evcnet.text import compact, counted

if TYPE_CHECKING:
    from tablib import Dataset

    from evcnet.importexport.declaration import ResourceDeclaration
    from evcnet.importexport.fields import Field

PROVIDER, NAME = "provider", "name"
NAME_PARTS = {FIRST_NAME: "First name", INFIX: "Name prefix", LAST_NAME: "Last name"}
MOST_UNKNOWN = 30  # columns that are named
SIMILAR = 0.8  # from which ratio on a name is taken for a misspelt one


class ColumnNames:
    """The columns of one kind of file, and every name by which a file may call them.

    ``columns`` are their names, ``labels`` how the portal calls them, ``parts`` those of a name that are joined.
    """

    def __init__(self, resource: ResourceDeclaration) -> None:
        self.kind = resource.kind
        self.key = list(resource.key)
        self.required = [each.column_name for each in resource.columns if each.required]
        fields = {each.column_name: each for each in resource.columns}
        self.labels = {PROVIDER: "Provider"} if resource.has_provider else {}
        self.labels |= {name: label_of(resource, field) for name, field in fields.items()}
        self.parts = NAME_PARTS if resource.joins_names else {}
        self.columns = list(self.labels)
        self._known = {compact(label): name for name, label in self.labels.items()}
        for name, field in fields.items():
            if isinstance(field.widget, ReferenceWidget):
                self._known.setdefault(compact(f"{self.labels[name]} {field.widget.by}"), name)
        self._known |= {compact(name): name for name in self.columns}
        self._common = self._common_names()

    def _common_names(self) -> dict[str, str]:
        common: dict[str, str] = {}
        for name in (*self.parts, *self.columns):
            for word in COMMON_NAMES.get(f"{self.kind}.{name}", COMMON_NAMES.get(name, "")).split(","):
                common.setdefault(compact(word), name)
        return common

    @property
    def targets(self) -> list[str]:
        """What a column of a file may be: the columns, and the parts of a name that are joined."""
        return [*self.columns, *self.parts]

    def column_named(self, name: str) -> str | None:
        """The column that has this name or label, whatever its letter case and its separators; None for other words."""
        return self._known.get(compact(name))

    def resolve(self, header: Iterable[str]) -> list[str]:
        """The names of the columns; what is not known stays as it is."""
        return [self.column_named(name) or name for name in header]

    def nearest(self, name: str) -> str:
        """The column that is most probably meant."""
        word = compact(name)
        if word in self._common and self._common[word] not in self.parts:
            return self._common[word]
        return max(self.columns, key=lambda each: max(_ratio(word, each), _ratio(word, compact(self.labels[each]))))

    def errors(self, header: Sequence[str]) -> list[RowError]:
        """All that is wrong with row 1, whose names are resolved. No column is left out in silence."""
        errors = []
        unknown = [name for name in header if name and name not in self.labels]
        if unknown:
            errors.append(RowError(1, unknown[0] if len(unknown) == 1 else "", self._unknown(unknown, header)))
        for position, name in enumerate(header, 1):
            if not name:
                errors.append(RowError(1, "", f"Column {position} has no name: name it, or delete it."))
            elif name in header[: position - 1]:
                errors.append(RowError(1, name, f"The column {quoted(name)} stands there twice: delete one of them."))
        return errors + [
            RowError(1, name, f"The column {quoted(name)} is missing: rows are known by it, so add it.")
            for name in self.key
            if name not in header
        ]

    def fits(self, header: Sequence[str]) -> bool:
        """Is nothing wrong with the names, and has the file all that a new row needs?"""
        names = self.resolve(header)
        return not self.errors(names) and set(self.required) <= set(names)

    def missing_for(self, new_rows: int, header: Sequence[str]) -> list[RowError]:
        """What new rows can't do without; on update only the key is required."""
        why = f"{counted(new_rows, 'row')} {'is new and needs' if new_rows == 1 else 'are new and need'} it, so add it."
        why += " Where the import page asks what the columns are, one value may count for all rows."
        missing = [name for name in self.required if name not in header]
        return [RowError(1, name, f"The column {quoted(name)} is missing: {why}") for name in missing if new_rows]

    def on_another_sheet(self, header: Sequence[str], dataset: Dataset) -> list[RowError]:
        """Where the data of a workbook may stand, if the sheet in front lacks columns that another has."""
        missing = [name for name in self.required if name not in header]
        headers: dict[str, list[str]] = getattr(dataset, "other_headers", {})
        for title, cells in headers.items() if missing else ():
            if set(missing) <= set(self.resolve(cells)):
                front = f"The sheet {quoted(dataset.title)} is in front, and was read"
                columns = f"column{'' if len(missing) == 1 else 's'} {alternatives(missing, word='and')}"
                return [RowError(1, "", f"{front}. {quoted(title)} has the {columns}: put that one in front.")]
        return []

    def _unknown(self, names: list[str], header: Sequence[str]) -> str:
        nearest = ", ".join(f"{quoted(name)} (nearest: {self.nearest(name)})" for name in names[:MOST_UNKNOWN])
        if len(names) > MOST_UNKNOWN:
            nearest += f" and {len(names) - MOST_UNKNOWN:,} more"
        what = f"The column {nearest} is" if len(names) == 1 else f"{len(names):,} unknown columns: {nearest}. They are"
        headless = "" if len(names) < len(header) else " If the first row holds values, say that there is no header."
        return f"{what} not known: use {', '.join(self.columns)}, or leave out what has no place here.{headless}"

    def guess(self, header: Sequence[str], remembered: Mapping[str, str]) -> list[str]:
        """What each column probably is, "" for those that nobody knows: by the last choice, else by the names here, those
        that other programs use, and misspelt ones. No two columns are the same."""
        words = [compact(name) for name in header]
        guesses = [""] * len(words)
        for find in (remembered.get, self._known.get, self._common.get, self._misspelt):
            for position, word in enumerate(words):
                if not word or guesses[position] or (word in remembered and find != remembered.get):
                    continue
                target = find(word) or ""
                if target not in guesses and target in self.targets:
                    guesses[position] = target
        return self._without_lone_parts(guesses)

    def _misspelt(self, word: str) -> str:
        known = max(self._known, key=lambda each: _ratio(word, each))
        return self._known[known] if _ratio(word, known) >= SIMILAR else ""

    def _without_lone_parts(self, guesses: list[str]) -> list[str]:
        """A last name without a first one is the whole name; beside a whole name there are no parts."""
        if NAME in guesses:
            return ["" if each in self.parts else each for each in guesses]
        if LAST_NAME in guesses and FIRST_NAME not in guesses:
            return [NAME if each == LAST_NAME else each for each in guesses]
        return guesses


def label_of(resource: ResourceDeclaration, field: Field) -> str:
    """What the portal calls the column on its pages."""
    for model in (resource.model, *resource.label_models):
        try:
            label: str = str(getattr(model._meta.get_field(field.attribute), "verbose_name", ""))
        except FieldDoesNotExist:
            continue
        return label[:1].upper() + label[1:]
    label = str(field.column_name).replace("_", " ").capitalize()
    return label.replace("kwh", "kWh").replace("Vat", "VAT")


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
