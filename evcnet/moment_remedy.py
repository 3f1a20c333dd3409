"""What to write in place of a text that people mean as a date or a time, and that is not ISO 8601."""

from __future__ import annotations

import re
from datetime import date, time

_DAY_FIRST = re.compile(
    r"(?P<one>\d{1,2})(?P<mark>[-/. ])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4})(?P<clock>.*)", re.ASCII
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/. ])(?P<two>\d{1,2})(?P=mark)(?P<one>\d{1,2})(?P<clock>.*)", re.ASCII
)
_CLOCK = re.compile(r"[T ,]*(?P<hour>\d{1,2}):(?P<rest>\d{2}(?::\d{2})?)\s*", re.ASCII)
_DAYS_COUNTED = re.compile(r"[2-7]\d{4}([.,]\d+)?", re.ASCII)
_IN_ORDER = re.compile(r"\d{4,}-\d{2}-\d{2}", re.ASCII)
MONTHS = 12
YEAR_FIRST = ": write the year first, with four digits, then the month and the day"


def moment_remedy(text: str) -> str:
    """ ": write 2027-12-31"; never a day that may not be meant: of 1/2/2027 the month is not known."""
    text = text.strip()
    if _DAYS_COUNTED.fullmatch(text):
        return ": it is the number by which a spreadsheet counts a day, so format the column as a date"
    if _IN_ORDER.match(text):  # a day or an hour that there is not
        return ""
    match = _DAY_FIRST.fullmatch(text) or _YEAR_FIRST.fullmatch(text)
    day, clock = (_day(match), _clock(match["clock"])) if match else (None, None)
    return YEAR_FIRST if day is None or clock is None else f": write {day.isoformat()}{clock}"


def _day(match: re.Match[str]) -> date | None:
    """The day, where only one can be meant: the year stands first, or one of the two numbers is no month."""
    one, two = int(match["one"]), int(match["two"])
    if match.re is _DAY_FIRST and one != two:
        if max(one, two) <= MONTHS:
            return None
        one, two = max(one, two), min(one, two)
    try:
        return date(int(match["year"]), two, one)
    except ValueError:
        return None


def _clock(text: str) -> str | None:
    """ "T09:00", "" where there is none, and None for one that there is not."""
    if not text.strip():
        return ""
    match = _CLOCK.fullmatch(text)
    try:
        moment = time.fromisoformat(f"{int(match['hour']):02}:{match['rest']}") if match else None
    except ValueError:
        return None
    return None if moment is None else f"T{moment.isoformat('seconds' if moment.second else 'minutes')}"
