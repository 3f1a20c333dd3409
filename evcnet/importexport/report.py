"""Reports on files of OCPI objects: what became of each, and what could not be taken, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from django.db import transaction

from evcnet.bulk import write_in_halves
from evcnet.errors import refusal_of
from evcnet.importexport.results import COUNTS, LISTED
from evcnet.importexport.row_errors import RowError


class Defect(Protocol):
    """What is wrong within an object: the place, the reason and the way out."""

    @property
    def path(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def remedy(self) -> str: ...


class ReadObject(Protocol):
    """One object of the file, by the name under which people find it there."""

    @property
    def id(self) -> str: ...


AnyObject = TypeVar("AnyObject", bound=ReadObject)


@dataclass
class Report:
    """Each row is counted once: as new, updated, unchanged or invalid. An invalid row may have several errors."""

    kind: str
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    invalid: int = 0
    written: bool = False
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.new + self.updated + self.unchanged + self.invalid

    def refuse(self, row_id: str, defects: Iterable[Defect]) -> None:
        """Count the row as invalid, for these reasons."""
        self.invalid += 1
        self.errors += [RowError(row_id, each.path, f"{each.reason}; {each.remedy}") for each in defects]

    def refuse_for(self, row_id: str, column: str, message: str) -> None:
        self.invalid += 1
        self.errors.append(RowError(row_id, column, message))

    def warn(self, row_id: str, column: str, message: str) -> None:
        self.warnings.append(RowError(row_id, column, message))

    def as_json(self) -> dict[str, Any]:
        """The summary that commands print; at most 1,000 errors and warnings are listed."""
        counts = {name: getattr(self, name) for name in ("kind", "rows", *COUNTS)}
        lists = {"errors": self.errors, "warnings": self.warnings}
        listed = {name: [each.as_json() for each in rows[:LISTED]] for name, rows in lists.items()}
        return counts | {"written": self.written} | listed


@dataclass
class Exported:
    """Objects as a file has them, and what had to be left out, with the reason."""

    objects: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def leave_out(self, row_id: str, why: str) -> None:
        self.left_out.append((row_id, why))


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


def write_rows(
    rows: Sequence[AnyObject], write: Callable[[Sequence[AnyObject]], None], report: Report
) -> list[AnyObject]:
    """Write all in few statements. Those that the database refuses are reported as invalid, the others returned."""
    refused = write_in_halves(rows, write)
    for row, error in refused:
        refusal = refusal_of(error)
        report.refuse_for(row.id, refusal.field or "", refusal.message)
    without = {id(row) for row, _ in refused}
    return [row for row in rows if id(row) not in without]
