"""Median prices of a provider's tariffs: what an unusual price is compared with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Case, F, FloatField, Q, Value, When
from django.db.models.functions import Coalesce

from evcnet.together import Reading, read
from tariffs.conversion import COLUMN
from tariffs.models import TariffElement, TariffVersion
from tariffs.pricing.tariff import Dimension

Medians = tuple[tuple[Dimension, Decimal], ...]


def versions_ahead(tariffs: Any, at: datetime) -> Any:
    """The versions of the tariffs (a queryset) that are in force, and those to come."""
    in_force, later = TariffVersion.objects.in_force(at), TariffVersion.objects.filter(valid_from__gt=at)
    ahead = Q(pk__in=in_force.values("pk")) | Q(pk__in=later.values("pk"))
    return TariffVersion.objects.filter(ahead, tariff__in=tariffs.values("pk"))


class Median(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def median_prices(tariffs: Any, at: datetime) -> Mapping[tuple[int, str], Medians]:
    """For each provider and currency the median price excluding VAT of each dimension: of the tariffs' (a queryset)
    versions in force or to come, zero left out."""
    return read(median_reading(tariffs, at))


def median_reading(tariffs: Any, at: datetime) -> Reading[Mapping[tuple[int, str], Medians]]:
    """What ``median_prices`` returns, in one step."""
    versions = versions_ahead(tariffs, at).values("pk")
    by_provider = TariffElement.objects.filter(version__in=versions).order_by()
    prices = {column: Median(_net(column), filter=Q(**{f"{column}_price__gt": 0})) for column in COLUMN.values()}
    rows = by_provider.values("provider", "version__tariff__currency").annotate(**prices)
    yield [rows]
    return defaultdict(tuple, {(row["provider"], row["version__tariff__currency"]): _medians_of(row) for row in rows})


def _net(column: str) -> Case:
    price, vat = F(f"{column}_price"), Coalesce(F(f"{column}_vat"), Value(Decimal(0)))
    return Case(When(version__tax_included=True, then=price * 100 / (vat + 100)), default=price)


def _medians_of(row: Mapping[str, Any]) -> Medians:
    prices = ((dimension, row[column]) for dimension, column in COLUMN.items())
    return tuple((dimension, round(Decimal(repr(price)), 4)) for dimension, price in prices if price is not None)
