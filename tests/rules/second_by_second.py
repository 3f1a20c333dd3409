"""An independent pricing: walks through a session second by second and asks of each what holds.

It reads OCPI objects and sessions as plain JSON, shares no code with the engine, and is as slow and plain as it can be
afforded to be. A second in which the energy passes a kWh threshold is taken in parts.
"""

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import ceil, floor, lcm
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
TIMED = {"charging": "TIME", "parking": "PARKING_TIME", "reservation": "TIME", "reservation_expired": "TIME"}


class Moment(NamedTuple):
    activity: str
    seconds: Fraction
    energy: Fraction
    clock: str
    day: str
    date: str
    duration: int
    kwh: Fraction
    kw: Fraction | None
    amps: Fraction | None


class Walk:
    """The moments of a reservation or of a session, and what was found out about them."""

    def __init__(self, moments: list[Moment]) -> None:
        self.moments = moments
        self.seconds = in_whole_numbers([each.seconds for each in moments])
        self.energy = in_whole_numbers([each.energy for each in moments])
        self.holding: dict[str, bytes] = {}

    def where(self, restrictions: dict) -> bytes:
        """For each moment 1 or 0: do the restrictions hold?"""
        key = json.dumps(restrictions, sort_keys=True, default=str)
        if key not in self.holding:
            if len(self.holding) > 2000:
                self.holding.clear()
            present = {name: value for name, value in restrictions.items() if value not in (None, [])}
            self.holding[key] = bytes(holds(present, moment) for moment in self.moments)
        return self.holding[key]


def in_whole_numbers(amounts: list[Fraction]) -> tuple[list[int], int]:
    unit = lcm(*{amount.denominator for amount in amounts})
    return [int(amount * unit) for amount in amounts], unit


def brute_force(tariff: dict, session: dict) -> tuple[Fraction, Fraction]:
    """Exact totals excluding and including VAT."""
    reserved, metered = walks(json.dumps(session), kwh_thresholds(tariff))
    minimum = session.get("minimum")
    small = bool(metered.moments) and minimum is not None and is_small(metered.moments, minimum)
    excl, incl = phase(tariff, reserved)
    if metered.moments and not small:
        more_excl, more_incl = phase(tariff, metered)
        excl, incl = bound(tariff, "min_price", max, excl + more_excl, incl + more_incl)
    return bound(tariff, "max_price", min, excl, incl)


@lru_cache(maxsize=16)
def walks(session_json: str, thresholds: tuple[str, ...]) -> tuple[Walk, Walk]:
    moments = moments_of(json.loads(session_json), thresholds)
    reserved = [each for each in moments if each.activity.startswith("reservation")]
    return Walk(reserved), Walk(moments[len(reserved) :])


def is_small(metered: list[Moment], minimum: dict) -> bool:
    lasted, energy = sum(each.seconds for each in metered), sum(each.energy for each in metered)
    return lasted < minimum["seconds"] or energy < exact(minimum["kwh"])


def bound(tariff: dict, name: str, pick, excl: Fraction, incl: Fraction) -> tuple[Fraction, Fraction]:
    limit = tariff.get(name)
    if not limit:
        return excl, incl
    bound_excl = pick(excl, exact(limit["excl_vat"]))
    if limit.get("incl_vat") is not None:
        bound_incl = pick(incl, exact(limit["incl_vat"]))
    elif excl:
        bound_incl = incl * bound_excl / excl
    else:
        rates = {str(each.get("vat")) for element in tariff["elements"] for each in element["price_components"]}
        shared = rates.pop() if len(rates) == 1 else "None"
        bound_incl = bound_excl * (1 + (exact(shared) / 100 if shared != "None" else 0))
    return bound_excl, max(bound_excl, bound_incl)


def exact(value) -> Fraction:
    return Fraction(str(value))


def kwh_thresholds(tariff: dict) -> tuple[str, ...]:
    found = set()
    for element in tariff["elements"]:
        for name in ("min_kwh", "max_kwh"):
            value = (element.get("restrictions") or {}).get(name)
            if value is not None:
                found.add(str(value))
    return tuple(sorted(found))


def moments_of(session: dict, thresholds: tuple[str, ...]) -> list[Moment]:
    zone = ZoneInfo(session["time_zone"])
    start = datetime.fromisoformat(session["start"])
    now = (start if start.tzinfo else start.replace(tzinfo=zone)).astimezone(UTC)
    limits = sorted(Fraction(each) for each in thresholds)
    moments, duration, kwh = [], 0, Fraction(0)
    for period in session["periods"]:
        in_session = not period["activity"].startswith("reservation")
        energy = Fraction(str(period.get("kwh", 0)))
        if not period["seconds"] and not energy:
            continue
        for _ in range(period["seconds"] or 1):
            piece = energy / (period["seconds"] or 1)
            moments += in_parts(period, now.astimezone(zone), duration if in_session else 0, kwh, piece, limits)
            kwh += piece
            if period["seconds"]:
                now += timedelta(seconds=1)
                duration += in_session
    return moments


def in_parts(
    period: dict, local: datetime, duration: int, kwh: Fraction, energy: Fraction, limits: list
) -> list[Moment]:
    """One second, cut where its energy passes a threshold."""
    edges = [kwh, *(limit for limit in limits if kwh < limit < kwh + energy), kwh + energy]
    lasts = 1 if period["seconds"] else 0
    average = Fraction(str(period["kwh"])) * 3600 / period["seconds"] if period["seconds"] else None
    kw = average if period.get("kw") is None else exact(period["kw"])
    amps = None if period.get("amps") is None else exact(period["amps"])
    return [
        Moment(
            period["activity"],
            Fraction(lasts) if len(edges) == 2 else lasts * (until - begin) / energy,
            until - begin,
            f"{local:%H:%M}",
            DAYS[local.weekday()],
            local.date().isoformat(),
            duration,
            begin,
            kw,
            amps,
        )
        for begin, until in pairwise(edges)
    ]


def holds(r: dict, moment: Moment) -> bool:
    """Whether all restrictions that are set hold."""
    return (
        ("day_of_week" not in r or moment.day in r["day_of_week"])
        and ("start_date" not in r or moment.date >= r["start_date"])
        and ("end_date" not in r or moment.date < r["end_date"])
        and in_window(r.get("start_time", "00:00"), r.get("end_time", "00:00"), moment.clock)
        and ("min_duration" not in r or moment.duration >= r["min_duration"])
        and ("max_duration" not in r or moment.duration < r["max_duration"])
        and within(r.get("min_kwh"), r.get("max_kwh"), moment.kwh)
        and within(r.get("min_power"), r.get("max_power"), moment.kw)
        and within(r.get("min_current"), r.get("max_current"), moment.amps)
    )


def in_window(start: str, end: str, clock: str) -> bool:
    if start == end:
        return True
    if end == "00:00":
        end = "24:00"
    return start <= clock < end if start < end else clock >= start or clock < end


def within(least, most, value) -> bool:
    if least is None and most is None:
        return True
    if value is None:
        return False
    return (least is None or value >= exact(least)) and (most is None or value < exact(most))


def phase(tariff: dict, walk: Walk) -> tuple[Fraction, Fraction]:
    """A reservation or a session: what each component counts, the steps, and the sum."""
    if not walk.moments:
        return Fraction(0), Fraction(0)
    counted: dict[tuple[int, str], Fraction] = {}
    last: dict[str, tuple[int, tuple[int, str]]] = {}
    for dimension in sorted(dimensions_of(tariff) - {"FLAT"}):
        chosen = prices_by(tariff, walk, dimension)
        amounts, unit = walk.energy if dimension == "ENERGY" else walk.seconds
        for who in set(chosen) - {None}:
            counted[who] = Fraction(sum(amount for amount, by in zip(amounts, chosen, strict=True) if by is who), unit)
        used = [index for index, by in enumerate(chosen) if by and amounts[index]]
        if used:
            last[dimension] = (used[-1], chosen[used[-1]])
    round_up(tariff, counted, last)
    flat = next((who for who in prices_by(tariff, walk, "FLAT") if who), None)
    if flat:
        counted[flat] = Fraction(1)
    return sum_up(tariff, counted)


def dimensions_of(tariff: dict) -> set[str]:
    return {each["type"] for element in tariff["elements"] for each in element["price_components"]}


def prices_by(tariff: dict, walk: Walk, dimension: str) -> list[tuple[int, str] | None]:
    """For each moment the component that prices the dimension, the first in list order that holds."""
    moments = walk.moments
    kind = moments[0].activity if moments[0].activity.startswith("reservation") else None
    passes = {
        None: [None],
        "reservation": ["RESERVATION"],
        "reservation_expired": ["RESERVATION_EXPIRES", "RESERVATION"],
    }
    chosen: list[tuple[int, str] | None] = [None] * len(moments)
    for reservation in passes[kind]:
        for position, element in enumerate(tariff["elements"]):
            restrictions = element.get("restrictions") or {}
            types = [each["type"] for each in element["price_components"]]
            if dimension not in types or restrictions.get("reservation") != reservation or None not in chosen:
                continue
            where = walk.where({k: v for k, v in restrictions.items() if k != "reservation"})
            who = (position, dimension)
            chosen = [old or (held and who) or None for old, held in zip(chosen, where, strict=True)]
    timed = dimension in ("TIME", "PARKING_TIME")
    return [
        None if timed and TIMED[moment.activity] != dimension else who
        for moment, who in zip(moments, chosen, strict=True)
    ]


def component(tariff: dict, who: tuple[int, str]) -> dict:
    return next(each for each in tariff["elements"][who[0]]["price_components"] if each["type"] == who[1])


def round_up(tariff: dict, counted: dict, last: dict) -> None:
    if "ENERGY" in last:
        step_up(tariff, counted, last["ENERGY"][1], Fraction(1, 1000))
    times = [last[each] for each in ("TIME", "PARKING_TIME") if each in last]
    if times:
        step_up(tariff, counted, max(times)[1], Fraction(1))


def step_up(tariff: dict, counted: dict, who: tuple[int, str], unit: Fraction) -> None:
    step = (component(tariff, who).get("step_size") or 0) * unit
    if step:
        total = sum(amount for (_, dimension), amount in counted.items() if dimension == who[1])
        counted[who] += ceil(Fraction(total) / step) * step - total


def sum_up(tariff: dict, counted: dict) -> tuple[Fraction, Fraction]:
    excl = incl = Fraction(0)
    for who, amount in counted.items():
        each = component(tariff, who)
        money = amount * exact(each["price"]) / (3600 if who[1] in ("TIME", "PARKING_TIME") else 1)
        vat = exact(each["vat"]) if each.get("vat") is not None else Fraction(0)
        excl, incl = excl + money, incl + money * (1 + vat / 100)
    return excl, incl


def half_up(amount: Fraction, decimals: int = 2) -> str:
    cents = floor(amount * 10**decimals + Fraction(1, 2))
    return f"{cents // 10**decimals}.{cents % 10**decimals:0{decimals}}"
