"""A provider of many customers, made by SQL on a database of its own: the world in which what grows is measured.

For each million of customers there are 1.3 million cards, 300,000 exceptions, 50,000 charge points, 2,000 charge groups
and 300 user groups. The largest user group holds half of the customers, and its charge group "G1" is the one asked about:
it is open to that group, to others and to roaming, and has 50,000 exceptions of each million of customers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", "100000"))
PROVIDER, GROUP, LOGIN = "BEN", "G1", "anna@example.org"
"""Codes of the provider and of the charge group that is asked about, and the e-mail address of one of its staff."""

USER_GROUPS = """
INSERT INTO customers_usergroup (provider_id, code, name)
SELECT %(provider)s, 'U' || n, 'User group ' || n FROM generate_series(1, %(user_groups)s) n
"""
# Half of the customers are in the first user group, a quarter in the second, the others spread evenly.
CUSTOMER_ROWS = """
INSERT INTO customers_customer (provider_id, user_group_id, number, kind, name, email, language, payment, status)
SELECT %(provider)s, u.id, 'C' || lpad(n::text, 8, '0'), CASE n %% 10 WHEN 0 THEN 'company' ELSE 'private' END,
    (ARRAY['Jansen','Bakker','Visser','Smit','Meijer','Mulder','Bos','Vos','Peters','Hendriks','Dekker','Brouwer',
           'Dijkstra','Kok','Veenstra','Schouten','Willems','Hoekstra','Koster','Prins'])[1 + (hashint4(n) & 2147483647) %% 20]
        || ' ' || chr(65 + n %% 26) || chr(97 + (n / 26) %% 26) || substr(md5(n::text), 1, 5),
    'user' || n || '@example.org', (ARRAY['nl','en','de','fr'])[1 + n %% 4],
    CASE WHEN n %% 7 = 0 THEN 'prepaid' ELSE 'subscription' END,
    CASE WHEN n %% 50 = 3 THEN 'blocked' WHEN n %% 100 = 4 THEN 'pending' WHEN n %% 40 = 5 THEN 'deactivated' ELSE 'active' END
FROM generate_series(1, %(customers)s) n
JOIN customers_usergroup u ON u.provider_id = %(provider)s
    AND u.code = 'U' || CASE WHEN n %% 2 = 0 THEN 1 WHEN n %% 4 = 1 THEN 2 ELSE 3 + (n / 4) %% (%(user_groups)s - 2) END
ORDER BY n
"""
# The first card of each customer, and a second one of three in ten; one in five of those who subscribe roams.
CARD_ROWS = """
INSERT INTO customers_chargecard (provider_id, customer_id, uid, visual_number, type, roaming, status, valid_from, valid_until)
SELECT %(provider)s, c.id, '04' || lpad(to_hex(k), 2, '0') || upper(lpad(to_hex(n), 10, '0')), 'NL-BEN-C' || lpad(n::text, 8, '0') || '-' || k,
    'RFID', n %% 5 = 0 AND c.payment = 'subscription',
    CASE WHEN n %% 33 = 0 THEN 'deactivated' ELSE 'active' END,
    CASE WHEN n %% 1000 = 1 THEN now() - interval '1 year' END, CASE WHEN n %% 1000 = 1 THEN now() + interval '1 year' END
FROM (SELECT id, payment, substr(number, 2)::int AS n FROM customers_customer WHERE provider_id = %(provider)s) c
CROSS JOIN generate_series(1, 2) k WHERE k = 1 OR n %% 10 < 3
"""
POINTS = """
INSERT INTO chargepoints_location (provider_id, code, name, address, postal_code, city, country, time_zone, published, updated_at)
SELECT %(provider)s, 'L' || n, 'Street ' || n, 'Street ' || n || ' 1', '3831AB', 'Leusden', 'NL', 'Europe/Amsterdam', n %% 2 = 0, now()
FROM generate_series(1, %(locations)s) n;
INSERT INTO chargepoints_chargepoint (provider_id, identity, name, location_id, charge_group_id, evse_id, status, ocpi_uid, updated_at)
SELECT %(provider)s, 'NLBENE' || lpad(n::text, 6, '0'), 'Point ' || n, l.id, g.id, '',
    CASE WHEN n %% 40 = 0 THEN 'inactive' ELSE 'active' END, '', now()
FROM generate_series(1, %(points)s) n
JOIN chargepoints_location l ON l.provider_id = %(provider)s AND l.code = 'L' || (1 + n %% %(locations)s)
JOIN chargegroups_chargegroup g ON g.provider_id = %(provider)s AND g.code = 'G' || (1 + n %% %(groups)s)
"""
EXCEPTIONS = """
INSERT INTO chargegroups_customerexception (provider_id, charge_group_id, customer_id, access, tariff_id, valid_from, valid_until, note)
SELECT %(provider)s, g.id, c.id, CASE n %% 3 WHEN 0 THEN 'denied' WHEN 1 THEN 'allowed' ELSE 'policy' END,
    CASE WHEN n %% 3 = 2 THEN t.id END, CASE WHEN n %% 500 = 0 THEN now() - interval '1 day' END, NULL, ''
FROM (SELECT id, substr(number, 2)::int AS n FROM customers_customer WHERE provider_id = %(provider)s) c
JOIN chargegroups_chargegroup g ON g.provider_id = %(provider)s
    AND g.code = CASE WHEN n %% 20 = 0 THEN 'G1' WHEN n %% 4 = 1 THEN 'G' || (2 + n %% (%(groups)s - 1)) END
JOIN tariffs_tariff t ON t.provider_id = %(provider)s AND t.code = 'T' || (1 + n %% 20)
"""


@contextmanager
def own_database() -> Iterator[None]:
    """A private PostgreSQL of its own, migrated and with Django set up; removed again."""
    folder = Path(tempfile.mkdtemp(prefix="evcnet-bench-"))
    folder.chmod(0o711)
    (folder / "static").mkdir()
    os.environ |= {"EVCNET_VAR": str(folder), "DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "evcnet.settings"}
    try:
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True)
        import django

        django.setup()
        yield
    finally:
        subprocess.run([sys.executable, "manage.py", "database", "stop"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def fill(customers: int = CUSTOMERS) -> None:
    """Make the provider with so many customers, 1,000 at least."""
    from django.db import connection, transaction

    from tariffs.writes import allow_terms_write

    provider = _provider()
    sizes = {
        "provider": provider.pk,
        "customers": customers,
        "user_groups": max(4, customers * 300 // 1_000_000),
        "groups": max(10, customers // 500),
        "points": max(50, customers // 20),
        "locations": max(10, customers // 100),
    }
    with connection.cursor() as cursor:
        # One checkpoint at the end instead of dozens on the way.
        cursor.execute("ALTER SYSTEM SET max_wal_size = '16GB'")
        cursor.execute("SELECT pg_reload_conf()")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(USER_GROUPS, sizes)
        cursor.execute(CUSTOMER_ROWS, sizes)
        cursor.execute(CARD_ROWS, sizes)
    _charge_groups(provider, sizes["groups"])
    with allow_terms_write(), connection.cursor() as cursor:
        for statement in POINTS.split(";"):
            cursor.execute(statement, sizes)
        cursor.execute(EXCEPTIONS, sizes)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def _provider() -> Any:
    from customers.models import Membership, Provider, StaffMember

    provider = Provider.objects.create(code=PROVIDER, name="Bench", country_code="NL", party_id="BEN")
    login = StaffMember.objects.create(email=LOGIN, name="Anna")
    Membership.objects.create(staff_member=login, role="provider_staff", provider=provider)
    return provider


def _charge_groups(provider: Any, count: int) -> None:
    """Group G1 is of user group U1; every third group is open to the others, every fifth to roaming."""
    from django.db import connection

    from chargegroups.models import ChargeGroup, Terms
    from customers.models import UserGroup
    from evcnet.datetimes import database_clock
    from tariffs.models import Tariff, TariffElement
    from tariffs.writes import add_version, allow_terms_write

    tariffs = []
    for number in range(1, 21):
        tariff = Tariff.objects.create(provider=provider, code=f"T{number}", name=f"Tariff {number}")
        add_version(tariff, [TariffElement(energy_price=f"0.{30 + number}")])
        tariffs.append(tariff)
    users = list(UserGroup.objects.filter(provider=provider).order_by("pk"))
    with allow_terms_write():
        groups = ChargeGroup.objects.bulk_create(
            ChargeGroup(
                provider=provider, user_group=users[(n - 1) % len(users)], code=f"G{n}", name=f"Group {n}", type="other"
            )
            for n in range(1, count + 1)
        )
        Terms.objects.bulk_create(
            Terms(
                provider=provider, charge_group=group, valid_from=database_clock(), tariff=tariffs[n % 20],
                own_user_group=True, other_user_groups=n % 3 == 0, roaming=n % 5 == 0,
            )
            for n, group in enumerate(groups)
        )  # fmt: skip
    connection.close()
