"""The cost of a session at each hour of the week: the figures of the week chart."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from .clock import SkippedTime, moment_of
from .compiled import compile_tariff
from .cost import Cost
from .engine import price
from .session import PeriodRow, Session
from .tariff import Tariff


@dataclass(frozen=True, slots=True)
class SessionShape:
    """A session without its start: kWh at a constant power, then parked."""

    kwh: Decimal
    kw: Decimal
    parked_seconds: int = 0

    @property
    def seconds(self) -> int:
        """How long it charges, in whole seconds."""
        return int(Fraction(self.kwh) * 3600 / Fraction(self.kw))


SHAPES: Final = (
    SessionShape(Decimal(10), Decimal("7.4"), 3_600),
    SessionShape(Decimal(22), Decimal(11)),
    SessionShape(Decimal(40), Decimal(150), 900),
)
HOURS_OF_A_WEEK: Final = 7 * 24


def week_of(tariff: Tariff, day: date, time_zone: str, shape: SessionShape) -> Iterator[Cost | None]:
    """The cost of a session that starts at each hour of seven days, `day` at 00:00 first.

    None for an hour that the clock skips; of one that it repeats, the first.
    """
    rows: list[PeriodRow] = [("charging", shape.seconds, shape.kwh, shape.kw, None)]
    if shape.parked_seconds:
        rows.append(("parking", shape.parked_seconds, 0))
    return week_of_session(tariff, day, Session.of(datetime.combine(day, time(12)), time_zone, rows))


def week_of_session(tariff: Tariff, day: date, session: Session) -> Iterator[Cost | None]:
    """The same as `week_of` for a session as it is, whose own start does not matter."""
    compiled = compile_tariff(tariff, session.time_zone)
    for hour in range(HOURS_OF_A_WEEK):
        try:
            start = moment_of(datetime.combine(day, time(0)) + timedelta(hours=hour), session.time_zone)
        except SkippedTime:
            yield None
        else:
            yield price(compiled, replace(session, start=start))
