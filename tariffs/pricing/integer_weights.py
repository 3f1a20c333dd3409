"""Prices as whole numbers, so that a session is priced without fractions and still exactly."""

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Final

from .tariff import Component, Dimension, PriceLimit, Tariff
from .vat import gross_price, net_price, shared_vat_factor

_HOUR: Final = 3600


Limit = tuple[int, int | None]  # excluding and including VAT


@dataclass(frozen=True, slots=True)
class IntegerWeights:
    """The weights of a tariff's components for energy that is counted in `parts` of a kWh.

    A quantity (parts of a kWh, seconds, times) by its weight is money in 1/`unit` of the currency, and so are the
    limits: (excluding, including VAT). Steps are counted like the quantity; 0 bills exactly. `vat_factor` is that of
    the percentage that all components share; 1 where they have none or several.
    """

    parts: int
    unit: int
    excl: tuple[int, ...]
    incl: tuple[int, ...]
    steps: tuple[int, ...]
    least: Limit | None
    most: Limit | None
    vat_factor: Fraction


def integer_weights(tariff: Tariff, parts: int) -> IntegerWeights:
    """The weights of the components, in the order of elements and components."""
    components = [component for element in tariff.elements for component in element.components]
    nets, grosses = [net_price(each, tariff) for each in components], [gross_price(each, tariff) for each in components]
    limits = [limit for limit in (tariff.min_price, tariff.max_price) if limit is not None]
    bounds = [Fraction(each) for limit in limits for each in (limit.excl_vat, limit.incl_vat) if each is not None]
    unit = lcm(*(each.denominator for each in (*nets, *grosses, *bounds))) * lcm(parts, _HOUR)

    def weights(prices: list[Fraction]) -> tuple[int, ...]:
        priced = zip(prices, components, strict=True)
        return tuple(int(price * unit / per(each.dimension, parts)) for price, each in priced)

    steps = tuple(_step(each, parts) for each in components)
    least, most = _limit(tariff.min_price, unit), _limit(tariff.max_price, unit)
    return IntegerWeights(parts, unit, weights(nets), weights(grosses), steps, least, most, shared_vat_factor(tariff))


def per(dimension: Dimension, parts: int) -> int:
    """How many of what is counted make the unit of a price: kWh, hour, session."""
    return {"ENERGY": parts, "TIME": _HOUR, "PARKING_TIME": _HOUR, "FLAT": 1}[dimension]


def _limit(limit: PriceLimit | None, unit: int) -> Limit | None:
    if limit is None:
        return None
    return (
        int(Fraction(limit.excl_vat) * unit),
        None if limit.incl_vat is None else int(Fraction(limit.incl_vat) * unit),
    )


def _step(component: Component, parts: int) -> int:
    if component.dimension == "FLAT":
        return 0
    return component.step_size * parts // 1000 if component.dimension == "ENERGY" else component.step_size
