"""How many pages of the database each reading of the decision log touches, at 100 thousand decisions and at 10 million.

The decisions are made by SQL, spread over 13 months in the order of time. A private PostgreSQL of its own is used, and
removed again: `python -m bench log` takes about ten minutes and 10 GB. `tests/queries/test_decision_log_at_size.py` holds
the same at one million.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from bench.measuring import Measured
from bench.world import own_database

SIZES = 100_000, 10_000_000
MONTHS = 13
DROPPED = "written to drop a month"
TABLE = "chargepoints_decisionentry"

# What is filtered by is one decision in a hundred or more, or none, so that a page of the list is full at every size.
FILL = """
INSERT INTO chargepoints_decisionentry (asked_at, at, source, provider_id, card_provider_id, api_key_id, login_id, card_uid,
    identity, card_id, customer_id, charge_point_id, charge_group_id, verdict, reason, told, tariff_version_id, tariff_source,
    facts, answer)
SELECT moment, moment, CASE WHEN n %% 50 = 3 THEN 'explainer' ELSE 'api' END,
    CASE WHEN n %% 10 = 9 THEN %(other)s ELSE %(own)s END,
    CASE WHEN reason = 'card_unknown' THEN NULL WHEN n %% 20 IN (8, 18) THEN %(other)s ELSE %(own)s END,
    NULL, NULL, 'UID' || card, 'POINT' || point,
    CASE WHEN reason <> 'card_unknown' THEN CASE WHEN card = 7 THEN %(card)s ELSE 1000000 + card END END,
    CASE WHEN reason <> 'card_unknown' THEN CASE WHEN card = 7 THEN %(customer)s ELSE 1000000 + card END END,
    CASE WHEN point = 7 THEN %(point)s ELSE 1000000 + point END,
    CASE WHEN point < 10 THEN %(group)s ELSE 1000000 + point / 10 END,
    CASE reason WHEN 'own_user_group' THEN 'ALLOWED' WHEN 'card_unknown' THEN 'UNKNOWN' WHEN 'card_expired' THEN 'EXPIRED'
        WHEN 'customer_blocked' THEN 'BLOCKED' ELSE 'NOT_ALLOWED' END,
    reason, CASE WHEN reason = 'customer_blocked' AND n %% 20 IN (8, 18) THEN 'card_not_accepted' ELSE reason END, NULL, '',
    '{"point_known": true, "point_status": "active", "point_in_group": true, "point_located": true, "card_known": true}',
    '{"charge_group": "CG", "tariff": "STANDARD", "price_text": "0.35 EUR/kWh"}'
FROM (
    SELECT n, %(first)s::timestamptz + n::float8 / %(until)s * (%(last)s::timestamptz - %(first)s::timestamptz) AS moment,
        hashint4(n) & 2147483647 AS scattered
    FROM generate_series(%(begin)s, %(until)s - 1) n
) numbered
CROSS JOIN LATERAL (SELECT scattered %% %(cards)s AS card, scattered / 7 %% %(points)s AS point,
    CASE WHEN n %% 10 = 1 THEN 'card_unknown' WHEN n %% 20 = 8 OR n %% 20 = 4 THEN 'customer_blocked'
         WHEN n %% 25 = 2 THEN 'card_expired' WHEN n %% 25 = 7 THEN 'no_access' ELSE 'own_user_group' END AS reason) drawn
"""


class World:
    """A provider with one card, customer, charge point and charge group that are among those asked about."""

    def __init__(self, row: SimpleNamespace, login: Any) -> None:
        """``row`` has ``own``, ``other``, ``card``, ``customer``, ``point`` and ``group``: rows of those names."""
        self.row, self.login = row, login

    def grow(self, size: int) -> None:
        """As many decisions as that: a hundred of each card, 200 of each point, 2,000 of each group, whatever the size."""
        from django.db import connection

        from chargepoints.decision_log import make_partitions

        last = datetime.now(UTC)
        first = last - timedelta(days=30 * MONTHS)
        make_partitions(first + timedelta(days=28 * month) for month in range(MONTHS + 2))
        ids = {name: row.pk for name, row in vars(self.row).items()}
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {TABLE}")
            cursor.execute("SET maintenance_work_mem = '512MB'")
            indexes = _without_indexes(cursor)
            counts = {"cards": size // 100, "points": size // 200}
            cursor.execute(FILL, ids | counts | {"first": first, "last": last, "begin": 0, "until": size})
            for index in indexes:
                cursor.execute(index)
            cursor.execute(f"ANALYZE {TABLE}")

    def readings(self) -> dict[str, Callable[[], Any]]:
        """Each reading of the log by the page that asks for it."""
        from django.test import Client

        from chargepoints.decision_views import decision_counts, latest_decisions, unknown_cards

        browser = Client()
        browser.force_login(self.login)

        def listed(**query: Any) -> Callable[[], Any]:
            def read() -> None:
                answer = browser.get("/chargepoints/decisionentry/", query)
                assert answer.status_code == 200, answer

            return read

        week = datetime.now(UTC).date() - timedelta(days=7)
        row, login = self.row, self.login
        return {
            "list": listed(),
            "list, second page": listed(p=2),
            "list by a card": listed(q="uid7"),
            "list by verdict": listed(verdict="EXPIRED"),
            "list by reason": listed(reason="no_access"),
            "list by a reason that no decision has": listed(reason="exception_denied"),
            "list by a reason of own cards": listed(reason="customer_blocked"),
            "list of cards that are not accepted": listed(reason="card_not_accepted"),
            "list of what was typed": listed(source__exact="explainer"),
            "list by point": listed(charge_point__id__exact=row.point.pk),
            "list by group": listed(charge_group__id__exact=row.group.pk),
            "list until a day": listed(asked_at_until=week.isoformat(), asked_at_until_time="12:00"),
            "last ten of a card": lambda: latest_decisions(login, card=row.card, elsewhere=True),
            "last ten of a customer": lambda: latest_decisions(login, customer=row.customer, elsewhere=True),
            "last ten of a point": lambda: latest_decisions(login, charge_point=row.point),
            "unknown cards": lambda: unknown_cards(login),
            "counts of a point": lambda: decision_counts(login, charge_point=row.point),
            "counts of a group": lambda: decision_counts(login, charge_group=row.group),
        }

    def pages(self) -> dict[str, int]:
        return {name: pages_touched(read) for name, read in self.readings().items()}

    def drop_month(self) -> int:
        """Drops the oldest month, as the nightly job does; how many bytes that wrote."""
        from django.db import connection

        from chargepoints.tasks import drop_old_decisions

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn()")
            (before,) = cursor.fetchone()
            oldest = datetime.now(UTC) - timedelta(days=30 * MONTHS)
            drop_old_decisions(_months_later(oldest, MONTHS + 1))
            cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", [before])
            (written,) = cursor.fetchone()
            return int(written)


def _without_indexes(cursor: Any) -> list[str]:
    """Drops all indexes of the log but its key's; the statements that make them again, which is faster after than before."""
    cursor.execute(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indrelid = %s::regclass AND NOT i.indisprimary",
        [TABLE],
    )
    indexes_now = cursor.fetchall()
    for name, _ in indexes_now:
        cursor.execute(f"DROP INDEX {name}")
    return [definition.replace(" ON ONLY ", " ON ") for _, definition in indexes_now]


def _months_later(moment: datetime, months: int) -> datetime:
    """The first of the month, so many months later."""
    number = moment.year * 12 + moment.month - 1 + months
    return datetime(number // 12, number % 12 + 1, 1, 3, tzinfo=UTC)


def pages_touched(read: Callable[[], Any]) -> int:
    """Pages that the statements on the log touch, by EXPLAIN (ANALYZE, BUFFERS) of each as it is asked."""
    from django.db import connection

    touched = 0

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal touched
        if TABLE in sql and sql.lstrip("( ").startswith(("SELECT", "WITH")):
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
                (plan,) = cursor.fetchone()[0]
            touched += plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        read()
    return touched


# The benchmark


def measure() -> list[Measured]:
    """In a process of its own, on a database of its own."""
    ran = subprocess.run([sys.executable, "-m", "bench.decision_log"], stdout=subprocess.PIPE, text=True, check=True)
    figures = json.loads(ran.stdout.splitlines()[-1])
    small, large = (figures[str(size)] for size in SIZES)
    rows = [
        Measured(f"log of {SIZES[1]:,}: {name}", figure, unit, "", f"{small[name]:,} at {SIZES[0]:,}")
        for name, figure in large.items()
        for unit in ["bytes" if name == DROPPED else "pages"]
        if name != "filled"
    ]
    return [*rows, Measured("making the log", large["filled"], "s", "", f"{SIZES[1]:,} decisions by SQL")]


def _run() -> dict[int, dict[str, float]]:
    with own_database():
        world = make_world()
        figures: dict[int, dict[str, float]] = {}
        for size in SIZES:
            began = time.monotonic()
            world.grow(size)
            filled = round(time.monotonic() - began)
            print(f"{size:,} decisions in {filled} s", file=sys.stderr)
            world.pages()  # first once, since a first reading marks what it touches
            figures[size] = {**world.pages(), DROPPED: world.drop_month(), "filled": filled}
        return figures


def make_world() -> World:
    """With the fewest rows that the pages need."""
    from chargegroups.models import ChargeGroup
    from chargegroups.writes import create_group
    from chargepoints.models import ChargePoint, Location
    from customers.models import ChargeCard, Customer, Membership, Provider, StaffMember, UserGroup
    from tariffs.models import Tariff, TariffElement
    from tariffs.writes import add_version

    own, other = (
        Provider.objects.create(code=code, name=code, country_code="NL", party_id=code) for code in ("OWN", "OTH")
    )
    users = UserGroup.objects.create(provider=own, code="ALL", name="All")
    tariff = Tariff.objects.create(provider=own, code="STANDARD", name="Standard")
    add_version(tariff, [TariffElement(energy_price="0.35")])
    group = ChargeGroup(provider=own, user_group=users, code="CG", name="CG")
    create_group(group, tariff=tariff, own_user_group=True)
    location = Location.objects.create(
        provider=own, code="L", name="Leusden", country="NL", time_zone="Europe/Amsterdam"
    )
    point = ChargePoint.objects.create(
        provider=own, identity="POINT7", charge_group=group, location=location, status="active"
    )
    customer = Customer.objects.create(provider=own, user_group=users, number="7", name="Jansen", status="active")
    card = ChargeCard.objects.create(provider=own, customer=customer, uid="UID7", status="active")
    login = StaffMember.objects.create(email="anna@example.org", name="Anna")
    Membership.objects.create(staff_member=login, role="provider_staff", provider=own)
    rows = {"own": own, "other": other, "card": card, "customer": customer, "point": point, "group": group}
    return World(SimpleNamespace(**rows), login)


if __name__ == "__main__":
    print(json.dumps(_run()))
