"""Time zones: the offsets they had, and local times that are doubtful."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from .problems import Problem

DAY = 86_400
FIRST_YEAR, LAST_YEAR = 1970, 2199


class DoubtfulTime(ValueError):
    """A start or a zone that names no moment."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


class SkippedTime(DoubtfulTime):
    """A local time over which the clock was put forward."""


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises DoubtfulTime."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError) as error:
        problem = Problem("time_zone", f"{name!r} is unknown", "give a name of the IANA list, like Europe/Amsterdam")
        raise DoubtfulTime(problem) from error


def moment_of(start: datetime, zone_name: str) -> int:
    """Seconds since 1970 in UTC of a start; fractions of a second are dropped.

    Without an offset it is local time: in the hour that the clock repeats the first of the two, in the hour that it
    skips no time at all. Raises DoubtfulTime, in that hour SkippedTime.
    """
    zone = zone_of(zone_name)
    if not FIRST_YEAR < start.year < LAST_YEAR:
        remedy = f"give one after {FIRST_YEAR} and before {LAST_YEAR}"
        raise DoubtfulTime(Problem("start", f"the year {start.year} is out of range", remedy))
    if start.tzinfo is None:
        start = start.replace(tzinfo=zone, fold=0)
        if start.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != start.replace(tzinfo=None):
            reason = f"{start:%Y-%m-%d %H:%M} does not exist in {zone_name}: the clock was put forward over it"
            raise SkippedTime(Problem("start", reason, "give the time after the change, or an offset"))
    return int((start - _EPOCH) // timedelta(seconds=1))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def offset_at(moment: int, zone: ZoneInfo) -> int:
    """Seconds that local time is ahead of UTC."""
    offset = datetime.fromtimestamp(moment, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


@lru_cache(maxsize=4096)
def offsets_of_year(zone_name: str, year: int) -> tuple[tuple[int, int], ...]:
    """(from this moment, offset) for each offset of a year, the first from its beginning in UTC."""
    zone = zone_of(zone_name)
    begin = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    end = int(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp())
    offsets = [(begin, offset_at(begin, zone))]
    for midnight in range(begin, end, DAY):
        last = offset_at(midnight + DAY - 1, zone)
        while offsets[-1][1] != last:
            changed = _first_change(offsets[-1][1], max(midnight, offsets[-1][0]), midnight + DAY - 1, zone)
            offsets.append((changed, offset_at(changed, zone)))
    return tuple(offsets)


def _first_change(offset: int, before: int, after: int, zone: ZoneInfo) -> int:
    """The first second after `before` whose offset is another one, by halving."""
    while after - before > 1:
        middle = (before + after) // 2
        if offset_at(middle, zone) == offset:
            before = middle
        else:
            after = middle
    return after


def offsets_between(zone_name: str, start: int, until: int) -> list[tuple[int, int, int]]:
    """(from, until, offset) stretches without a change of the clock that together cover [start, until]."""
    years = range(datetime.fromtimestamp(start, UTC).year, datetime.fromtimestamp(until, UTC).year + 1)
    changes = [change for year in years for change in offsets_of_year(zone_name, year)]
    ends = [moment for moment, _ in changes[1:]] + [int(datetime(years[-1] + 1, 1, 1, tzinfo=UTC).timestamp())]
    stretches = [(begin, end, offset) for (begin, offset), end in zip(changes, ends, strict=True)]
    return [stretch for stretch in stretches if stretch[0] <= until and stretch[1] > start]
