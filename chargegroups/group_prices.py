"""Prices of charge groups: which tariffs they have for everyone, and which groups are free or have no price."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Count

from chargegroups.models import Terms
from chargegroups.querysets import ChargeGroupQuerySet
from tariffs.current_price import CurrentPrice, current_prices
from tariffs.models import Tariff

GroupPrices = Mapping[int, tuple[int, CurrentPrice]]


def prices_of_groups(groups: ChargeGroupQuerySet, at: datetime) -> GroupPrices:
    """By the id of each tariff that is for everyone in some group: in how many groups, and its price at the moment."""
    rows = Terms.objects.in_force(at).filter(charge_group__in=groups.values("pk")).order_by()
    counts = dict(rows.values_list("tariff").annotate(Count("pk")))
    prices = current_prices(Tariff.objects.filter(pk__in=counts), at)
    return {pk: (counts[pk], price) for pk, price in prices.items()}


def free_for_everyone(
    groups: ChargeGroupQuerySet, at: datetime, prices: GroupPrices | None = None
) -> ChargeGroupQuerySet:
    """Those of the groups whose policy lets anybody charge, for free. ``prices`` of the groups where they are at hand."""
    in_groups = prices_of_groups(groups, at) if prices is None else prices
    free = [pk for pk, (_, price) in in_groups.items() if price.free]
    terms = Terms.objects.in_force(at).open_to_anybody().filter(tariff__in=free)
    return groups.filter(pk__in=terms.values("charge_group"))


def without_price(groups: ChargeGroupQuerySet, at: datetime) -> ChargeGroupQuerySet:
    """Those of the groups in which no price for everyone is in force."""
    priced = [pk for pk, (_, price) in prices_of_groups(groups, at).items() if price.version is not None]
    return groups.exclude(pk__in=Terms.objects.in_force(at).filter(tariff__in=priced).values("charge_group"))
