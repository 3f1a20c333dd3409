"""Lists of customers and cards: each page beside the raw SQL of a page and a count, by turns; and the bytes of 50 rows.

`BENCH_CUSTOMERS` (100,000) customers, and 4 cards for 3 of them, on a private PostgreSQL, which is removed again.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench.measuring import Measured

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS") or 100_000)
TURNS = 7
RAW = """SELECT c.*, g.name FROM customers_customer c JOIN customers_usergroup g ON g.id = c.user_group_id
    WHERE c.provider_id = %s ORDER BY c.name, c.id LIMIT 50"""
COUNT = "SELECT count(*) FROM customers_customer WHERE provider_id = %s"
PEOPLE = """
INSERT INTO customers_customer (provider_id, user_group_id, number, kind, name, email, language, payment, status)
SELECT %(provider)s, (%(groups)s::bigint[])[1 + i %% 5], (100000 + i)::text,
    CASE WHEN i %% 50 = 0 THEN 'company' ELSE 'private' END,
    (ARRAY['Jansen', 'de Vries', 'Bakker', 'Visser', 'Smit', 'Meijer', 'Mulder', 'Müller', 'Peters'])[1 + i %% 9]
        || ', ' || left(md5(i::text), 6),
    'user' || i || '@example.org', 'en', CASE WHEN i %% 10 = 0 THEN 'prepaid' ELSE 'subscription' END,
    CASE WHEN i %% 500 = 0 THEN 'blocked' ELSE 'active' END
FROM generate_series(1, %(many)s) i
"""
CARDS = """
INSERT INTO customers_chargecard (provider_id, customer_id, uid, visual_number, type, roaming, status)
SELECT provider_id, id, '04' || upper(left(md5(id || '-' || k), 12)), 'NL-BEN-' || id || '-' || k, 'RFID', false, 'active'
FROM customers_customer, generate_series(0, 1) k WHERE provider_id = %(provider)s AND (k = 0 OR id %% 3 = 0)
"""


def measure(customers: int = CUSTOMERS) -> list[Measured]:
    folder = Path(tempfile.mkdtemp(prefix="evcnet-lists-"))
    folder.chmod(0o711)
    environment = os.environ | {"EVCNET_VAR": str(folder), "DATABASE_URL": ""}
    manage = [sys.executable, "manage.py"]
    try:
        subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True)
        command = [sys.executable, "-m", "bench.lists", str(customers)]
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        return [Measured(**row) for row in json.loads(ran.stdout.splitlines()[-1])]
    finally:
        subprocess.run([*manage, "database", "stop"], env=environment, check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def main(customers: int) -> list[dict[str, Any]]:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evcnet.settings")
    django.setup()
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    provider, login = _fill(customers)
    browser = Client()
    browser.force_login(login)

    def page(address: str) -> Callable[[], Any]:
        return lambda: browser.get(address, secure=True)

    deep = max(customers // 100, 2)
    people, cards = "/customers/customer/", "/customers/chargecard/"
    raw = _raw(provider.pk)
    rows = [
        _ratio("list of customers / raw page and count", page(people), raw, "3.3; 2; goal 1.3"),
        _ratio(f"its page {deep:,} / its first", page(f"{people}?p={deep}"), page(people), "2.8; 1.5; goal 1.1"),
        _ratio("search of three words / raw page and count", page(f"{people}?q=jansen+user1+10"), raw, "49; 4; goal 1"),
        _ratio("card by its customer / raw page and count", page(f"{cards}?q=jansen+user1234"), raw, "40; 4; goal 1"),
    ]
    response = browser.get(people, secure=True)
    size = Measured("bytes of 50 customers", len(response.content) / 1000, "kB", "323; 150; goal 90")
    return [vars(each) for each in (*rows, size)]


def _raw(provider: int) -> Callable[[], Any]:
    from django.db import connection

    def ask() -> None:
        with connection.cursor() as cursor:
            for sql in (RAW, COUNT):
                cursor.execute(sql, [provider])
                cursor.fetchall()

    return ask


def _ratio(name: str, page: Callable[[], Any], baseline: Callable[[], Any], asked: str) -> Measured:
    """Medians of some turns, each of the two in every one; the first of both only warms up."""
    turns = [(_seconds(page), _seconds(baseline)) for _ in range(TURNS + 1)][1:]
    own, other = (median(each) for each in zip(*turns, strict=True))
    return Measured(name, own / other, "times", asked, f"{own * 1000:.1f} ms beside {other * 1000:.1f}")


def _seconds(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _fill(customers: int) -> tuple[Any, Any]:
    from django.db import connection

    from customers.models import Membership, Provider, StaffMember, UserGroup

    provider = Provider.objects.create(
        code="BEN", name="Bench", country_code="NL", party_id="BEN", mfa_required_for="nobody"
    )
    groups = [UserGroup.objects.create(provider=provider, code=f"G{n}", name=f"Group {n}") for n in range(5)]
    login = StaffMember.objects.create(email="bench@example.org", name="Bench", password="!")
    Membership.objects.create(staff_member=login, provider=provider, role="provider_admin")
    with connection.cursor() as cursor:
        for sql in (PEOPLE, CARDS):
            cursor.execute(sql, {"provider": provider.pk, "groups": [each.pk for each in groups], "many": customers})
        cursor.execute("VACUUM ANALYZE")
    return provider, login


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
