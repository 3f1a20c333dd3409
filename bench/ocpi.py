"""Requests a second of OCPI lists at many locations, beside that of views that read nearly nothing.

The locations are made by SQL on a private PostgreSQL of its own, which is removed again: each has one charge point of two
connectors, in one of a hundred charge groups that are open to roaming. BENCH_LOCATIONS says how many: 100,000 otherwise,
which takes five minutes and 2 GB. A request is measured as a whole, with the message that is kept of it.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.measuring import ROUNDS, Measured
from bench.world import own_database

LOCATIONS = int(os.environ.get("BENCH_LOCATIONS", "100000"))
GROUPS = 100
LIST = "/ocpi/2.2.1/locations?limit=100"
REQUESTS = 10
"""In each round; the best round counts."""
HELLO, FIRST = "hello (/ocpi/versions)", "first page"

FILL = """
INSERT INTO chargepoints_location (provider_id, code, name, address, postal_code, city, country, latitude, longitude,
    time_zone, published, updated_at)
SELECT %(provider)s, 'L' || n, 'Street ' || n, 'Street ' || n, '3831AB', 'Leusden', 'NL', 52.1 + n * 0.000001, 5.4,
    'Europe/Amsterdam', true, %(moment)s FROM generate_series(1, %(locations)s) n;
INSERT INTO chargepoints_chargepoint (provider_id, identity, name, location_id, charge_group_id, evse_id, status, ocpi_uid,
    updated_at)
SELECT %(provider)s, 'NLBENE' || substr(l.code, 2), '', l.id, g.id, '', 'active', '', %(moment)s
FROM chargepoints_location l
JOIN chargegroups_chargegroup g ON g.code = 'G' || substr(l.code, 2)::int %% %(groups)s;
INSERT INTO chargepoints_connector (charge_point_id, ocpi_id, standard, format, power_type, max_voltage, max_amperage)
SELECT p.id, n::text, 'IEC_62196_T2', 'SOCKET', 'AC_3_PHASE', 230, 32
FROM chargepoints_chargepoint p, generate_series(1, 2) n
"""


def make_world(locations: int) -> str:
    """The token of a partner that sees them all."""
    from django.db import connection

    from chargegroups.models import ChargeGroup
    from chargegroups.writes import create_group
    from customers.models import Provider, UserGroup
    from roaming.connections import register
    from roaming.models import Agreement, Partner
    from tariffs.models import Tariff, TariffElement
    from tariffs.writes import add_version

    moment = datetime.now(UTC) - timedelta(days=365)
    provider = Provider.objects.create(code="BEN", name="Bench", country_code="NL", party_id="BEN")
    users = UserGroup.objects.create(provider=provider, code="ALL", name="All")
    tariff = Tariff.objects.create(provider=provider, code="STANDARD", name="Standard")
    add_version(tariff, [TariffElement(energy_price="0.35")], valid_from=moment)
    for number in range(GROUPS):
        group = ChargeGroup(provider=provider, user_group=users, code=f"G{number}", name=f"Group {number}")
        create_group(group, tariff=tariff, roaming=True, valid_from=moment)
    sizes = {"provider": provider.pk, "locations": locations, "groups": GROUPS, "moment": moment}
    with connection.cursor() as cursor:
        for statement in FILL.split(";"):
            cursor.execute(statement, sizes)
        cursor.execute("VACUUM ANALYZE")
    partner = Partner.objects.create(provider=provider, country_code="DE", party_id="EMP", name="Emobil")
    Agreement.objects.create(provider=provider, partner=partner, valid_from=moment)
    endpoints = {"partner_token": "B", "versions_url": "https://emsp.example/", "version": "2.2.1", "endpoints": []}
    return register(partner, **endpoints)


class Partner:
    """Asks as a partner does."""

    def __init__(self, token: str) -> None:
        from django.test import Client

        self.client = Client()
        self.headers = {"Authorization": f"Token {base64.b64encode(token.encode()).decode()}"}

    def get(self, path: str) -> Any:
        answer = self.client.get(path, headers=self.headers)
        assert answer.status_code == 200, answer.content
        return answer

    def last_page(self) -> str:
        """Its address as the links have it, without walking through all of them."""
        from chargepoints.models import Location

        keys = Location.objects.order_by("-pk").values_list("pk", flat=True)
        return f"{LIST}&offset={LOCATIONS - 100}&after={keys[100]}"


def per_second(ask: Callable[[], Any]) -> float:
    """How many requests in a second of the clock, one after another: the database's work counts."""
    ask()
    return REQUESTS / min(_seconds(ask) for _ in range(ROUNDS))


def _seconds(ask: Callable[[], Any]) -> float:
    began = time.perf_counter()
    for _ in range(REQUESTS):
        ask()
    return time.perf_counter() - began


def _run() -> dict[str, float]:
    with own_database():
        from django.test.utils import override_settings

        from roaming.models import PartnerConnection

        began = time.monotonic()
        partner = Partner(make_world(LOCATIONS))
        PartnerConnection.objects.update(rate_per_minute=2**31 - 1)
        print(f"{LOCATIONS:,} locations in {time.monotonic() - began:.0f} s", file=sys.stderr)
        soon = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
        paths = {
            "/healthz": "/healthz",
            HELLO: "/ocpi/versions",
            FIRST: LIST,
            "last page, by its link": partner.last_page(),
            "last page, by its offset": f"{LIST}&offset={LOCATIONS - 100}",
            "a page since a year before": f"{LIST}&date_from=2020-01-01T00:00:00Z",
            "a page since a moment after which nothing changed": f"{LIST}&date_from={soon}",
            "one location": f"/ocpi/2.2.1/locations/L{LOCATIONS // 2}",
        }
        with override_settings(ALLOWED_HOSTS=["*"]):
            assert len(partner.get(paths["last page, by its link"]).json()["data"]) == 100
            return {name: per_second(lambda path=path: partner.get(path)) for name, path in paths.items()}


def measure() -> list[Measured]:
    """In a process of its own, on a database of its own."""
    ran = subprocess.run([sys.executable, "-m", "bench.ocpi"], stdout=subprocess.PIPE, text=True, check=True)
    figures = json.loads(ran.stdout.splitlines()[-1])
    return [
        Measured(
            f"ocpi at {LOCATIONS:,} locations: {name}",
            figure,
            "requests/s",
            "",
            f"{figures[HELLO] / figure:,.3g} times a hello, {figures[FIRST] / figure:,.3g} times a first page",
        )
        for name, figure in figures.items()
    ]


if __name__ == "__main__":
    print(json.dumps(_run()))
