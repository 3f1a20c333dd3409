"""Exports as streams, in pieces of 64 KiB whatever the number of rows: by COPY where SQL can say the columns, else row by
row from a cursor of the server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils.exceptions import IllegalCharacterError

from customers.models import Provider
from evcnet.importexport.csv_file import write_csv
from evcnet.importexport.formats import CSV, XLSX
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.sql_cells import cells
from evcnet.replica import connection_to_read

PIECE = 1 << 16  # bytes
ROWS = 100  # that are taken together
TOLD_EVERY = 1_000  # rows of a workbook
MOST_XLSX_ROWS = 1_048_575  # below the header
BOM = "\ufeff".encode()


def is_copied(resource: BulkResource) -> bool:
    """Can PostgreSQL alone write the rows? Then what is left out is known before, and nothing fails half way for a row's
    sake."""
    return resource.may_be_copied and cells(resource, names_provider=resource.names_provider) is not None


def csv_pieces(resource: BulkResource, selected: QuerySet[Any] | None = None) -> Iterator[bytes]:
    """A CSV file with the rows of ``export_rows``; each piece ends with a row."""
    if not is_copied(resource):
        yield from _pieces(line.encode() for line in write_csv(resource.export_rows(selected)))
        return
    yield from (line.encode() for line in write_csv([resource.get_export_headers()]))
    yield from _copied_pieces(resource, selected)


def write_export(
    resource: BulkResource,
    selected: QuerySet[Any] | None,
    file_format: CSV | XLSX,
    file: Any,
    tell: Callable[[int], None] = lambda rows: None,
) -> None:
    """The rows as a whole file; ``tell`` is told about how many are in it. Raises ValueError where the format can't hold
    them."""
    resource.exported.clear()
    resource.left_out.clear()
    if isinstance(file_format, XLSX):
        write_xlsx(resource, selected, file, tell)
        return
    file.write(BOM)  # by which spreadsheets know UTF-8
    rows = 0
    for piece in csv_pieces(resource, selected):
        file.write(piece)
        rows += piece.count(b"\r\n")
        tell(rows)


def refuse_too_many(file_format: CSV | XLSX, rows: int) -> None:
    """Before any row is written. Raises ValueError where a workbook can't hold so many."""
    if isinstance(file_format, XLSX) and rows > MOST_XLSX_ROWS:
        raise ValueError(
            f"A workbook holds {MOST_XLSX_ROWS:,} rows, and there are {rows:,}: take CSV, or narrow the list."
        )


def left_out_words(resource: BulkResource) -> list[str]:
    """A sentence for each sort of rows that an export could not hold."""
    left_out = resource.left_out.items()
    return [
        f"Left out of the export: {count:,} x {reason}, which no row can hold." for reason, count in left_out if count
    ]


def write_xlsx(
    resource: BulkResource,
    selected: QuerySet[Any] | None,
    file: Any,
    tell: Callable[[int], None] = lambda rows: None,
) -> None:
    """A workbook of texts. Raises ValueError for a sign that no workbook holds, and for more rows than one has."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("Export")
    sheet.freeze_panes = "A2"
    header, wraps = Font(bold=True), Alignment(wrap_text=True)
    try:
        for number, row in enumerate(resource.export_rows(selected)):
            if number > MOST_XLSX_ROWS:
                raise ValueError(
                    f"A workbook holds {MOST_XLSX_ROWS:,} rows, and there are more: take CSV, or narrow the list."
                )
            line = [WriteOnlyCell(sheet, cell) for cell in row]
            for cell in line:
                if number == 0:
                    cell.font = header
                elif "\n" in cell.value:
                    cell.alignment = wraps
            sheet.append(line)
            if number % TOLD_EVERY == 0:
                tell(number)
    except IllegalCharacterError as error:
        raise ValueError("A text has a control character, which no workbook holds: take CSV.") from error
    book.save(file)


def _copied_pieces(resource: BulkResource, selected: QuerySet[Any] | None) -> Iterator[bytes]:
    rows = resource.copied_rows(selected)
    resource.exported = resource.exported or export_counts(resource, selected)
    resource.left_out = Counter(resource.not_exportable())
    columns = cells(resource, names_provider=resource.names_provider) or []
    aliases = {f"cell_{number}": each for number, each in enumerate(columns)}
    query, params = rows.select_related(None).annotate(**aliases).values_list(*aliases).query.sql_with_params()
    # The cursor within: Django's own, where queries are noted, takes no parameters for COPY.
    with (
        connection_to_read().cursor() as cursor,
        cursor.cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)", params) as copy,
    ):
        lines, piece = iter(copy), b""
        # Some at a time, since what is done for each row is what an export costs.
        while some := list(islice(lines, ROWS)):
            piece += _with_line_ends(some)
            if len(piece) >= PIECE:
                yield piece
                piece = b""
        yield piece


def _with_line_ends(lines: list[Any]) -> bytes:
    """The rows one after the other. COPY ends each as Unix does; within quotation marks the ends of lines stay."""
    rows = b"".join(lines)
    if rows.count(b"\n") == len(lines):
        return rows.replace(b"\n", b"\r\n")
    return b"\r\n".join([*(line[:-1] for line in lines), b""])


def export_counts(resource: BulkResource, selected: QuerySet[Any] | None) -> Counter[Provider | None]:
    """How many rows of each provider an export takes, before the first of them is read."""
    rows = resource.copied_rows(selected) if is_copied(resource) else resource.rows_to_export(selected)
    return resource.count_by_provider(rows)


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    together: list[bytes] = []
    size = 0
    for line in lines:
        together.append(line)
        size += len(line)
        if size >= PIECE:
            yield b"".join(together)
            together, size = [], 0
    if together:
        yield b"".join(together)
