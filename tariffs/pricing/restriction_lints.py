"""Lints of restrictions: elements that never hold, never count, overlap, or leave a gap."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from typing import Final

from .conditions import condition
from .price_words import DIMENSION_NAMES
from .problems import Finding
from .restrictions import ActiveElements
from .spans import Mask, mask_of
from .tariff import DAYS, DIMENSIONS, Dimension, Element, Restrictions, Tariff

_UNITS: Final = {"kwh": "kWh", "duration": "s", "power": "kW", "current": "A"}
_LAST_MINUTE: Final = time(23, 59)
_ANY_ZONE: Final = "UTC"  # which sets hold together is the same in all


def never_met(tariff: Tariff) -> Iterator[Finding]:
    """Elements whose restrictions no session meets."""
    for index, element in enumerate(tariff.elements):
        if why := contradiction(element.restrictions):
            yield Finding(
                "never_met", f"elements[{index}]", f"No session meets it: {why}.", "Correct it or take it out."
            )


def never_reached(tariff: Tariff) -> Iterator[Finding]:
    """Prices that never count, because wherever they hold an earlier element does."""
    reached = _reached(tariff)
    if reached is None:
        return
    for index, element in enumerate(tariff.elements):
        hidden = [each.dimension for each in element.components if (index, each.dimension) not in reached]
        if hidden and not contradiction(element.restrictions):
            what = "It" if len(hidden) == len(element.components) else f"Its {' and '.join(hidden)}"
            why = f"{what} can never apply: wherever it holds, an earlier element already does."
            yield Finding("never_reached", f"elements[{index}]", why, "Move it up, or take it out.")


def without_fallback(tariff: Tariff) -> Iterator[Finding]:
    """Moments at which what is charged for has no price. The minute before midnight has a finding of its own."""
    dimension = _main(tariff)
    if dimension is None:
        return
    mended = tuple(replace(each, restrictions=_mended(each.restrictions)) for each in tariff.elements)
    priced = mask_of(i for i, each in enumerate(mended) if each.component(dimension) and _for_session(each))
    if any(not mask & priced for mask in ActiveElements(mended, _ANY_ZONE).sets()):
        why = f"At some moments no element prices {DIMENSION_NAMES[dimension]}: then it costs nothing."
        yield Finding("no_fallback", "elements", why, "Add a last element without restrictions.")


def minute_gaps(tariff: Tariff) -> Iterator[Finding]:
    """Windows that end a minute before the next begins: an end is excluded, so that minute is not in them."""
    begins = {each.restrictions.start_time for each in tariff.elements} | {time(0)}
    for index, element in enumerate(tariff.elements):
        end = element.restrictions.end_time
        if end is not None and (after := _next_minute(end)) in begins and end != element.restrictions.start_time:
            why = f"Its window ends at {end:%H:%M}, which is not in it: the minute until {after:%H:%M} is left out."
            yield Finding("minute_gap", f"elements[{index}].restrictions.end_time", why, f"End it at {after:%H:%M}.")


def overlapping_windows(tariff: Tariff) -> Iterator[Finding]:
    """Windows of the day for the same dimension that overlap in part: the earlier element wins, perhaps unmeant."""
    timed = [(i, each) for i, each in enumerate(tariff.elements) if _windowed(each.restrictions)]
    sets = ActiveElements(tariff.elements, _ANY_ZONE).sets() if len(timed) > 1 else set()
    for position, (late, element) in enumerate(timed):
        for early, other in timed[:position]:
            if _share(element, other) and _cross(sets, 1 << early, 1 << late):
                why = f"Its window overlaps that of elements[{early}], which goes first where both hold."
                yield Finding("overlap", f"elements[{late}]", why, "Let one end where the other begins.")
                break


def _reached(tariff: Tariff) -> set[tuple[int, Dimension]] | None:
    """The prices that count at some moment; None where there are too many sets of restrictions to tell."""
    sets = ActiveElements(tariff.elements, _ANY_ZONE).sets()
    reached: set[tuple[int, Dimension]] = set()
    for mask in sets:
        for kind in ("session", "RESERVATION", "RESERVATION_EXPIRES"):
            for dimension in DIMENSIONS:
                first = _first(tariff, mask, dimension, kind)
                reached |= set() if first is None else {(first, dimension)}
    return reached if sets else None


def _first(tariff: Tariff, mask: Mask, dimension: Dimension, kind: str) -> int | None:
    for index, element in enumerate(tariff.elements):
        if (
            mask >> index & 1
            and (element.restrictions.reservation or "session") == kind
            and element.component(dimension)
        ):
            return index
    return None


def _main(tariff: Tariff) -> Dimension | None:
    """What a session is chiefly charged for: energy, else time, else its start."""
    present = {each.dimension for element in tariff.elements if _for_session(element) for each in element.components}
    return next((dimension for dimension in ("ENERGY", "TIME", "FLAT") if dimension in present), None)


def _for_session(element: Element) -> bool:
    return element.restrictions.reservation is None


def _mended(restrictions: Restrictions) -> Restrictions:
    """With the last minute of the day, and without a first date: before it another version was in force."""
    end = time(0) if restrictions.end_time == _LAST_MINUTE else restrictions.end_time
    return replace(restrictions, end_time=end, start_date=None)


def _next_minute(moment: time) -> time:
    minutes = (moment.hour * 60 + moment.minute + 1) % (24 * 60)
    return time(minutes // 60, minutes % 60)


def _windowed(restrictions: Restrictions) -> bool:
    return restrictions.start_time is not None or restrictions.end_time is not None


def _share(one: Element, other: Element) -> bool:
    """Whether two elements compete: for a dimension, and both for sessions or for the same kind of reservation."""
    dimensions = {each.dimension for each in one.components} & {each.dimension for each in other.components}
    return bool(dimensions) and one.restrictions.reservation == other.restrictions.reservation


def _cross(sets: set[Mask], one: Mask, other: Mask) -> bool:
    """Whether two elements hold together at some moments, and each without the other at some."""
    return {mask & (one | other) for mask in sets} >= {one, other, one | other}


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
