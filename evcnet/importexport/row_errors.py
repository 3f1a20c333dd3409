"""Errors of files and of single rows, as messages that name the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_CHARACTERS = 40  # characters of a bad cell that a message repeats


@dataclass(frozen=True, order=True)
class RowError:
    """One defect. ``row`` is the number in a table (1 is the header), or the id of an object in a feed; ``column`` is
    empty where the row as a whole is meant."""

    row: int | str
    column: str
    message: str

    def as_json(self) -> dict[str, int | str]:
        place = "row" if isinstance(self.row, int) else "id"
        return {place: self.row, "column": self.column, "message": self.message}

    def __str__(self) -> str:
        place = f"row {self.row}" if isinstance(self.row, int) else self.row
        return f"{place}, {self.column}: {self.message}" if self.column else f"{place}: {self.message}"


class UnreadableFile(Exception):
    """A file of which no row can be taken. The error says where reading ended, and what to do."""

    def __init__(self, message: str, row: int = 1, column: str = "") -> None:
        super().__init__(message)
        self.error = RowError(row, column, message)


class TimeLimitExceeded(Exception):
    """The import went on for longer than was allowed; all of it was undone."""


def quoted(text: str) -> str:
    """A cell as messages show it: short, and on one line."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= MAX_CHARACTERS else line[: MAX_CHARACTERS - 1] + '…'}”"


def alternatives(words: Sequence[str], word: str = "or") -> str:
    """ "a, b or c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {word} {words[-1]}"
