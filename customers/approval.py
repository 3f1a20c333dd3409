"""Who is let in, of the customers that wait for approval?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from customers.models import Customer
from evcnet.bulk import BulkResult, change_rows

Customers = Iterable[Customer]
PENDING, ACTIVE, DEACTIVATED = Customer.Status.PENDING, Customer.Status.ACTIVE, Customer.Status.DEACTIVATED


def approve(customers: Customers) -> BulkResult:
    """Pending customers become active; those who are active already stay so."""
    return change_rows(
        _rows(customers),
        {"status": ACTIVE},
        is_unchanged=lambda customer: customer.status == ACTIVE,
        why_not=_not_waiting,
    )


def reject(customers: Customers) -> BulkResult:
    """Pending customers become deactivated, without having been approved first."""
    return change_rows(
        _rows(customers),
        {"status": DEACTIVATED},
        is_unchanged=lambda customer: customer.status == DEACTIVATED,
        why_not=_not_waiting,
    )


def _rows(customers: Customers) -> Any:
    return Customer.objects.filter(pk__in=[customer.pk for customer in customers])


def _not_waiting(customer: Customer) -> str:
    if customer.status == PENDING:
        return ""
    return f"The customer is {customer.get_status_display()} and does not wait for approval."
