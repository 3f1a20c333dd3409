"""Search of customers and cards by name, number, e-mail address or what is on a card."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from customers.models import ChargeCard, Customer

MOST_WORDS = 5


def search_customers(customers: Any, text: str) -> Any:
    """Each word stands in name, number or e-mail, or in the uid or visual number of one of the customer's cards."""
    for word in split_words(text):
        own = Customer.objects.filter(Q(name__icontains=word) | Q(number__icontains=word) | Q(email__icontains=word))
        of_cards = ChargeCard.objects.filter(Q(uid__icontains=word) | Q(visual_number__icontains=word))
        customers = customers.filter(pk__in=either(own.values("pk"), of_cards.values("customer_id")))
    return customers


def search_cards(cards: Any, text: str) -> Any:
    """Each word stands in uid or visual number, or in the name or number of the customer."""
    for word in split_words(text):
        own = ChargeCard.objects.filter(Q(uid__icontains=word) | Q(visual_number__icontains=word))
        of_customers = Customer.objects.filter(Q(name__icontains=word) | Q(number__icontains=word))
        held = ChargeCard.objects.filter(customer_id__in=of_customers.values("pk"))
        cards = cards.filter(pk__in=either(own.values("pk"), held.values("pk")))
    return cards


def either(*ids: Any) -> Any:
    """Rows of one or of the other. An OR across two tables would keep every index from being used."""
    return ids[0].order_by().union(*(each.order_by() for each in ids[1:]))


def split_words(text: str) -> list[str]:
    return text.replace("\0", " ").split()[:MOST_WORDS]
