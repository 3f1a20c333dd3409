"""Changes of status of customers and of single cards, for many at once: approve, reject, block, unblock, deactivate.

Each takes rows or their keys, and returns which rows changed, which were so already, and which were refused with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models

from customers.models import ChargeCard, Customer
from evcnet.bulk import BulkResult, change_rows

R = TypeVar("R", bound=models.Model)
Customers = Iterable[Customer | int]
_CUSTOMER, _CARD = Customer.Status, ChargeCard.Status
NOT_WAITING = "The customer is {status} and does not wait for approval."


def approve(customers: Customers) -> BulkResult:
    """Pending customers become active; those who are active already stay so."""
    return _set_status(customers, _CUSTOMER.ACTIVE, allowed={_CUSTOMER.PENDING}, otherwise=NOT_WAITING)


def reject(customers: Customers) -> BulkResult:
    """Pending customers become deactivated, without having been approved first."""
    return _set_status(customers, _CUSTOMER.DEACTIVATED, allowed={_CUSTOMER.PENDING}, otherwise=NOT_WAITING)


def block(customers: Customers) -> BulkResult:
    refusal = "The customer is {status}. Only active customers are blocked."
    return _set_status(customers, _CUSTOMER.BLOCKED, allowed={_CUSTOMER.ACTIVE}, otherwise=refusal)


def unblock(customers: Customers) -> BulkResult:
    """Blocked customers may charge again; those who were deactivated come back by it too."""
    refusal = "The customer is {status}. Approve or reject customers that wait for approval."
    allowed = {_CUSTOMER.BLOCKED, _CUSTOMER.DEACTIVATED}
    return _set_status(customers, _CUSTOMER.ACTIVE, allowed=allowed, otherwise=refusal)


def deactivate(customers: Customers) -> BulkResult:
    """Customers leave: they stay in the books, and none of their cards is accepted any more."""
    refusal = "The customer is {status}. Reject customers that wait for approval."
    allowed = {_CUSTOMER.ACTIVE, _CUSTOMER.BLOCKED}
    return _set_status(customers, _CUSTOMER.DEACTIVATED, allowed=allowed, otherwise=refusal)


def block_cards(cards: Iterable[ChargeCard | int]) -> BulkResult:
    """To block a card is to deactivate it."""
    return change_rows(
        _rows(ChargeCard, cards),
        {"status": _CARD.DEACTIVATED},
        is_unchanged=lambda card: card.status == _CARD.DEACTIVATED,
    )


def unblock_cards(cards: Iterable[ChargeCard | int]) -> BulkResult:
    """Cards of a customer become active, whether they were blocked or not yet in use."""
    return change_rows(
        _rows(ChargeCard, cards),
        {"status": _CARD.ACTIVE},
        is_unchanged=lambda card: card.status == _CARD.ACTIVE,
        why_not=why_not_unblock,
    )


def why_not_unblock(card: ChargeCard) -> str:
    """Why this card can't be active; empty where it can."""
    return "" if card.customer_id else "The card has no customer: attach it to one first."


def _set_status(customers: Customers, status: str, *, allowed: set[Any], otherwise: str) -> BulkResult:
    """To ``status`` from those in ``allowed``; ``otherwise`` says why not."""
    return change_rows(
        _rows(Customer, customers),
        {"status": status},
        is_unchanged=lambda customer: customer.status == status,
        why_not=lambda customer: _why_not(customer, allowed, otherwise),
    )


def _why_not(customer: Customer, allowed: set[Any], otherwise: str) -> str:
    if customer.erased_at is not None:
        return "The person was erased: nothing changes any more."
    return "" if customer.status in allowed else otherwise.format(status=customer.get_status_display())


def _rows(model: type[R], rows: Iterable[R | int]) -> models.QuerySet[R]:
    return model._default_manager.filter(pk__in=[row if isinstance(row, int) else row.pk for row in rows])
