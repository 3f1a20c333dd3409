"""What does a session cost, and how does its price read? Pure: standard library only, no clock, no database."""

from .problems import InvalidInput, Problem
from .reading import InvalidTariff, read_tariff
from .tariff import ALWAYS, Component, Element, PriceLimit, Restrictions, Tariff
from .wording import DisplayLine, describe, is_free, price_text
from .writing import write_tariff

__all__ = [
    "ALWAYS",
    "Component",
    "DisplayLine",
    "Element",
    "InvalidInput",
    "InvalidTariff",
    "PriceLimit",
    "Problem",
    "Restrictions",
    "Tariff",
    "describe",
    "is_free",
    "price_text",
    "read_tariff",
    "write_tariff",
]
