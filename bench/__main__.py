"""Runs the benchmark, all of it or the parts named: `python -m bench pricing replay tariffs sessions customers pages`."""

import sys
from importlib import import_module

from bench.measuring import Measured, table, write

PARTS = {
    "pricing": "bench.pricing",
    "replay": "bench.replaying",
    "tariffs": "bench.real_tariffs",
    "sessions": "bench.session_import",
    "customers": "bench.customer_import",
    "import_errors": "bench.import_errors",
    "lists": "bench.lists",
    "pages": "bench.pages",
    "decisions": "bench.decisions",
    "log": "bench.decision_log",
    "gateway": "bench.gateway",
    "ocpi": "bench.ocpi",
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"Unknown: {', '.join(unknown)}. Parts: {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    rows: list[Measured] = []
    for name in names or PARTS:
        print(f"measuring {name} ...", file=sys.stderr)
        rows += import_module(PARTS[name]).measure()
    print(table(rows))
    print(f"The same as JSON: {write(rows)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
