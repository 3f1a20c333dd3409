"""Options of import_csv about columns: --map, --ignore-unknown and --no-header. Each raises UnreadableFile where it does
not fit the file."""

from __future__ import annotations

from collections.abc import Sequence

from evcnet.importexport.column_choices import ColumnChoices
from evcnet.importexport.column_names import ColumnNames
from evcnet.importexport.csv_file import Sheet
from evcnet.importexport.formats import format_of
from evcnet.importexport.row_errors import UnreadableFile, quoted
from evcnet.text import compact, counted


def sheet_without_header(content: bytes, names: ColumnNames, option: str) -> Sheet:
    """The rows of a file whose first row holds values. One name alone: every cell of the file is a row."""
    columns = [_target(names, each.strip(), "--no-header") if each.strip() else None for each in option.split(",")]
    sheet = format_of(content).create_dataset(content, header=False, width=len(columns))
    if len(columns) == 1:
        columns *= sheet.file_width
    elif len(columns) != sheet.file_width:
        raise UnreadableFile(
            f"The file has {counted(sheet.file_width, 'column')}, --no-header names {len(columns)}: name each of them, "
            "and write nothing between two commas for one to leave out."
        )
    return ColumnChoices(tuple(columns), header=False).apply(sheet)


def sheet_with_header(
    sheet: Sheet, names: ColumnNames, mapped: Sequence[str], *, ignore_unknown: bool
) -> tuple[Sheet, list[str]]:
    """The rows with our columns, and what was left out, as people find it. Unknown columns stay, to be refused, unless
    they are ignored."""
    columns = _mapped_columns(sheet.headers or [], names, mapped)
    unknown = [place for place, name in enumerate(columns) if name not in names.targets]
    if unknown and not (ignore_unknown or names.parts):
        return sheet.mapped(columns, None), []  # no name to join
    left_out = unknown if ignore_unknown else []
    choices = ColumnChoices(tuple(None if place in left_out else name for place, name in enumerate(columns)))
    words = [quoted(columns[place]) if columns[place] else f"column {place + 1}" for place in left_out]
    return choices.apply(sheet), words


def _mapped_columns(header: Sequence[str], names: ColumnNames, mapped: Sequence[str]) -> list[str]:
    """What each column of the file is here; unknown names stay as they are."""
    columns = names.resolve(header)
    for option in mapped:
        file_column, _, column = option.rpartition("=")
        places = [place for place, name in enumerate(header) if name and compact(name) == compact(file_column)]
        if not places:
            raise UnreadableFile(f"--map {option}: the file has no such column; it has {', '.join(header)}.")
        for place in places:
            columns[place] = _target(names, column, f"--map {option}")
    return columns


def _target(names: ColumnNames, name: str, option: str) -> str:
    column = names.column_named(name) or (name if name in names.targets else None)
    if column is None:
        nearest = f"there is no column {quoted(name)} here, nearest is {names.nearest(name)}"
        raise UnreadableFile(f"{option}: {nearest}; use {', '.join(names.targets)}.")
    return column
