"""Findings about the price lists in use, for where and by whom they are used."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Max, Q

from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargegroups.tariff_usage import groups_using
from chargepoints.models import ChargePoint
from customers.models import StaffMember
from evcnet.together import Reading, read, side_by_side
from tariffs.conversion import price_list
from tariffs.current_price import with_elements
from tariffs.median_prices import Medians, median_prices, median_reading, versions_ahead
from tariffs.models import Tariff, TariffVersion
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing.lints import findings
from tariffs.pricing.problems import Finding

_ELEMENT = re.compile(r"elements\[(\d+)\]")


@dataclass
class Use:
    """Where a tariff is used: what the rules about a price ask for."""

    outside_home: bool = False
    for_everyone: bool = False
    ad_hoc_kw: Decimal | None = None


@dataclass(frozen=True)
class VersionPrices:
    """A version, in force or to come, with its price list."""

    version: TariffVersion
    price_list: PriceList


def tariff_findings(groups: Any, tariffs: Any, at: datetime) -> Reading[list[tuple[TariffVersion, Finding]]]:
    """For the tariffs (a queryset) that these charge groups (a queryset) use, now or by terms to come."""
    uses, medians = yield from side_by_side(_uses(groups, at), median_reading(tariffs, at))
    versions = versions_ahead(tariffs.filter(pk__in=uses), at).select_related("tariff")
    versions = yield from with_elements(versions.order_by("tariff__code", "valid_from"))
    return list(_findings([VersionPrices(version, price_list(version)) for version in versions], uses, medians))


def _findings(
    prices: list[VersionPrices], uses: Mapping[int, Use], medians: Mapping[tuple[int, str], Medians]
) -> Iterable[tuple[TariffVersion, Finding]]:
    for each in prices:
        tariff, use = each.version.tariff, uses[each.version.tariff_id]
        key = (tariff.provider_id, tariff.currency)
        for finding in _cached_findings(each.price_list, use.outside_home, use.ad_hoc_kw, medians[key]):
            yield each.version, finding


def circumstances(login: StaffMember, tariff: Tariff, at: datetime) -> dict[str, Any]:
    """What `findings` asks of where a tariff is used, as far as a login sees it; one without a row is used nowhere."""
    groups = ChargeGroup.objects.visible_to(login).open()
    use = Use()
    if tariff.pk:
        use = read(_uses(groups.filter(pk__in=groups_using(tariff).values("pk")), at))[tariff.pk]
    medians = median_prices(Tariff.objects.visible_to(login), at)
    return {
        "outside_home": use.outside_home,
        "max_power_kw": use.ad_hoc_kw,
        "ad_hoc": use.ad_hoc_kw is not None,
        "medians": dict(medians[tariff.provider_id, tariff.currency]),
        "for_everyone": use.for_everyone,
    }


def place_in_words(where: str) -> str:
    """ "elements[1].restrictions.end_time" is row 2 of the table of prices."""
    match = _ELEMENT.match(where)
    return f"row {int(match[1]) + 1}" if match else ""


@lru_cache(maxsize=20_000)
def _cached_findings(
    listed: PriceList, outside_home: bool, ad_hoc_kw: Decimal | None, medians: Medians
) -> tuple[Finding, ...]:
    """Remembered, since most price lists stay as they are from one page to the next.

    That everyone charges for free is told of the charge group: a price list does not know for whom it is.
    """
    return findings(
        listed,
        outside_home=outside_home,
        max_power_kw=ad_hoc_kw,
        ad_hoc=ad_hoc_kw is not None,
        medians=dict(medians),
    )


def _uses(groups: Any, at: datetime) -> Reading[Mapping[int, Use]]:
    rows, strongest, exceptions = _terms(groups, at), _kilowatts(groups), _tariffs_of_exceptions(groups, at)
    yield [rows, strongest, exceptions]
    uses = _uses_by(rows, dict(strongest))
    for tariff, kind in exceptions:
        uses[tariff].outside_home |= kind != ChargeGroup.Type.HOME
    return uses


def _uses_by(rows: Iterable[Terms], kilowatts: Mapping[int, Decimal]) -> dict[int, Use]:
    uses: dict[int, Use] = defaultdict(Use)
    for terms in rows:
        outside = terms.charge_group.type != ChargeGroup.Type.HOME
        slots = [terms.tariff_id, terms.prepaid_tariff_id, terms.roaming_tariff_id if terms.roaming else None]
        for tariff in filter(None, slots):
            uses[tariff].outside_home |= outside
        uses[terms.tariff_id].for_everyone |= terms.open_to_anybody
        if terms.roaming and (power := kilowatts.get(terms.charge_group_id)):
            use = uses[terms.roaming_tariff_id or terms.tariff_id]
            use.ad_hoc_kw = max(power, use.ad_hoc_kw or power)
    return uses


def _tariffs_of_exceptions(groups: Any, at: datetime) -> Any:
    exceptions = CustomerException.objects.in_force(at).filter(
        charge_group__in=groups.values("pk"), tariff__isnull=False
    )
    return exceptions.order_by().values_list("tariff", "charge_group__type").distinct()


def _terms(groups: Any, at: datetime) -> Any:
    now, later = Terms.objects.in_force(at), Terms.objects.scheduled(at)
    ahead = Q(pk__in=now.values("pk")) | Q(pk__in=later.values("pk"))
    return Terms.objects.filter(ahead, charge_group__in=groups.values("pk")).order_by().select_related("charge_group")


def _kilowatts(groups: Any) -> Any:
    """The strongest charge point of each group."""
    points = ChargePoint.objects.filter(charge_group__in=groups.values("pk"), max_power_kw__isnull=False)
    return points.order_by().values_list("charge_group").annotate(Max("max_power_kw"))
