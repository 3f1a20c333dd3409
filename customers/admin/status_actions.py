"""Actions that change the status of customers, cards, logins and API keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from chargepoints.status_text import cards_become, customers_become
from customers import customer_status
from customers.models import ApiKey, ChargeCard, Customer, StaffMember
from evcnet.admin.status_actions import StatusAction, StatusKind
from evcnet.bulk import BulkResult, change_rows
from evcnet.text import counted
from gateway.running import running_sentence

_CUSTOMER, _CARD = Customer.Status, ChargeCard.Status


def customers_meaning(keys: Sequence[int], status: Any, login: StaffMember) -> list[str]:
    """What it means that customers get a status; also for an erasure, which deactivates."""
    return [*customers_become(keys, status, login), *_running(status, _CUSTOMER.ACTIVE, login, "customer", keys)]


def _cards_meaning(keys: Sequence[int], status: Any, login: StaffMember) -> list[str]:
    return [*cards_become(keys, status, login), *_running(status, _CARD.ACTIVE, login, "card", keys)]


def _running(
    status: Any, active: Any, login: StaffMember, of: Literal["card", "customer"], keys: Sequence[int]
) -> list[str]:
    return [running_sentence(login, of, keys)] if status != active and keys else []


CUSTOMERS = StatusKind(
    "status",
    customers_meaning,
    needs_reason=frozenset([_CUSTOMER.BLOCKED, _CUSTOMER.DEACTIVATED]),
    narrow=lambda customers: customers.filter(erased_at=None),
)
APPROVE = StatusAction(
    "approve",
    "Approve",
    "approved",
    customer_status.approve,
    is_available=lambda customer: customer.status == _CUSTOMER.PENDING,
    permission="approve",
    primary=True,
    kind=CUSTOMERS,
    target=_CUSTOMER.ACTIVE,
    sources=frozenset([_CUSTOMER.PENDING]),
)
REJECT = StatusAction(
    "reject",
    "Reject",
    "rejected",
    customer_status.reject,
    is_available=lambda customer: customer.status == _CUSTOMER.PENDING,
    permission="approve",
    kind=CUSTOMERS,
    target=_CUSTOMER.DEACTIVATED,
    sources=frozenset([_CUSTOMER.PENDING]),
)
BLOCK = StatusAction(
    "block",
    "Block",
    "blocked",
    customer_status.block,
    is_available=lambda customer: customer.status == _CUSTOMER.ACTIVE,
    kind=CUSTOMERS,
    target=_CUSTOMER.BLOCKED,
    sources=frozenset([_CUSTOMER.ACTIVE]),
)
UNBLOCK = StatusAction(
    "unblock",
    "Let back in",
    "let back in",
    customer_status.unblock,
    is_available=lambda customer: (
        customer.status in (_CUSTOMER.BLOCKED, _CUSTOMER.DEACTIVATED) and not customer.erased_at
    ),
    primary=True,
    kind=CUSTOMERS,
    target=_CUSTOMER.ACTIVE,
    sources=frozenset([_CUSTOMER.BLOCKED, _CUSTOMER.DEACTIVATED]),
)
DEACTIVATE = StatusAction(
    "deactivate",
    "Deactivate",
    "deactivated",
    customer_status.deactivate,
    is_available=lambda customer: customer.status in (_CUSTOMER.ACTIVE, _CUSTOMER.BLOCKED),
    kind=CUSTOMERS,
    target=_CUSTOMER.DEACTIVATED,
    sources=frozenset([_CUSTOMER.ACTIVE, _CUSTOMER.BLOCKED]),
)

CARDS = StatusKind(
    "status",
    _cards_meaning,
    needs_reason=frozenset([_CARD.DEACTIVATED, _CARD.INACTIVE]),
    labels={_CARD.DEACTIVATED: "blocked"},
    name=lambda card: f"{card} of {card.customer}" if card.customer else str(card),
    related=("customer",),
)
BLOCK_CARD = StatusAction(
    "block",
    "Block",
    "blocked",
    customer_status.block_cards,
    is_available=lambda card: card.status != _CARD.DEACTIVATED,
    permission="block",
    kind=CARDS,
    target=_CARD.DEACTIVATED,
    sources=frozenset([_CARD.ACTIVE, _CARD.INACTIVE]),
)
UNBLOCK_CARD = StatusAction(
    "unblock",
    "Unblock",
    "unblocked",
    customer_status.unblock_cards,
    is_available=lambda card: card.status != _CARD.ACTIVE and card.customer_id is not None,
    permission="block",
    primary=True,
    kind=CARDS,
    target=_CARD.ACTIVE,
    sources=frozenset([_CARD.DEACTIVATED, _CARD.INACTIVE]),
    why_not=customer_status.why_not_unblock,
)


def _logins_become(keys: Sequence[int], active: bool, login: StaffMember) -> list[str]:
    who = counted(len(keys), "login")
    if active:
        return [f"{who} can sign in again, with the roles below."]
    return [f"{who} can no longer sign in, and {'is' if len(keys) == 1 else 'are'} signed out everywhere."]


LOGINS = StatusKind(
    "is_active", _logins_become, needs_reason=frozenset([False]), labels={True: "active", False: "inactive"}
)


def _keys_become(keys: Sequence[int], active: bool, login: StaffMember) -> list[str]:
    which = counted(len(keys), "API key")
    return [f"{which} {'works again' if active else 'stops working'}: programs with it are {_answered(active)}."]


def _answered(active: bool) -> str:
    return "answered" if active else "refused from now on"


def _switch_keys(active: bool) -> StatusAction:
    def perform(keys: Sequence[int]) -> BulkResult:
        rows = ApiKey.objects.filter(pk__in=keys)
        return change_rows(rows, {"active": active}, is_unchanged=lambda key: key.active == active)

    name = "activate" if active else "deactivate"
    return StatusAction(
        name,
        name.capitalize(),
        f"{name}d",
        perform,
        is_available=lambda key: key.active != active,
        kind=API_KEYS,
        target=active,
        sources=frozenset([not active]),
    )


API_KEYS = StatusKind(
    "active", _keys_become, needs_reason=frozenset([False]), labels={True: "active", False: "inactive"}
)
DEACTIVATE_KEY, ACTIVATE_KEY = _switch_keys(False), _switch_keys(True)
