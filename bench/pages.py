"""Pages of a charge group, the home page, a change of terms and an export, beside the plain SQL of what they show.

`python -m bench pages` makes the world of `bench.world`, with BENCH_CUSTOMERS customers, on a database of its own.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from bench.measuring import Measured, peak_mb, ratio
from bench.world import GROUP, LOGIN, PROVIDER

CHANGES = 20
PAGE = """
SELECT c.*, u.name, x.access FROM customers_customer c JOIN customers_usergroup u ON u.id = c.user_group_id
LEFT JOIN chargegroups_customerexception x ON x.customer_id = c.id AND x.charge_group_id = %(group)s
WHERE c.provider_id = %(provider)s ORDER BY c.name, c.id LIMIT 50
"""
COUNTED = """
SELECT c.user_group_id = %(user_group)s, c.status, c.payment, x.access, x.tariff_id, r.customer_id IS NOT NULL, count(*)
FROM customers_customer c
LEFT JOIN chargegroups_customerexception x ON x.customer_id = c.id AND x.charge_group_id = %(group)s
LEFT JOIN (SELECT DISTINCT customer_id FROM customers_chargecard WHERE provider_id = %(provider)s AND roaming AND status = 'active') r
    ON r.customer_id = c.id
WHERE c.provider_id = %(provider)s GROUP BY 1, 2, 3, 4, 5, 6
"""
"""Everybody at one group by what decides on them, by one scan over all customers."""
COPIED = """
COPY (
    SELECT u.code, c.number, c.kind, c.name, c.email, c.language, c.payment, c.status
    FROM customers_customer c JOIN customers_usergroup u ON u.id = c.user_group_id
    WHERE c.provider_id = %s ORDER BY c.number
) TO STDOUT (FORMAT csv)
"""


def _rows() -> tuple[Any, dict[str, int]]:
    from chargegroups.models import ChargeGroup

    group = ChargeGroup.objects.select_related("provider").get(provider__code=PROVIDER, code=GROUP)
    return group, {"group": group.pk, "provider": group.provider_id, "user_group": group.user_group_id}


def _sql(*statements: str, params: Any) -> Callable[[], None]:
    from django.db import connection

    def run() -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement, params)
                cursor.fetchall()

    return run


def pages() -> Iterator[Measured]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from customers.models import StaffMember

    browser, (group, params) = Client(), _rows()
    browser.force_login(StaffMember.objects.get(email=LOGIN))

    def page(name: str) -> Callable[[], None]:
        address = reverse(f"admin:chargegroups_chargegroup_{name}", args=[group.pk])

        def ask() -> None:
            answer = browser.get(address)
            assert answer.status_code == 200, answer

        return ask

    both = _sql(PAGE, COUNTED, params=params)
    yield ratio(
        '"Customers and tariffs", first page / raw page and count', page("customers"), both, asked="1.5; goal 0.1"
    )
    counted = _sql(COUNTED, params=params)
    yield ratio("tariff and access tab / the same by raw SQL", page("access"), counted, asked="0.7; goal 0.2")
    browser.get("/")
    with CaptureQueriesContext(connection) as queries:
        assert browser.get("/").status_code == 200
    yield Measured("home page", len(queries), "statements", "15; goal 10")


def previewed() -> Iterator[Measured]:
    from changes.apply import preview_change
    from changes.proposals import NewTerms
    from tariffs.models import Tariff

    group, params = _rows()
    dearer = Tariff.objects.get(provider=group.provider, code="T20")
    proposal = NewTerms(group, {"tariff": dearer, "other_user_groups": False})
    counted = _sql(COUNTED, params=params)
    yield ratio(
        "preview of a change of terms / one grouped scan over all customers",
        lambda: preview_change(proposal),
        counted,
        asked="0.5; goal 0.06",
    )


def written_log() -> Iterator[Measured]:
    """What changes of terms write into the log of PostgreSQL, where nobody is to be told."""
    from django.db import connection

    from changes.apply import apply_now
    from changes.models import Way
    from changes.proposals import NewTerms
    from tariffs.models import Tariff

    group, _ = _rows()
    tariffs = [Tariff.objects.get(provider=group.provider, code=code) for code in ("T19", "T20")]
    written = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
        for number in range(CHANGES):
            cursor.execute("SELECT pg_current_wal_insert_lsn()")
            [before] = cursor.fetchone()
            apply_now(NewTerms(group, {"tariff": tariffs[number % 2]}), way=Way.COMMAND)
            cursor.execute("SELECT pg_switch_wal(), pg_current_wal_flush_lsn()")
            cursor.execute(
                "SELECT sum(record_length) - sum(fpi_length) FROM pg_get_wal_records_info(%s, pg_current_wal_flush_lsn())"
                " WHERE resource_manager <> 'XLOG'",
                [before],
            )
            written.append(float(cursor.fetchone()[0]) / 1024)
    note = f"median of {CHANGES}, less full-page images; from {min(written):.3g} to {max(written):.3g}"
    yield Measured("written by a change of terms", statistics.median(written), "kB", "16; goal 4", note)


def exported() -> Iterator[Measured]:
    """The customers as CSV, piece by piece, beside COPY of the same rows in the same order."""
    from django.db import connection

    from customers.models import Provider

    provider = Provider.objects.get(code=PROVIDER)

    def copy() -> None:
        with connection.cursor() as cursor, cursor.copy(COPIED, [provider.pk]) as rows:
            for _ in rows:
                pass

    def export() -> None:
        for _ in _pieces():
            pass

    yield ratio("export of all customers / COPY of the same rows", export, copy, asked="1.3; goal 1.1", rounds=5)
    ran = subprocess.run([sys.executable, "-m", "bench.pages"], stdout=subprocess.PIPE, text=True, check=True)
    yield Measured("memory of that export over its first piece", float(ran.stdout.split()[-1]), "MB", "16; goal 4")


def _pieces() -> Iterator[bytes]:
    from evcnet.importexport.csv_stream import csv_pieces
    from evcnet.importexport.registry import resource_named
    from evcnet.importexport.scope import FileScope, the_provider

    scope = FileScope()
    return csv_pieces(resource_named("customers")(scope, the_provider(scope.providers, PROVIDER)), None)


MEASURES = (pages, previewed, written_log, exported)


def export_memory() -> float:
    """MB by which an export grows the process that has begun with it."""
    import django

    django.setup()
    pieces = _pieces()
    next(pieces), next(pieces)
    begun = peak_mb()
    for _ in pieces:
        pass
    return peak_mb() - begun


if __name__ == "__main__":
    print(export_memory())
