"""A file of sessions imported: rows a second of the preview and of the write, beside a bare COPY of the same rows.

`python -m bench.session_import [--rows N]` makes a world of its own (200 charge points in 10 groups, 1,000 cards, a
history of months in which points moved, cards were handed on and customers blocked) on a private PostgreSQL, which is removed again.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.measuring import Measured, peak_mb

ROWS = 20_000
GROUPS, POINTS, CUSTOMERS, CARDS = 10, 200, 500, 1_000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 180
HEADER = ("id", "charge_point", "card_uid", "started_at", "ended_at", "kwh", "parking_seconds", "note")
WRONG_EVERY = 1_000
"""One row in so many is wrong, in the file of which that is asked."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--step", choices=("fill", "preview", "write", "copy"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(_step(asked.step, asked.file)))
        return 0
    for row in measure(asked.rows):
        print(f"{row.name}: {row.figure:,.0f} {row.unit}. {row.note}")
    return 0


def measure(rows: int = ROWS) -> list[Measured]:
    """Each figure in a process of its own, since memory is measured as the most that a process ever held."""
    folder = Path(tempfile.mkdtemp(prefix="evcnet-sessions-"))
    folder.chmod(0o711)
    environment = os.environ | {"EVCNET_VAR": str(folder), "DATABASE_URL": ""}
    good, wrong = folder / "sessions.csv", folder / "wrong.csv"
    write_file(good, rows)
    write_file(wrong, rows, wrong_every=WRONG_EVERY)

    def step(name: str, file: Path) -> dict[str, Any]:
        command = [sys.executable, "-m", "bench.session_import", "--step", name, "--file", str(file)]
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        output: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        return output

    manage = [sys.executable, "manage.py"]
    try:
        subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True)
        step("fill", good)
        return [
            _measured("preview, with wrong rows", step("preview", wrong)),
            _measured("preview", step("preview", good)),
            _measured("write", step("write", good)),
            _measured("again, all unchanged", step("preview", good)),
            _measured("COPY of what was written, alone", step("copy", good)),
        ]
    finally:
        subprocess.run([*manage, "database", "stop"], env=environment, check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _measured(name: str, output: dict[str, Any]) -> Measured:
    asked = "" if "COPY" in name else "2,200; 3,000; goal 10,000"
    return Measured(f"import of sessions, {name}", output["rows"] / output["seconds"], "rows/s", asked, output["note"])


# The file


def write_file(path: Path, rows: int, wrong_every: int = 0) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(_rows(rows, wrong_every))


def _rows(count: int, wrong_every: int) -> Iterator[list[str]]:
    """Each point has its sessions one after another; a few overlap, a few cards are unknown."""
    chance = random.Random(9)
    busy_until = [BEGIN] * POINTS
    pause = timedelta(days=DAYS) * POINTS / count
    for number in range(count):
        point = number % POINTS
        start = busy_until[point] + pause * chance.uniform(0.2, 0.5)
        length = min(timedelta(minutes=chance.randrange(5, 300)), pause * 0.4)
        overlap = timedelta(minutes=3) if number % 500 == 7 else timedelta(0)
        busy_until[point] = start + length - overlap
        parking = chance.randrange(0, int(length.total_seconds()) // 2 or 1) if chance.random() < 0.3 else 0
        card = f"04{chance.randrange(CARDS):06X}" if chance.random() < 0.98 else "04FFFFFF"
        kwh = "-1" if wrong_every and number % wrong_every == 17 else f"{chance.randrange(100, 60_000) / 1000:.3f}"
        moments = [each.isoformat(timespec="seconds") for each in (start, start + length)]
        yield [f"TX{number:07}", f"NLBENE{point:04}", card, *moments, kwh, str(parking), ""]


# The steps, each a process


def _step(name: str, file: Path) -> dict[str, Any]:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evcnet.settings")
    django.setup()
    if name == "fill":
        _fill()
        return {}
    return _copy() if name == "copy" else _import(file, dry_run=name == "preview")


def _import(file: Path, *, dry_run: bool) -> dict[str, Any]:
    from evcnet.importexport.formats import sheet_at
    from evcnet.importexport.registry import resource_named
    from evcnet.importexport.scope import FileScope, the_provider

    scope = FileScope()
    resource = resource_named("sessions")(scope, the_provider(scope.providers, None))
    before, began = peak_mb(), time.perf_counter()
    result = resource.import_data(sheet_at(file), dry_run=dry_run)
    seconds = time.perf_counter() - began
    note = f"{result.new:,} new, {result.unchanged:,} unchanged, {result.invalid:,} wrong; {result.written=}"
    memory = f"peak {peak_mb():,.0f} MB, {before:,.0f} before"
    return {"rows": result.total_rows, "seconds": seconds, "note": f"{note}; {memory}"}


def _copy() -> dict[str, Any]:
    """The rows of both tables once more into tables without index, key and history: what the disk could do."""
    from django.db import connection

    tables = ("chargepoints_session", "chargepoints_rating")
    with connection.cursor() as cursor:
        data = []
        for table in tables:
            with cursor.copy(f"COPY {table} TO STDOUT") as out:
                data.append(b"".join(bytes(each) for each in out))
            cursor.execute(f"CREATE TEMPORARY TABLE bare_{table} AS SELECT * FROM {table} WHERE false")
        began = time.perf_counter()
        for table, content in zip(tables, data, strict=True):
            with cursor.copy(f"COPY bare_{table} FROM STDIN") as into:
                into.write(content)
        seconds = time.perf_counter() - began
        cursor.execute("SELECT count(*) FROM chargepoints_session")
        return {"rows": cursor.fetchone()[0], "seconds": seconds, "note": "no index, key, history or rule"}


# The world


def _fill() -> None:
    from customers.models import ChargeCard, Customer, Provider, UserGroup

    provider = Provider.objects.create(code="BEN", name="Bench", country_code="NL", party_id="BEN")
    users = UserGroup.objects.create(provider=provider, code="ALL", name="All")
    others = UserGroup.objects.create(provider=provider, code="OTHER", name="Other")
    groups = [_group(provider, users, number) for number in range(GROUPS)]
    people = [
        Customer(
            provider=provider, user_group=users if n % 5 else others, number=str(n), name=str(n), status="active",
            payment="prepaid" if n % 7 == 0 else "subscription",
        )
        for n in range(CUSTOMERS)
    ]  # fmt: skip
    Customer.objects.bulk_create(people)
    cards = [
        ChargeCard(provider=provider, customer=people[n % CUSTOMERS], uid=f"04{n:06X}", status="active")
        for n in range(CARDS)
    ]
    ChargeCard.objects.bulk_create(cards)
    _points(provider, groups)
    _exceptions(groups, people)
    _as_of(BEGIN - timedelta(days=400))
    for month in range(1, 6):
        _changes_of(month, groups, people, cards)


def _group(provider: Any, users: Any, number: int) -> Any:
    from bench.sessions import FOUR_ELEMENTS, ONE_ELEMENT
    from chargegroups.models import ChargeGroup
    from chargegroups.writes import create_group
    from tariffs.conversion import element_rows, version_fields
    from tariffs.models import Tariff
    from tariffs.pricing import read_tariff
    from tariffs.writes import add_version

    tariff = Tariff.objects.create(provider=provider, code=f"T{number}", name=f"Tariff {number}")
    for month in range(0, 6, 2):
        listed = read_tariff(FOUR_ELEMENTS if (number + month) % 3 else ONE_ELEMENT)
        valid_from = BEGIN + timedelta(days=30 * month - 400 * (month == 0))
        add_version(tariff, element_rows(listed), valid_from=valid_from, **version_fields(listed))
    group = ChargeGroup(provider=provider, user_group=users, code=f"G{number}", name=f"Group {number}", type="other")
    founded, open_to_others = BEGIN - timedelta(days=400), bool(number % 2)
    create_group(group, valid_from=founded, tariff=tariff, own_user_group=True, other_user_groups=open_to_others)
    return group


def _points(provider: Any, groups: list[Any]) -> None:
    from chargepoints.models import ChargePoint, Location

    places = [
        Location(provider=provider, code=f"L{n}", name=f"Place {n}", country="NL", time_zone="Europe/Amsterdam")
        for n in range(20)
    ]
    Location.objects.bulk_create(places)
    points = [
        ChargePoint(
            provider=provider, identity=f"NLBENE{n:04}", location=places[n % 20], charge_group=groups[n % GROUPS],
            status="active",
        )
        for n in range(POINTS)
    ]  # fmt: skip
    ChargePoint.objects.bulk_create(points)


def _exceptions(groups: Iterable[Any], people: list[Any]) -> None:
    from chargegroups.models import CustomerException
    from chargegroups.writes import put_exceptions

    rows = [
        CustomerException(
            charge_group=group, customer=people[n], provider_id=group.provider_id,
            access="denied" if n % 3 == 0 else "allowed",
        )
        for group in groups
        for n in range(group.pk % 7, CUSTOMERS, 50)
    ]  # fmt: skip
    put_exceptions(rows)


def _changes_of(month: int, groups: list[Any], people: list[Any], cards: list[Any]) -> None:
    """Points move, cards are handed on, customers are blocked and come back."""
    from chargepoints.models import ChargePoint
    from customers.models import ChargeCard, Customer

    moved = ChargePoint.objects.filter(identity__in=[f"NLBENE{n:04}" for n in range(month, POINTS, 17)])
    moved.update(charge_group=groups[month])
    handed_on = ChargeCard.objects.filter(uid__in=[card.uid for card in cards[month::29]])
    handed_on.update(customer=people[month])
    Customer.objects.filter(pk__in=[each.pk for each in people[month::41]]).update(status="blocked")
    Customer.objects.filter(pk__in=[each.pk for each in people[month - 1 :: 41]]).update(status="active")
    _as_of(BEGIN + timedelta(days=30 * month))


def _as_of(moment: datetime) -> None:
    """The entries of the history that were written just now are of that moment."""
    from django.db import connection, transaction

    names = ("customers_customer", "customers_chargecard", "chargepoints_chargepoint", "chargepoints_location")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in (*names, "chargegroups_chargegroup", "chargegroups_customerexception"):
            cursor.execute(
                f"UPDATE {table}event SET pgh_created_at = %s WHERE pgh_created_at > now() - interval '1 day'", [moment]
            )


if __name__ == "__main__":
    raise SystemExit(main())
