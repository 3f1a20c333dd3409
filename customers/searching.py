"""Which customers and cards does somebody mean who types a name, a number, an e-mail address or what is on a card?"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from customers.models import ChargeCard, Customer

MOST_WORDS = 5


def customers_named(customers: Any, text: str) -> Any:
    """Each word stands in name, number or e-mail, or in the uid or visual number of one of the customer's cards."""
    for word in words(text):
        # A subquery rather than a join: columns of two tables in one OR would keep every index from being used.
        of_cards = ChargeCard.objects.filter(Q(uid__icontains=word) | Q(visual_number__icontains=word))
        own = Q(name__icontains=word) | Q(number__icontains=word) | Q(email__icontains=word)
        customers = customers.filter(own | Q(pk__in=of_cards.values("customer_id")))
    return customers


def cards_named(cards: Any, text: str) -> Any:
    """Each word stands in uid or visual number, or in the name or number of the customer."""
    for word in words(text):
        of_customers = Customer.objects.filter(Q(name__icontains=word) | Q(number__icontains=word))
        own = Q(uid__icontains=word) | Q(visual_number__icontains=word)
        cards = cards.filter(own | Q(customer_id__in=of_customers.values("pk")))
    return cards


def words(text: str) -> list[str]:
    return text.replace("\0", " ").split()[:MOST_WORDS]
