"""An impact in words: one sentence for all customers whom it meets alike, and a bar for each effect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from changes.impact import AFFECTED, EFFECTS, Effect, Impact, Side, groups_of_effects
from customers.effect_words import EFFECT_WORDS
from tariffs.pricing import is_free, price_text

_PRICE = re.compile(r"(?:up to )?[0-9][0-9.]*(?: to [0-9.]+)? [A-Z]{3}\b")
PARTS = 6
"""So many prices are told of one effect; the list of customers has all of them."""


@dataclass(frozen=True)
class Part:
    """Customers with one effect who pay alike: the prices before and after; empty where they don't charge."""

    effect: Effect
    count: int
    before: str = ""
    after: str = ""

    @property
    def words(self) -> str:
        if self.before and self.after:
            return f"{self.before} → {_without_same_name(self.before, self.after)}"
        return f"paid {self.before}" if self.before else self.after

    def as_json(self) -> dict[str, Any]:
        return {"effect": self.effect, "count": self.count, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Sentence:
    """All customers with one effect, and the parts of them that pay alike, the largest first."""

    effect: Effect
    parts: tuple[Part, ...]
    example: str = ""

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts)

    @property
    def words(self) -> str:
        one, many = EFFECT_WORDS[self.effect]
        return f"customer {one}" if self.count == 1 else f"customers {many}"

    @property
    def heaviest(self) -> tuple[Part, ...]:
        return self.parts[:PARTS]

    @property
    def more(self) -> int:
        return len(self.parts) - len(self.heaviest)


@dataclass(frozen=True)
class Bar:
    """One effect in the picture: its share of all customers in percent, as words and as a length from 0 to 100."""

    effect: Effect
    count: int
    share: str
    length: float


def parts(impact: Impact, names: Mapping[str, str]) -> list[Part]:
    """What somebody notices, one part for each pair of prices, the heaviest first. ``names`` of tariffs by their id."""
    merged = [case for case in groups_of_effects(impact.cases) if case.effect != "unchanged"]
    return [
        Part(case.effect, case.count, _price_words(case.before, names), _price_words(case.after, names))
        for case in merged
    ]


def sentences(price_parts: Iterable[Part]) -> list[Sentence]:
    """One for each effect, in the order of their weight."""
    of_effect: dict[Effect, list[Part]] = {}
    for part in price_parts:
        of_effect.setdefault(part.effect, []).append(part)
    return [Sentence(effect, tuple(of_effect[effect])) for effect in EFFECTS if effect in of_effect]


def read_parts(stored: Iterable[Mapping[str, Any]]) -> list[Part]:
    """As they were kept in the record."""
    return [Part(each["effect"], each["count"], each["before"], each["after"]) for each in stored]


def _price_words(side: Side, names: Mapping[str, str]) -> str:
    if not side.allowed or side.price is None:
        return ""
    name, text = names.get(side.tariff or "", ""), price_text(side.price)
    # Where both names would be the same, the price is what tells them apart; a free tariff says so by its name too.
    return text if is_free(side.price) and name == text else f"{name} {text}"


def _without_same_name(before: str, after: str) -> str:
    """A new price of the same tariff is told without the name again: "Standard 0.35 EUR/kWh → 0.39 EUR/kWh"."""
    match = _PRICE.search(before)
    name = before[: match.start()] if match else ""
    return after.removeprefix(name) if name and _PRICE.match(after.removeprefix(name)) else after


def bars(counts: Mapping[Effect, int]) -> list[Bar]:
    total, most = sum(counts.values()), max(counts.values(), default=0)
    return [
        Bar(effect, counts[effect], _share(counts[effect], total), round(100 * counts[effect] / most, 2) if most else 0)
        for effect in EFFECTS
    ]


def _share(count: int, total: int) -> str:
    if not count or not total:
        return "0 %"
    share = 100 * count / total
    return "under 0.1 %" if share < 0.1 else f"{share:.1f} %"


def affected(counts: Mapping[Effect, int]) -> int:
    return sum(counts[effect] for effect in AFFECTED)


def picture(impact: Mapping[str, Any]) -> dict[str, Any]:
    """An impact, as it is kept with a change, as it is shown."""
    return {
        "bars": bars(impact["counts"]),
        "sentences": sentences(read_parts(impact.get("parts", ()))),
        "affected": affected(impact["counts"]),
        "regulars": impact["regulars"],
        "points": impact["points"],
        "warnings": impact["warnings"],
    }
