"""Where customers stand before and after a change, and how they are judged there."""

from __future__ import annotations

from dataclasses import dataclass

from changes.impact import NOWHERE, Side
from chargegroups.customer_facts import CustomerFacts
from chargegroups.group_snapshots import GroupSnapshot
from tariffs.conversion import price_list
from tariffs.pricing import Tariff


@dataclass(frozen=True)
class BeforeAfter:
    """The same group under other terms, another group, or none at all."""

    before: GroupSnapshot | None
    after: GroupSnapshot | None


def side_at(place: GroupSnapshot | None, facts: CustomerFacts) -> Side:
    """How customers with these facts stand at a place; None is no place at all."""
    if place is None:
        return NOWHERE
    decision = place.judge(facts)
    return Side(decision, _price(place, decision.tariff.code) if decision.tariff else None)


def _price(place: GroupSnapshot, tariff: str) -> Tariff:
    """The price list of a version in force, read once."""
    version = place.versions[int(tariff)]
    known: Tariff | None = getattr(version, "price_list", None)
    if known is None:
        known = version.price_list = price_list(version)  # type: ignore[attr-defined]
    return known
