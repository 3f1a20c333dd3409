"""Errors of a file by kind: what is wrong with a thousand rows in one way is said once, with their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from evcnet.importexport.row_errors import RowError

MAX_KINDS = 100  # that a page shows
MAX_MESSAGES = 8  # of one kind
MAX_SPANS = 12  # of rows that are named one by one
_VALUE = re.compile(r"“[^”]*”|\([^)]*\)|\d[\d,.:]*")


@dataclass
class ErrorMessage:
    """One message, and the rows that it is about."""

    text: str
    rows: list[int] = field(default_factory=list)

    @property
    def places(self) -> str:
        """ "row 2", "8 rows: 2, 4–9 and 14"."""
        return f"row {self.rows[0]:,}" if len(self.rows) == 1 else f"{len(self.rows):,} rows: {spans(self.rows)}"


@dataclass
class ErrorKind:
    """Messages of one column that differ in the values that they name. ``source`` is the file's name of the column."""

    column: str
    source: str
    all_messages: list[ErrorMessage] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(len(each.rows) for each in self.all_messages)

    @property
    def messages(self) -> list[ErrorMessage]:
        """The most frequent ones."""
        return sorted(self.all_messages, key=lambda each: -len(each.rows))[:MAX_MESSAGES]

    @property
    def more(self) -> int:
        return len(self.all_messages) - MAX_MESSAGES


def kinds_of(errors: Iterable[RowError], sources: Mapping[str, str]) -> list[ErrorKind]:
    """In the order in which each first occurs."""
    kinds: dict[tuple[str, str], ErrorKind] = {}
    messages: dict[tuple[str, str], ErrorMessage] = {}
    for error in errors:
        if (error.column, error.message) not in messages:
            message = messages[error.column, error.message] = ErrorMessage(error.message)
            source = sources.get(error.column, "")
            kind = ErrorKind(error.column, "" if source == error.column else source)
            kinds.setdefault((error.column, _VALUE.sub("", error.message)), kind).all_messages.append(message)
        messages[error.column, error.message].rows.append(int(error.row))
    return list(kinds.values())


def spans(numbers: Sequence[int]) -> str:
    """ "2, 4-9, 12 and more" of numbers in order."""
    pairs: list[list[int]] = []
    for number in numbers:
        if pairs and number - pairs[-1][1] <= 1:
            pairs[-1][1] = number
        else:
            pairs.append([number, number])
    words = [f"{one:,}" if one == other else f"{one:,}–{other:,}" for one, other in pairs[:MAX_SPANS]]
    return ", ".join(words) + (" and more" if len(pairs) > MAX_SPANS else "")
