"""What grows with the customers: lists, pages, decisions and the plain import, each in turn in one world of `bench.world`.

It runs in a process of its own and prints a row a line as soon as it is measured, so that what comes later can't lose it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from importlib import import_module

from bench.measuring import Measured, failed
from bench.world import CUSTOMERS, fill, own_database


def measure(names: list[str]) -> Iterator[Measured]:
    command = [sys.executable, "-m", "bench.grown", *names]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if line.startswith("{"):
                yield Measured(**json.loads(line))
    if process.returncode:
        yield failed("the world that grows", f"ended with {process.returncode}")


def main(names: list[str]) -> None:
    began = time.monotonic()
    with own_database():
        fill(CUSTOMERS)
        _say(f"made {CUSTOMERS:,} customers", began)
        for name in names:
            for each in import_module(f"bench.{name}").MEASURES:
                _print_rows(each)


def _print_rows(measures: Callable[[], Iterator[Measured]]) -> None:
    began, name = time.monotonic(), f"{measures.__module__}.{measures.__name__}"
    try:
        for row in measures():
            print(json.dumps(vars(row)), flush=True)
    except Exception as error:  # noqa: BLE001 - a row of its own
        traceback.print_exc()
        print(json.dumps(vars(failed(name, error))), flush=True)
    _say(name, began)


def _say(what: str, began: float) -> None:
    print(f"  {what}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
