"""Results of an import: django-import-export's Result and RowResult, with numbered errors and a fingerprint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from import_export import results

from evcnet.importexport.error_log import ErrorLog
from evcnet.importexport.formulas import escaped
from evcnet.importexport.row_errors import RowError
from evcnet.importexport.rows import Row

LISTED = 1_000  # errors in a summary, and rows with errors that are kept in memory
MAX_ROWS = 200  # new and changed rows that a page shows
COUNTS = ("new", "updated", "unchanged", "invalid")


@dataclass(frozen=True, slots=True, repr=False)
class Difference:
    """One column before and after, in words: as they would stand in a file, but for moments."""

    column: str
    before: str
    after: str

    def __repr__(self) -> str:
        """Every cell of a file passes here for the fingerprint; that of dataclasses takes thrice the time."""
        return f"Difference(column={self.column!r}, before={self.before!r}, after={self.after!r})"


class RowResult(results.RowResult):
    """One row beside what is stored: ``instance`` is None until a new one is built, ``diff`` empty where nothing changes.

    ``old_values`` is None for a new row. ``in_batch`` says that the instance is built, and written with others.
    """

    def __init__(self, row: Row, instance: Any = None) -> None:
        super().__init__()
        self.row, self.number, self.instance = row, row.number, instance
        self.import_type = self.IMPORT_TYPE_NEW if instance is None else self.IMPORT_TYPE_UPDATE
        self.diff: list[Difference] = []
        self.old_values: dict[str, Any] | None = None
        self.new_values: dict[str, Any] = {}
        self.in_batch = self.written = False

    @property
    def writes(self) -> bool:
        return bool(self.diff) and not self.row.errors


class ImportResult(results.Result):
    """``kind`` names the sort of rows, ``fingerprint`` is the same for the same effects. ``rows`` holds the new and the
    changed rows that a page shows; all of them are counted in ``totals``. ``summary`` says how many rows do what
    matters, ``remarks`` what else is worth knowing, ``sources`` how the file names columns that have other names here."""

    def __init__(self, kind: str, total_rows: int = 0) -> None:
        super().__init__()
        self.kind, self.total_rows = kind, total_rows
        self.written = False
        self.fingerprint = ""
        self.remarks: list[str] = []
        self.summary: list[str] = []
        self.sources: dict[str, str] = {}
        self._more: ErrorLog | None = None
        self._listed = Counter[str]()  # the rows that a page shows, by their type

    def count(self, result: RowResult, label: Callable[[Any], str]) -> None:
        """Take a row without errors in; ``label`` is how people know the instance."""
        if not result.diff:
            result.import_type = result.IMPORT_TYPE_SKIP
        self.increment_row_result_total(result)
        if result.diff and self._listed[result.import_type] < MAX_ROWS:
            self._listed[result.import_type] += 1
            result.object_repr = label(result.instance)
            self.append_row_result(result)

    def count_plain(self, rows: int, import_type: str) -> None:
        """Take rows in of which there is nothing to show but their number."""
        self.totals[import_type] += rows

    def refuse(self, errors: Iterable[RowError], row: Row | None = None) -> None:
        """Count a row as invalid, for these reasons; the header, where no row is given."""
        errors = list(errors)
        self.totals[RowResult.IMPORT_TYPE_INVALID] += 1
        if len(self.invalid_rows) >= LISTED:
            self._more = self._more or ErrorLog()
            self._more.add(sorted(errors))
            return
        messages: dict[str, list[str]] = {}
        for error in errors:
            messages.setdefault(error.column or NON_FIELD_ERRORS, []).append(error.message)
        self.append_invalid_row(errors[0].row, row or {}, ValidationError(messages))

    @property
    def error_count(self) -> int:
        return len(self.errors) + (self._more.count if self._more else 0)

    def all_errors(self) -> Iterator[RowError]:
        """The listed ones, and all others, which are in no memory."""
        yield from self.errors
        yield from self._more or ()

    def error_table(self) -> Iterator[list[str]]:
        """All errors as rows of a file to download, header first."""
        yield ["row", "column", "message"]
        for each in self.all_errors():
            yield [str(each.row), escaped(each.column), escaped(each.message)]

    @property
    def errors(self) -> list[RowError]:
        """Those of the first rows with errors, by row and column."""
        return sorted(
            RowError(invalid.number, "" if column == NON_FIELD_ERRORS else column, message)
            for invalid in self.invalid_rows
            for column, messages in invalid.error_dict.items()
            for message in messages
        )

    @property
    def new(self) -> int:
        return int(self.totals[RowResult.IMPORT_TYPE_NEW])

    @property
    def updated(self) -> int:
        return int(self.totals[RowResult.IMPORT_TYPE_UPDATE])

    @property
    def unchanged(self) -> int:
        return int(self.totals[RowResult.IMPORT_TYPE_SKIP])

    @property
    def invalid(self) -> int:
        return int(self.totals[RowResult.IMPORT_TYPE_INVALID])

    @property
    def writes(self) -> int:
        return self.new + self.updated

    def as_json(self) -> dict[str, Any]:
        """What commands print. ``summary`` and ``warnings`` are there where they have something to say."""
        counts = {name: getattr(self, name) for name in COUNTS}
        listed = [error.as_json() for error in self.errors[:LISTED]]
        texts = {"summary": self.summary, "warnings": self.remarks[:LISTED]}
        counted = {"kind": self.kind, "rows": self.total_rows, **counts, "written": self.written, "errors": listed}
        return counted | {name: lines for name, lines in texts.items() if lines}

    def __str__(self) -> str:
        counts = f"{self.total_rows:,} rows: {self.new:,} new, {self.updated:,} changed, {self.unchanged:,} unchanged"
        return f"{self.kind}, {counts}, {self.invalid:,} with errors"
