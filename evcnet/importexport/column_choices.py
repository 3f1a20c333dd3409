"""Choices for the columns of a file: which column of ours each one is, and what all rows have that the file doesn't say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from evcnet.importexport.column_names import NAME, NAME_PARTS
from evcnet.importexport.csv_file import BadCell, NoText, Sheet


@dataclass(frozen=True)
class ColumnChoices:
    """``columns`` says of each column of the file what it is here, None leaves it out; parts of a name are joined.
    ``values`` are those that all rows have. ``header`` False: the first row holds values. ``numbered``: free numbers are
    filled in where the file has none."""

    columns: tuple[str | None, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    header: bool = True
    numbered: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "columns": tuple(data["columns"])})

    @property
    def is_list(self) -> bool:
        """Every cell of the file is a row of its own: all columns are the same one, and no header says otherwise."""
        return not self.header and len(self.columns) > 1 and len(set(self.columns)) == 1 and None not in self.columns

    def columns_of_rows(self) -> list[str]:
        """The columns that the rows have in the end, in the order of the file."""
        names = [_whole(name) for name in self.columns if name is not None]
        return [*dict.fromkeys(names), *(name for name, value in self.values.items() if value and name not in names)]

    def apply(self, sheet: Sheet) -> Sheet:
        """The rows of the file with our columns."""
        if self.is_list:
            return _one_cell_a_row(sheet, str(self.columns[0]))
        places = list(self._places())
        values = {name: value for name, value in self.values.items() if value and name not in dict(places)}
        header: list[str] = sheet.headers or []

        def pick(row: Sequence[str]) -> list[str]:
            return [*(_cell(row, positions) for _, positions in places), *values.values()]

        as_it_is = not values and [positions for _, positions in places] == [[each] for each in range(len(header))]
        renamed = sheet.mapped([*(name for name, _ in places), *values], None if as_it_is else pick)
        renamed.sources = {name: " + ".join(header[each] for each in positions) for name, positions in places}
        return renamed

    def _places(self) -> Iterator[tuple[str, list[int]]]:
        """Each column of the rows, and where the file has it; parts of a name stand together, in their order."""
        parts = [self.columns.index(part) for part in NAME_PARTS if part in self.columns]
        for position, name in enumerate(self.columns):
            if name in NAME_PARTS:
                if position == min(parts):
                    yield NAME, parts
            elif name is not None:
                yield name, [position]


def fill_numbers(sheet: Sheet, column: str, numbers: Iterator[str]) -> Sheet:
    """The rows with a number in each empty cell of the column, which is added where the file lacks it."""
    header: list[str] = sheet.headers or []
    if column not in header:
        rows = [[*row, ""] for row in sheet]
        header = [*header, column]
    else:
        rows = [list(row) for row in sheet]
    place = header.index(column)
    for row in rows:
        row[place] = row[place] if row[place].strip() else next(numbers)
    filled = sheet.with_columns(header, rows)
    filled.sources = sheet.sources
    return filled


def _whole(name: str) -> str:
    return NAME if name in NAME_PARTS else name


def _cell(row: Sequence[str], positions: list[int]) -> str:
    cells = [row[position] for position in positions]
    bad = [cell for cell in cells if isinstance(cell, BadCell) and not isinstance(cell, NoText)]
    if bad or len(cells) == 1:
        return (bad or cells)[0]
    return " ".join(cell.strip() for cell in cells if cell.strip())


def _one_cell_a_row(sheet: Sheet, column: str) -> Sheet:
    cells = [(number, cell) for number, row in zip(sheet.numbers, sheet, strict=True) for cell in row if cell.strip()]
    rows = Sheet(*([cell] for _, cell in cells), headers=[column])
    rows.numbers = [number for number, _ in cells]
    return rows
