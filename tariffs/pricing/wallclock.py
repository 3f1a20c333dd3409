"""The elements that hold by time of day, day of the week and date, as the clock at the location says."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, time
from typing import Final

from .clock import DAY, offsets_between
from .spans import NEVER, Mask, Span, Thresholds, mask_of
from .tariff import DAYS, Element, Restrictions

_WEEK: Final = 7
_WEEK_SECONDS: Final = _WEEK * DAY
_THURSDAY: Final = 3  # 1 January 1970
_FIRST_DAY: Final = date(1970, 1, 1).toordinal()
Window = tuple[int, int]  # seconds of the day: from, until
Stretch = tuple[int, int, int]  # moments in UTC: from, until, and the offset between them


class WallClock:
    """The sets of elements along local time; each kind of day is worked out once."""

    def __init__(self, elements: tuple[Element, ...], time_zone: str) -> None:
        self._restrictions: Final = [element.restrictions for element in elements]
        self._time_zone: Final = time_zone
        dates = {each for r in self._restrictions for each in (r.start_date, r.end_date) if each}
        self._dates: Final = sorted(map(_day_number, dates))
        self._kinds: Final[dict[tuple[int, int], Thresholds]] = {}
        self._weeks: Final[dict[int, Stretch]] = {}

    @staticmethod
    def restricts(restrictions: Restrictions) -> bool:
        times = (restrictions.start_time, restrictions.end_time, restrictions.start_date, restrictions.end_date)
        return bool(restrictions.day_of_week) or any(each is not None for each in times)

    def spans(self, start: int, seconds: int) -> list[Span]:
        """The sets from a moment (UTC) on, until so many seconds after it; that last second is covered too."""
        spans: list[Span] = []
        elapsed = 0
        for _, end, offset in self._stretches(start, start + seconds):
            last = min(seconds, end - start - 1)
            while elapsed <= last:
                day, second = divmod(start + elapsed + offset, DAY)
                thresholds = self._day(day)
                index = bisect_right(thresholds.bounds, second)
                until = thresholds.bounds[index] if index < len(thresholds.bounds) else DAY
                elapsed = min(elapsed + until - second, end - start)
                spans.append((elapsed, thresholds.masks[index]))
        spans[-1] = (NEVER, spans[-1][1])
        return spans

    def masks(self) -> set[Mask]:
        """Every set of elements that some moment lets hold: all kinds of days that the dates leave."""
        edges = [*self._dates, (self._dates or [0])[-1] + _WEEK]
        days = {day for edge in edges for day in range(edge - _WEEK, edge + _WEEK)}
        return {mask for day in days for mask in self._day(day).masks}

    def _stretches(self, start: int, until: int) -> list[Stretch]:
        """Most sessions lie within one stretch, and most were preceded by others of the same week."""
        week = start // _WEEK_SECONDS
        known = self._weeks.get(week)
        if known is not None and known[0] <= start and until < known[1]:
            return [known]
        stretches = offsets_between(self._time_zone, start, until)
        self._weeks[week] = stretches[0]
        return stretches

    def _day(self, day: int) -> Thresholds:
        kind = ((day + _THURSDAY) % 7, bisect_right(self._dates, day))
        thresholds = self._kinds.get(kind)
        if thresholds is None:
            thresholds = self._kinds[kind] = _thresholds([_windows(each, day, kind[0]) for each in self._restrictions])
        return thresholds


def _thresholds(windows: list[list[Window]]) -> Thresholds:
    edges = sorted({edge for element in windows for window in element for edge in window} - {0, DAY})
    masks = [mask_of(_active(windows, begin)) for begin in (0, *edges)]
    return Thresholds(tuple(edges), tuple(masks))


def _active(windows: list[list[Window]], second: int) -> Iterable[int]:
    for index, element in enumerate(windows):
        if any(begin <= second < end for begin, end in element):
            yield index


def _windows(restrictions: Restrictions, day: int, weekday: int) -> list[Window]:
    """When an element holds on a day. Over midnight each part belongs to the day on which it lies."""
    if restrictions.day_of_week and DAYS[weekday] not in restrictions.day_of_week:
        return []
    if restrictions.start_date and day < _day_number(restrictions.start_date):
        return []
    if restrictions.end_date and day >= _day_number(restrictions.end_date):
        return []
    begin, end = _second(restrictions.start_time), _second(restrictions.end_time) or DAY
    if begin == end:
        return [(0, DAY)]
    return [(begin, end)] if begin < end else [(0, end), (begin, DAY)]


def _second(moment: time | None) -> int:
    return 0 if moment is None else moment.hour * 3600 + moment.minute * 60 + moment.second


def _day_number(day: date) -> int:
    return day.toordinal() - _FIRST_DAY
