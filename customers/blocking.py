"""Who is kept from charging, and let back: customers, and single cards?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from customers.models import ChargeCard, Customer
from evcnet.bulk import BulkResult, change_rows

_CUSTOMER, _CARD = Customer.Status, ChargeCard.Status


def block(customers: Iterable[Customer]) -> BulkResult:
    return _customers(
        customers, _CUSTOMER.BLOCKED, frm={_CUSTOMER.ACTIVE}, instead="Only active customers are blocked."
    )


def unblock(customers: Iterable[Customer]) -> BulkResult:
    """Blocked customers may charge again; those who were deactivated come back by it too."""
    return _customers(
        customers,
        _CUSTOMER.ACTIVE,
        frm={_CUSTOMER.BLOCKED, _CUSTOMER.DEACTIVATED},
        instead="Approve or reject customers that wait for approval.",
    )


def deactivate(customers: Iterable[Customer]) -> BulkResult:
    """Customers leave: they stay in the books, and none of their cards is accepted any more."""
    return _customers(
        customers,
        _CUSTOMER.DEACTIVATED,
        frm={_CUSTOMER.ACTIVE, _CUSTOMER.BLOCKED},
        instead="Reject customers that wait for approval.",
    )


def block_cards(cards: Iterable[ChargeCard]) -> BulkResult:
    """To block a card is to deactivate it."""
    return change_rows(
        _rows(ChargeCard, cards),
        {"status": _CARD.DEACTIVATED},
        is_unchanged=lambda card: card.status == _CARD.DEACTIVATED,
    )


def unblock_cards(cards: Iterable[ChargeCard]) -> BulkResult:
    """Cards of a customer become active, whether they were blocked or not yet in use."""
    return change_rows(
        _rows(ChargeCard, cards),
        {"status": _CARD.ACTIVE},
        is_unchanged=lambda card: card.status == _CARD.ACTIVE,
        why_not=lambda card: "" if card.customer_id else "The card has no customer: attach it to one first.",
    )


def _customers(customers: Iterable[Customer], status: str, *, frm: set[Any], instead: str) -> BulkResult:
    def refused(customer: Customer) -> str:
        return "" if customer.status in frm else f"The customer is {customer.get_status_display()}. {instead}"

    return change_rows(
        _rows(Customer, customers),
        {"status": status},
        is_unchanged=lambda customer: customer.status == status,
        why_not=refused,
    )


def _rows(model: Any, rows: Iterable[Any]) -> Any:
    return model.objects.filter(pk__in=[row.pk for row in rows])
