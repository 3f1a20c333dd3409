"""Which restrictions does no session meet, and why?"""

from collections.abc import Iterator
from datetime import timedelta

from .conditions import condition
from .tariff import DAYS, Restrictions

_UNITS = {"kwh": "kWh", "duration": "s", "power": "kW", "current": "A"}


def contradiction(restrictions: Restrictions) -> str:
    """Why no session ever meets them, or nothing."""
    return next(_contradictions(restrictions), "")


def _contradictions(r: Restrictions) -> Iterator[str]:
    for name, unit in _UNITS.items():
        least, most = getattr(r, f"min_{name}"), getattr(r, f"max_{name}")
        if most is not None and most <= (least or 0):
            yield f"from {least or 0} {unit} and below {most} {unit} exclude each other"
    if r.start_date and r.end_date and r.start_date >= r.end_date:
        yield f"it ends before {r.end_date} and begins on {r.start_date}"
    elif r.start_date and r.end_date and r.day_of_week:
        days = min((r.end_date - r.start_date).days, len(DAYS))
        dated = {DAYS[(r.start_date + timedelta(days=day)).weekday()] for day in range(days)}
        if not dated & set(r.day_of_week):
            yield f"none of its days of the week lies in its dates ({condition(r)})"
    if r.reservation and (r.min_duration or r.min_kwh):
        yield "a reservation has no duration and no kWh of a session"
