"""What a change is judged upon: charge groups before and after, and everything else that was read for it, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from changes.impact import NOWHERE, Side
from chargegroups.customer_facts import CustomerFacts
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import ChargeGroup
from customers.models import Provider
from tariffs.conversion import price_list
from tariffs.pricing import Tariff as PriceList

Aspect = Literal["price", "access"]


@dataclass(frozen=True)
class BeforeAfter:
    """Where customers stand: the same group under other terms, another group, or none at all."""

    before: GroupSnapshot | None
    after: GroupSnapshot | None


@dataclass(frozen=True)
class Basis:
    """What a proposal is judged upon at a moment. Whoever shows, compares or writes the change reads it here.

    ``rows`` names the stored rows (other rows, another fingerprint), ``earlier`` is what undoing is proposed from,
    ``nothing`` says why the proposal would change nothing, and is empty where it would change something.
    ``aspects`` are what it sets for everybody, counted or not. ``exceptions`` are those that would be, as
    customer_id, charge_group_id, access (None: no exception) and tariff_id.
    """

    at: datetime
    groups: Sequence[ChargeGroup]
    places: Sequence[BeforeAfter]
    rows: Mapping[str, Any]
    earlier: Mapping[str, Any]
    warnings: Sequence[str] = ()
    nothing: str = ""
    aspects: frozenset[Aspect] = frozenset()
    exceptions: Sequence[Mapping[str, Any]] = ()
    proposed_prices: Mapping[int, PriceList] = field(default_factory=dict)
    """Price lists of versions that have no rows yet, by the version's id."""
    provider: Provider | None = None
    """Where it is at hand."""
    _price_lists: dict[int, PriceList] = field(default_factory=dict, compare=False, repr=False)

    @property
    def group_ids(self) -> list[int]:
        return sorted({group.pk for group in self.groups})

    @property
    def tariff_names(self) -> dict[str, str]:
        """Of the tariffs with a version in force, by the tariff's id as a decision names it."""
        sides = [side for place in self.places for side in (place.before, place.after) if side is not None]
        return {str(pk): version.tariff.name for side in sides for pk, version in side.versions.items()}

    def price_list(self, place: GroupSnapshot | None, tariff: int | None) -> PriceList | None:
        """What a tariff says at a place; None where it has no version in force there."""
        version = place.versions.get(tariff or 0) if place is not None else None
        if version is None:
            return None
        if version.pk not in self._price_lists:
            proposed = self.proposed_prices.get(version.pk)
            self._price_lists[version.pk] = price_list(version) if proposed is None else proposed
        return self._price_lists[version.pk]

    def side(self, place: GroupSnapshot | None, facts: CustomerFacts) -> Side:
        """How customers with these facts are judged at a place."""
        if place is None:
            return NOWHERE
        decision = place.judge(facts)
        return Side(decision, self.price_list(place, int(decision.tariff.code)) if decision.tariff else None)
