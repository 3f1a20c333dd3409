"""Comparison of two tariffs: who pays them pays more, less, or more for some sessions and less for others."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from .cost import Cost
from .engine import price_session
from .reference_sessions import REFERENCE_SESSIONS, ReferenceSession
from .tariff import Tariff
from .week import SHAPES, SessionShape, week_of

Effect = Literal["pays_more", "pays_less", "differs", "same"]


@dataclass(frozen=True, slots=True)
class ReferenceCost:
    """A reference session with what it costs before and after."""

    reference: ReferenceSession
    before: Cost
    after: Cost

    @property
    def direction(self) -> int:
        """1 where it becomes dearer, -1 where cheaper: including VAT, and where that is the same excluding VAT."""
        before, after = self.before.totals, self.after.totals
        return (after > before) - (after < before)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The effect of a change of tariff, and the reference sessions by which it was judged."""

    effect: Effect
    reference_costs: tuple[ReferenceCost, ...]


def compare(before: Tariff, after: Tariff, day: date, time_zone: str) -> Comparison:
    """Judge a change by the reference sessions in the week from `day` on.

    "same" is a change that no driver notices: the caller knows whether the tariff has another name. Where the
    reference sessions cost the same, but sessions at other hours don't, the price "differs".
    """
    sessions = [(each, each.on_or_after(day, time_zone)) for each in REFERENCE_SESSIONS]
    costs = tuple(ReferenceCost(each, price_session(before, s), price_session(after, s)) for each, s in sessions)
    return Comparison(_effect(before, after, costs, day, time_zone), costs)


def _effect(before: Tariff, after: Tariff, costs: tuple[ReferenceCost, ...], day: date, time_zone: str) -> Effect:
    if before == after:
        return "same"
    directions = {each.direction for each in costs} - {0}
    if before.currency != after.currency or len(directions) > 1:
        return "differs"
    if directions:
        return "pays_more" if directions == {1} else "pays_less"
    return "same" if _same_all_week(before, after, day, time_zone) else "differs"


def _same_all_week(before: Tariff, after: Tariff, day: date, time_zone: str) -> bool:
    return all(_week(before, day, time_zone, shape) == _week(after, day, time_zone, shape) for shape in SHAPES)


def _week(tariff: Tariff, day: date, time_zone: str, shape: SessionShape) -> list[tuple[Fraction, Fraction] | None]:
    return [None if cost is None else cost.totals for cost in week_of(tariff, day, time_zone, shape)]
