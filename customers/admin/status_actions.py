"""What can be done to customers and cards: approve, reject, block, let back."""

from customers import approval, blocking
from customers.models import ChargeCard, Customer
from evcnet.admin.actions import Action

_CUSTOMER, _CARD = Customer.Status, ChargeCard.Status

APPROVE = Action(
    "approve",
    "Approve",
    "approved",
    approval.approve,
    is_available=lambda customer: customer.status == _CUSTOMER.PENDING,
    permission="approve",
    primary=True,
)
REJECT = Action(
    "reject",
    "Reject",
    "rejected",
    approval.reject,
    is_available=lambda customer: customer.status == _CUSTOMER.PENDING,
    permission="approve",
)
BLOCK = Action(
    "block", "Block", "blocked", blocking.block, is_available=lambda customer: customer.status == _CUSTOMER.ACTIVE
)
LET_BACK = Action(
    "unblock",
    "Let back in",
    "let back in",
    blocking.unblock,
    is_available=lambda customer: (
        customer.status in (_CUSTOMER.BLOCKED, _CUSTOMER.DEACTIVATED) and not customer.erased_at
    ),
    primary=True,
)
DEACTIVATE = Action(
    "deactivate",
    "Deactivate",
    "deactivated",
    blocking.deactivate,
    is_available=lambda customer: customer.status in (_CUSTOMER.ACTIVE, _CUSTOMER.BLOCKED),
)
BLOCK_CARD = Action(
    "block",
    "Block",
    "blocked",
    blocking.block_cards,
    is_available=lambda card: card.status != _CARD.DEACTIVATED,
    permission="block",
)
UNBLOCK_CARD = Action(
    "unblock",
    "Unblock",
    "unblocked",
    blocking.unblock_cards,
    is_available=lambda card: card.status != _CARD.ACTIVE and card.customer_id is not None,
    permission="block",
    primary=True,
)
