"""Current prices: what tariffs cost at a moment, in words. Read for a whole page at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from evcnet.together import Reading, attach, reading_of, side_by_side
from tariffs.conversion import price_list
from tariffs.models import Tariff, TariffElement, TariffVersion
from tariffs.pricing import DisplayLine, is_free, price_text, tiers
from tariffs.pricing import Tariff as PriceList


@dataclass(frozen=True)
class CurrentPrice:
    """The price of a tariff at a moment, as a page shows it.

    ``text`` excludes VAT; ``tiers`` are what it shows as a range, each with when it holds. ``version`` is the id of the version in force; None, and no text, where none is: then nobody
    can charge by the tariff.
    """

    tariff_id: int
    code: str
    name: str
    text: str = ""
    free: bool = False
    version: int | None = None
    tiers: tuple[DisplayLine, ...] = ()
    listed: PriceList | None = field(default=None, compare=False, repr=False)

    @cached_property
    def incl_vat(self) -> str:
        """The reading for drivers; empty without a version in force, and where it is the same as ``text``."""
        incl_vat = price_text(self.listed, incl_vat=True) if self.listed else ""
        return "" if incl_vat == self.text else incl_vat

    @property
    def as_stated(self) -> str:
        """In the reading in which the provider states it: including VAT where the version in force says so."""
        stated_incl_vat = self.listed is not None and self.listed.tax_included
        return (stated_incl_vat and self.incl_vat) or self.words

    @property
    def words(self) -> str:
        return self.text or "no version in force"

    def __str__(self) -> str:
        return f"{self.name}: {self.words}"


def without_price(tariff: Tariff) -> CurrentPrice:
    """Of a tariff that has no version in force."""
    return CurrentPrice(tariff.pk, tariff.code, tariff.name)


def current_price(version: TariffVersion) -> CurrentPrice:
    """By the version that is in force; its tariff and elements cost queries unless they are at hand."""
    prices, tariff = price_list(version), version.tariff
    return CurrentPrice(
        tariff.pk,
        tariff.code,
        tariff.name,
        price_text(prices),
        is_free(prices),
        version.pk,
        tiers(prices, incl_vat=False),
        prices,
    )


def current_prices(tariffs: Iterable[Tariff], at: datetime) -> dict[int, CurrentPrice]:
    """The price in force at the moment of each of the tariffs, by its id. Two queries."""
    by_id = {tariff.pk: tariff for tariff in tariffs}
    versions = TariffVersion.objects.in_force(at).filter(tariff_id__in=by_id)
    return _prices(by_id.values(), versions.select_related("tariff").prefetch_related("elements"))


def prices_at(tariffs: Any, at: datetime) -> Reading[dict[int, CurrentPrice]]:
    """Those of a queryset of tariffs, in one step."""
    versions = TariffVersion.objects.in_force(at).filter(tariff__in=tariffs.order_by().values("pk"))
    _, in_force = yield from side_by_side(reading_of(tariffs), with_elements(versions.select_related("tariff")))
    return _prices(tariffs, in_force)


def with_elements(versions: Any) -> Reading[Any]:
    """These versions (a queryset) with their elements at hand, in one step."""
    elements = TariffElement.objects.filter(version__in=versions.order_by().values("pk"))
    yield [versions, elements]
    attach(versions, "elements", elements, "version_id")
    return versions


def _prices(tariffs: Iterable[Tariff], versions: Iterable[TariffVersion]) -> dict[int, CurrentPrice]:
    in_force = {each.tariff_id: current_price(each) for each in versions}
    return {each.pk: in_force.get(each.pk) or without_price(each) for each in tariffs}
