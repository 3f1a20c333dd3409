"""Datetimes as people type and read them, and the clock of the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.db import connection
from django.utils.formats import date_format

from evcnet.moment_remedy import moment_remedy

EARLIEST, LATEST = 1970, 2200


class NotAMoment(ValueError):
    """The text is no moment; the message says what one looks like."""


def read_moment(text: str, zone: Callable[[], tzinfo], *, ends: bool = False) -> datetime:
    """ISO 8601; without an offset it is the wall clock of ``zone()``, in an hour that the clock repeats the first one.

    A date alone is its first moment; of what ``ends`` it is the next midnight, so that the day is included. Raises
    NotAMoment, for a time that the clock skips as well.
    """
    if text.strip().startswith("T"):  # date and time are typed into fields of their own
        raise NotAMoment("Give the date as well: a time alone is no moment.")
    day = _day(text)
    try:
        moment = datetime.fromisoformat(text.strip()) if day is None else datetime.combine(day, time.min)
    except ValueError:
        wrong = f"“{text}” is not a time in ISO 8601, such as 2026-12-01T09:00 or 2026-12-01T09:00+01:00"
        raise NotAMoment(f"{wrong}{moment_remedy(text)}.")
    if not EARLIEST <= moment.year <= LATEST:
        raise NotAMoment(f"The year {moment.year} is out of reach: give one from {EARLIEST} to {LATEST}.")
    if moment.tzinfo:
        return moment
    if day is not None:
        return first_moment(day + timedelta(days=1) if ends else day, zone())
    return at_wall_clock(moment, zone())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def first_moment(day: date, zone: tzinfo) -> datetime:
    """Midnight; where the clock skips that, as it does in some zones, the moment at which it is put forward."""
    return datetime.combine(day, time.min, zone).astimezone(UTC).astimezone(zone)


def at_wall_clock(wall: datetime, zone: tzinfo) -> datetime:
    """The moment of a time without an offset. Raises NotAMoment where the clock skips it."""
    moment = wall.replace(tzinfo=zone)
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        later = moment.astimezone(UTC).astimezone(zone)
        raise NotAMoment(
            f"{wall:%Y-%m-%d %H:%M} does not exist there: in {zone} the clock is put forward over it. "
            f"Write {later:%H:%M}, which it shows in its place."
        )
    return moment


def is_first_of_two(moment: datetime) -> bool:
    """Whether the clock of its zone shows this time again an hour or so later."""
    return moment.fold == 0 and moment.utcoffset() != moment.replace(fold=1).utcoffset()


def moment_in_words(moment: datetime | None, zone: tzinfo) -> str:
    """As pages show it, by the clock of the zone: 3 Mar 2026 09:00; with its offset in an hour that comes twice."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    clock = date_format(local, "H:i:s" if local.second or local.microsecond else "H:i")
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    offset = f" {local:%z}" if twice else ""
    return f"{date_format(local, 'DATE_FORMAT')} {clock}{offset}"


def end_in_words(moment: datetime | None, zone: tzinfo) -> str:
    """The last day of what ends at midnight, else the moment: 31 Dec 2027."""
    last = last_day(moment, zone)
    return moment_in_words(moment, zone) if last is None else date_format(last, "DATE_FORMAT")


def last_day(moment: datetime | None, zone: tzinfo) -> date | None:
    """The day that is included in whole where something ends at midnight; None where it ends at another time."""
    if moment is None:
        return None
    day = moment.astimezone(zone).date()
    begins = first_moment(day, zone).astimezone(UTC)  # moments in a repeated hour are equal in UTC alone
    return day - timedelta(days=1) if begins == moment.astimezone(UTC) else None


def database_clock() -> datetime:
    """The one clock by which changes come into force: that of the database, which all processes share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment
