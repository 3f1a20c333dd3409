"""Datetimes as people type them, and the clock of the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from django.db import connection

EARLIEST, LATEST = 1970, 2200


class NotAMoment(ValueError):
    """The text is no moment; the message says what one looks like."""


def read_moment(text: str, zone: Callable[[], tzinfo]) -> datetime:
    """ISO 8601; without an offset it is the wall clock of ``zone()``, in an hour that the clock repeats the first one."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise NotAMoment(f"“{text}” is not a time in ISO 8601, such as 2026-12-01T09:00 or 2026-12-01T09:00+01:00.")
    if not EARLIEST <= moment.year <= LATEST:
        raise NotAMoment(f"The year {moment.year} is out of reach: give one from {EARLIEST} to {LATEST}.")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone())


def database_clock() -> datetime:
    """The one clock by which changes come into force: that of the database, which all processes share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment
