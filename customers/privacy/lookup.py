"""By what a person is known to the portal: names, addresses, card numbers; and where texts say any of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from customers.models import ChargeCard, Customer
from customers.privacy.personal_data import HeldRows, held_rows
from evcnet.codes import identity_key
from evcnet.history import event_model

SHORTEST = 3
"""A shorter word is found in too many texts that mean somebody else."""
SHORTEST_SPACED = 6
"""With separators between its signs a shorter code is found in too many numbers that mean something else."""
REPLACEMENT = "(erased)"
SEPARATOR = r"[ :.*\-]?"


@dataclass(frozen=True)
class Person:
    """``words`` is whatever names the person in a text; ``uids`` are those that the person's cards have or ever had,
    by their keys, each with its card's id, without those that another card has now."""

    customer: Customer
    words: frozenset[str]
    uids: dict[str, int]

    @classmethod
    def of(cls, customer: Customer) -> Person:
        words = {word for held in held_rows(customer) for word in _names(held)}
        long_enough = frozenset(word for word in words if len(word) >= SHORTEST)
        return cls(customer, long_enough or frozenset([REPLACEMENT]), _uids(customer))

    @property
    def pattern(self) -> str:
        """Any of the words by itself, for PostgreSQL and for Python alike."""
        return rf"(?<!\w)(?:{_any_of(self.words)})(?!\w)"

    @property
    def pattern_in_json(self) -> str:
        """What every JSON text matches in which ``pattern`` would find something; others may match as well."""
        return _any_of(self.words | {json.dumps(word, ensure_ascii=False)[1:-1] for word in self.words})

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)

    def without_words(self, value: Any) -> Any:
        """The value (text, list, dict or plain) without the words that name the person."""
        if isinstance(value, str):
            return self._compiled.sub(REPLACEMENT, value)
        if isinstance(value, list):
            return [self.without_words(each) for each in value]
        if isinstance(value, dict):
            return {key: self.without_words(each) for key, each in value.items()}
        return value


def _any_of(words: frozenset[str]) -> str:
    """The longest first. Whatever is no letter and no digit is escaped, which both kinds of patterns understand."""
    return "|".join(_however_spelled(word) for word in sorted(words, key=len, reverse=True))


def _however_spelled(word: str) -> str:
    """A word with a digit may be a code, whose separators make no difference: ``04:38:6B:4D`` names ``04386B4D``."""
    literal, key = re.sub(r"(\W)", r"\\\1", word), identity_key(word)
    if len(key) >= SHORTEST_SPACED and key.isascii() and key.isalnum() and any(map(str.isdigit, key)):
        return f"{literal}|{SEPARATOR.join(key)}"
    return literal


def _names(held: HeldRows) -> set[str]:
    """What the columns that name the person say, and ever said."""
    if not held.declared.names:
        return set()
    sources = filter(lambda rows: rows is not None, (held.erasable, held.events, held.events_of_removed))
    return {
        value.strip() for rows in sources for row in rows.values_list(*held.declared.names) for value in row if value
    }


def _uids(customer: Customer) -> dict[str, int]:
    cards = ChargeCard.objects.filter(customer=customer).order_by()
    events: Any = event_model(ChargeCard)
    ever = _by_key(events._base_manager.filter(pgh_obj__in=cards.values("pk")), "pgh_obj") | _by_key(cards, "pk")
    others = ChargeCard.objects.exclude(customer=customer).filter(uid__uid_key__in=ever)
    taken = set(others.values_list("uid__uid_key", flat=True))
    return {uid: card for uid, card in ever.items() if uid not in taken}


def _by_key(rows: Any, card: str) -> dict[str, int]:
    return dict(rows.values_list("uid__uid_key", card))
