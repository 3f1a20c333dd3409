"""Prices of charge groups: which tariffs they have for everyone, and which groups are free or have no price."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Count

from chargegroups.models import Terms
from chargegroups.querysets import ChargeGroupQuerySet, TermsQuerySet
from evcnet.together import Reading, read, reading_of, side_by_side
from tariffs.current_price import CurrentPrice, prices_at
from tariffs.models import Tariff

GroupPrices = Mapping[int, tuple[int, CurrentPrice]]


def prices_of_groups(groups: ChargeGroupQuerySet, at: datetime) -> GroupPrices:
    """By the id of each tariff that is for everyone in some group: in how many groups, and its price at the moment."""
    return read(price_reading(groups, at))


def price_reading(groups: ChargeGroupQuerySet, at: datetime) -> Reading[GroupPrices]:
    """What ``prices_of_groups`` returns, in one step."""
    rows = Terms.objects.in_force(at).filter(charge_group__in=groups.order_by().values("pk")).order_by()
    counts = rows.values_list("tariff").annotate(Count("pk"))
    tariffs = Tariff.objects.filter(pk__in=rows.values("tariff"))
    _, prices = yield from side_by_side(reading_of(counts), prices_at(tariffs, at))
    many = dict(counts)
    return {pk: (many[pk], price) for pk, price in prices.items()}


def free_for_everyone(
    groups: ChargeGroupQuerySet, at: datetime, prices: GroupPrices | None = None
) -> ChargeGroupQuerySet:
    """Those of the groups whose policy lets anybody charge, for free. ``prices`` of the groups where they are at hand."""
    in_groups = prices_of_groups(groups, at) if prices is None else prices
    return groups.filter(pk__in=free_terms(in_groups, at).values("charge_group"))


def free_terms(prices: GroupPrices, at: datetime) -> TermsQuerySet:
    """Terms in force, of any group, that let anybody charge for free."""
    free = [pk for pk, (_, price) in prices.items() if price.free]
    terms: TermsQuerySet = Terms.objects.in_force(at).open_to_anybody().filter(tariff__in=free)
    return terms


def without_price(groups: ChargeGroupQuerySet, at: datetime) -> ChargeGroupQuerySet:
    """Those of the groups in which no price for everyone is in force."""
    priced = [pk for pk, (_, price) in prices_of_groups(groups, at).items() if price.version is not None]
    return groups.exclude(pk__in=Terms.objects.in_force(at).filter(tariff__in=priced).values("charge_group"))
