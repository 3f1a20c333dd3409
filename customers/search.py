"""Search of customers and cards by name, number, e-mail address or what is on a card; each word is a part of any of them."""

from __future__ import annotations

from string import digits, hexdigits
from typing import Any
from unicodedata import normalize

from django.db.models import Exists, OuterRef, Q

from customers.models import SearchText
from evcnet.search_keys import search_key

MOST_WORDS = 5
LONGEST_PAIR = 2
JOINING = ",;()\"'‘’“”"
"""Signs around words that belong to no name: the portal writes "Jansen, T. (1001)", people write 's-Gravenhage."""


def search_customers(customers: Any, text: str) -> Any:
    """Each word stands in name, number, e-mail address, or in uid or visual number of one of the customer's cards; all
    without regard to case, accents and separators.

    Each word with a digit is looked for on its own, beside those without: it may be of another of the cards.
    """
    words = search_words(text)
    if words is None:
        return customers
    codes = [word for word in words if set(word) & set(digits)]
    names = [word for word in words if word not in codes]
    for each in [[code, *names] for code in codes] or [names]:
        customers = customers.filter(pk__in=_texts(each).filter(customer__isnull=False).values("customer_id"))
    return customers


def search_cards(cards: Any, text: str) -> Any:
    """Each word stands in uid or visual number, or in name, number or e-mail address of the customer."""
    words = search_words(text)
    if words is None:
        return cards
    return cards.filter(pk__in=_texts(words).filter(card__isnull=False).values("card_id"))


def begins_with(customers: Any, text: str, *, row: str = "customer") -> Any:
    """The rows, those first in which each word begins one: then in the order that they have. ``row``: customer or card."""
    begin = [f" {word}" for word in search_words(text) or ()]
    if not begin:
        return customers
    texts = _texts(begin).filter(**{row: OuterRef("pk")})
    return customers.alias(begins=Exists(texts)).order_by("-begins", *customers.query.order_by)


def search_words(text: str) -> list[str] | None:
    """The keys of the words; None where nothing was typed, and none where only separators were."""
    words = split_words(normalize("NFC", text))
    return [key for word in words if (key := search_key(word))] if words else None


def index_parts(text: str) -> list[str]:
    """What a text holds that these words find by an index alone: a word of one or two signs begins a word there."""
    return [word if len(word) > LONGEST_PAIR else f" {word}" for word in search_words(text) or ()]


def _texts(words: list[str]) -> Any:
    condition = Q.create([Q(text__contains=word) for word in words]) if words else Q(pk__in=[])
    return SearchText.objects.filter(condition).order_by()


def split_words(text: str) -> list[str]:
    """At most five, without the signs that join them: what the portal shows is found as it stands there. Pairs of digits
    are not words but a uid that is written with blanks: ``04 38 6B 4D``."""
    typed = text.replace("\0", " ").split()
    words = [word.strip(JOINING) for word in typed if word.strip(JOINING)] or typed
    if len(words) > 1 and all(len(word) <= LONGEST_PAIR and set(word) <= set(hexdigits) for word in words):
        return ["".join(words)]
    return words[:MOST_WORDS]
