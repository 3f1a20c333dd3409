"""Where the header of a file stands, if not in its first row: below a title, or in one cell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evcnet.importexport.column_names import ColumnNames
from evcnet.importexport.row_errors import RowError, alternatives, quoted

if TYPE_CHECKING:
    from tablib import Dataset

CELLS = 50  # of a row that are looked at
COLUMNS = 500  # of the header
FEWEST, NAMED = 2, 3  # names of columns by which a row is taken for the header, and those that are said
_SEPARATORS = re.compile(r"[,;|\t]")


def misplaced_header(names: ColumnNames, header: list[str], sheet: Dataset) -> list[RowError]:
    """What to do where the first row does not name the key, and another one names more columns; empty for other files."""
    known = names.guess(header[:COLUMNS], {})
    if set(names.key) <= set(known):
        return []
    if len(header) == 1 and (words := _names_in(names, header)):
        message = f"The first row has {_in_words(words)} in one cell: take the quotation marks around whole rows away."
        return [RowError(1, "", message)]
    rows: dict[int, list[str]] = getattr(sheet, "top", {})
    for number, cells in rows.items():
        words = _names_in(names, cells)
        if len(words) > sum(map(bool, known)):
            message = f"Row {number} seems to name the columns, with {_in_words(words)}: delete the rows above it."
            return [RowError(1, "", message)]
    return []


def _names_in(names: ColumnNames, cells: list[str]) -> list[str]:
    """The cells that name columns; none where there are too few. A row may be one cell, which is cut at separators."""
    words = [cell.strip() for cell in cells[:CELLS] if cell.strip()]
    if len(words) == 1:
        words = [word.strip() for word in _SEPARATORS.split(words[0])]
    known = [word for word, column in zip(words, names.guess(words, {}), strict=True) if column]
    return known if len(known) >= FEWEST else []


def _in_words(words: list[str]) -> str:
    return alternatives([quoted(word) for word in words[:NAMED]], word="and")
