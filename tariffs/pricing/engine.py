"""The pricing engine: a session and a tariff make a cost. OCPI 2.2.1 and 2.3.0; docs/terms-prices.md has the rules."""

from math import lcm
from typing import Final

from .compiled import CompiledTariff, compile_tariff
from .cost import Cost
from .integer_weights import IntegerWeights
from .limits import Totals
from .metering import Tally, meter
from .session import RESERVED, Period, Session, ratio
from .tariff import Tariff

_NOTHING: Final[tuple[Period, ...]] = ()


def price_session(tariff: Tariff, session: Session) -> Cost:
    """The cost of one session; for many, prepare the tariff once and use `price`."""
    return price(compile_tariff(tariff, session.time_zone), session)


def price(compiled: CompiledTariff, session: Session) -> Cost:
    """The cost of a session under a tariff that was made ready for the time zone of its location."""
    if session.time_zone != compiled.time_zone:
        raise ValueError(f"a tariff compiled for {compiled.time_zone} meets a session in {session.time_zone}")
    weights, in_energy = compiled.weights(session.parts)
    reserved, metered = _phases(session.periods)
    small = _is_small(session, metered)
    tallies = []
    start = session.start
    if reserved:
        seconds = sum(period.seconds for period in reserved)
        in_time = compiled.active_elements.in_time(start, seconds, before_session=True)
        tallies.append(_rounded_up(compiled, weights, meter(compiled, reserved, session.parts, in_time, in_energy)))
        start += seconds
    if metered and not small:
        seconds = sum([period.seconds for period in metered])
        in_time = compiled.active_elements.in_time(start, seconds, before_session=False)
        tallies.append(_rounded_up(compiled, weights, meter(compiled, metered, session.parts, in_time, in_energy)))
    return _total(compiled, weights, tallies, small, start, bounded_below=bool(metered) and not small)


def _phases(periods: tuple[Period, ...]) -> tuple[tuple[Period, ...], tuple[Period, ...]]:
    """The reservation, which comes first, and the session."""
    if periods[0].activity not in RESERVED:
        return _NOTHING, periods
    count = sum(period.activity in RESERVED for period in periods)
    return periods[:count], periods[count:]


def _is_small(session: Session, metered: tuple[Period, ...]) -> bool:
    """The provider's rule for sessions that are too short or too little to charge for."""
    least = session.minimum
    if least is None or not metered:
        return False
    seconds = sum([period.seconds for period in metered])
    numerator, denominator = ratio(least.kwh)
    return seconds < least.seconds or sum(each.energy for each in metered) * denominator < numerator * session.parts


def _rounded_up(compiled: CompiledTariff, weights: IntegerWeights, tally: Tally) -> Tally:
    """Rounded up by the step of the last component: all priced energy, and the time dimension priced last."""
    for last in (tally.last_energy, tally.last_time):
        if last is not None and (step := weights.steps[last] * tally.fineness):
            dimension = compiled.dimensions[last]
            priced = [count for each, count in tally.quantities.items() if compiled.dimensions[each] == dimension]
            tally.round_up(last, -sum(priced) % step)
    return tally


def _total(
    compiled: CompiledTariff,
    weights: IntegerWeights,
    tallies: list[Tally],
    small: bool,
    start: int,
    *,
    bounded_below: bool,
) -> Cost:
    """Add up in whole numbers, then let the limits bind the two totals."""
    fineness = tallies[0].fineness if len(tallies) == 1 else _shared_fineness(tallies)
    excl = incl = 0
    for tally in tallies:
        for position, count in tally.quantities.items():
            excl += count * weights.excl[position]
            incl += count * weights.incl[position]
    totals = Totals(excl, incl, weights.unit * fineness)
    if bounded_below and weights.least is not None:
        totals.bind("MIN_PRICE", weights.least, weights.unit, weights.vat_factor)
    if weights.most is not None:
        totals.bind("MAX_PRICE", weights.most, weights.unit, weights.vat_factor)
    return Cost(compiled, weights.parts, tallies, totals, small, start)


def _shared_fineness(tallies: list[Tally]) -> int:
    """Reservation and session counted in the same parts."""
    fineness = lcm(*(tally.fineness for tally in tallies))
    for tally in tallies:
        tally.refine(fineness)
    return fineness
