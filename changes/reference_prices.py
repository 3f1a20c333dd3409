"""Reference prices of a change: what it costs on the reference sessions, and findings about the prices it proposes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Max

from changes.impact import Case, groups_of_effects
from changes.preview import Preview, compared
from changes.snapshots import Basis
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint
from tariffs.median_prices import median_prices
from tariffs.models import Tariff
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing import is_free, price_text
from tariffs.pricing.lints import findings
from tariffs.pricing.problems import Finding


@dataclass(frozen=True)
class ReferencePrice:
    """One reference session: its totals including VAT, before and after."""

    title: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        return self.after - self.before

    @property
    def share(self) -> Decimal | None:
        """By how much it becomes dearer, as a part of what it cost; None where it cost nothing."""
        return self.difference / self.before if self.before else None

    @property
    def percent(self) -> str:
        if not self.difference:
            return "same"
        return "from free" if self.share is None else f"{100 * self.share:+.1f} %"


@dataclass(frozen=True)
class PriceTransition:
    """Customers who pay by another price list than before."""

    before: str
    after: str
    currency: str
    count: int
    references: tuple[ReferencePrice, ...]


def price_transitions(preview: Preview) -> list[PriceTransition]:
    """Every pair of price lists that somebody passes between, the one of the most customers first."""
    merged: dict[tuple[PriceList, PriceList], int] = {}
    for case, before, after in _repriced(preview.impact.cases):
        merged[before, after] = merged.get((before, after), 0) + case.count
    transitions = [_transition(preview, before, after, count) for (before, after), count in merged.items()]
    return sorted(transitions, key=lambda each: -each.count)


def _repriced(cases: Iterable[Case]) -> Iterable[tuple[Case, PriceList, PriceList]]:
    for case in groups_of_effects(cases):
        before, after = case.before.price, case.after.price
        if before and after and case.before.allowed and case.after.allowed and before != after:
            yield case, before, after


def _transition(preview: Preview, before: PriceList, after: PriceList, count: int) -> PriceTransition:
    zone = preview.provider.zone
    costs = compared(before, after, preview.at.astimezone(zone).date(), preview.provider.time_zone).reference_costs
    rows = [ReferencePrice(each.reference.title, each.before.incl_vat, each.after.incl_vat) for each in costs]
    return PriceTransition(price_text(before), price_text(after), after.currency, count, tuple(rows))


def examples(transitions: Iterable[PriceTransition]) -> dict[str, str]:
    """For who pays more and for who pays less: a reference session of those who are most, before and after."""
    words: dict[str, str] = {}
    for each in transitions:
        signs = {row.difference > 0 for row in each.references if row.difference}
        if len(signs) == 1:
            words.setdefault("pays_more" if signs.pop() else "pays_less", _example(each))
    return words


def _example(transition: PriceTransition) -> str:
    row = next(row for row in transition.references if row.difference)
    title = row.title.partition(":")[0]
    return f"{title}: {row.before} → {row.after} {transition.currency} incl. VAT ({row.percent})"


def becomes_free(basis: Basis) -> list[GroupSnapshot]:
    """Where everybody who may charge charges for free afterwards, and did not before."""
    return [
        place.after
        for place in basis.places
        if place.after is not None and _is_free(basis, place.after) and not _is_free(basis, place.before)
    ]


def _is_free(basis: Basis, side: GroupSnapshot | None) -> bool:
    own = _own_price(basis, side)
    return own is not None and is_free(own) and bool(side and side.stored and side.stored.open_to_anybody)


def _own_price(basis: Basis, side: GroupSnapshot | None) -> PriceList | None:
    """What a group asks of everyone who has no tariff of their own."""
    return basis.price_list(side, side.stored.tariff_id) if side is not None and side.stored else None


def price_findings(basis: Basis) -> list[Finding]:
    """Findings about the price lists for everyone that differ from those before, each once."""
    by_words: dict[tuple[str, str], Finding] = {}
    medians: Any = None
    for place in basis.places:
        own = _own_price(basis, place.after)
        if place.after is None or own is None or own == _own_price(basis, place.before):
            continue
        provider = place.after.group.provider_id
        medians = medians or median_prices(Tariff.objects.filter(provider=provider), basis.at)
        for each in findings(own, medians=dict(medians[provider, own.currency]), **_circumstances(place.after)):
            by_words.setdefault((each.code, each.where), each)
    return list(by_words.values())


def _circumstances(side: GroupSnapshot) -> dict[str, Any]:
    strongest = ChargePoint.objects.filter(charge_group=side.group).aggregate(most=Max("max_power_kw"))["most"]
    return {
        "outside_home": side.group.type != ChargeGroup.Type.HOME,
        "max_power_kw": strongest,
        "ad_hoc": side.stored is not None and side.stored.roaming,
        "for_everyone": side.stored is not None and side.stored.open_to_anybody,
    }
