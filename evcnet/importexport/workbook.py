"""Reading of XLSX workbooks: what one unpacks to is measured before it is opened, and nothing is computed.

The library's own format opens bombs, and takes the last computed values of formulas in silence.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.read_only import EMPTY_CELL

from evcnet.importexport.csv_file import BadCell, Sheet, sheet_of
from evcnet.importexport.row_errors import UnreadableFile

UNPACKED_MOST = 64 * 1024 * 1024
PARTS_MOST = 2_000
COLUMNS_MOST = 100
ROWS_MOST = 1_048_576  # as many as a spreadsheet can have
_DECLARES = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)

FORMULA = "The cell is a formula: copy the column and paste it as values."
ERROR = "The cell shows an error: correct the formula behind it, and paste the result as a value."


def read_workbook(data: bytes, most: int | None = None, *, header: bool = True) -> Sheet:
    """The rows of the sheet that is in front, cells as text, ``most`` at most. Raises UnreadableFile, which says what to
    do."""
    return sheet_of(_guarded_rows(data), padded=True, most=most, header=header)


def _guarded_rows(data: bytes) -> Iterator[list[str]]:
    _refuse_bomb(data)
    try:
        yield from _rows(data)
    except UnreadableFile:
        raise
    except Exception as error:  # a workbook is a zip of XML: there is no end to what can be broken in it
        raise UnreadableFile(
            "The workbook is damaged: open it in a spreadsheet program and save it again, or save it as CSV."
        ) from error


def _rows(data: bytes) -> Iterator[list[str]]:
    book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    try:
        sheet: Any = book.active
        if sheet is None or not hasattr(sheet, "iter_rows"):
            raise UnreadableFile(
                "The workbook has no sheet with rows in front: put the sheet first, or save it as CSV."
            )
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        empty: Any = None
        for number, row in enumerate(sheet.iter_rows(max_col=COLUMNS_MOST), 1):
            if number > ROWS_MOST:
                raise UnreadableFile(f"The sheet has more than {ROWS_MOST:,} rows: delete the empty ones.", row=number)
            if row is not empty and any(cell is not EMPTY_CELL for cell in row):
                yield [_text(cell) for cell in row]
            else:
                empty = row  # rows that a sheet skips are one object: a million of them cost next to nothing
                yield []
    finally:
        book.close()


def _refuse_bomb(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            infos = parts.infolist()
            if len(infos) > PARTS_MOST or sum(info.file_size for info in infos) > UNPACKED_MOST:
                raise UnreadableFile(
                    f"The workbook unpacks to more than {UNPACKED_MOST // 1024**2} MB: delete empty rows, other sheets "
                    "and pictures, or save it as CSV."
                )
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
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return BadCell(str(value), FORMULA)


def _number(value: float) -> str:
    """Spreadsheets count with 15 digits; what stands behind them is noise."""
    exact = Decimal(f"{value:.15g}")
    return format(exact.normalize() if exact % 1 else exact.to_integral_value(), "f")
