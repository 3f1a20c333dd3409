"""Meter values of OCPP 1.6 and 2.0.1: the energy register in Wh, out of all that a device sends along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

REGISTER = "Energy.Active.Import.Register"
FACTORS = {"Wh": Decimal(1), "kWh": Decimal(1000)}
LARGEST = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Reading:
    """The register at a moment, in Wh with one decimal. ``context`` is OCPP's word for the occasion."""

    at: datetime
    watt_hours: Decimal
    context: str = "Sample.Periodic"


def readings(meter_values: Iterable[Mapping[str, Any]], moment: Any) -> list[Reading]:
    """Out of meterValue (1.6 and 2.0.1, with the library's names); ``moment`` reads a timestamp, None where it is none.

    The register as a whole goes before the sum of its phases; what is no number is left out.
    """
    result = []
    for entry in meter_values:
        at = moment(entry.get("timestamp"))
        samples = [each for each in entry.get("sampled_value", ()) if _is_register(each)]
        whole = [each for each in samples if not each.get("phase")]
        amounts = [amount for each in whole[:1] or samples if (amount := _watt_hours(each)) is not None]
        if at is not None and amounts:
            context = str((whole or samples)[0].get("context") or "Sample.Periodic")
            result.append(Reading(at, sum(amounts, Decimal(0)), context))
    return sorted(result, key=lambda reading: reading.at)


def _is_register(sample: Mapping[str, Any]) -> bool:
    outside = sample.get("location") in (None, "Outlet")
    return sample.get("measurand", REGISTER) == REGISTER and sample.get("format") != "SignedData" and outside


def _watt_hours(sample: Mapping[str, Any]) -> Decimal | None:
    """In Wh: the unit of 1.6 stands beside the value, that of 2.0.1 in an object with a power of ten."""
    unit: Any = sample.get("unit") or sample.get("unit_of_measure") or "Wh"
    multiplier = 0
    if isinstance(unit, Mapping):
        multiplier, unit = int(unit.get("multiplier") or 0), unit.get("unit") or "Wh"
    return watt_hours(sample.get("value"), FACTORS.get(str(unit)), multiplier)


def watt_hours(value: Any, factor: Decimal | None = Decimal(1), multiplier: int = 0) -> Decimal | None:
    """None where it is no amount that a meter shows."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    if factor is None or not amount.is_finite() or abs(multiplier) > 12:
        return None
    amount = amount * factor * Decimal(10) ** multiplier
    return amount.quantize(Decimal("0.1")) if 0 <= amount < LARGEST else None


@dataclass(frozen=True, slots=True)
class Metered:
    """What the readings of a transaction come to: kWh, how long it only parked at the end, periods of (activity, seconds, kWh)."""

    kwh: Decimal
    parking_seconds: int
    periods: tuple[tuple[str, int, str], ...]
    went_back: bool


def metered(begin: datetime, end: datetime, readings_of_it: Iterable[Reading], meter_start: Decimal | None) -> Metered:
    """Out of the register between start and end. A reading below an earlier one is left out, and said.

    Parking is what follows the last reading that rose, if a later one shows that nothing flowed any more. Without
    a register at the start, the first reading counts as that.
    """
    points: list[tuple[datetime, Decimal]] = [] if meter_start is None else [(begin, meter_start)]
    went_back = False
    for reading in sorted(readings_of_it, key=lambda each: (each.at, each.watt_hours)):
        at = min(max(reading.at, begin), end)
        if points and reading.watt_hours < points[-1][1]:
            went_back = True
        else:
            points.append((at, reading.watt_hours) if points else (begin, reading.watt_hours))
    if not points:
        return Metered(Decimal(0), 0, (), went_back)
    total = (points[-1][1] - points[0][1]) / 1000
    parked_from = _last_rise(points)
    parking = int((end - parked_from).total_seconds()) if parked_from < points[-1][0] and total else 0
    parking = min(parking, int((end - begin).total_seconds()))
    return Metered(total, parking, _periods(begin, end, points, parking), went_back)


def _last_rise(points: list[tuple[datetime, Decimal]]) -> datetime:
    """The moment from which the register stayed as it is."""
    return next(at for at, register in points if register == points[-1][1])


def _periods(
    begin: datetime, end: datetime, points: list[tuple[datetime, Decimal]], parking: int
) -> tuple[tuple[str, int, str], ...]:
    """Charging from reading to reading, and parking at the end; whole seconds that add up to the session's."""
    whole = int((end - begin).total_seconds())
    charging = whole - parking
    result: list[tuple[str, int, str]] = []
    done = 0
    for (_, lower), (at, upper) in pairwise(points):
        until = min(int((at - begin).total_seconds()), charging)
        if upper > lower or until > done:
            result.append(("charging", until - done, f"{((upper - lower) / 1000).normalize():f}"))
            done = until
    if done < charging:
        if result:
            activity, seconds, kwh = result[-1]
            result[-1] = (activity, seconds + charging - done, kwh)
        else:
            result.append(("charging", charging - done, "0"))
    return tuple(result + ([("parking", parking, "0")] if parking else []))
