"""The three reference sessions on which prices are compared, with their exact shape."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from .session import PeriodRow, Session


@dataclass(frozen=True, slots=True)
class ReferenceSession:
    """The shape of a session: the day of the week (0 is Monday) and the local time of its start, and its periods."""

    key: str
    title: str
    weekday: int
    at: time
    periods: tuple[PeriodRow, ...]

    def on_or_after(self, day: date, time_zone: str) -> Session:
        """The session on the first day from `day` on that is its day of the week."""
        start = day + timedelta(days=(self.weekday - day.weekday()) % 7)
        return Session.of(datetime.combine(start, self.at), time_zone, self.periods)

    def as_dict(self, day: date, time_zone: str) -> dict[str, object]:
        """The session as `manage.py price` reads it."""
        start = day + timedelta(days=(self.weekday - day.weekday()) % 7)
        names = ("activity", "seconds", "kwh", "kw", "amps")
        periods = [
            {
                name: str(value) if isinstance(value, Decimal) else value
                for name, value in zip(names, row, strict=False)
                if value is not None
            }
            for row in self.periods
        ]
        return {
            "start": datetime.combine(start, self.at).isoformat(),
            "time_zone": time_zone,
            "periods": periods,
        }


STREET: Final = ReferenceSession(
    "street",
    "AC session in the street: Monday 17:30, 22 kWh in 2 hours at 11 kW, then 1 hour parked",
    0,
    time(17, 30),
    (
        ("charging", 7_200, Decimal(22), Decimal(11), Decimal(16)),
        ("parking", 3_600, Decimal(0), Decimal(0), Decimal(0)),
    ),
)
HOME: Final = ReferenceSession(
    "home",
    "Night at home: Tuesday 22:30, 37 kWh in 5 hours at 7.4 kW, then 3 hours and a half parked",
    1,
    time(22, 30),
    (
        ("charging", 18_000, Decimal(37), Decimal("7.4"), Decimal(32)),
        ("parking", 12_600, Decimal(0), Decimal(0), Decimal(0)),
    ),
)
FAST: Final = ReferenceSession(
    "fast",
    "Fast charge: Saturday 14:00, 45 kWh in half an hour at 90 kW, then 5 minutes parked",
    5,
    time(14),
    (
        ("charging", 1_800, Decimal(45), Decimal(90), Decimal(225)),
        ("parking", 300, Decimal(0), Decimal(0), Decimal(0)),
    ),
)
REFERENCE_SESSIONS: Final = (STREET, HOME, FAST)
