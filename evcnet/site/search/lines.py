"""Lines of the box, and what somebody typed, in the forms in which it is looked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.utils.safestring import SafeString

from customers.search import index_parts
from evcnet.search_keys import search_key

LONGEST = 100
MOST_WORDS = 5
SHORTEST = 2
SHORTEST_CODE = 4
"""Of a single sign nothing is looked for."""


@dataclass(frozen=True)
class SearchLine:
    """One thing to open. ``badge`` is its state; ``tone`` marks an answer: yes or no."""

    title: str
    detail: str
    link: str
    badge: SafeString | str = ""
    tone: str = ""

    def rank(self, parts: list[str]) -> bool:
        """False, which sorts first, where each word begins one of the title."""
        text = f" {search_key(self.title)}"
        return not all(f" {part.strip()}" in text for part in parts)


@dataclass(frozen=True)
class SearchSection:
    """The lines of one kind; ``more`` leads to its list, where not all that match are here. ``is_exact``: the first line is
    what goes by the number that was typed."""

    heading: str
    lines: list[SearchLine]
    more: SearchLine | None = None
    is_exact: bool = False

    @property
    def options(self) -> list[SearchLine]:
        return [*self.lines, self.more] if self.more else self.lines


@dataclass(frozen=True)
class SearchInput:
    """``parts`` are what a searched text holds; ``words`` stand as they were typed. Conditions are on a column ``text``."""

    text: str
    parts: list[str]
    words: list[str]

    @property
    def all_parts(self) -> Q:
        return Q.create([Q(text__contains=part) for part in self.parts]) if self.parts else Q(pk__in=[])

    def codes(self) -> Iterator[str]:
        """Neighbouring words that may be one code, the longest first: ``04 38 6B 4D``, ``NL GRG E1``."""
        count = len(self.words)
        for length in range(count, 0, -1):
            for first in range(count - length + 1):
                yield " ".join(self.words[first : first + length])


def any_code(codes: Iterable[str]) -> Q:
    """One of these is a whole word of the text; of short ones, and of those without a digit, none is."""
    condition = Q(pk__in=[])
    for code in codes:
        key = search_key(code.replace(" ", ""))
        if len(key) >= SHORTEST_CODE and any(sign.isdigit() for sign in key):
            condition |= Q(text__contains=f" {key} ") | Q(text__endswith=f" {key}")
    return condition


def read_input(typed: str) -> SearchInput:
    text = " ".join(typed.replace("\0", " ").split())[:LONGEST]
    parts = index_parts(text) if len(search_key(text).strip()) >= SHORTEST else []
    return SearchInput(text, parts, text.split()[:MOST_WORDS])
