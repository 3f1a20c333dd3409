"""Does a tariff fit the simple form, and which tariff does a filled-in form mean?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from .tariff import ALWAYS, Component, Dimension, Element, PriceLimit, Restrictions, Tariff

_FREE: Final = Component("FLAT", Decimal(0))


@dataclass(frozen=True, slots=True)
class SimpleShape:
    """The common price list. A price of None or 0 is none; all of them none is free of charge.

    Times are per hour, as OCPI has them; the form shows them per minute. `parking_after` is in seconds from the start
    of the session: OCPI knows no grace time that begins when charging ends. One VAT percentage holds for all.
    """

    currency: str
    per_kwh: Decimal | None = None
    start_fee: Decimal | None = None
    charging_per_hour: Decimal | None = None
    parking_per_hour: Decimal | None = None
    parking_after: int = 0
    vat: Decimal | None = None
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None


@dataclass(frozen=True, slots=True)
class SimpleReading:
    """The form filled in with a tariff; or `reasons`, each a sentence on what the form can't show, and no shape."""

    shape: SimpleShape | None
    reasons: tuple[str, ...] = ()


def simple_tariff(shape: SimpleShape) -> Tariff:
    """The tariff that a filled-in form means."""
    always = [
        Component(dimension, price, vat=shape.vat)
        for dimension, price in _prices(shape)
        if price and (dimension != "PARKING_TIME" or not shape.parking_after)
    ]
    elements = [Element(tuple(always))] if always else []
    if shape.parking_per_hour and shape.parking_after:
        fee = Component("PARKING_TIME", shape.parking_per_hour, vat=shape.vat)
        elements.append(Element((fee,), Restrictions(min_duration=shape.parking_after)))
    return Tariff(shape.currency, tuple(elements) or (Element((_FREE,)),), shape.min_price, shape.max_price)


def simple_shape(tariff: Tariff) -> SimpleReading:
    """What the form shows of a tariff; everything that changes a price, or nothing and why."""
    reasons = tuple(dict.fromkeys(_obstacles(tariff)))
    if reasons:
        return SimpleReading(None, reasons)
    prices: dict[Dimension, Decimal] = {}
    parking_after = 0
    for element, component in _charged(tariff):
        prices[component.dimension] = component.price
        parking_after = element.restrictions.min_duration or parking_after
    shape = SimpleShape(
        tariff.currency,
        prices.get("ENERGY"),
        prices.get("FLAT"),
        prices.get("TIME"),
        prices.get("PARKING_TIME"),
        parking_after,
        next((component.vat for _, component in _charged(tariff)), None),
        tariff.min_price,
        tariff.max_price,
    )
    return SimpleReading(shape)


def _prices(shape: SimpleShape) -> tuple[tuple[Dimension, Decimal | None], ...]:
    return (
        ("ENERGY", shape.per_kwh),
        ("TIME", shape.charging_per_hour),
        ("PARKING_TIME", shape.parking_per_hour),
        ("FLAT", shape.start_fee),
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
    for dimension in ("ENERGY", "TIME", "PARKING_TIME", "FLAT"):
        if len([each for _, each in everything if each.dimension == dimension]) > 1:
            yield f"It has several tiers of {_NAMES[dimension]}."
    for element, component in everything:
        name = _NAMES[component.dimension]
        if component.step_size > 1 or (component.dimension == "ENERGY" and component.step_size == 0):
            yield f"It bills {name} in steps of {component.step_size}."
        if element.restrictions != ALWAYS and not _is_parking_after(element, component):
            yield f"It restricts when {name} is charged."


_NAMES: Final[dict[Dimension, str]] = {
    "ENERGY": "energy",
    "TIME": "charging time",
    "PARKING_TIME": "parked time",
    "FLAT": "the start fee",
}


def _is_parking_after(element: Element, component: Component) -> bool:
    after = element.restrictions.min_duration
    return component.dimension == "PARKING_TIME" and element.restrictions == Restrictions(min_duration=after)
