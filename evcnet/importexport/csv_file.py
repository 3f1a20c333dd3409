"""Reading and writing of CSV files: UTF-8 with commas or semicolons; the first row that is not blank names the columns.

tablib pads rows that are too short, drops blank ones, so that the numbers of all later rows shift, and takes what an
unclosed quotation mark swallows for one cell. Here each of these is an error with its row.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Self

from tablib import Dataset

from evcnet.importexport.other_files import what_else
from evcnet.importexport.row_errors import UnreadableFile

CELL_MOST = 16 * 1024 * 1024
"""Characters. A long cell is refused by its column, with its row; one as long as this may be a quotation mark left open."""
csv.field_size_limit(CELL_MOST)

SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?\r?(?:\n|\Z)', re.IGNORECASE)
_PAIR = re.compile(r"[0-9A-Fa-f]{2}", re.ASCII)
OTHER_SEPARATORS = {"\t": "tabs", "|": "vertical bars"}
ROWS_OF_TOP = 20  # in which a header is looked for that does not stand first
LEAST_SEPARATORS = 2  # of a row, by which one is told from a text
SWALLOWED = "The cell holds {:,} lines that look like rows: close the quotation mark that is left open before it."
EMPTY = "The file is empty: its first row has to name the columns, the rows follow below."
NO_ROWS = "All rows below the header are empty: fill at least one, and delete the empty ones."
MOST_WORDS = 6  # words of a line that are columns of a list without a header


class BadCell(str):
    """A cell that holds no value, such as a formula; ``why`` says what to do about it."""

    why: str

    def __new__(cls, text: str, why: str) -> Self:
        cell = super().__new__(cls, text)
        cell.why = why
        return cell


class NoText(BadCell):
    """A number or a date of a spreadsheet: bad where a word is expected, such as a uid, and good elsewhere."""


class Sheet(Dataset):
    """The rows of a file that are not empty. ``numbers`` are those that a spreadsheet shows beside them, ``ragged`` the
    lengths of rows that don't fit the header, by number. ``top`` are the first rows with all of their cells, by number, and
    ``file_width`` counts the columns of the file. ``sources`` says
    how the file names a column that has got another name here. ``remarks`` say what else is in the file, and
    ``other_headers`` what stands in the first rows of the other sheets of a workbook, by title."""

    def __init__(self, *rows: Any, **options: Any) -> None:
        super().__init__(*rows, **options)
        self.numbers: list[int] = []
        self.ragged: dict[int, int] = {}
        self.file_width = len(self.headers or [])
        self.sources: dict[str, str] = {}
        self.remarks: list[str] = []
        self.title = ""
        self.other_headers: dict[str, list[str]] = {}
        self.top: dict[int, list[str]] = {}

    def mapped(self, names: Sequence[str], pick: Callable[[Sequence[str]], list[str]] | None) -> Sheet:
        """The same rows with other columns, whose cells ``pick`` takes from those of a row; None: all, as they are."""
        return self.with_columns(names, self if pick is None else map(pick, self))

    def with_columns(self, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Sheet:
        """The same rows with other columns: ``rows`` holds their cells, one for each name."""
        other = Sheet(*rows, headers=names)
        other.numbers, other.ragged, other.file_width = self.numbers, self.ragged, self.file_width
        other.remarks, other.title, other.other_headers = self.remarks, self.title, self.other_headers
        other.top = self.top
        return other


def read_csv(
    data: bytes, most: int | None = None, *, header: bool = True, width: int | None = None, head: int | None = None
) -> Sheet:
    """The rows of a file, ``most`` at most. Raises UnreadableFile, which says what to do.

    Without a ``header`` the columns are named by position; ``width`` is their number where somebody knows it. Of more
    than ``head`` rows the others are left unread.
    """
    rows = _csv_rows(_decoded(data), header=header, width=width)
    return sheet_of(rows, padded=False, most=most, header=header, head=head)


def sheet_of(
    rows: Iterator[list[str]], *, padded: bool, most: int | None, header: bool = True, head: int | None = None
) -> Sheet:
    """``padded``: cells that are missing at the end of a row are empty, as in a workbook."""
    numbered = enumerate(rows if head is None else islice(rows, head), 1)
    start, first = next(((number, cells) for number, cells in numbered if column_names(cells)), (0, []))
    if not start:
        raise UnreadableFile(EMPTY)
    below: Iterable[tuple[int, list[str]]] = numbered
    names = column_names(first)
    if not header:  # as many columns as the longest row has cells
        below = [(number, cells) for number, cells in chain([(start, first)], numbered) if any(map(str.strip, cells))]
        names = [f"Column {each}" for each in range(1, 1 + max(len(trimmed(cells)) for _, cells in below))]
    sheet = Sheet(headers=names)
    end = _append(sheet, below, padded=padded, most=most)
    if end > start and not len(sheet):
        raise UnreadableFile(NO_ROWS, row=2)
    return _without_empty_columns(sheet)


def _append(sheet: Sheet, rows: Iterable[tuple[int, list[str]]], *, padded: bool, most: int | None) -> int:
    """Take the rows in that are not empty. The number of the last one is returned, empty or not; 0 where there is none."""
    expected, number = sheet.file_width, 0
    for number, cells in rows:
        if not any(map(str.strip, cells)):
            continue
        if most is not None and len(sheet) >= most:
            raise UnreadableFile(f"The file has more than {most:,} rows: split it.", row=number)
        width = len(trimmed(cells)) if padded or len(cells) > expected else len(cells)
        if width > expected or (width < expected and not padded):
            sheet.ragged[number] = width
        if len(sheet.top) < ROWS_OF_TOP:
            sheet.top[number] = cells
        sheet.append((cells + [""] * (expected - len(cells)))[:expected])
        sheet.numbers.append(number)
    return number


def visible(text: str) -> str:
    """Without byte order marks and other signs that nobody sees, without spaces around it, and with single ones within."""
    signs = text if text.isascii() else "".join(each for each in text if unicodedata.category(each) != "Cf")
    return " ".join(signs.split())


def column_names(cells: list[str]) -> list[str]:
    return trimmed([visible(cell).strip("\"' ") for cell in cells])


def _without_empty_columns(sheet: Sheet) -> Sheet:
    """Columns of which neither the header nor any row says anything are none."""
    names: list[str] = sheet.headers or []
    empty = {
        position
        for position, name in enumerate(names)
        if not name and not any(cell.strip() for cell in sheet.get_col(position))
    }
    if not empty:
        return sheet
    others = [position for position in range(len(names)) if position not in empty]
    return sheet.with_columns([names[each] for each in others], [[row[each] for each in others] for row in sheet])


def trimmed(cells: list[str]) -> list[str]:
    length = len(cells)
    while length and not cells[length - 1].strip():
        length -= 1
    return cells[:length]


def _csv_rows(text: str, *, header: bool = True, width: int | None = None) -> Iterator[list[str]]:
    """A first line that names the separator is none for a spreadsheet either: it shows the next one as row 1."""
    separator = SEPARATOR_LINE.match(text)
    text = text[separator.end() :] if separator else text
    if separator is None and not header and (words := _words(text, width)):
        yield from words
        return
    yield from rows_of_lines(io.StringIO(text, newline=""), separator[1] if separator else delimiter_of(text))


def rows_of_lines(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The cells of each row. Raises UnreadableFile for a quotation mark that is left open, or the like."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = width_of_first = line = 0
    try:
        for number, row in enumerate(reader, 1):
            width_of_first = width_of_first or (len(row) if any(row) else 0)
            lines_of_row, line = reader.line_num - line, reader.line_num
            yield row if lines_of_row == 1 or len(row) != width_of_first else with_swallowed_rows(row, delimiter)
    except csv.Error as error:
        raise UnreadableFile(
            f"The row can't be read ({error}): close every quotation mark, and write one inside a cell twice.",
            row=number + 1,
        ) from error


def with_swallowed_rows(row: list[str], delimiter: str) -> list[str]:
    """The row, with each cell made bad that holds the end of a row, whole ones, and the beginning of another."""
    others = len(row) - 1
    if others < LEAST_SEPARATORS:
        return row
    cells = list(row)
    for place, cell in enumerate(row):
        if "\n" not in cell and "\r" not in cell:
            continue
        counts = [line.count(delimiter) for line in cell.splitlines()]
        if len(counts) > 1 and counts == [others - place, *[others] * (len(counts) - 2), place]:
            cells[place] = BadCell(cell, SWALLOWED.format(len(counts)))
    return cells


def _words(text: str, width: int | None) -> list[list[str]] | None:
    """The words of every line, where a list without a header has as many in each, and no other sign between them; None
    for other files. Pairs of digits are a uid that was written so."""
    lines = [line.split() for line in text.splitlines()]
    widths = {len(words) for words in lines if words}
    if "," in text or ";" in text or '"' in text or len(widths) != 1:
        return None
    [words] = widths
    if not 1 < words <= MOST_WORDS or width not in (None, words):
        return None
    return None if all(_PAIR.fullmatch(word) for line in lines for word in line) else lines


def delimiter_of(text: str) -> str:
    """What stands between the names of the columns, which contain neither sign."""
    first = next((line for line in io.StringIO(text) if line.strip(",; \t\r\n\ufeff")), "")
    for sign, name in OTHER_SEPARATORS.items():
        if sign in first and "," not in first and ";" not in first:
            raise UnreadableFile(f"The columns are separated by {name}: separate them by commas or semicolons.")
    return ";" if first.count(";") > first.count(",") else ","


def _decoded(data: bytes) -> str:
    if message := what_else(data):
        raise UnreadableFile(message)
    try:
        return data.decode("utf-8-sig").lstrip("\ufeff")  # a program that meets a mark may write another
    except UnicodeDecodeError as error:
        raise _not_utf8(data, error) from error


def _not_utf8(data: bytes, error: UnicodeDecodeError) -> UnreadableFile:
    """Where the first bad byte stands: people find the cell, and see which letter is meant."""
    before = error.object[: error.start].decode("utf-8-sig", "replace")
    try:
        rows = list(csv.reader(io.StringIO(before + "?", newline=""), delimiter=delimiter_of(before)))
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
