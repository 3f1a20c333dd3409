"""What does a change of price cost on the reference sessions, and what is odd about the price list that is proposed?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Max

from changes.impact import Case, groups_of_effects
from changes.preview import Preview, compared
from changes.snapshots import BeforeAfter
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint
from chargepoints.tariff_findings import median_prices
from customers.models import Provider
from tariffs.conversion import price_list
from tariffs.models import Tariff
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing import is_free, price_text
from tariffs.pricing.lints import findings
from tariffs.pricing.problems import Finding

SHOWN = 3
"""So many pairs of price lists are laid out session by session; the sentences name all of them."""


@dataclass(frozen=True)
class Reference:
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
    references: tuple[Reference, ...]


def transitions(seen: Preview) -> list[PriceTransition]:
    """Every pair of price lists that somebody passes between, the one of the most customers first."""
    provider = Provider.objects.get(pk=seen.proposal.provider_id)
    day = seen.at.astimezone(provider.zone).date()
    merged: dict[tuple[PriceList, PriceList], int] = {}
    for case in _repriced(seen.impact.cases):
        pair = (case.before.price, case.after.price)
        merged[pair] = merged.get(pair, 0) + case.count  # type: ignore[index, arg-type]
    found = [_transition(before, after, count, day, provider) for (before, after), count in merged.items()]
    return sorted(found, key=lambda each: -each.count)


def examples(found: Iterable[PriceTransition]) -> dict[str, str]:
    """For who pays more and for who pays less: a reference session of those who are most, before and after."""
    told: dict[str, str] = {}
    for each in found:
        signs = {row.difference > 0 for row in each.references if row.difference}
        if len(signs) == 1:
            told.setdefault("pays_more" if signs.pop() else "pays_less", _example(each))
    return told


def _example(transition: PriceTransition) -> str:
    row = next(row for row in transition.references if row.difference)
    title = row.title.partition(":")[0]
    return f"{title}: {row.before} → {row.after} {transition.currency} incl. VAT ({row.percent})"


def _repriced(cases: Iterable[Case]) -> list[Case]:
    both = [case for case in groups_of_effects(cases) if case.before.price and case.after.price]
    return [
        case for case in both if case.before.allowed and case.after.allowed and case.before.price != case.after.price
    ]


def _transition(before: PriceList, after: PriceList, count: int, day: Any, provider: Provider) -> PriceTransition:
    judged = compared(before, after, day, provider.time_zone).reference_costs
    rows = [Reference(each.reference.title, each.before.incl_vat, each.after.incl_vat) for each in judged]
    return PriceTransition(price_text(before), price_text(after), after.currency, count, tuple(rows))


def listed(side: GroupSnapshot | None, tariff: int | None) -> PriceList | None:
    """The price list of a tariff as it stands on one side of the change; None where it has none in force."""
    version = side.versions.get(tariff or 0) if side is not None else None
    if version is None:
        return None
    # A proposed version has no rows yet: its price list is at hand.
    return getattr(version, "price_list", None) or price_list(version)


def own_price(side: GroupSnapshot | None) -> PriceList | None:
    """What a group asks of everyone who has no tariff of their own."""
    return listed(side, side.stored.tariff_id) if side is not None and side.stored else None


def becomes_free(places: Iterable[BeforeAfter]) -> list[GroupSnapshot]:
    """Where everybody who may charge charges for free afterwards, and did not before."""
    return [
        place.after for place in places if place.after is not None and _free(place.after) and not _free(place.before)
    ]


def _free(side: GroupSnapshot | None) -> bool:
    own = own_price(side)
    return own is not None and is_free(own) and side.stored.open_to_anybody


def odd(places: Iterable[BeforeAfter]) -> list[Finding]:
    """Findings about the price lists for everyone that differ from those before, each once."""
    found: dict[tuple[str, str], Finding] = {}
    medians: Any = None
    for place in places:
        own = own_price(place.after)
        if place.after is None or own is None or own == own_price(place.before):
            continue
        if not medians:
            medians = median_prices(Tariff.objects.filter(provider=place.after.group.provider_id), place.after.at)
        usual = dict(medians[place.after.group.provider_id, own.currency])
        for each in findings(own, medians=usual, **_circumstances(place.after)):
            found.setdefault((each.code, each.where), each)
    return list(found.values())


def _circumstances(side: Any) -> dict[str, Any]:
    strongest = ChargePoint.objects.filter(charge_group=side.group).aggregate(most=Max("max_power_kw"))["most"]
    return {
        "outside_home": side.group.type != ChargeGroup.Type.HOME,
        "max_power_kw": strongest,
        "ad_hoc": side.stored.roaming,
        "for_everyone": side.stored.open_to_anybody,
    }
