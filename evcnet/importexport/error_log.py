"""ErrorLog: the errors of a file beyond those that are kept in memory, in a temporary file until the result is gone."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator

from evcnet.importexport.row_errors import RowError


class ErrorLog:
    def __init__(self) -> None:
        self.count = 0
        # Closed, and so removed, with the last reference to it.
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogatepass", newline="")  # noqa: SIM115
        self._writer = csv.writer(self._file)

    def add(self, errors: Iterable[RowError]) -> None:
        for error in errors:
            self._writer.writerow([error.row, error.column, error.message])
            self.count += 1

    def __iter__(self) -> Iterator[RowError]:
        self._file.seek(0)
        for row, column, message in csv.reader(self._file):
            yield RowError(int(row), column, message)
