"""Tariffs and their parts, named as in OCPI 2.2.1 and 2.3.0, module Tariffs."""

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Final, Literal

Dimension = Literal["ENERGY", "TIME", "PARKING_TIME", "FLAT"]
Reservation = Literal["RESERVATION", "RESERVATION_EXPIRES"]
Day = Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]

DIMENSIONS: Final[tuple[Dimension, ...]] = ("ENERGY", "TIME", "PARKING_TIME", "FLAT")
RESERVATIONS: Final[tuple[Reservation, ...]] = ("RESERVATION", "RESERVATION_EXPIRES")
DAYS: Final[tuple[Day, ...]] = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


@dataclass(frozen=True, slots=True)
class Component:
    """A price in one dimension: per kWh, per hour (TIME, PARKING_TIME) or per session (FLAT).

    `step_size` is in Wh or seconds; 0 bills exactly. `vat` is a percentage; None means no VAT at all.
    """

    dimension: Dimension
    price: Decimal
    step_size: int = 1
    vat: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Restrictions:
    """When an element holds. Every min is included, every max excluded; nothing set holds always.

    Times are wall clock at the location, an end before its start wraps over midnight, 00:00 as an end is the end of
    the day, equal times are the whole day. kWh and durations (seconds) are those of the session without its
    reservation. Current in A, power in kW.
    """

    start_time: time | None = None
    end_time: time | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: tuple[Day, ...] = ()
    reservation: Reservation | None = None


ALWAYS: Final = Restrictions()


@dataclass(frozen=True, slots=True)
class Element:
    """Price components that hold together. At most one for each dimension."""

    components: tuple[Component, ...]
    restrictions: Restrictions = field(default=ALWAYS)

    def __post_init__(self) -> None:
        dimensions = [component.dimension for component in self.components]
        if len(set(dimensions)) < len(dimensions):
            raise ValueError("an element has at most one price component for each dimension")

    def component(self, dimension: Dimension) -> Component | None:
        return next((each for each in self.components if each.dimension == dimension), None)


@dataclass(frozen=True, slots=True)
class PriceLimit:
    """A least or greatest total. One given only excluding VAT binds the total including VAT in proportion."""

    excl_vat: Decimal
    incl_vat: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Tariff:
    """A price list: for each dimension and moment the first element that has it and holds sets the price.

    With `tax_included` (OCPI 2.3.0) component prices include their VAT; then every component has one.
    """

    currency: str
    elements: tuple[Element, ...]
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    tax_included: bool = False
