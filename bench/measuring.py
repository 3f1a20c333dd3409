"""Measured figures: a table on standard output, JSON in the folder of EVCNET_VAR."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROUNDS = 5


@dataclass(frozen=True)
class Measured:
    """One row: what was measured, the figure, its unit, what is asked for, and what is worth knowing beside it.

    ``figure`` is None where it failed; the note says how.
    """

    name: str
    figure: float | None
    unit: str
    asked: str = ""
    note: str = ""


def failed(name: str, error: object) -> Measured:
    return Measured(name, None, "failed", note=f"{type(error).__name__}: {error}".splitlines()[0])


def per_second(count: int, run: Callable[[], Any]) -> float:
    """How many of `count` in a second of one core: the best of some rounds, the first of which only warms up."""
    run()
    best = min(_seconds(run) for _ in range(ROUNDS))
    return count / best


def _seconds(run: Callable[[], Any]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def side_by_side(run: Callable[[], Any], baseline: Callable[[], Any], rounds: int = 9) -> tuple[float, float]:
    """Seconds of both, as the medians of rounds in which each has its turn; what is slow meanwhile is slow for both."""
    run(), baseline()
    both = [(_elapsed(run), _elapsed(baseline)) for _ in range(rounds)]
    return statistics.median(seconds for seconds, _ in both), statistics.median(seconds for _, seconds in both)


def ratio(
    name: str, run: Callable[[], Any], baseline: Callable[[], Any], *, asked: str, per: int = 1, rounds: int = 9
) -> Measured:
    """How many times the baseline's time it takes. ``per``: how many things one run does, for the note."""
    own, other = side_by_side(run, baseline, rounds)
    return Measured(name, own / other, "x", asked, f"{1000 * own / per:.3g} ms beside {1000 * other / per:.3g} ms")


def _elapsed(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def peak_mb() -> float:
    """The most memory that this process ever held, in MB; a child's ru_maxrss begins with its parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def table(rows: list[Measured]) -> str:
    cells = [("what", "figure", "unit", "asked for", "note")]
    cells += [(row.name, _figure_text(row.figure), row.unit, row.asked, row.note) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _figure_text(figure: float | None) -> str:
    if figure is None:
        return "-"
    return f"{figure:,.4g}" if figure < 100 else f"{figure:,.0f}"


def write(rows: list[Measured]) -> Path:
    """Writes bench.json into the folder that EVCNET_VAR names, `var` by default."""
    folder = Path(os.environ.get("EVCNET_VAR") or "var").expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "bench.json"
    where = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "customers": int(os.environ.get("BENCH_CUSTOMERS") or 100_000),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    path.write_text(json.dumps({"where": where, "rows": [asdict(row) for row in rows]}, indent=1) + "\n")
    return path
