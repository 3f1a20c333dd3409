"""Watch over the run of an import: how far it is, and whether it has to end before it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from evcnet.importexport.row_errors import TimeLimitExceeded

Progress = Callable[[int, int | None], None]
"""Is told how many rows are done, and of how many; None where that is not known. What it raises undoes the import."""
EVERY = 500  # rows


@dataclass
class RunWatch:
    """Each row is taken twice, once read and once written: half of that is what is done. ``total`` counts the rows."""

    progress: Progress | None = None
    total: int | None = None
    time_limit: float | None = None  # seconds
    _taken: int = 0
    _reported: int = 0
    _begin: float = field(default_factory=monotonic)

    def take(self, rows: int = 1) -> None:
        """So many rows more were read, or written. Raises TimeLimitExceeded, and what ``progress`` raises."""
        self.check_time()
        self._taken += rows
        if self._taken - self._reported >= 2 * EVERY:
            self._tell(self._taken // 2)

    def end(self) -> None:
        """All that there was to do is done, but for the end of the transaction."""
        self._tell(self.total if self.total is not None else self._taken // 2)

    def check_time(self) -> None:
        """Raises TimeLimitExceeded after the time limit of the run."""
        if self.time_limit is not None and monotonic() >= self._begin + self.time_limit:
            raise TimeLimitExceeded

    def _tell(self, done: int) -> None:
        self._reported = self._taken
        if self.progress is not None:
            self.progress(done if self.total is None else min(done, self.total), self.total)
