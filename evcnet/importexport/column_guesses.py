"""Guesses of what the columns of a file are: by its header, or by its cells where it has none."""

from __future__ import annotations

import re

from customers.models import ImportMapping
from evcnet.importexport.column_choices import ColumnChoices
from evcnet.importexport.column_names import ColumnNames
from evcnet.importexport.csv_file import Sheet
from evcnet.text import compact

ROWS = 50  # that are looked at
_UID = re.compile(r"(?=.*[0-9])([0-9A-Fa-f]{8,20}|([0-9A-Fa-f]{2}[ :.-]){3,9}[0-9A-Fa-f]{2})", re.ASCII)
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def looks_headless(sheet: Sheet, names: ColumnNames) -> bool:
    """Does the first row hold values? None of its cells is the name of a column, and one is a uid or an e-mail address."""
    header: list[str] = sheet.headers or []
    words = [word for cell in header for word in (cell, *cell.split())]
    return not any(names.guess(header, {})) and any(_UID.fullmatch(word) or _MAIL.fullmatch(word) for word in words)


def guess_by_header(sheet: Sheet, names: ColumnNames, mapping: ImportMapping | None) -> ColumnChoices:
    remembered = mapping.names if mapping is not None else {}
    header: list[str] = sheet.headers or []
    values = mapping.values if mapping is not None and any(compact(name) in remembered for name in header) else {}
    return ColumnChoices(tuple(each or None for each in names.guess(header, remembered)), values)


def guess_by_cells(sheet: Sheet, names: ColumnNames, mapping: ImportMapping | None) -> ColumnChoices:
    """The last choice for as many columns, else by what uids and e-mail addresses look like; all may be uids."""
    width = len(sheet.headers or [])
    if mapping is not None and len(mapping.positions) == width and set(mapping.positions) <= {"", *names.targets}:
        return ColumnChoices(tuple(each or None for each in mapping.positions), mapping.values, header=False)
    columns: list[str | None] = [None] * width
    for name, pattern in (("uid", _UID), ("email", _MAIL)):
        if name in names.columns:
            places = [place for place in range(width) if _all_cells(sheet, place, pattern)]
            for place in places if len(places) == width else places[:1]:
                columns[place] = name
    return ColumnChoices(tuple(columns), header=False)


def _all_cells(sheet: Sheet, place: int, pattern: re.Pattern[str]) -> bool:
    cells = [str(row[place]).strip() for row in sheet[:ROWS]]
    cells = [cell for cell in cells if cell]
    return bool(cells) and all(pattern.fullmatch(cell) for cell in cells)
