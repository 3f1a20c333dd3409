"""Restrictions: which elements of a tariff hold, by clock, duration, energy, power and current."""

from collections.abc import Callable, Sequence
from typing import Final

from .session import TEN_THOUSANDTHS, Period
from .spans import EVERYTHING, NEVER, UNBOUNDED, Mask, Span, intersect, mask_of, ten_thousandths, thresholds_of
from .tariff import Element, Restrictions
from .wallclock import WallClock

_HOUR: Final = 3600
_MOST_SETS: Final = 20_000


class ActiveElements:
    """Which of all elements hold at each moment of a session, each quantity by itself."""

    def __init__(self, elements: tuple[Element, ...], time_zone: str) -> None:
        by_clock = any(WallClock.restricts(element.restrictions) for element in elements)
        self._clock: Final = WallClock(elements, time_zone) if by_clock else None
        duration = thresholds_of(elements, lambda each: (each.min_duration, each.max_duration))
        self.duration_bounds: Final = frozenset(() if duration is None else duration.bounds)
        self._duration: Final = UNBOUNDED if duration is None else duration.spans()
        self._kwh: Final = thresholds_of(elements, ten_thousandths("min_kwh", "max_kwh"))
        self.energy_bounds: Final = frozenset(() if self._kwh is None else self._kwh.bounds)
        """In ten-thousandths of a kWh; ``duration_bounds`` in seconds."""
        self._power: Final = thresholds_of(elements, ten_thousandths("min_power", "max_power"))
        self._current: Final = thresholds_of(elements, ten_thousandths("min_current", "max_current"))
        self._unless_power: Final = _unless(elements, lambda each: (each.min_power, each.max_power))
        self._unless_current: Final = _unless(elements, lambda each: (each.min_current, each.max_current))
        self.by_meter: Final = self._power is not None or self._current is not None

    def in_time(self, start: int, seconds: int, *, before_session: bool) -> Sequence[Span]:
        """What clock and duration let hold from a start (UTC) on. A reservation has no duration of the session."""
        duration = ((NEVER, self._duration[0][1]),) if before_session else self._duration
        if self._clock is None:
            return duration
        clock = self._clock.spans(start, seconds)
        return clock if self._duration is UNBOUNDED else intersect(clock, duration)

    def in_energy(self, parts: int) -> tuple[Span, ...]:
        """What the energy of the session so far lets hold, in parts of a kWh."""
        return UNBOUNDED if self._kwh is None else self._kwh.spans(parts // TEN_THOUSANDTHS)

    def by_period(self, period: Period, parts: int) -> Mask:
        """What power and current of a period let hold.

        Without kW the average counts; energy in no time has none. What is unknown meets no restriction.
        """
        mask = EVERYTHING
        if self._power is not None:
            power = _average(period, parts) if period.power is None else period.power
            mask = self._unless_power if power is None else self._power.mask_at(power)
        if self._current is not None:
            current = period.current
            mask &= self._unless_current if current is None else self._current.mask_at(current)
        return mask

    def sets(self) -> set[Mask]:
        """Every set of elements that holds together at some moment of some session: the quantities vary freely.

        Empty if there are too many to tell.
        """
        by_quantity = [
            {mask for _, mask in self._duration},
            set() if self._kwh is None else {*self._kwh.masks},
            set() if self._power is None else {*self._power.masks, self._unless_power},
            set() if self._current is None else {*self._current.masks, self._unless_current},
        ]
        together = {EVERYTHING} if self._clock is None else self._clock.masks()
        for masks in filter(None, by_quantity):
            together = {one & other for one in together for other in masks}
            if len(together) > _MOST_SETS:
                return set()
        return together


def _average(period: Period, parts: int) -> int | None:
    return period.energy * _HOUR * TEN_THOUSANDTHS // (period.seconds * parts) if period.seconds else None


def _unless(elements: tuple[Element, ...], bounds: Callable[[Restrictions], tuple[object, object]]) -> Mask:
    pairs = enumerate(bounds(element.restrictions) for element in elements)
    return mask_of(index for index, pair in pairs if pair == (None, None))
