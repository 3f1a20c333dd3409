"""SheetStream: a CSV file whose rows are never in memory together; what is asked of it is what is asked of a Sheet."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from itertools import chain, islice
from pathlib import Path
from typing import Self

from evcnet.importexport.csv_file import (
    CELL_MOST,
    EMPTY,
    NO_ROWS,
    ROWS_OF_TOP,
    SEPARATOR_LINE,
    Sheet,
    column_names,
    delimiter_of,
    read_csv,
    rows_of_lines,
    trimmed,
    with_swallowed_rows,
)
from evcnet.importexport.other_files import what_else
from evcnet.importexport.row_errors import UnreadableFile

BEGINNING = 64 * 1024  # bytes by which a file is told from others, and characters in which the separator is looked for
WHOLE_MOST = 32 * 1024 * 1024  # bytes of a file that is read whole to say which of its cells is not UTF-8
TOGETHER = 5_000  # rows that are read at a time
RAGGED_MOST = 20_000  # rows of another length that are remembered, many more than are taken at a time


class SheetStream(Sheet):
    """The rows of a file with a header, read anew whenever they are gone through. All of it is read once at first, so
    that what can't be read is said before anything is done. Raises UnreadableFile, and OSError."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path, self._pick = path, None
        self._rows_of_file, self._places = 0, None
        with path.open("rb") as file:
            if message := what_else(file.read(BEGINNING)):
                raise UnreadableFile(message)
        try:
            self._read_header()
            self._look_through()
        except UnicodeDecodeError as error:
            raise self._not_utf8() from error

    _pick: Callable[[Sequence[str]], list[str]] | None
    _names: list[str] | None = None
    _places: list[int] | None

    @property
    def headers(self) -> list[str] | None:
        return self._names

    @headers.setter
    def headers(self, names: list[str] | None) -> None:
        self._names = names

    def __len__(self) -> int:
        return self._rows_of_file

    def __iter__(self) -> Iterator[Sequence[str]]:
        return (cells for _, cells in self.numbered_rows())

    def numbered_rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        return chain.from_iterable(self.batches(TOGETHER))

    def batches(self, size: int) -> Iterator[list[tuple[int, Sequence[str]]]]:
        """The rows that are not empty with their numbers, so many at a time at most; ``ragged`` knows those of another
        length among them."""
        expected, pick, places = self.file_width, self._pick, self._places
        for first, rows in self._chunks(size):
            numbered: list[tuple[int, Sequence[str]]] = list(enumerate(rows, first))
            if not all(len(row) == expected and row[0] for row in rows):
                numbered = [(number, self._fitted(number, row)) for number, row in enumerate(rows, first) if _says(row)]
            if places is not None:
                numbered = [(number, [cells[each] for each in places]) for number, cells in numbered]
            if numbered:
                yield numbered if pick is None else [(number, pick(cells)) for number, cells in numbered]

    def mapped(self, names: Sequence[str], pick: Callable[[Sequence[str]], list[str]] | None) -> Self:
        other = copy(self)
        other.headers = list(names)
        other.sources = {}
        other._pick = pick
        return other

    def with_columns(self, names: Sequence[str], rows: Iterable[Sequence[str]]) -> Sheet:
        """A sheet that holds all rows: for what looks at them more than once."""
        sheet = super().with_columns(names, rows)
        sheet.numbers = [number for number, _ in self.numbered_rows()]
        return sheet

    def get_col(self, index: int) -> list[str]:
        return [row[index] for row in self]

    def _fitted(self, number: int, row: list[str]) -> list[str]:
        if len(row) == self.file_width:
            return row
        width = len(trimmed(row)) if len(row) > self.file_width else len(row)
        if width != self.file_width:
            if len(self.ragged) >= RAGGED_MOST:
                self.ragged.clear()
            self.ragged[number] = width
        return (row + [""] * (self.file_width - len(row)))[: self.file_width]

    def _read_header(self) -> None:
        self._refuse_endless_line()
        with self._path.open(encoding="utf-8-sig", newline="") as file:
            beginning = file.read(BEGINNING).lstrip("\ufeff")
        separator = SEPARATOR_LINE.match(beginning)
        self._skipped = separator is not None
        self._delimiter = separator[1] if separator else delimiter_of(beginning)
        with self._open() as lines:
            numbered = enumerate(rows_of_lines(lines, self._delimiter), 1)
            self._start, names = next(((number, cells) for number, cells in numbered if column_names(cells)), (0, []))
        if not self._start:
            raise UnreadableFile(EMPTY)
        self.headers = column_names(names)
        self.file_width = len(self.headers)

    def _look_through(self) -> None:
        """Count the rows, and see which columns hold anything."""
        unnamed = {place for place, name in enumerate(self.headers or []) if not name}
        last = self._start
        for first, rows in self._chunks(TOGETHER):
            last = first + len(rows) - 1
            numbered = [(number, row) for number, row in enumerate(rows, first) if _says(row)]
            self._rows_of_file += len(numbered)
            for number, row in numbered[: ROWS_OF_TOP - len(self.top)]:
                self.top[number] = row
            if unnamed:
                unnamed -= {
                    place for place in unnamed for _, row in numbered if row[place : place + 1] and row[place].strip()
                }
        if not self._rows_of_file and last > self._start:
            raise UnreadableFile(NO_ROWS, row=2)
        if unnamed:
            self._places = [place for place in range(self.file_width) if place not in unnamed]
            self.headers = [name for place, name in enumerate(self.headers or []) if place not in unnamed]

    def _chunks(self, size: int) -> Iterator[tuple[int, list[list[str]]]]:
        """The rows below the header, empty ones too, after the number of the first of them."""
        first = self._start + 1
        with self._open() as lines:
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            for _ in range(self._start):
                next(reader)
            line = reader.line_num
            while rows := self._next(reader, size):
                if reader.line_num - line != len(rows):
                    rows = [
                        with_swallowed_rows(row, self._delimiter) if len(row) == self.file_width else row
                        for row in rows
                    ]
                yield first, rows
                first, line = first + len(rows), reader.line_num

    def _next(self, reader: Iterator[list[str]], size: int) -> list[list[str]]:
        try:
            return list(islice(reader, size))
        except csv.Error:
            with self._open() as lines:
                for _ in rows_of_lines(lines, self._delimiter):  # says in which row it is
                    pass
            raise

    @contextmanager
    def _open(self) -> Iterator[Iterator[str]]:
        """The lines from the first row on."""
        with self._path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline().lstrip("\ufeff")
            yield file if self._skipped else chain([first], file)

    def _refuse_endless_line(self) -> None:
        """A line is read whole, so one that has no end in sight is none of a table."""
        line = 1
        with self._path.open("rb") as file:
            while part := file.read(CELL_MOST):
                breaks = part.count(b"\n") or part.count(b"\r")
                if not breaks and len(part) == CELL_MOST:
                    what = f"Line {line:,} has more than {CELL_MOST:,} characters"
                    raise UnreadableFile(f"{what}: save the file as “CSV UTF-8”, a row a line.", row=line)
                line += breaks

    def _not_utf8(self) -> UnreadableFile:
        """Where the first bad byte stands."""
        if self._path.stat().st_size <= WHOLE_MOST:
            try:
                read_csv(self._path.read_bytes())
            except UnreadableFile as error:
                return error
        message = "It holds a byte that is not UTF-8: save the file as “CSV UTF-8”."
        return UnreadableFile(message, row=1)


def _says(row: list[str]) -> bool:
    """Is the row not empty?"""
    return bool(row) and (bool(row[0].strip()) or any(map(str.strip, row)))
