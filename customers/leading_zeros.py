"""Uids that differ from a stored one by leading zeros alone, as a spreadsheet leaves a uid that it took for a number.

Compared are the cards of the same provider: what others have is nobody else's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from customers.models import ChargeCard, Provider
from evcnet.codes import unpadded_uid_key

KEYS_PER_QUERY = 5_000


def cards_but_for_zeros(provider: Provider, uids: Sequence[str]) -> Iterator[ChargeCard]:
    """The provider's cards with one of these uids, whatever number of zeros it begins with."""
    cards = ChargeCard._base_manager.filter(provider=provider)
    keys = sorted({unpadded_uid_key(uid) for uid in uids})
    for start in range(0, len(keys), KEYS_PER_QUERY):
        yield from cards.filter(uid__unpadded_uid_key__in=keys[start : start + KEYS_PER_QUERY])


def differs_by_zeros(other: str) -> str:
    """Why such a uid is refused; ``other`` names the one that is there."""
    return (
        f"It differs from {other} only by leading zeros, which spreadsheets take away: "
        "write it with all of its zeros, and format the column as text."
    )


def card_in_words(card: ChargeCard, *, visible: bool) -> str:
    return f"the card “{card.uid}”" if visible else "a card that you don't see"
