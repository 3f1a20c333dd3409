"""The prices of the simple form: the tariff that they mean, and whether a tariff fits the form."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from .idle_fee import IDLE_FEE, begins_after_free_time, idle_fee_element
from .price_words import DIMENSION_NAMES
from .tariff import ALWAYS, DIMENSIONS, Component, Dimension, Element, PriceLimit, Tariff

_FREE: Final = Component("FLAT", Decimal(0))


@dataclass(frozen=True, slots=True)
class SimplePrices:
    """The common price list. A price of None or 0 is none; all of them none is free of charge.

    Times are per hour, as OCPI has them; the form shows them per minute. The idle fee (OCPI
    PARKING_TIME) begins `idle_fee_after` seconds after the start of the session. One VAT percentage holds for all.
    """

    currency: str
    per_kwh: Decimal | None = None
    start_fee: Decimal | None = None
    charging_per_hour: Decimal | None = None
    idle_fee_per_hour: Decimal | None = None
    idle_fee_after: int = 0
    vat: Decimal | None = None
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None


@dataclass(frozen=True, slots=True)
class SimpleReading:
    """The form filled in with a tariff; or `obstacles`, each a sentence on what the form can't show, and no prices."""

    prices: SimplePrices | None
    obstacles: tuple[str, ...] = ()


def simple_tariff(prices: SimplePrices) -> Tariff:
    """The tariff that a filled-in form means."""
    always = [
        Component(dimension, price, vat=prices.vat)
        for dimension, price in _prices(prices)
        if price and (dimension != IDLE_FEE or not prices.idle_fee_after)
    ]
    elements = [Element(tuple(always))] if always else []
    if prices.idle_fee_per_hour and prices.idle_fee_after:
        elements.append(idle_fee_element(prices.idle_fee_per_hour, prices.vat, prices.idle_fee_after))
    return Tariff(prices.currency, tuple(elements) or (Element((_FREE,)),), prices.min_price, prices.max_price)


def simple_prices(tariff: Tariff) -> SimpleReading:
    """What the form shows of a tariff; everything that changes a price, or nothing and why."""
    obstacles = tuple(dict.fromkeys(_obstacles(tariff)))
    if obstacles:
        return SimpleReading(None, obstacles)
    charged: dict[Dimension, Decimal] = {}
    idle_fee_after = 0
    for element, component in _charged(tariff):
        charged[component.dimension] = component.price
        idle_fee_after = element.restrictions.min_duration or idle_fee_after
    prices = SimplePrices(
        tariff.currency,
        charged.get("ENERGY"),
        charged.get("FLAT"),
        charged.get("TIME"),
        charged.get(IDLE_FEE),
        idle_fee_after,
        next((component.vat for _, component in _charged(tariff)), None),
        tariff.min_price,
        tariff.max_price,
    )
    return SimpleReading(prices)


def _prices(prices: SimplePrices) -> tuple[tuple[Dimension, Decimal | None], ...]:
    return (
        ("ENERGY", prices.per_kwh),
        ("TIME", prices.charging_per_hour),
        (IDLE_FEE, prices.idle_fee_per_hour),
        ("FLAT", prices.start_fee),
    )


def _charged(tariff: Tariff) -> list[tuple[Element, Component]]:
    """What costs something. A price of zero for a dimension of its own changes nothing where steps are one."""
    return [(element, each) for element in tariff.elements for each in element.components if each.price]


def _obstacles(tariff: Tariff) -> Iterator[str]:
    """Everything that the form has no field for."""
    if tariff.tax_included:
        yield "Its prices include VAT."
    charged = _charged(tariff)
    if len({component.vat for _, component in charged}) > 1:
        yield "Its prices have different VAT percentages."
    everything = [(element, each) for element in tariff.elements for each in element.components]
    for dimension in DIMENSIONS:
        if len([each for _, each in everything if each.dimension == dimension]) > 1:
            yield f"It has several tiers of {DIMENSION_NAMES[dimension]}."
    for element, component in everything:
        name = DIMENSION_NAMES[component.dimension]
        if component.step_size > 1 or (component.dimension == "ENERGY" and component.step_size == 0):
            yield f"It bills {name} in steps of {component.step_size}."
        if element.restrictions != ALWAYS and not begins_after_free_time(element, component):
            yield f"It restricts when {name} is charged."
