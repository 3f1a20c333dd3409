"""Search of customers and cards by name, number, e-mail address or what is on a card."""

from __future__ import annotations

from string import hexdigits
from typing import Any

from django.db.models import Q

from customers.models import ChargeCard, Customer
from evcnet.code_keys import IdentityKey, UidKey, holds

MOST_WORDS = 5
LONGEST_PAIR = 2
JOINING = ",;()\"'‘’“”"
"""Signs around words that belong to no name: the portal writes "Jansen, T. (1001)", people write 's-Gravenhage."""


def search_customers(customers: Any, text: str) -> Any:
    """Each word stands in name, number or e-mail, or in the uid or visual number of one of the customer's cards; or the
    whole text stands in number, uid or visual number. Separators and case of numbers and uids make no difference."""
    numbered = Customer.objects.filter(holds("number", IdentityKey, text))
    whole = [numbered.values("pk"), ChargeCard.objects.filter(_printed(text)).values("customer_id")]
    for word in split_words(text):
        own = Q(name__icontains=word) | holds("number", IdentityKey, word) | Q(email__icontains=word)
        of_cards = ChargeCard.objects.filter(_printed(word)).values("customer_id")
        customers = customers.filter(pk__in=either(Customer.objects.filter(own).values("pk"), of_cards, *whole))
    return customers


def search_cards(cards: Any, text: str) -> Any:
    """Each word stands in uid or visual number, or in name, number or e-mail of the customer; or the whole text stands
    in uid or visual number."""
    whole = ChargeCard.objects.filter(_printed(text)).values("pk")
    for word in split_words(text):
        own = ChargeCard.objects.filter(_printed(word)).values("pk")
        named = Q(name__icontains=word) | holds("number", IdentityKey, word) | Q(email__icontains=word)
        held = ChargeCard.objects.filter(customer_id__in=Customer.objects.filter(named).values("pk"))
        cards = cards.filter(pk__in=either(own, held.values("pk"), whole))
    return cards


def _printed(text: str) -> Q:
    """What a reader sees of a card, and what people read on it."""
    return holds("uid", UidKey, text) | holds("visual_number", IdentityKey, text)


def either(*ids: Any) -> Any:
    """Rows of one or of the other. An OR across two tables would keep every index from being used."""
    return ids[0].order_by().union(*(each.order_by() for each in ids[1:]))


def split_words(text: str) -> list[str]:
    """At most five, without the signs that join them: what the portal shows is found as it stands there. Pairs of digits
    are not words but a uid that is written with blanks: ``04 38 6B 4D``."""
    typed = text.replace("\0", " ").split()
    words = [word.strip(JOINING) for word in typed if word.strip(JOINING)] or typed
    if len(words) > 1 and all(len(word) <= LONGEST_PAIR and set(word) <= set(hexdigits) for word in words):
        return ["".join(words)]
    return words[:MOST_WORDS]
