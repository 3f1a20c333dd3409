"""Lists of 200,000 customers and 100,000 cards, and the box: none of their statements reads a whole table, as the database plans them.

The rows stand in a schema of their own, ahead of the other in the search path, which the transaction takes away again:
neither the tables nor the statistics of other tests know of them. A word that some percent of all customers have is left
out: the database joins these by reading the table, and rightly so.
"""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db
TABLES = ("customers_customer", "customers_chargecard", "customers_searchtext")
UNUSED = ("card_uid_key_parts", "card_visual_key_parts")
"""Indexes of no list, which take long to make."""
SCAN = re.compile(rf"Seq Scan on ({'|'.join(TABLES)})\b")
CUSTOMERS = """
INSERT INTO customers_customer (id, provider_id, user_group_id, number, kind, name, email, language, payment, status)
SELECT 1000000 + i, %(provider)s, (%(groups)s::bigint[])[1 + i %% 2], (100000 + i)::text,
    CASE WHEN i %% 50 = 0 THEN 'company' ELSE 'private' END,
    CASE WHEN i %% 101 = 0 THEN (ARRAY['Jansen', 'de Vries', 'Bakker', 'Visser', 'Smit', 'Müller'])[1 + i %% 6]
        ELSE initcap(left(md5(i::text), 8)) END || ', ' || left(md5(i::text), 3),
    'user' || i || '@example.org', 'en', CASE WHEN i %% 10 = 0 THEN 'prepaid' ELSE 'subscription' END,
    CASE WHEN i %% 500 = 0 THEN 'blocked' WHEN i %% 2000 = 1 THEN 'pending' ELSE 'active' END
FROM generate_series(1, 200000) i
"""
CARDS = """
INSERT INTO customers_chargecard
    (id, provider_id, customer_id, uid, visual_number, type, roaming, status, valid_until)
SELECT id, provider_id, id, '04' || upper(left(md5('u' || id), 12)), 'NL-GRG-' || id,
    CASE WHEN id %% 100 = 0 THEN 'APP_USER' ELSE 'RFID' END, id %% 30 = 0,
    CASE WHEN id %% 300 = 0 THEN 'deactivated' ELSE 'active' END,
    CASE WHEN id %% 7 = 0 THEN now() + id %% 400 * interval '1 day' END
FROM customers_customer WHERE id %% 2 = 0
"""
TEXTS = """
INSERT INTO customers_searchtext (id, customer_id, card_id, text)
SELECT id * 2, id, NULL::bigint, evcnet_customer_text(name, number, email) FROM customers_customer
UNION ALL
SELECT k.id * 2 + 1, c.id, k.id, evcnet_customer_text(name, number, email) || evcnet_card_text(uid, visual_number)
FROM customers_chargecard k JOIN customers_customer c ON c.id = k.customer_id
"""
LEDGER = """
INSERT INTO customers_customercount (provider_id, user_group_id, status, payment, roams, reachable, number)
SELECT provider_id, user_group_id, status, payment, false, true, count(*) FROM customers_customer GROUP BY 1, 2, 3, 4
"""


def make_large(world):
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA large; SET LOCAL search_path = large, public")
        for table in TABLES:
            cursor.execute(f"CREATE TABLE large.{table} (LIKE public.{table} INCLUDING DEFAULTS)")
        for rows in (CUSTOMERS, CARDS, TEXTS, LEDGER):
            cursor.execute(rows, {"provider": world.greengrid.pk, "groups": [world.north.pk, world.south.pk]})
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(%s) AND indexname <> ALL(%s)",
            [list(TABLES), list(UNUSED)],
        )
        cursor.execute(";".join(each.replace(" ON public.", " ON large.") for (each,) in cursor.fetchall()))
        cursor.execute("".join(f"ANALYZE large.{table};" for table in TABLES))


def scans(browser, address) -> list[str]:
    """The statements of a page that read a whole table, with their plans; it is asked as a browser does."""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        response = browser.get(address)
    assert response.status_code == 200, address
    assert response.context is None or "cl" not in response.context or list(response.context["cl"].result_list), address
    plans = []
    with connection.cursor() as cursor:
        for each in asked.captured_queries:
            if any(table in each["sql"] for table in TABLES) and each["sql"].startswith("SELECT"):
                cursor.execute("EXPLAIN " + each["sql"].replace("%", "%%"), [])
                plan = "\n".join(line for (line,) in cursor.fetchall())
                plans += [f"{address}\n{plan}"] if SCAN.search(plan) else []
    return plans


ADDRESSES = [
    *("/customers/customer/" + query for query in (
        "", "?p=3000", "?p=last", "?p=2&after=1150000", "?p=2&before=1150000",
        "?o=1", "?o=-1", "?o=-2", "?o=4", "?o=-5", "?o=7", "?o=-7&p=2&after=1150000",
        "?status__exact=pending", "?status__exact=active", "?payment__exact=prepaid", "?kind__exact=company",
        "?cards=none", "?cards=some",
        "?q=jansen", "?q=muller", "?q=user1212+jansen", "?q=bakker+user1216", "?q=1212", "?q=jansen+user1212+22120",
    )),
    *("/customers/chargecard/" + query for query in (
        "", "?p=1500", "?p=last", "?p=2&after=1150000", "?o=-1", "?o=4", "?o=-4", "?o=5",
        "?status__exact=deactivated", "?type__exact=APP_USER", "?roaming__exact=1",
        "?q=jansen", "?q=user1214+smit", "?q=1100002", "?q=nl-grg+smit+user1214",
    )),
    *("/chargegroups/chargegroup/{group}/customers/" + query for query in ("", "?name=Jansen&after=1150000", "?q=jansen")),
    *("/search/?extended=1&s=" + text for text in (
        "jansen+user1212", "muller", "1212", "04:1212", "1100002", "nl-grg+1100002", "jo", "x1",
        "nl-grg-1100002+at+market", "jansen+user1212+at+nlgrge0001",
    )),
    "/autocomplete/?app_label=customers&model_name=chargecard&field_name=customer&term=jansen",
]  # fmt: skip


def test_no_list_of_customers_or_cards_reads_a_whole_table(world, signed_in):
    make_large(world)
    anna = signed_in(world.anna)
    plans = [plan for address in ADDRESSES for plan in scans(anna, address.format(group=world.leusden.pk))]
    assert not plans, "\n\n".join(plans)
