"""Reads sessions of JSON objects; every problem is said with its place and remedy."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from .clock import DoubtfulTime, moment_of, zone_of
from .problems import Reader
from .session import ACTIVITIES, MOST_SECONDS, InvalidSession, Minimum, PeriodRow, Session

_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*", re.ASCII)
_DECIMALS: Final = 28
_FIELDS: Final = ("start", "time_zone", "periods", "minimum", "end", "kwh", "id", "note")
_PERIOD_FIELDS: Final = ("activity", "seconds", "kwh", "kw", "amps")


def read_session(value: object) -> Session:
    """Read {"start", "time_zone", "periods": [{"activity", "seconds", "kwh", "kw"?, "amps"?}], "minimum"?}.

    `end` and `kwh` may stand beside them, and must then agree with the periods. A period that parks or is reserved
    may leave out kwh: it has none. Nulls count as absent. Raises InvalidSession with every problem found.
    """
    reader = Reader()
    fields = reader.fields("", value, _FIELDS)
    start = _moment(reader, "start", fields.get("start"))
    zone = _zone(reader, fields.get("time_zone"))
    rows = [
        _period(reader, f"periods[{i}]", row) for i, row in enumerate(reader.rows("periods", fields.get("periods")))
    ]
    minimum = _minimum(reader, fields["minimum"]) if "minimum" in fields else None
    periods = [row for row in rows if row is not None]
    if start is None or zone is None or reader.problems:
        raise InvalidSession(reader.problems)
    session = Session.of(start, zone, periods, minimum)
    _add_up(reader, fields, session)
    if reader.problems:
        raise InvalidSession(reader.problems)
    return session


def _moment(reader: Reader, path: str, value: object) -> datetime | None:
    try:
        if isinstance(value, str) and _ISO.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError:
        pass
    reason = "is absent" if value is None else f"{value!r} is not a time"
    reader.refuse(path, reason, "write it as 2026-03-02T10:00:00")
    return None


def _zone(reader: Reader, value: object) -> str | None:
    if isinstance(value, str):
        return value
    reader.refuse("time_zone", "is absent", "give the location's zone, like Europe/Amsterdam")
    return None


def _period(reader: Reader, path: str, value: object) -> PeriodRow | None:
    fields = reader.fields(path, value, _PERIOD_FIELDS)
    activity = reader.choice(f"{path}.activity", fields.get("activity"), ACTIVITIES)
    seconds = _seconds(reader, f"{path}.seconds", fields.get("seconds"))
    kwh = _kwh(reader, path, fields, required=activity == "charging")
    kw = _optional(reader, f"{path}.kw", fields.get("kw"), most=1_000, unit="kW")
    amps = _optional(reader, f"{path}.amps", fields.get("amps"), most=3_000, unit="A")
    if activity is None or seconds is None or kwh is None:
        return None
    return (activity, seconds, kwh, kw, amps)


def _seconds(reader: Reader, path: str, value: object) -> int | None:
    if isinstance(value, int) and value < 0:
        reader.refuse(path, f"{value}: the period ends before it starts", "give 0 or more")
        return None
    return reader.whole(path, value, most=MOST_SECONDS, unit="seconds")


def _kwh(reader: Reader, path: str, fields: dict[str, Any], required: bool) -> Decimal | None:
    if "kwh" in fields or required:
        return reader.number(f"{path}.kwh", fields.get("kwh"), most=10**6, decimals=_DECIMALS, unit="kWh")
    return Decimal(0)


def _optional(reader: Reader, path: str, value: object, most: int, unit: str) -> Decimal | None:
    return None if value is None else reader.number(path, value, most=most, decimals=_DECIMALS, unit=unit)


def _minimum(reader: Reader, value: object) -> Minimum:
    """One of the two that is left out does not bind."""
    fields = reader.fields("minimum", value, ("seconds", "kwh"))
    seconds = reader.whole("minimum.seconds", fields.get("seconds", 0), most=MOST_SECONDS, unit="seconds")
    kwh = reader.number("minimum.kwh", fields.get("kwh", 0), most=10**6, decimals=_DECIMALS, unit="kWh")
    return Minimum(seconds or 0, kwh or Decimal(0))


def _add_up(reader: Reader, fields: dict[str, Any], session: Session) -> None:
    """Where the session says its end or its energy, the periods have to come to the same."""
    seconds = sum(period.seconds for period in session.periods)
    if "kwh" in fields:
        total = reader.number("kwh", fields["kwh"], most=10**6, decimals=_DECIMALS, unit="kWh")
        metered = Fraction(sum(period.energy for period in session.periods), session.parts)
        if total is not None and Fraction(total) != metered:
            reader.refuse("kwh", f"is {total}, the periods add up to {float(metered):g}", "correct one of them")
    if "end" in fields and (end := _moment(reader, "end", fields["end"])):
        spans = _spans(reader, end, session)
        if spans and max(spans) < 0:
            reader.refuse("end", "is before the start", "exchange them or correct one")
        elif spans and seconds not in spans:
            stated_span, added = timedelta(seconds=min(spans)), timedelta(seconds=seconds)
            reader.refuse("end", f"is {stated_span} after the start, the periods last {added}", "correct one of them")


def _spans(reader: Reader, end: datetime, session: Session) -> list[int]:
    """How long a session lasted that ends then: two answers in the hour that the clock repeats."""
    zone = zone_of(session.time_zone)
    try:
        first = moment_of(end, session.time_zone)
    except DoubtfulTime as doubt:
        reader.refuse("end", doubt.problem.reason, doubt.problem.remedy)
        return []
    second = moment_of(end.replace(tzinfo=end.tzinfo or zone, fold=1), session.time_zone)
    return [first - session.start, second - session.start]
