"""Counts of customers and of exceptions, together: folded by a job, and held against the rows that they count."""

from __future__ import annotations

from chargegroups.models import ExceptionCount
from customers.counts import CUSTOMER_COUNTS, ROAMING_CARD
from evcnet.ledgers import Ledger

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
