"""Files of more rows than a page answers for within seconds: told by counting, and known by their first rows alone.

A job takes all of them (evcnet/importexport/jobs.py).
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from evcnet.importexport.csv_file import Sheet
from evcnet.importexport.formats import format_of

MOST_ROWS = 5_000
"""So many rows a page takes."""
HEAD_ROWS = 200
"""So many of the first rows of a larger file say what its columns are."""
HEAD_BYTES = 1_000_000
_PIECE = 1 << 16
_MOST_PIECES = 4_000  # of an unpacked sheet: it is large long before


def is_large(file: IO[bytes]) -> bool:
    """Has it more rows than a page takes? Lines within cells count too: at worst a job does what a page could have done."""
    file.seek(0)
    begin = file.read(4)
    file.seek(0)
    large = _rows_of_workbook(file) if begin == b"PK\x03\x04" else _exceeds(_pieces(file), (b"\n", b"\r"))
    file.seek(0)
    return large


def head_of(path: Path, *, header: bool = True) -> Sheet:
    """The first rows of a file. Raises UnreadableFile where nothing can be read of it."""
    with path.open("rb") as file:
        begin = file.read(HEAD_BYTES)
        if not (rest := file.read(1)) or begin.startswith(b"PK\x03\x04"):
            begin += rest + file.read()
        elif b"\n" in begin:
            begin = begin[: begin.rindex(b"\n") + 1]
    return format_of(begin).create_dataset(begin, header=header, head=HEAD_ROWS)


def _rows_of_workbook(file: IO[bytes]) -> bool:
    """What is no workbook is not large: the page says what is wrong with it."""
    try:
        with zipfile.ZipFile(file) as book:
            sheets = [each for each in book.namelist() if each.startswith("xl/worksheets/")]
            return any(_exceeds(_sheet_pieces(book, each), (b"<row ", b":row ")) for each in sheets)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError, EOFError):
        return False


def _sheet_pieces(book: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with book.open(name) as sheet:
        for _, piece in zip(range(_MOST_PIECES), _pieces(sheet), strict=False):
            yield piece


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _exceeds(pieces: Iterable[bytes], marks: tuple[bytes, bytes]) -> bool:
    """Does one of the marks occur more often than a page takes rows, and a header? One cut in two by pieces is not counted."""
    counts = [0, 0]
    for piece in pieces:
        counts = [count + piece.count(mark) for count, mark in zip(counts, marks, strict=True)]
        if max(counts) > MOST_ROWS + 1:
            return True
    return False
