"""Counts of customers and of exceptions, together: folded by a job, and held against the rows that they count."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum

from chargegroups.models import ChargeGroup, CustomerException, ExceptionCount
from customers.counts import CUSTOMER_COUNTS, ROAMING_CARD
from customers.models import Customer
from evcnet.ledgers import Ledger
from evcnet.tenancy import Login
from evcnet.together import Reading, read

EXCEPTION_COUNTS = Ledger(
    ExceptionCount,
    f"""SELECT charge_group_id, user_group_id, status, payment,
        EXISTS (SELECT FROM customers_chargecard k WHERE k.customer_id = c.id AND {ROAMING_CARD}), email <> '',
        access, tariff_id, count(*)
    FROM chargegroups_customerexception x JOIN customers_customer c ON c.id = x.customer_id
    WHERE x.valid_from IS NULL AND x.valid_until IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8""",
)
LEDGERS = (CUSTOMER_COUNTS, EXCEPTION_COUNTS)


def fold_ledgers() -> int:
    """Returns how many rows were folded."""
    return sum(ledger.fold() for ledger in LEDGERS)


def count_exceptions(groups: Any, at: datetime, login: Login | None = None, **where: str) -> Counter[int]:
    """How many exceptions in force each of the charge groups (ids, or a query of them) has, by its id.

    Those that say this (``access="allowed"``), of customers whom the login sees; None: of all. Those without a validity window are counted, the others read.
    """
    return read(exception_counts(groups, at, login, **where))


def exception_counts(groups: Any, at: datetime, login: Login | None = None, **where: str) -> Reading[Counter[int]]:
    """What ``count_exceptions`` returns, in one step."""
    always = ExceptionCount.objects.filter(charge_group_id__in=groups, **where)
    for_a_time = CustomerException.objects.in_force(at).filter(charge_group__in=groups, **where)
    for_a_time = for_a_time.exclude(valid_from=None, valid_until=None)
    if login is not None:
        always = always.filter(_of_customers_in_sight(login))
        for_a_time = for_a_time.filter(customer__in=Customer.objects.visible_to(login).values("pk"))
    read_rows = for_a_time.order_by().values_list("charge_group_id").annotate(Count("pk"))
    counted_rows = always.values_list("charge_group_id").annotate(Sum("number"))
    yield [read_rows, counted_rows]
    return Counter(dict(read_rows)) + Counter(dict(counted_rows))


def _of_customers_in_sight(login: Login) -> Q:
    """A charge group and those who are excepted there are of one provider."""
    scope = login.scope("customers.view_customer")
    if scope.platform:
        return Q()
    groups = ChargeGroup.objects.filter(provider__in=scope.providers)
    return Q(charge_group_id__in=groups.values("pk")) | Q(user_group_id__in=scope.user_groups)
