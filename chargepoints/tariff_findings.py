"""Which price lists in use are odd, for where and by whom they are used?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from statistics import median
from typing import Any

from django.db.models import Max, Q

from chargegroups.models import ChargeGroup, CustomerException, TariffVersion, Terms
from chargegroups.price_lists import price_list
from chargegroups.pricing import Tariff as PriceList
from chargegroups.pricing.finding import Finding
from chargegroups.pricing.lints import findings
from chargegroups.pricing.scale import net_price
from chargegroups.pricing.tariff import Dimension
from chargepoints.models import ChargePoint

_ELEMENT = re.compile(r"elements\[(\d+)\]")
Medians = tuple[tuple[Dimension, Decimal], ...]


@dataclass
class Use:
    """Where a tariff is used: what the rules about a price ask for."""

    outside_home: bool = False
    for_everyone: bool = False
    ad_hoc_kw: Decimal | None = None


@dataclass(frozen=True)
class Listed:
    """A version, in force or to come, with its price list."""

    version: TariffVersion
    price_list: PriceList


def tariff_findings(groups: Any, tariffs: Any, at: datetime) -> Iterable[tuple[TariffVersion, Finding]]:
    """For the tariffs (a queryset) that these charge groups (a queryset) use, now or by terms to come."""
    uses = _uses(groups, at)
    listed = _listed(tariffs.filter(pk__in=uses), at)
    medians = _medians(listed)
    for each in listed:
        tariff, use = each.version.tariff, uses[each.version.tariff_id]
        key = (tariff.provider_id, tariff.currency)
        for finding in _found(each.price_list, use.outside_home, use.ad_hoc_kw, medians[key], use.for_everyone):
            yield each.version, finding


def place_in_words(where: str) -> str:
    """ "elements[1].restrictions.end_time" is row 2 of the table of prices."""
    found = _ELEMENT.match(where)
    return f"row {int(found[1]) + 1}" if found else ""


@lru_cache(maxsize=20_000)
def _found(
    listed: PriceList, outside_home: bool, ad_hoc_kw: Decimal | None, medians: Medians, for_everyone: bool
) -> tuple[Finding, ...]:
    """Remembered, since most price lists stay as they are from one page to the next."""
    return findings(
        listed,
        outside_home=outside_home,
        max_power_kw=ad_hoc_kw,
        ad_hoc=ad_hoc_kw is not None,
        medians=dict(medians),
        for_everyone=for_everyone,
    )


def _uses(groups: Any, at: datetime) -> Mapping[int, Use]:
    uses: dict[int, Use] = defaultdict(Use)
    kilowatts = _kilowatts(groups)
    for terms in _terms(groups, at):
        outside = terms.charge_group.type != ChargeGroup.Type.HOME
        slots = [terms.tariff_id, terms.prepaid_tariff_id, terms.roaming_tariff_id if terms.roaming else None]
        for tariff in filter(None, slots):
            uses[tariff].outside_home |= outside
        uses[terms.tariff_id].for_everyone |= terms.own_user_group or terms.other_user_groups or terms.roaming
        if terms.roaming and (power := kilowatts.get(terms.charge_group_id)):
            use = uses[terms.roaming_tariff_id or terms.tariff_id]
            use.ad_hoc_kw = max(power, use.ad_hoc_kw or power)
    exceptions = CustomerException.objects.in_force(at).filter(
        charge_group__in=groups.values("pk"), tariff__isnull=False
    )
    for tariff, kind in exceptions.order_by().values_list("tariff", "charge_group__type").distinct():
        uses[tariff].outside_home |= kind != ChargeGroup.Type.HOME
    return uses


def _terms(groups: Any, at: datetime) -> Iterable[Terms]:
    now, later = Terms.objects.in_force(at), Terms.objects.scheduled(at)
    ahead = Q(pk__in=now.values("pk")) | Q(pk__in=later.values("pk"))
    found: Iterable[Terms] = (
        Terms.objects.filter(ahead, charge_group__in=groups.values("pk")).order_by().select_related("charge_group")
    )
    return found


def _kilowatts(groups: Any) -> dict[int, Decimal]:
    """The strongest charge point of each group."""
    points = ChargePoint.objects.filter(charge_group__in=groups.values("pk"), max_power_kw__isnull=False)
    return dict(points.order_by().values_list("charge_group").annotate(Max("max_power_kw")))


def _listed(tariffs: Any, at: datetime) -> list[Listed]:
    in_force, later = TariffVersion.objects.in_force(at), TariffVersion.objects.filter(valid_from__gt=at)
    ahead = Q(pk__in=in_force.values("pk")) | Q(pk__in=later.values("pk"))
    versions = TariffVersion.objects.filter(ahead, tariff__in=tariffs.values("pk"))
    found = versions.select_related("tariff").prefetch_related("elements").order_by("tariff__code", "valid_from")
    return [Listed(version, price_list(version)) for version in found]


def _medians(listed: Iterable[Listed]) -> Mapping[tuple[int, str], Medians]:
    """For each provider and currency the median price excluding VAT of each dimension."""
    prices: dict[tuple[int, str], dict[Dimension, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
    for each in listed:
        of_provider = prices[each.version.tariff.provider_id, each.version.tariff.currency]
        for component in (component for element in each.price_list.elements for component in element.components):
            if component.price:
                net = net_price(component, each.price_list)
                of_provider[component.dimension].append(Decimal(net.numerator) / Decimal(net.denominator))
    return defaultdict(tuple, {key: _medians_of(found) for key, found in prices.items()})


def _medians_of(prices: Mapping[Dimension, list[Decimal]]) -> Medians:
    return tuple(sorted((dimension, round(median(found), 4)) for dimension, found in prices.items()))
