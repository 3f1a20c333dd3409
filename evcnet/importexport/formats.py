"""File formats of the pages and commands: the library's CSV and XLSX, read with guards of ours."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from import_export.formats import base_formats
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.styles.numbers import FORMAT_TEXT as TEXT

from evcnet.importexport.csv_file import Sheet, read_csv, write_csv
from evcnet.importexport.sheet_stream import SheetStream
from evcnet.importexport.workbook import read_workbook


class CSV(base_formats.CSV):
    CONTENT_TYPE = "text/csv; charset=utf-8"

    def get_title(self) -> str:
        return "CSV (UTF-8)"

    def create_dataset(self, in_stream: bytes, most: int | None = None, **kwargs: Any) -> Sheet:
        """``header`` False: the first row holds values; ``width`` is then the number of columns, where it is known."""
        return read_csv(in_stream, most, **kwargs)

    def export_rows(self, rows: Iterable[list[str]]) -> bytes:
        """With the mark by which spreadsheets know UTF-8."""
        return "".join(write_csv(rows)).encode("utf-8-sig")

    def template(self, names: list[str]) -> bytes:
        return self.export_rows([names])


class XLSX(base_formats.XLSX):
    def get_title(self) -> str:
        return "Excel (XLSX)"

    def create_dataset(
        self, in_stream: bytes, most: int | None = None, *, header: bool = True, head: int | None = None, **kwargs: Any
    ) -> Sheet:
        return read_workbook(in_stream, most, header=header, head=head)

    def template(self, names: list[str]) -> bytes:
        """A header whose columns are text: what is typed below keeps its zeros, and is no date."""
        book, file = Workbook(), io.BytesIO()
        sheet: Any = book.active
        sheet.append(names)
        sheet.freeze_panes = "A2"
        for number, name in enumerate(names, 1):
            cell = sheet.cell(1, number)
            cell.font, cell.number_format = Font(bold=True), TEXT
            column = sheet.column_dimensions[cell.column_letter]
            column.number_format, column.width = TEXT, max(12, len(name) + 4)
        book.save(file)
        return file.getvalue()


XLSX_BEGINNING = b"PK\x03\x04"
FORMATS: list[type[CSV | XLSX]] = [CSV, XLSX]


def sheet_at(path: Path, *, header: bool = True) -> Sheet:
    """The rows of a file; those of a CSV file with a header are read anew whenever they are gone through, and never held
    together. Raises UnreadableFile, and OSError."""
    with path.open("rb") as file:
        beginning = file.read(len(XLSX_BEGINNING))
        if header and path.is_file() and beginning != XLSX_BEGINNING:
            return SheetStream(path)
        content = beginning + file.read()
    return format_of(content).create_dataset(content, header=header)


def format_of(data: bytes) -> CSV | XLSX:
    """The format of a file's content, whatever its name says."""
    return XLSX() if data.startswith(XLSX_BEGINNING) else CSV()
