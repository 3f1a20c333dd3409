"""How does an impact read? One sentence for all customers whom it meets alike, and a bar for each effect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chargegroups.impact import EFFECTS, Case, Effect, Impact, Side, groups_of_effects
from chargegroups.models import Tariff
from chargegroups.preview import AFFECTED
from chargegroups.pricing import is_free, price_text

SENTENCES = 8
VERBS: dict[str, tuple[str, str]] = {
    "loses_access": ("loses access", "lose access"),
    "gains_access": ("gains access", "gain access"),
    "pays_more": ("pays more", "pay more"),
    "pays_less": ("pays less", "pay less"),
    "differs": ("pays another price: some sessions cost more, others less", "pay another price: some sessions cost "
                "more, others less"),  # fmt: skip
    "renamed": ("pays the same by a tariff of another name", "pay the same by a tariff of another name"),
    "unchanged": ("notices nothing", "notice nothing"),
}


@dataclass(frozen=True)
class Sentence:
    """So many customers, what they notice, and what they pay before and after; empty where they don't charge."""

    effect: Effect
    count: int
    before: str = ""
    after: str = ""

    @property
    def words(self) -> str:
        one, many = VERBS[self.effect]
        return f"{'customer' if self.count == 1 else 'customers'} {one if self.count == 1 else many}"

    def as_json(self) -> dict[str, Any]:
        return {"effect": self.effect, "count": self.count, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Bar:
    """One effect in the picture: its share of all customers in percent, as words and as a length from 0 to 100."""

    effect: Effect
    count: int
    share: str
    length: float


def sentences(impact: Impact) -> list[Sentence]:
    """The effects that somebody notices, each with its prices, the heaviest first."""
    merged = [case for case in groups_of_effects(impact.cases) if case.effect != "unchanged"]
    names = tariff_names(merged)
    return [
        Sentence(case.effect, case.count, _priced(case.before, names), _priced(case.after, names)) for case in merged
    ]


def read_sentences(stored: Iterable[Mapping[str, Any]]) -> list[Sentence]:
    """As they were kept in the record."""
    return [Sentence(each["effect"], each["count"], each["before"], each["after"]) for each in stored]


def tariff_names(cases: Iterable[Case]) -> dict[str, str]:
    ids = {tariff for case in cases for tariff in (case.before.tariff, case.after.tariff) if tariff}
    return {str(pk): tariff.name for pk, tariff in Tariff.objects.in_bulk([int(each) for each in ids]).items()}


def _priced(side: Side, names: Mapping[str, str]) -> str:
    if not side.allowed or side.price is None:
        return ""
    name, text = names.get(side.tariff or "", ""), price_text(side.price)
    # Where both names would be the same, the price is what tells them apart; a free tariff says so by its name too.
    return text if is_free(side.price) and name == text else f"{name} {text}"


def bars(counts: Mapping[str, int]) -> list[Bar]:
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


def affected(counts: Mapping[str, int]) -> int:
    return sum(counts[effect] for effect in AFFECTED)
