"""What became of each object of a file, imported or exported, and what could not be taken, and why?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from django.db import DataError, IntegrityError, transaction

from evcnet.errors import refusal_of

MOST_LISTED = 1_000


class Problem(Protocol):
    """One defect: the place within the object, the reason and the way out."""

    @property
    def path(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def remedy(self) -> str: ...


class Row(Protocol):
    """One object of the file, by the name under which people find it there."""

    @property
    def id(self) -> str: ...


AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass
class Report:
    """Each row is counted once: as new, updated, unchanged or invalid. An invalid row may have several errors."""

    kind: str
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    invalid: int = 0
    written: bool = False
    errors: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.new + self.updated + self.unchanged + self.invalid

    def refuse(self, row_id: str, problems: Iterable[Problem]) -> None:
        """Count the row as invalid, for these reasons."""
        self.invalid += 1
        self.errors += [_told(row_id, problem.path, f"{problem.reason}; {problem.remedy}") for problem in problems]

    def refuse_for(self, row_id: str, column: str, message: str) -> None:
        self.invalid += 1
        self.errors.append(_told(row_id, column, message))

    def warn(self, row_id: str, column: str, message: str) -> None:
        self.warnings.append(_told(row_id, column, message))

    def as_json(self) -> dict[str, Any]:
        """The summary that commands print; at most 1,000 errors and warnings are listed."""
        counts = {name: getattr(self, name) for name in ("kind", "rows", "new", "updated", "unchanged", "invalid")}
        listed = {"errors": self.errors[:MOST_LISTED], "warnings": self.warnings[:MOST_LISTED]}
        return counts | {"written": self.written} | listed


@dataclass
class Exported:
    """Objects as a file has them, and what had to be left out, with the reason."""

    objects: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def leave_out(self, row_id: str, why: str) -> None:
        self.left_out.append((row_id, why))


def _told(row_id: str, column: str, message: str) -> dict[str, str]:
    return {"id": row_id, "column": column, "message": message}


def all_or_nothing(work: Callable[[], Report], *, skip_bad: bool = False, dry_run: bool = False) -> Report:
    """Do the work in one transaction, and keep it if no row is invalid, or the bad ones may be skipped.

    A dry run does the same and keeps nothing: so it finds also what only the database refuses.
    """
    with transaction.atomic():
        report = work()
        report.written = not dry_run and (skip_bad or not report.invalid)
        if not report.written:
            transaction.set_rollback(True)
    return report


def write_rows(rows: Sequence[AnyRow], write: Callable[[Sequence[AnyRow]], None], report: Report) -> list[AnyRow]:
    """Write all in few statements; where the database refuses, halve until the rows that it refuses are found.

    DomainError rows are reported as invalid; the others are returned.
    """
    if not rows:
        return []
    try:
        with transaction.atomic():
            write(rows)
    except (IntegrityError, DataError) as error:
        if len(rows) > 1:
            middle = len(rows) // 2
            return [*write_rows(rows[:middle], write, report), *write_rows(rows[middle:], write, report)]
        refusal = refusal_of(error)
        report.refuse_for(rows[0].id, refusal.field or "", refusal.message)
        return []
    return list(rows)
