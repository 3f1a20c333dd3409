"""The week chart: what a session costs at each hour of the week, to be read without its colours too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tariffs.pricing import Session, Tariff
from tariffs.pricing.clock import zone_of
from tariffs.pricing.currencies import MINOR_UNITS
from tariffs.pricing.week import week_of_session

SHADES = 5


@dataclass(frozen=True)
class Cell:
    """`amount` is empty for an hour that the clock skips; `shade` counts from 0, the cheapest."""

    amount: str
    shade: int
    highlighted: bool


@dataclass(frozen=True)
class Week:
    """Seven days of 24 cells, Monday first; `words` says the cheapest and the dearest hour."""

    monday: date
    days: list[tuple[date, list[Cell]]]
    words: str


def monday_of(session: Session) -> date:
    start = _local(session)
    return start.date() - timedelta(days=start.weekday())


def costs(tariff: Tariff, session: Session) -> list[Decimal | None]:
    """168 totals including VAT, Monday 00:00 first."""
    week = week_of_session(tariff, monday_of(session), session)
    return [None if cost is None else cost.incl_vat for cost in week]


def picture(amounts: list[Decimal | None], session: Session, currency: str, scale: Iterable[Decimal | None]) -> Week:
    """`scale` holds all amounts of the page, so that a shade means the same in every picture on it."""
    known = [amount for amount in scale if amount is not None]
    least, most = min(known), max(known)
    start = _local(session)
    highlighted = start.weekday() * 24 + start.hour
    decimals = MINOR_UNITS[currency]

    def cell(hour: int) -> Cell:
        amount = amounts[hour]
        if amount is None:
            return Cell("", 0, False)
        shade = int((amount - least) * SHADES / (most - least)) if most > least else 0
        return Cell(f"{amount:,.{decimals}f}", min(shade, SHADES - 1), hour == highlighted)

    monday = monday_of(session)
    days = [(monday + timedelta(days=day), [cell(24 * day + hour) for hour in range(24)]) for day in range(7)]
    return Week(monday, days, _words(amounts, currency))


def _words(amounts: list[Decimal | None], currency: str) -> str:
    known = [amount for amount in amounts if amount is not None]
    least, most = min(known), max(known)
    if least == most:
        return f"{_money(least, currency)} at every hour of the week."
    return (
        f"Cheapest: {_money(least, currency)}, first on {_hour(amounts.index(least))}. "
        f"Dearest: {_money(most, currency)}, first on {_hour(amounts.index(most))}."
    )


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount:,.{MINOR_UNITS[currency]}f} {currency}"


def _hour(position: int) -> str:
    monday = datetime(2024, 1, 1, tzinfo=UTC)
    return f"{monday + timedelta(hours=position):%A at %H:00}"


def _local(session: Session) -> datetime:
    return datetime.fromtimestamp(session.start, zone_of(session.time_zone))
