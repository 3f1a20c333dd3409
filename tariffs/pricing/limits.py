"""Limits: how the least and the greatest price of a tariff bind the two totals of a session, in whole numbers."""

from fractions import Fraction
from typing import Literal

from .integer_weights import Limit

LimitName = Literal["MIN_PRICE", "MAX_PRICE"]
Adjustment = tuple[LimitName, int, int]


class Totals:
    """The totals excluding and including VAT in 1/`unit` of the currency, and what each limit adds or takes off."""

    __slots__ = ("adjustments", "excl", "incl", "unit")

    def __init__(self, excl: int, incl: int, unit: int) -> None:
        self.excl = excl
        self.incl = incl
        self.unit = unit
        self.adjustments: list[Adjustment] = []

    def bind(self, name: LimitName, limit: Limit, limit_unit: int, vat_factor: Fraction) -> None:
        """Each total by its own amount; one given only excluding VAT binds the other total in proportion.

        `limit` is in 1/`limit_unit`. `vat_factor` makes the total including VAT where nothing was priced before.
        """
        pick = max if name == "MIN_PRICE" else min
        excl = pick(self.excl, limit[0] * (self.unit // limit_unit))
        if limit[1] is not None:
            incl = pick(self.incl, limit[1] * (self.unit // limit_unit))
        elif excl == self.excl:
            incl = self.incl
        else:
            exact = Fraction(excl * self.incl, self.excl) if self.excl else excl * vat_factor
            excl *= exact.denominator
            self._refine(exact.denominator)
            incl = exact.numerator
        self._set(name, excl, max(incl, excl))

    def _set(self, name: LimitName, excl: int, incl: int) -> None:
        if (excl, incl) != (self.excl, self.incl):
            self.adjustments.append((name, excl - self.excl, incl - self.incl))
        self.excl, self.incl = excl, incl

    def _refine(self, factor: int) -> None:
        """Count in parts that are smaller by the factor."""
        self.excl *= factor
        self.incl *= factor
        self.unit *= factor
        self.adjustments = [(name, excl * factor, incl * factor) for name, excl, incl in self.adjustments]
