"""What is wrong with a file or one of its rows, and how is it mended?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SHOWN = 40  # characters of a bad cell that a message repeats


@dataclass(frozen=True, order=True)
class Problem:
    """A defect of one row. Row 1 is the header; ``column`` is empty where the row as a whole is meant."""

    row: int
    column: str
    message: str

    def as_json(self) -> dict[str, Any]:
        return {"row": self.row, "column": self.column, "message": self.message}

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.message}" if self.column else f"row {self.row}: {self.message}"


class Unreadable(Exception):
    """A file of which no row can be taken. The problem says where reading ended, and what to do."""

    def __init__(self, message: str, row: int = 1, column: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(row, column, message)


class Undecided(Exception):
    """It isn't clear whose rows these are; the message says what to name."""


class TooLong(Exception):
    """Taking the file in went on for longer than was allowed; all of it was undone."""


def quoted(text: str) -> str:
    """A cell as messages show it: short, and on one line."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= SHOWN else line[: SHOWN - 1] + '…'}”"


def listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
