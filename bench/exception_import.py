"""Files of exceptions imported, beside the way that takes each row by itself: time, processor and memory of both.

`python -m bench exceptions`; BENCH_EXCEPTIONS says how many rows (20,000), of half as many customers at two of twenty
charge groups. New rows, the same once more, and the same with another price. A preview writes and takes back, so that both
ways meet the same database; each run is a process of its own, on a private PostgreSQL that is removed again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measuring import Measured, peak_mb
from bench.world import own_database

ROWS = int(os.environ.get("BENCH_EXCEPTIONS", "20000"))
GROUPS, ROUNDS = 20, 3
HEADER = "charge_group,customer,access,tariff,valid_from,valid_until,note"
STEPS = {"new rows": "first", "the same again": "first", "another price": "second"}
"""What is measured, and by which file: the first is written once its new rows are measured."""


def rows(count: int, tariff: str) -> Iterator[str]:
    for number in range(count):
        group, customer = (number * 7 + number // (count // 2 or 1)) % GROUPS, number % (count // 2 or 1)
        access, until = ("allowed", "policy")[number % 2], ("", "2100-01-01T00:00:00Z")[number % 5 == 0]
        yield f"G{group},C{customer:07},{access},{tariff},,{until},{'by contract' if number % 3 else ''}"


def measure(count: int = ROWS) -> list[Measured]:
    with own_database():
        from evcnet.var_dir import var

        make_world(count // 2)
        files = {"first": var() / "first.csv", "second": var() / "second.csv"}
        for file, tariff in zip(files.values(), ("CHEAP", "DEAR"), strict=True):
            file.write_text("\n".join([HEADER, *rows(count, tariff)]) + "\n")
        measured = []
        for name, file in STEPS.items():
            measured += _compared(name, files[file], count)
            if name == "new rows":
                run = step("write", "together", files[file])
                measured.append(
                    Measured("import of exceptions, written", count / run["seconds"], "rows/s", "", run["note"])
                )
    return measured


def _compared(name: str, file: Path, count: int) -> list[Measured]:
    """Both in turn, the best of some rounds of each."""
    runs = [{way: step("preview", way, file) for way in ("together", "one by one")} for _ in range(ROUNDS)]
    best = {
        way: {figure: min(run[way][figure] for run in runs) for figure in ("seconds", "processor", "peak")}
        for way in ("together", "one by one")
    }
    ours, before = best["together"], best["one by one"]
    beside = f"{count:,} rows: {ours['seconds']:.1f} s beside {before['seconds']:.1f} s; processor {ours['processor']:.1f} s beside {before['processor']:.1f} s"
    return [
        Measured(f"preview of exceptions, {name}, time beside row by row", ours["seconds"] / before["seconds"], "x", "", beside),
        Measured(f"preview of exceptions, {name}, memory", ours["peak"], "MB", "", f"{before['peak']:.0f} MB row by row"),
    ]  # fmt: skip


def make_world(customers: int) -> None:
    from chargegroups.models import ChargeGroup
    from chargegroups.writes import create_group
    from customers.models import Customer, Provider, UserGroup
    from tariffs.models import Tariff, TariffElement
    from tariffs.writes import add_version

    provider = Provider.objects.create(code="BEN", name="Bench", country_code="NL", party_id="BEN")
    users = UserGroup.objects.create(provider=provider, code="ALL", name="All")
    tariffs = [Tariff.objects.create(provider=provider, code=code, name=code) for code in ("PLAIN", "CHEAP", "DEAR")]
    for tariff, price in zip(tariffs, ("0.35", "0.20", "0.55"), strict=True):
        add_version(tariff, [TariffElement(energy_price=price)])
    for number in range(GROUPS):
        group = ChargeGroup(
            provider=provider, user_group=users, code=f"G{number}", name=f"Group {number}", type="other"
        )
        create_group(group, tariff=tariffs[0], own_user_group=True)
    people = (
        Customer(
            provider=provider, user_group=users, number=f"C{number:07}", name=f"Customer {number}", status="active"
        )
        for number in range(customers)
    )
    Customer.objects.bulk_create(people, batch_size=5_000)


def step(name: str, way: str, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.exception_import", name, way, str(file)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    output: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return output


def run_step(name: str, way: str, file: Path) -> dict[str, Any]:
    import django

    django.setup()

    from chargegroups.resources import ExceptionResource
    from evcnet.importexport.formats import sheet_at
    from evcnet.importexport.scope import FileScope, the_provider

    if way == "one by one":
        ExceptionResource.stages_rows = False
    scope = FileScope()
    resource = ExceptionResource(scope, the_provider(scope.providers, None))
    began, worked = time.perf_counter(), time.process_time()
    result = resource.import_data(sheet_at(file), dry_run=name == "preview")
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    if result.errors:
        raise ValueError(f"{result}: {result.errors[0]}")
    return {"seconds": seconds, "processor": processor, "peak": peak_mb(), "note": str(result)}


if __name__ == "__main__":
    print(json.dumps(run_step(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
