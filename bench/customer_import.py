"""A file of customers imported, preview and write, beside a bare COPY of the same file into an unlogged table.

BENCH_CUSTOMERS says how many rows (100,000). The preview and the write, the COPY, and the memory are each measured in a
process of their own, on a private PostgreSQL that is removed again.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measuring import Measured
from bench.world import CUSTOMERS, own_database

HEADER = "user_group,number,kind,name,email,language,payment,status"
GROUPS = ("NORTH", "EAST", "SOUTH")
FIRST = (
    "Anna",
    "Bram",
    "Chris",
    "Daan",
    "Eva",
    "Femke",
    "Gijs",
    "Hanna",
    "Iris",
    "Jan",
    "Kees",
    "Lotte",
    "René",
    "Zoë",
)
LAST = (
    "Jansen",
    "Bakker",
    "Visser",
    "Smit",
    "Meijer",
    "Mulder",
    "Bos",
    "Vos",
    "Peters",
    "Hendriks",
    "Müller",
    "de Vries",
)


def rows(count: int) -> Iterator[str]:
    chance = random.Random(4)
    for number in range(count):
        first, last = chance.choice(FIRST), chance.choice(LAST)
        address = f"{first.lower().encode('ascii', 'ignore').decode()}.{number}@example.org"
        kind, language = chance.choice(("private", "company")), chance.choice(("en", "nl"))
        yield f"{chance.choice(GROUPS)},C{number:07},{kind},{first} {last},{address},{language},subscription,active"


def write_file(path: Path, lines: Iterator[str]) -> Path:
    with path.open("w") as file:
        file.write(f"{HEADER}\n")
        file.writelines(f"{line}\n" for line in lines)
    return path


def measure(count: int = CUSTOMERS) -> list[Measured]:
    with own_database():
        from evcnet.var_dir import var

        make_groups()
        file, single = write_file(var() / "rows.csv", rows(count)), write_file(var() / "row.csv", rows(1))
        copies = [step("copy", file)["seconds"] for _ in range(3)]
        base = step("preview", single)["peak"]
        runs = {name: step(name, file) for name in ("preview", "write")}
        runs["again, all unchanged"] = step("preview", file)
    copy = sorted(copies)[1]
    both = runs["preview"]["seconds"] + runs["write"]["seconds"]
    measured = [
        Measured("import of customers, preview and write, to COPY", both / copy, "times", "50; goal 25", f"{count:,} rows, COPY {copy:.2f} s"),
        *(
            Measured(f"import of customers, {name}", count / run["seconds"], "rows/s", "", f"{run['note']}; {run['seconds']:.1f} s")
            for name, run in runs.items()
        ),
        *(
            Measured(f"import of customers, {name}, memory over one row", run["peak"] - base, "MB", "64; goal 24")
            for name, run in runs.items()
        ),
    ]  # fmt: skip
    return measured


def make_groups() -> None:
    from customers.models import Provider, UserGroup

    provider = Provider.objects.create(code="BEN", name="Bench", country_code="NL", party_id="BEN")
    UserGroup.objects.bulk_create(UserGroup(provider=provider, code=code, name=code) for code in GROUPS)


def step(name: str, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.customer_import", name, str(file)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    output: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return output


def run_step(name: str, file: Path) -> dict[str, Any]:
    import django

    django.setup()
    return _copy(file) if name == "copy" else _import(file, dry_run=name == "preview")


def _copy(file: Path) -> dict[str, Any]:
    from django.db import connection

    columns = ", ".join(f"{name} text" for name in HEADER.split(","))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare_rows")
        cursor.execute(f"CREATE UNLOGGED TABLE bare_rows ({columns})")
        began = time.perf_counter()
        with cursor.copy("COPY bare_rows FROM STDIN CSV HEADER") as copy, file.open("rb") as rows_of_file:
            while part := rows_of_file.read(1 << 16):
                copy.write(part)
        return {"seconds": time.perf_counter() - began}


def _import(file: Path, *, dry_run: bool) -> dict[str, Any]:
    import pghistory

    from evcnet.importexport.formats import sheet_at
    from evcnet.importexport.registry import resource_named
    from evcnet.importexport.scope import FileScope, the_provider

    scope, began = FileScope(), time.perf_counter()
    resource = resource_named("customers")(scope, the_provider(scope.providers, None))
    with pghistory.context(file=file.name):
        result = resource.import_data(sheet_at(file), dry_run=dry_run)
    errors = [[each.row, each.column, each.message] for each in result.all_errors()]
    counts = {name: getattr(result, name) for name in ("new", "updated", "unchanged", "invalid", "written")}
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "peak": _peak_mb(), "note": str(result), "errors": errors, **counts}


def _peak_mb() -> float:
    """The most memory that this process held since it began, in MB; a child's ru_maxrss begins with its parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(run_step(sys.argv[1], Path(sys.argv[2]))))
