"""By what is a person known to the portal: names, addresses, cards, the home?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chargepoints.models import ChargePoint, Location
from customers.models import ChargeCard, Customer
from customers.privacy.personal_data import Held
from evcnet.history import event_model

SHORTEST = 3
"""A shorter word is found in too many texts that mean somebody else."""
IN_ITS_PLACE = "(erased)"


@dataclass(frozen=True)
class Person:
    """``cards`` are ids with all uids that each ever had; ``words`` is whatever names the person in a text."""

    customer: Customer
    cards: dict[int, set[str]]
    words: frozenset[str]
    home_points: list[int]
    homes: list[int]

    @classmethod
    def of(cls, customer: Customer) -> Person:
        held = Held(customer)
        cards = list(held.cards.values_list("pk", flat=True))
        points, homes = (list(rows.values_list("pk", flat=True)) for rows in (held.home_points, held.homes))
        uids = {pk: _ever(ChargeCard, [pk], "uid") for pk in cards}
        words = (
            _ever(Customer, [customer.pk], "name", "email")
            | _ever(ChargeCard, cards, "uid", "visual_number")
            | _ever(ChargePoint, points, "name")
            | _ever(Location, homes, "name", "address")
        )
        long_enough = frozenset(word for word in words if len(word) >= SHORTEST)
        return cls(customer, uids, long_enough or frozenset([IN_ITS_PLACE]), points, homes)

    @property
    def uids(self) -> dict[str, int]:
        """What readers read of the cards, and ever read, in capitals, each with its card's id."""
        return {uid.upper(): pk for pk, uids in self.cards.items() for uid in uids}

    @property
    def pattern(self) -> str:
        """Any of the words by itself, for PostgreSQL and for Python alike: whatever is no letter and no digit is escaped."""
        longest_first = sorted(self.words, key=len, reverse=True)
        escaped = [re.sub(r"(\W)", r"\\\1", word) for word in longest_first]
        return rf"(?<!\w)(?:{'|'.join(escaped)})(?!\w)"

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)

    def unnamed(self, value: Any) -> Any:
        """The value (text, list, dict or plain) without the words that name the person; notes about them are emptied."""
        if isinstance(value, str):
            return self._compiled.sub(IN_ITS_PLACE, value)
        if isinstance(value, list):
            return [self.unnamed(each) for each in value]
        if isinstance(value, dict):
            told = {key: self.unnamed(each) for key, each in value.items()}
            about_them = value.get("customer") in (self.customer.number, self.customer.pk)
            return told | {"note": ""} if about_them and "note" in told else told
        return value


def _ever(model: Any, keys: list[int], *fields: str) -> set[str]:
    """What these fields say, and ever said, of the rows."""
    sources = (model._base_manager.filter(pk__in=keys), event_model(model)._base_manager.filter(pgh_obj__in=keys))  # type: ignore[union-attr]
    return {value.strip() for rows in sources for row in rows.values_list(*fields) for value in row if value}
