"""Price boundaries within a metered period: where another price began to hold while the meter reported nothing in between.

Energy is then spread evenly over the period, which is an assumption that whoever reads the price may want to know.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Final

from .clock import zone_of
from .compiled import CompiledTariff
from .metering import Crossing
from .session import TEN_THOUSANDTHS

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class SpreadPeriod:
    """A metered period that crosses price boundaries, in their order: "23:00", "1 Apr 2026", "Saturday", "10 kWh",
    "60 minutes"."""

    seconds: int
    boundaries: tuple[str, ...]

    def as_text(self) -> str:
        crossed = self.boundaries
        named = crossed[0] if len(crossed) == 1 else f"{', '.join(crossed[:-1])} and {crossed[-1]}"
        return f"spread evenly over {_length(self.seconds)} that cross {named}"


def spread_periods(
    compiled: CompiledTariff, start: int, parts: int, crossings: Iterable[Crossing]
) -> tuple[SpreadPeriod, ...]:
    """The periods of a session that began at ``start`` (seconds since 1970) and counts in ``parts`` of a kWh."""
    periods = []
    for (_, seconds), crossed in groupby(crossings, key=lambda each: (each.begin, each.seconds)):
        names = [name for each in crossed for name in _names(compiled, start, parts, each)]
        periods.append(SpreadPeriod(seconds, tuple(dict.fromkeys(names))))
    return tuple(periods)


def _names(compiled: CompiledTariff, start: int, parts: int, crossing: Crossing) -> Iterable[str]:
    """What is reached there: an amount of energy, a length of the session, or else a time of the clock."""
    active = compiled.active_elements
    energy = crossing.delivered * TEN_THOUSANDTHS / parts
    if energy in active.energy_bounds:
        yield f"{(Decimal(int(energy)) / TEN_THOUSANDTHS).normalize():f} kWh"
    if crossing.elapsed in active.duration_bounds:
        yield _length(int(crossing.elapsed))
    elif crossing.by_time:
        yield _clock_name(compiled, start + int(crossing.elapsed))


def _clock_name(compiled: CompiledTariff, moment: int) -> str:
    """The time at the location; at midnight the date or the day, where it is that which changes the price."""
    local = datetime.fromtimestamp(moment, zone_of(compiled.time_zone))
    if (local.hour, local.minute) == (0, 0):
        restrictions = [element.restrictions for element in compiled.tariff.elements]
        if any(local.date() in (each.start_date, each.end_date) for each in restrictions):
            return f"{local.day} {local:%b %Y}"
        today, yesterday = _DAYS[local.weekday()], _DAYS[local.weekday() - 1]
        if any((today.upper() in each.day_of_week) != (yesterday.upper() in each.day_of_week) for each in restrictions):
            return today
    repeated = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return f"{local:%H:%M} (UTC{local:%z})" if repeated else f"{local:%H:%M}"


def _length(seconds: int) -> str:
    number, unit = (seconds, "second") if seconds % 60 else (seconds // 60, "minute")
    return f"{number:,} {unit}{'' if number == 1 else 's'}"
