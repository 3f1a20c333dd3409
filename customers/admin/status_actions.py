"""Actions that change the status of customers and cards."""

from customers import customer_status
from customers.models import ChargeCard, Customer
from evcnet.admin.actions import Action

_CUSTOMER, _CARD = Customer.Status, ChargeCard.Status

APPROVE = Action(
    "approve",
    "Approve",
    "approved",
    customer_status.approve,
    is_available=lambda customer: customer.status == _CUSTOMER.PENDING,
    permission="approve",
    primary=True,
)
REJECT = Action(
    "reject",
    "Reject",
    "rejected",
    customer_status.reject,
    is_available=lambda customer: customer.status == _CUSTOMER.PENDING,
    permission="approve",
)
BLOCK = Action(
    "block",
    "Block",
    "blocked",
    customer_status.block,
    is_available=lambda customer: customer.status == _CUSTOMER.ACTIVE,
)
UNBLOCK = Action(
    "unblock",
    "Let back in",
    "let back in",
    customer_status.unblock,
    is_available=lambda customer: (
        customer.status in (_CUSTOMER.BLOCKED, _CUSTOMER.DEACTIVATED) and not customer.erased_at
    ),
    primary=True,
)
DEACTIVATE = Action(
    "deactivate",
    "Deactivate",
    "deactivated",
    customer_status.deactivate,
    is_available=lambda customer: customer.status in (_CUSTOMER.ACTIVE, _CUSTOMER.BLOCKED),
)
BLOCK_CARD = Action(
    "block",
    "Block",
    "blocked",
    customer_status.block_cards,
    is_available=lambda card: card.status != _CARD.DEACTIVATED,
    permission="block",
)
UNBLOCK_CARD = Action(
    "unblock",
    "Unblock",
    "unblocked",
    customer_status.unblock_cards,
    is_available=lambda card: card.status != _CARD.ACTIVE and card.customer_id is not None,
    permission="block",
    primary=True,
)
