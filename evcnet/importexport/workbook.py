"""Reading of XLSX workbooks: what one unpacks to is measured before it is opened, and nothing is computed.

The library's own format opens bombs, and takes the last computed values of formulas in silence.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.worksheet._reader import WorkSheetParser

from evcnet.importexport.csv_file import BadCell, NoText, Sheet, sheet_of
from evcnet.importexport.other_files import what_archive
from evcnet.importexport.row_errors import UnreadableFile, alternatives, quoted
from evcnet.spreadsheet_text import FORMAT_AS_TEXT, MOST_DIGITS

UNPACKED_MOST = 64 * 1024 * 1024
PARTS_MOST = 2_000
COLUMNS_MOST = 100
ROWS_MOST = 1_048_576  # as many as a spreadsheet can have
SHEETS_MOST = 20  # that are looked at beside the one in front
ROWS_BEFORE_HEADER = 20
_PADDED = re.compile(r"0{2,}")
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')  # of a number format: shown as it is, or a condition
_CLOCK = re.compile(r"[hHsS]")
_DECLARES = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)

FORMULA = "The cell is a formula: copy the column and paste it as values."
DATE = f"The cell is a date, not a text: {FORMAT_AS_TEXT}."
TOO_LONG = (
    f"The cell is a number of more than {MOST_DIGITS} digits, of which a spreadsheet loses some: {FORMAT_AS_TEXT}."
)
ERROR = "The cell shows an error: correct the formula behind it, and paste the result as a value."


def read_workbook(data: bytes, most: int | None = None, *, header: bool = True, head: int | None = None) -> Sheet:
    """The rows of the sheet that is in front, cells as text, ``most`` at most; of more than ``head``
    rows the others are left unread. Raises UnreadableFile, which says what to do."""
    _refuse_bomb(data)
    try:
        return _read(data, most, header=header, head=head)
    except UnreadableFile:
        raise
    except Exception as error:  # a workbook is a zip of XML: there is no end to what can be broken in it
        raise UnreadableFile(
            "The workbook is damaged: open it in a spreadsheet program and save it again, or save it as CSV."
        ) from error


def _read(data: bytes, most: int | None, *, header: bool, head: int | None) -> Sheet:
    book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    try:
        front: Any = book.active
        if front is None or not hasattr(front, "iter_rows"):
            raise UnreadableFile(
                "The workbook has no sheet with rows in front: put the sheet first, or save it as CSV."
            )
        others = {each.title: cells for each in _others(book, front) if (cells := _first_row(each))}
        hidden: set[int] = set()
        try:
            sheet = sheet_of(_texts(front, hidden), padded=True, most=most, header=header, head=head)
        except UnreadableFile as unreadable:
            raise _with_other_sheets(unreadable, front.title, others) from unreadable
        sheet.title, sheet.other_headers = front.title, others
        sheet.remarks = _remarks(sheet, hidden)
        return sheet
    finally:
        book.close()


def _others(book: Any, front: Any) -> list[Any]:
    return [each for each in book.worksheets if each is not front][:SHEETS_MOST]


def _first_row(sheet: Any) -> list[str]:
    """The texts of the first row that has some; empty where the sheet has none near its top."""
    for number, cells, _ in _parsed_rows(sheet):
        if texts := [str(_text(cell)) for cell in cells if cell.value is not None]:
            return texts
        if number > ROWS_BEFORE_HEADER:
            break
    return []


def _remarks(sheet: Sheet, hidden: set[int]) -> list[str]:
    """What people may not know to be in the file, or not to be imported."""
    remarks = []
    if many := len(hidden.intersection(sheet.numbers)):
        rows = f"{many:,} hidden or filtered row is" if many == 1 else f"{many:,} hidden or filtered rows are"
        remarks.append(f"{rows} imported like the others: delete them in the file where they are not meant.")
    if sheet.other_headers:
        titles = alternatives([quoted(title) for title in sheet.other_headers], word="and")
        remarks.append(f"Only the sheet in front, {quoted(sheet.title)}, is read. Not read: {titles}.")
    return remarks


def _with_other_sheets(unreadable: UnreadableFile, title: str, others: dict[str, list[str]]) -> UnreadableFile:
    """The same, with the sheets that may have been meant."""
    if not others:
        return unreadable
    error, named = unreadable.error, alternatives([quoted(each) for each in others])
    hint = f"This is the sheet in front, {quoted(title)}; if {named} is meant, put it in front."
    return UnreadableFile(f"{error.message} {hint}", error.row if isinstance(error.row, int) else 1, error.column)


def _texts(sheet: Any, hidden: set[int]) -> Iterator[list[str]]:
    """The rows in order, empty where the sheet skips one; the numbers of hidden ones come into ``hidden``."""
    before = 0
    for number, cells, is_hidden in _parsed_rows(sheet):
        if number > ROWS_MOST:
            raise UnreadableFile(
                f"The sheet has more than {ROWS_MOST:,} rows: delete the empty ones.", row=ROWS_MOST + 1
            )
        if number <= before:
            raise ValueError(f"row {number} comes after row {before}")
        yield from ([] for _ in range(before + 1, number))
        before = number
        if is_hidden:
            hidden.add(number)
        yield [_text(cell) for cell in cells] if any(cell is not EMPTY_CELL for cell in cells) else []


def _parsed_rows(sheet: Any) -> Iterator[tuple[int, Sequence[Any], bool]]:
    """Number, cells and whether it is hidden, of the rows that the sheet has. What the file says of its size may be wrong,
    and the library's own reading of rows leaves out which ones are hidden."""
    book = sheet.parent
    with sheet._get_source() as source:
        formats = {"date_formats": book._date_formats, "timedelta_formats": book._timedelta_formats}
        parser = WorkSheetParser(source, sheet._shared_strings, epoch=book.epoch, **formats)
        for number, cells in parser.parse():
            attributes = parser.row_dimensions.pop(str(number), {})
            row = sheet._get_row(cells, max_col=COLUMNS_MOST) if cells else ()
            yield number, row, attributes.get("hidden") in ("1", "true")


def _refuse_bomb(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            infos = parts.infolist()
            if len(infos) > PARTS_MOST or sum(info.file_size for info in infos) > UNPACKED_MOST:
                raise UnreadableFile(
                    f"The workbook unpacks to more than {UNPACKED_MOST // 1024**2} MB: delete empty rows, other sheets "
                    "and pictures, or save it as CSV."
                )
            if message := what_archive([info.filename for info in infos]):
                raise UnreadableFile(message)
            # No more than the announced size is unpacked. A workbook has no use for entities, a bomb does.
            if any(_declares(parts.read(info)) for info in infos if info.filename.endswith((".xml", ".rels"))):
                raise UnreadableFile(
                    "The workbook declares entities, which no spreadsheet program writes: save it as CSV."
                )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        raise UnreadableFile(
            "The workbook is damaged or protected: save it again without a password, or as CSV."
        ) from error


def _declares(part: bytes) -> bool:
    return bool(_DECLARES.search(part.replace(b"\x00", b"") if b"\x00" in part[:200] else part))


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        kind = cell.data_type
        return BadCell(value, FORMULA) if kind == "f" else BadCell(value, ERROR) if kind == "e" else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number_as_shown(value, cell.number_format if cell._style_id else "General")
    if isinstance(value, datetime | date | time):
        return NoText(_moment(value, cell.number_format), DATE)
    return BadCell(str(value), FORMULA)


def _number_as_shown(value: float, number_format: str) -> str:
    """With the zeros that the format adds, and a percentage as such; the digits are those that the cell holds."""
    if "%" in _LITERAL.sub("", number_format):
        return f"{_decimal(Decimal(_exact(value)) * 100)}%"
    text = _exact(value)
    if len(text.lstrip("-").split(".")[0]) > MOST_DIGITS:
        return NoText(text, TOO_LONG)
    if _PADDED.fullmatch(number_format) and text.isdecimal():
        return text.zfill(len(number_format))
    return text


def _exact(value: float) -> str:
    """Spreadsheets count with 15 digits; what stands behind them is noise."""
    return str(value) if isinstance(value, int) else _decimal(Decimal(f"{value:.{MOST_DIGITS}g}"))


def _decimal(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment(value: datetime | date | time, number_format: str) -> str:
    """A day alone, where the cell shows no time."""
    if isinstance(value, datetime) and value.time() == time.min and not _CLOCK.search(_LITERAL.sub("", number_format)):
        value = value.date()
    return value.isoformat()
