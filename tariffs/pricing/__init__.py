"""Pricing of OCPI tariffs: what a session costs, how a price reads. Pure: standard library, no clock, no database."""

from .compiled import CompiledTariff, compile_tariff
from .cost import Cost, Line
from .engine import price, price_session
from .price_words import PRICE_WORDS, PriceWords
from .problems import InvalidInput, Problem
from .reading import InvalidTariff, read_tariff
from .session import InvalidSession, Minimum, Period, Session
from .session_reading import read_session
from .tariff import ALWAYS, Component, Element, PriceLimit, Restrictions, Tariff
from .wording import DisplayLine, PriceTexts, describe, is_free, price_text, price_texts, tiers
from .writing import write_tariff

__all__ = [
    "ALWAYS",
    "PRICE_WORDS",
    "CompiledTariff",
    "Component",
    "Cost",
    "DisplayLine",
    "Element",
    "InvalidInput",
    "InvalidSession",
    "InvalidTariff",
    "Line",
    "Minimum",
    "Period",
    "PriceLimit",
    "PriceTexts",
    "PriceWords",
    "Problem",
    "Restrictions",
    "Session",
    "Tariff",
    "compile_tariff",
    "describe",
    "is_free",
    "price",
    "price_session",
    "price_text",
    "price_texts",
    "read_session",
    "read_tariff",
    "tiers",
    "write_tariff",
]
