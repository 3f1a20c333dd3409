"""What did an import do, or what would it do?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evcnet.importexport.kinds import Row
from evcnet.importexport.problems import Problem

LISTED = 1_000  # errors in a summary
SHOWN = 200  # new and changed rows that a page shows


@dataclass(frozen=True)
class Difference:
    """One column before and after, as they would stand in a file."""

    column: str
    before: str
    after: str


@dataclass
class Effect:
    """One row on what is stored: nothing where there are no differences."""

    row: Row
    thing: Any
    differences: list[Difference] = field(default_factory=list)
    stored: dict[str, Any] | None = None
    wanted: dict[str, Any] = field(default_factory=dict)
    waits: bool = False  # built, and to be written with others
    written: bool = False

    def __post_init__(self) -> None:
        self.is_new = self.thing is None


@dataclass(frozen=True)
class Shown:
    """A new or changed row, for people."""

    row: int
    label: str
    differences: list[Difference]


@dataclass
class Outcome:
    """Rows are new, updated, unchanged or invalid. ``fingerprint`` is the same for the same effects."""

    kind: str
    rows: int = 0
    invalid: int = 0
    problems: list[Problem] = field(default_factory=list)
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    written: bool = False
    fingerprint: str = ""
    remarks: list[str] = field(default_factory=list)
    changes: list[Any] = field(default_factory=list)  # the previews of the changes of terms that it makes
    added: list[Shown] = field(default_factory=list)
    changed: list[Shown] = field(default_factory=list)

    def count(self, effect: Effect, label: Callable[[Any], str]) -> None:
        if not effect.differences:
            self.unchanged += 1
            return
        shown = self.added if effect.is_new else self.changed
        self.new, self.updated = self.new + effect.is_new, self.updated + (not effect.is_new)
        if len(shown) < SHOWN:
            shown.append(Shown(effect.row.number, label(effect.thing), effect.differences))

    @property
    def writes(self) -> int:
        return self.new + self.updated

    def as_json(self) -> dict[str, Any]:
        counts = {name: getattr(self, name) for name in ("rows", "new", "updated", "unchanged", "invalid", "written")}
        return {"kind": self.kind, **counts, "errors": [each.as_json() for each in self.problems[:LISTED]]}

    def __str__(self) -> str:
        counts = f"{self.rows:,} rows: {self.new:,} new, {self.updated:,} changed, {self.unchanged:,} unchanged"
        return f"{self.kind}, {counts}, {self.invalid:,} with errors"
