"""Tariffs and sessions in a few words, for the tests of prices."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from tariffs.pricing import Cost, price_session, read_session, read_tariff

AMSTERDAM = "Europe/Amsterdam"
MONDAY_TEN = "2026-03-02T10:00:00"


def element(*components: tuple, **restrictions: Any) -> dict:
    """element(("ENERGY", "0.25"), ("TIME", "2", 60), min_kwh=10): type, price, step, VAT."""
    rows = []
    for dimension, price, *rest in components:
        row = {"type": dimension, "price": price, "step_size": rest[0] if rest else 1}
        rows.append(row | ({"vat": rest[1]} if len(rest) > 1 else {}))
    return {"price_components": rows} | ({"restrictions": restrictions} if restrictions else {})


def tariff(*elements: dict, **more: Any) -> dict:
    return {"currency": "EUR", "elements": list(elements)} | more


def period(activity: str, seconds: int, kwh: str = "0", **more: Any) -> dict:
    return {"activity": activity, "seconds": seconds, "kwh": kwh} | more


def charging(minutes: float, kwh: str = "0", **more: Any) -> dict:
    return period("charging", round(minutes * 60), kwh, **more)


def parking(minutes: float, **more: Any) -> dict:
    return period("parking", round(minutes * 60), **more)


def reservation(minutes: float, expired: bool = False) -> dict:
    return period("reservation_expired" if expired else "reservation", round(minutes * 60))


def session(*periods: dict, start: str = MONDAY_TEN, time_zone: str = AMSTERDAM, **more: Any) -> dict:
    return {"start": start, "time_zone": time_zone, "periods": list(periods)} | more


def cost_of(prices: dict, charged: dict) -> Cost:
    """The cost, after a check that holds for all: the lines add up to the totals."""
    cost = price_session(read_tariff(prices), read_session(charged))
    assert sum((line.excl_vat for line in cost.lines), Fraction(0)) == cost.exact_excl_vat
    assert sum((line.incl_vat for line in cost.lines), Fraction(0)) == cost.exact_incl_vat
    for line in cost.lines:
        assert line.quantity * line.price == line.excl_vat
    return cost


def exactly(prices: dict, charged: dict) -> Fraction:
    return cost_of(prices, charged).exact_excl_vat


def money(text: str) -> Decimal:
    return Decimal(text)
