"""Impact of a change: decisions before and after, compared set of facts by set of facts. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from chargegroups.terms import Decision
from tariffs.pricing import Tariff

Effect = Literal["loses_access", "gains_access", "pays_more", "pays_less", "differs", "renamed", "unchanged"]
EFFECTS: Final[tuple[Effect, ...]] = (
    "loses_access",
    "gains_access",
    "pays_more",
    "pays_less",
    "differs",
    "renamed",
    "unchanged",
)
"""The heaviest first: a customer is counted once a change, by the heaviest effect (docs/terms.md, What a change does)."""

ACCESS_EFFECTS: Final[tuple[Effect, ...]] = ("loses_access", "gains_access")
PRICE_EFFECTS: Final[tuple[Effect, ...]] = ("pays_more", "pays_less", "differs", "renamed")
AFFECTED: Final[tuple[Effect, ...]] = ACCESS_EFFECTS + PRICE_EFFECTS

Comparison = Literal["pays_more", "pays_less", "differs", "same"]
Compare = Callable[[Tariff, Tariff], Comparison]


@dataclass(frozen=True, slots=True)
class Side:
    """How a customer stands at one place on one side of the change: the decision, and the price list that it names."""

    decision: Decision | None = None
    price: Tariff | None = None

    @property
    def allowed(self) -> bool:
        return self.decision is not None and self.decision.allowed

    @property
    def tariff(self) -> str | None:
        return self.decision.tariff.code if self.decision is not None and self.decision.tariff else None


NOWHERE: Final = Side()
"""No place at all: a charge point that is attached to no group."""


def effect_of(before: Side, after: Side, compare: Compare) -> Effect:
    """The effect at one place. More and less are judged by ``compare``, on the reference sessions."""
    if not before.allowed or not after.allowed:
        if before.allowed == after.allowed:
            return "unchanged"
        return "loses_access" if before.allowed else "gains_access"
    if before.price == after.price:
        return "unchanged" if before.tariff == after.tariff else "renamed"
    if before.price is None or after.price is None:
        return "differs"
    compared = compare(before.price, after.price)
    # Alike on every reference session, and yet not the same price list: some session tells them apart.
    return "differs" if compared == "same" else compared


@dataclass(frozen=True, slots=True)
class Case:
    """Customers whom the change meets alike: their facts, how many they are, and where it weighs the most.

    ``unreachable`` of them have no e-mail address.
    """

    facts: str
    count: int
    effect: Effect
    before: Side
    after: Side
    unreachable: int = 0


def heaviest(facts: str, count: int, places: Iterable[tuple[Side, Side]], compare: Compare) -> Case:
    """The case of customers with these facts, at all the places that the change touches."""
    judged = [(effect_of(before, after, compare), before, after) for before, after in places]
    effect, before, after = min(
        judged, key=lambda each: EFFECTS.index(each[0]), default=("unchanged", NOWHERE, NOWHERE)
    )
    return Case(facts, count, effect, before, after)


@dataclass(frozen=True, slots=True)
class Impact:
    """The whole effect of a change. ``proposal`` is what was asked for, as JSON; ``rows`` the stored rows that it was judged upon."""

    proposal: Mapping[str, Any]
    rows: Mapping[str, Any]
    cases: tuple[Case, ...]
    regulars: int
    points: int
    warnings: tuple[str, ...] = ()

    @property
    def customers_by_effect(self) -> dict[Effect, int]:
        """How many active customers of the provider meet each effect."""
        return {effect: sum(case.count for case in self.cases if case.effect == effect) for effect in EFFECTS}

    @property
    def affected(self) -> int:
        return sum(case.count for case in self.cases if case.effect != "unchanged")

    @property
    def unreachable(self) -> int:
        """How many of the affected have no e-mail address."""
        return sum(case.unreachable for case in self.cases if case.effect != "unchanged")

    @property
    def total(self) -> int:
        return sum(case.count for case in self.cases)

    @property
    def fingerprint(self) -> str:
        """The same for the same proposal upon the same rows with the same effect, at whatever second it was made."""
        parts = [self.proposal, self.rows, self.customers_by_effect, self.regulars, self.points, self.warnings]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]

    @property
    def ground(self) -> str:
        """A digest of the proposal and of the rows that it is judged upon; not of the customers, who come and go."""
        return hashlib.sha256(json.dumps([self.proposal, self.rows], sort_keys=True, default=str).encode()).hexdigest()[
            :32
        ]

    def as_json(self) -> dict[str, Any]:
        """What is printed by ``preview_terms`` and kept in the record: counts, not customers."""
        return {
            "counts": dict(self.customers_by_effect),
            "regulars": self.regulars,
            "points": self.points,
            "fingerprint": self.fingerprint,
            "warnings": list(self.warnings),
        }


def groups_of_effects(cases: Iterable[Case]) -> list[Case]:
    """Cases merged where effect and both price lists are the same: one sentence each, the heaviest and largest first."""
    merged: dict[Any, Case] = {}
    for case in cases:
        key = (case.effect, case.before.tariff, case.before.price, case.after.tariff, case.after.price)
        known = merged.get(key)
        count = case.count + (known.count if known else 0)
        merged[key] = Case(case.facts, count, case.effect, case.before, case.after)
    return sorted(merged.values(), key=lambda case: (EFFECTS.index(case.effect), -case.count))
