"""What can be done to customers and cards: approve, reject, block, let back."""

from customers import approval, blocking
from customers.models import ChargeCard, Customer
from evcnet.admin.actions import Verb

_CUSTOMER, _CARD = Customer.Status, ChargeCard.Status

APPROVE = Verb(
    "approve",
    "Approve",
    "approved",
    approval.approve,
    offered=lambda customer: customer.status == _CUSTOMER.PENDING,
    action="approve",
    primary=True,
)
REJECT = Verb(
    "reject",
    "Reject",
    "rejected",
    approval.reject,
    offered=lambda customer: customer.status == _CUSTOMER.PENDING,
    action="approve",
)
BLOCK = Verb("block", "Block", "blocked", blocking.block, offered=lambda customer: customer.status == _CUSTOMER.ACTIVE)
LET_BACK = Verb(
    "unblock",
    "Let back in",
    "let back in",
    blocking.unblock,
    offered=lambda customer: customer.status in (_CUSTOMER.BLOCKED, _CUSTOMER.DEACTIVATED) and not customer.erased_at,
    primary=True,
)
DEACTIVATE = Verb(
    "deactivate",
    "Deactivate",
    "deactivated",
    blocking.deactivate,
    offered=lambda customer: customer.status in (_CUSTOMER.ACTIVE, _CUSTOMER.BLOCKED),
)
BLOCK_CARD = Verb(
    "block",
    "Block",
    "blocked",
    blocking.block_cards,
    offered=lambda card: card.status != _CARD.DEACTIVATED,
    action="block",
)
UNBLOCK_CARD = Verb(
    "unblock",
    "Unblock",
    "unblocked",
    blocking.unblock_cards,
    offered=lambda card: card.status != _CARD.ACTIVE and card.customer_id is not None,
    action="block",
    primary=True,
)
