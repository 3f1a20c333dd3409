"""Counts of customers: what their ledger counts, and which customers the database knows to roam."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet, Sum

from customers.models import CustomerCount
from evcnet.ledgers import Ledger
from evcnet.tenancy import Login, Tenancy
from evcnet.together import Reading, read, totals

ROAMING_CARD = "k.roaming AND k.status = 'active' AND k.valid_from IS NULL AND k.valid_until IS NULL"
"""Of a card k: it makes its customer roam at any moment."""

CUSTOMER_COUNTS = Ledger(
    CustomerCount,
    f"""SELECT provider_id, user_group_id, status, payment,
        EXISTS (SELECT FROM customers_chargecard k WHERE k.customer_id = c.id AND {ROAMING_CARD}), email <> '', count(*)
    FROM customers_customer c GROUP BY 1, 2, 3, 4, 5, 6""",
)


TENANCY = Tenancy(user_groups=("user_group_id",))
"""Whose the customers are that a row counts; it is no row of anybody's by itself."""


def count_customers(login: Login, **facts: str) -> int:
    """How many customers the login sees, of these facts (``status="pending"``); none of them is read."""
    return read(customer_count(login, **facts))


def customer_count(login: Login, **facts: str | int) -> Reading[int]:
    """What ``count_customers`` returns, in one step."""
    rows = customer_totals(login, **facts)
    yield [rows]
    return sum(row["total"] or 0 for row in rows)


def customer_totals(login: Login, **facts: str | int) -> QuerySet[Any, Any]:
    """What ``count_customers`` returns, as ``total`` of one row; of no row where the login sees no customers."""
    scope = login.scope("customers.view_customer")
    rows = CustomerCount.objects.filter(TENANCY.clause(CustomerCount, scope), **facts)
    return totals(rows if login.is_active and scope else rows.none(), total=Sum("number"))


def wrongly_roaming() -> list[int]:
    """Customers, by id, who are among the roaming ones without such a card, or have one and are not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id FROM (SELECT customer_id FROM customers_roamingcustomer UNION ALL"
            f" SELECT DISTINCT customer_id FROM customers_chargecard k WHERE {ROAMING_CARD}) side"
            " GROUP BY customer_id HAVING count(*) = 1 ORDER BY customer_id"
        )
        return [customer for (customer,) in cursor.fetchall()]


def mend_roaming() -> None:
    """Look again at the cards of those customers, who are locked meanwhile; triggers count what comes of it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT evcnet_keep_roaming(%s::bigint[])", [wrongly_roaming()])
