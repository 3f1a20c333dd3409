"""Restrictions in words: "Mon-Fri 08:00-18:00", "from 30 kWh", "for a reservation"."""

from datetime import date, time
from decimal import Decimal
from typing import Final

from .tariff import DAYS, Day, Restrictions

_RESERVED: Final = {"RESERVATION": "for a reservation", "RESERVATION_EXPIRES": "for a reservation that expires"}


def condition(restrictions: Restrictions) -> str:
    """All restrictions of an element in words, or nothing where it always holds."""
    parts = (
        _RESERVED.get(restrictions.reservation or "", ""),
        _days(restrictions.day_of_week),
        _hours(restrictions.start_time, restrictions.end_time),
        _dates(restrictions),
        _range(restrictions.min_kwh, restrictions.max_kwh, "kWh"),
        _durations(restrictions.min_duration, restrictions.max_duration),
        _range(restrictions.min_power, restrictions.max_power, "kW"),
        _range(restrictions.min_current, restrictions.max_current, "A"),
    )
    return " ".join(filter(None, parts))


def _days(days: tuple[Day, ...]) -> str:
    """Runs of days: Mon-Fri, Sat. All seven say nothing."""
    if len(days) == len(DAYS):
        return ""
    runs: list[list[int]] = []
    for index in map(DAYS.index, days):
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return ", ".join(_short(run[0]) if len(run) == 1 else f"{_short(run[0])}-{_short(run[-1])}" for run in runs)


def _short(index: int) -> str:
    return DAYS[index][:3].capitalize()


def _hours(start: time | None, end: time | None) -> str:
    """A window of the day; one that covers the whole day says nothing."""
    begin, until = start or time(0), end or time(0)
    if begin == until:
        return ""
    return f"{begin:%H:%M}-{'24:00' if until == time(0) else format(until, '%H:%M')}"


def _dates(restrictions: Restrictions) -> str:
    first, end = restrictions.start_date, restrictions.end_date
    parts = (f"from {_day(first)}" if first else "", f"before {_day(end)}" if end else "")
    return " ".join(filter(None, parts))


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _range(least: Decimal | None, most: Decimal | None, unit: str) -> str:
    if not least and most is None:
        return ""
    if most is None:
        return f"from {_plain(least)} {unit}"
    return f"{_plain(least)}-{_plain(most)} {unit}" if least else f"below {_plain(most)} {unit}"


def _durations(least: int | None, most: int | None) -> str:
    if not least and most is None:
        return ""
    if most is None:
        return f"after {_span(least or 0)}"
    return f"from {_span(least)} to {_span(most)}" if least else f"in the first {_span(most)}"


def _span(seconds: int) -> str:
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


def _plain(number: Decimal | None) -> str:
    digits = f"{number or Decimal(0):f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
