"""Metering: how much of a session each price component counts. Cut wherever another element begins to hold."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

from .compiled import ActiveComponents, CompiledTariff
from .session import Period
from .spans import EVERYTHING, NEVER, Mask, Span


class Crossing(NamedTuple):
    """Where other components began to price within a period that has energy and a length.

    `begin` and `elapsed` are seconds since the metered phase began, of the period and of the crossing; `delivered` is the energy so far,
    in parts of a kWh. `by_time` is whether clock or duration did it.
    """

    begin: int
    seconds: int
    elapsed: Fraction
    delivered: Fraction
    by_time: bool


class Tally:
    """Quantities by component: parts of a kWh, seconds, times; all of them in 1/`fineness`.

    `last_energy` and `last_time` are the components that priced energy and time last, None where none did; `rounding`
    is what steps added to the quantities; `started` is whether the flat fee is counted; `crossings` are in their order.
    """

    __slots__ = ("crossings", "fineness", "last_energy", "last_time", "quantities", "rounding", "started")

    def __init__(self) -> None:
        self.quantities: dict[int, int] = {}
        self.fineness = 1
        self.rounding: dict[int, int] = {}
        self.started = False
        self.last_energy: int | None = None
        self.last_time: int | None = None
        self.crossings: list[Crossing] = []

    def add(self, active: ActiveComponents, energy: int, seconds: int) -> None:
        """Count energy and seconds, already in 1/`fineness`. The first flat fee that holds is the only one."""
        by_energy, by_time, flat = active
        quantities = self.quantities
        if energy and by_energy is not None:
            quantities[by_energy] = quantities.get(by_energy, 0) + energy
            self.last_energy = by_energy
        if seconds and by_time is not None:
            quantities[by_time] = quantities.get(by_time, 0) + seconds
            self.last_time = by_time
        if flat is not None and not self.started:
            quantities[flat] = self.fineness
            self.started = True

    def round_up(self, component: int, extra: int) -> None:
        """Count what a step adds for the component that is charged for it."""
        if extra:
            self.quantities[component] += extra
            self.rounding[component] = extra

    def refine(self, denominator: int) -> None:
        """Count in steps small enough for 1/`denominator`."""
        factor = denominator // gcd(self.fineness, denominator)
        if factor > 1:
            self.fineness *= factor
            for counted in (self.quantities, self.rounding):
                for component in counted:
                    counted[component] *= factor


def meter(
    compiled: CompiledTariff, periods: Sequence[Period], parts: int, in_time: Sequence[Span], in_energy: Sequence[Span]
) -> Tally:
    """Tally periods that follow one another, along what time and energy let hold since the first began.

    The loop that every session passes: where nothing changes within a period, nothing is cut.
    """
    tally = Tally()
    by_meter, remembered = compiled.active_elements.by_meter, compiled.active_components
    elapsed = delivered = time = tier = 0
    (until, time_mask), (full, energy_mask) = in_time[0], in_energy[0]
    for period in periods:
        activity, seconds, energy, _, _ = period
        while elapsed >= until:
            time += 1
            until, time_mask = in_time[time]
        while delivered >= full:
            tier += 1
            full, energy_mask = in_energy[tier]
        metered = compiled.active_elements.by_period(period, parts) if by_meter else EVERYTHING
        if elapsed + seconds <= until and delivered + energy <= full:
            mask = time_mask & energy_mask & metered
            active = remembered[activity].get(mask) or compiled.components_of(activity, mask)
            tally.add(active, energy * tally.fineness, seconds * tally.fineness)
        else:
            times, tiers = _from(in_time, time, elapsed), _from(in_energy, tier, delivered)
            before, share = None, 0
            for mask, energy_share, time_share in _cut(seconds, energy, times, tiers):
                active = compiled.components_of(activity, mask & metered)
                if before is not None and active[:2] != before[:2] and energy and seconds:
                    passed = elapsed + Fraction(share, time_share[1])
                    given = delivered + Fraction(share, energy_share[1])
                    by_time = any(end == passed for end, _ in in_time)
                    tally.crossings.append(Crossing(elapsed, seconds, passed, given, by_time))
                _add_shares(tally, active, energy_share, time_share)
                before, share = active, share + time_share[0]
        elapsed += seconds
        delivered += energy
    return tally


def _from(spans: Sequence[Span], first: int, origin: int) -> Iterator[Span]:
    """Spans from one of them on, their ends counted from where a period begins."""
    for index in range(first, len(spans)):
        end, mask = spans[index]
        yield end - origin, mask


Share = tuple[int, int]  # numerator, denominator


def _cut(
    seconds: int, energy: int, times: Iterator[Span], tiers: Iterator[Span]
) -> Iterator[tuple[Mask, Share, Share]]:
    """Cut a period where another set begins to hold, with the shares of its energy and time: energy spreads evenly.

    The way through the period is measured on a scale on which every cut is a whole number. A period of no length
    never reaches the end of a time span, one without energy never that of a tier.
    """
    whole = lcm(seconds, energy) if seconds and energy else seconds or energy
    a_second, a_part = whole // seconds if seconds else NEVER, whole // energy if energy else NEVER
    (until, time_mask), (full, energy_mask) = next(times), next(tiers)
    begin = 0
    while begin < whole:
        end = min(whole, until * a_second, full * a_part)
        share = end - begin
        yield time_mask & energy_mask, (share, a_part) if energy else (0, 1), (share, a_second) if seconds else (0, 1)
        if end < whole and end == until * a_second:
            until, time_mask = next(times)
        if end < whole and end == full * a_part:
            full, energy_mask = next(tiers)
        begin = end


def _add_shares(tally: Tally, active: ActiveComponents, energy: Share, seconds: Share) -> None:
    """Add what may be thirds."""
    for part, denominator in (energy, seconds):
        if part * tally.fineness % denominator:
            tally.refine(denominator // gcd(part, denominator))
    fineness = tally.fineness
    tally.add(active, energy[0] * fineness // energy[1], seconds[0] * fineness // seconds[1])
