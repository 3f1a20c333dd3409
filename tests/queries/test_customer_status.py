"""Customers who are approved, rejected, blocked and let back, and their cards."""

import pytest

from customers import customer_status
from customers.models import ChargeCard, Customer
from tests import factories as make

pytestmark = pytest.mark.django_db

STATUSES = ["pending", "active", "blocked", "deactivated"]

# verb: what it makes of a customer of each status; None: refused, and left as it was.
CUSTOMERS = {
    customer_status.approve: ["active", "active", None, None],
    customer_status.reject: ["deactivated", None, None, "deactivated"],
    customer_status.block: [None, "blocked", "blocked", None],
    customer_status.unblock: [None, "active", "active", "active"],
    customer_status.deactivate: [None, "deactivated", "deactivated", "deactivated"],
}


@pytest.mark.parametrize("verb", CUSTOMERS, ids=lambda verb: verb.__name__)
def test_each_verb_moves_customers_from_the_statuses_it_is_for_and_refuses_the_others(world, verb):
    customers = [make.CustomerFactory(user_group=world.north, status=status) for status in STATUSES]
    outcome = verb(customers)
    for customer, before, after in zip(customers, STATUSES, CUSTOMERS[verb], strict=True):
        assert Customer.objects.get(pk=customer.pk).status == (after or before)
        assert (customer in [refusal.row for refusal in outcome.refusals]) == (after is None)
        assert (customer in outcome.unchanged) == (after == before)


def test_a_refusal_says_what_the_customer_is(world):
    (refusal,) = customer_status.reject([world.jansen]).refusals
    assert refusal.text == "The customer is active and does not wait for approval."


def test_blocking_cards_deactivates_them(world):
    assert customer_status.block_cards([world.jansens_card]).changed == (world.jansens_card,)
    assert ChargeCard.objects.get(pk=world.jansens_card.pk).status == "deactivated"


def test_an_unblocked_card_is_active_again(world):
    customer_status.block_cards([world.jansens_card])
    assert customer_status.unblock_cards([world.jansens_card]).changed == (world.jansens_card,)
    assert ChargeCard.objects.get(pk=world.jansens_card.pk).status == "active"


def test_a_card_without_a_customer_is_not_unblocked(world):
    card = ChargeCard.objects.create(provider=world.greengrid, uid="04FF", status="deactivated")
    (refusal,) = customer_status.unblock_cards([card]).refusals
    assert "attach it to one first" in refusal.text
    assert ChargeCard.objects.get(pk=card.pk).status == "deactivated"
