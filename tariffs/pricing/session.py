"""Sessions in whole numbers, and what makes one implausible."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Final, Literal, NamedTuple

from .clock import DoubtfulTime, moment_of
from .problems import InvalidInput, Problem

Activity = Literal["charging", "parking", "reservation", "reservation_expired"]
Amount = int | str | Decimal | Fraction
PeriodRow = tuple[Activity, int, Amount] | tuple[Activity, int, Amount, Amount | None, Amount | None]

ACTIVITIES: Final[tuple[Activity, ...]] = ("charging", "parking", "reservation", "reservation_expired")
RESERVED: Final = frozenset({"reservation", "reservation_expired"})
PARTS_OF_KWH: Final = 10**9
TEN_THOUSANDTHS: Final = 10**4  # power and current count in ten-thousandths: a tariff's limits have four decimals
MOST_SECONDS: Final = 366 * 86_400
MOST_KWH: Final = 2_000
_KWH_AT_ONCE: Final = 100
_KWH_AN_HOUR: Final = 1_000  # no connector has more than 1,000 kW


class InvalidSession(InvalidInput):
    """A session that makes no sense; `problems` names every place, reason and remedy."""


class Period(NamedTuple):
    """A stretch of the meter: whole seconds, energy in parts of a kWh, power and current in ten-thousandths."""

    activity: Activity
    seconds: int
    energy: int
    power: int | None
    current: int | None


@dataclass(frozen=True, slots=True)
class Minimum:
    """The small-session rule of a provider: shorter than this, or less than this, costs nothing."""

    seconds: int
    kwh: Decimal


@dataclass(frozen=True, slots=True)
class Session:
    """A session: `start` in seconds since 1970 (UTC), the location's zone, and periods that follow without a gap.

    `parts` is how many parts of a kWh the energy of its periods counts in, a multiple of 10^9.
    """

    start: int
    time_zone: str
    periods: tuple[Period, ...]
    parts: int = PARTS_OF_KWH
    minimum: Minimum | None = None

    @classmethod
    def of(
        cls, start: datetime, time_zone: str, periods: Sequence[PeriodRow], minimum: Minimum | None = None
    ) -> "Session":
        """From rows (activity, seconds, kWh) or (activity, seconds, kWh, kW or None, A or None).

        A start without an offset is local time at the location. Raises InvalidSession, and TypeError for floats,
        which are not what they were written as.
        """
        if any(isinstance(value, float) for row in periods for value in row):
            raise TypeError("give kWh, kW and A as Decimal, Fraction, int or text, not as float")
        try:
            moment = moment_of(start, time_zone)
        except DoubtfulTime as doubt:
            raise InvalidSession([doubt.problem]) from doubt
        ratios = [ratio(row[2]) for row in periods]
        parts = lcm(PARTS_OF_KWH, *[denominator for _, denominator in ratios])
        counted = [
            Period(row[0], row[1], numerator * (parts // denominator), *_ten_thousandths(row[3:]))
            for row, (numerator, denominator) in zip(periods, ratios, strict=True)
        ]
        problems = [*_implausible(counted, parts)]
        if problems:
            raise InvalidSession(problems)
        return cls(moment, time_zone, _with_moments(counted), parts, minimum)


def ratio(amount: Amount) -> tuple[int, int]:
    """An exact amount as two whole numbers, in lowest terms."""
    return (Fraction(amount) if isinstance(amount, str) else amount).as_integer_ratio()


def _ten_thousandths(row: Sequence[Amount | None]) -> tuple[int | None, int | None]:
    """A limit holds at exactly its value, so what lies between two ten-thousandths counts as the lower."""
    if not row:
        return None, None
    kw, amps = row
    return (
        None if kw is None else int(Fraction(kw) * TEN_THOUSANDTHS),
        None if amps is None else int(Fraction(amps) * TEN_THOUSANDTHS),
    )


def _with_moments(periods: list[Period]) -> tuple[Period, ...]:
    """Without the periods that have neither length nor energy: they are no moment of the session.

    Where a session or reservation has nothing else, its first stays: it did begin.
    """
    moments: list[Period] = []
    for reserved in (True, False):
        phase = [each for each in periods if (each.activity in RESERVED) == reserved]
        moments += [each for each in phase if each.seconds or each.energy] or phase[:1]
    return tuple(moments)


def _implausible(rows: Sequence[Period], parts: int) -> Iterable[Problem]:
    """Everything that no meter reports."""
    if not rows:
        yield Problem("periods", "is empty", "give at least one period")
    for index, (activity, seconds, energy, power, current) in enumerate(rows):
        path = f"periods[{index}]"
        if activity not in ACTIVITIES:
            yield Problem(f"{path}.activity", f"{activity!r} is unknown", f"use one of {', '.join(ACTIVITIES)}")
        if seconds < 0:
            yield Problem(f"{path}.seconds", f"{seconds}: the period ends before it starts", "give 0 or more")
        if energy < 0:
            yield Problem(f"{path}.kwh", f"{Fraction(energy, parts)} is negative", "give 0 or more")
        if activity in RESERVED and energy > 0:
            yield Problem(f"{path}.kwh", "a reservation delivers no energy", "give the energy to a charging period")
        for name, value in (("kw", power), ("amps", current)):
            if value is not None and value < 0:
                yield Problem(f"{path}.{name}", "is negative", "give 0 or more")
    yield from _disordered([row[0] for row in rows])
    energy = sum([row.energy for row in rows])
    if energy > _KWH_AT_ONCE * parts:
        yield from _oversized(sum(row.seconds for row in rows if row.activity not in RESERVED), Fraction(energy, parts))
    if sum([row.seconds for row in rows]) > MOST_SECONDS:
        yield Problem("periods", "last longer than a year", "check the unit: seconds")


def _disordered(activities: list[Activity]) -> Iterable[Problem]:
    reserved = [activity in RESERVED for activity in activities]
    if reserved != sorted(reserved, reverse=True):
        yield Problem("periods", "a reservation follows the session", "put the reservation first")
    if {"reservation", "reservation_expired"} <= set(activities):
        yield Problem("periods", "a reservation both led to a session and expired", "use one of the two activities")


def _oversized(seconds: int, kwh: Fraction) -> Iterable[Problem]:
    """More than any connector delivers in that time; a meter that reports late may have 100 kWh at once."""
    most = min(Fraction(MOST_KWH), _KWH_AT_ONCE + Fraction(_KWH_AN_HOUR * max(seconds, 0), 3600))
    if kwh > most:
        reason = f"{float(kwh):,.10g} kWh in {seconds:,} s is more than a charge point delivers"
        yield Problem("periods", reason, "check the unit: kWh, not Wh")
