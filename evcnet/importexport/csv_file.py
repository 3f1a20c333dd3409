"""Reading and writing of CSV files: UTF-8 with commas or semicolons; the first row names the columns.

tablib pads rows that are too short, drops blank ones, so that the numbers of all later rows shift, and takes what an
unclosed quotation mark swallows for one cell. Here each of these is an error with its row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Self

from tablib import Dataset

from evcnet.importexport.row_errors import UnreadableFile

csv.field_size_limit(2**31 - 1)  # a long cell is refused by its column, with its row, and not by the reader of the file

_OTHER_FILES = {
    b"\xff\xfe": "The file is UTF-16: save it as “CSV UTF-8”.",
    b"\xfe\xff": "The file is UTF-16: save it as “CSV UTF-8”.",
    b"\xd0\xcf\x11\xe0": "The file is an old or a protected Excel workbook: save it as .xlsx without a password, or as CSV.",
    b"%PDF": "The file is a PDF: save the table as CSV.",
}


class BadCell(str):
    """A cell that holds no value, such as a formula; ``why`` says what to do about it."""

    why: str

    def __new__(cls, text: str, why: str) -> Self:
        cell = super().__new__(cls, text)
        cell.why = why
        return cell


class Sheet(Dataset):
    """The rows of a file that are not empty. ``numbers`` are those that a spreadsheet shows beside them, ``ragged`` the
    lengths of rows that don't fit the header, by number."""

    def __init__(self, *rows: Any, **options: Any) -> None:
        super().__init__(*rows, **options)
        self.numbers: list[int] = []
        self.ragged: dict[int, int] = {}


def read_csv(data: bytes, most: int | None = None) -> Sheet:
    """The rows of a file, ``most`` at most. Raises UnreadableFile, which says what to do."""
    return sheet_of(_csv_rows(_decoded(data)), padded=False, most=most)


def sheet_of(rows: Iterator[list[str]], *, padded: bool, most: int | None) -> Sheet:
    """``padded``: cells that are missing at the end of a row are empty, as in a workbook."""
    header = _header(next(rows, []))
    sheet, number = Sheet(headers=header), 1
    for number, cells in enumerate(rows, 2):
        if not any(map(str.strip, cells)):
            continue
        if most is not None and len(sheet) >= most:
            raise UnreadableFile(f"The file has more than {most:,} rows: split it.", row=number)
        width = len(_trimmed(cells)) if padded or len(cells) > len(header) else len(cells)
        if width > len(header) or (width < len(header) and not padded):
            sheet.ragged[number] = width
        sheet.append((cells + [""] * (len(header) - len(cells)))[: len(header)])
        sheet.numbers.append(number)
    if number > 1 and not len(sheet):
        raise UnreadableFile(
            "All rows below the header are empty: fill at least one, and delete the empty ones.", row=2
        )
    return sheet


def _header(cells: list[str]) -> list[str]:
    names = [name.strip().lower() for name in _trimmed(cells)]
    if not names:
        raise UnreadableFile("The file is empty: its first row has to name the columns, the rows follow below.")
    return names


def _trimmed(cells: list[str]) -> list[str]:
    length = len(cells)
    while length and not cells[length - 1].strip():
        length -= 1
    return cells[:length]


def _csv_rows(text: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, 1):
            yield row
    except csv.Error as error:
        raise UnreadableFile(
            f"The row can't be read ({error}): close every quotation mark, and write one inside a cell twice.",
            row=number + 1,
        ) from error


def _delimiter(text: str) -> str:
    """What stands between the names of the columns, which contain neither sign."""
    first = text.split("\n", 1)[0]
    if "\t" in first and "," not in first and ";" not in first:
        raise UnreadableFile("The columns are separated by tabs: separate them by commas or semicolons.")
    return ";" if first.count(";") > first.count(",") else ","


def _decoded(data: bytes) -> str:
    for start, message in _OTHER_FILES.items():
        if data.startswith(start):
            raise UnreadableFile(message)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(data, error) from error


def _not_utf8(data: bytes, error: UnicodeDecodeError) -> UnreadableFile:
    """Where the first bad byte stands: people find the cell, and see which letter is meant."""
    before = error.object[: error.start].decode("utf-8-sig", "replace")
    try:
        rows = list(csv.reader(io.StringIO(before + "?", newline=""), delimiter=_delimiter(before)))
    except (csv.Error, UnreadableFile):
        rows = [[]]
    names, cell = rows[0], len(rows[-1]) - 1
    column = names[cell].strip().lower() if len(rows) > 1 and 0 <= cell < len(names) else ""
    message = f"The byte 0x{data[error.start]:02X} is not UTF-8: save the file as “CSV UTF-8”."
    return UnreadableFile(message, row=max(len(rows), 1), column=column)


def write_csv(rows: Iterable[list[str]]) -> Iterator[str]:
    """Lines of a CSV file, each with its end."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in rows:
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
