"""Runs the benchmark: `python -m bench` the table of docs/performance.md, `python -m bench NAME ...` the parts named.

The parts of GROWN share one world of BENCH_CUSTOMERS customers, which is made once. A part that fails is a row of its own,
and the others are measured all the same; the JSON is written anew after each row.
"""

import sys
import time
import traceback
from collections.abc import Iterator
from importlib import import_module

from bench.measuring import Measured, failed, table, write

GROWN = ("lists", "pages", "decisions", "plain")
TABLE = {
    "sessions": "bench.session_import",
    "customers": "bench.customer_import",
}
PARTS = {
    "pricing": "bench.pricing",
    "replay": "bench.replaying",
    "tariffs": "bench.real_tariffs",
    **TABLE,
    "exceptions": "bench.exception_import",
    "import_errors": "bench.import_errors",
    "counts": "bench.counts",
    "log": "bench.decision_log",
    "gateway": "bench.gateway",
    "weight": "bench.page_weight",
    "ocpi": "bench.ocpi",
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in PARTS and name not in GROWN]
    if unknown:
        known = ", ".join([*PARTS, *GROWN])
        print(f"Unknown: {', '.join(unknown)}. Parts: {known}.", file=sys.stderr)
        return 2
    names = names or [*GROWN, *TABLE]
    rows: list[Measured] = []
    path = write(rows)
    for label, measured in _runs(names):
        began = time.monotonic()
        print(f"python -m bench {label} ...", file=sys.stderr, flush=True)
        for row in measured:
            rows.append(row)
            path = write(rows)
        print(f"python -m bench {label}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(table(rows))
    print(f"The same as JSON: {path}", file=sys.stderr)
    return 1 if any(row.figure is None for row in rows) else 0


def _runs(names: list[str]) -> Iterator[tuple[str, Iterator[Measured]]]:
    """Each part with what it measures once it is asked; those that share a world are one."""
    if grown := [name for name in names if name in GROWN]:
        yield " ".join(grown), _measured("bench.grown", grown)
    for name in names:
        if name in PARTS:
            yield name, _measured(PARTS[name])


def _measured(module: str, *args: list[str]) -> Iterator[Measured]:
    try:
        yield from import_module(module).measure(*args)
    except Exception as error:  # noqa: BLE001 - a row of its own
        traceback.print_exc()
        yield failed(module.removeprefix("bench."), error)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
