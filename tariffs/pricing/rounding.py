"""Rounding half up: of whole numbers, and of fractions and ratios as text."""

from fractions import Fraction


def half_up(numerator: int, denominator: int) -> int:
    """The nearest whole number; a half goes away from zero."""
    if numerator < 0:
        return -half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def rounded(value: Fraction, decimals: int) -> str:
    """A fraction as text with so many decimals, one at least, half up."""
    return rounded_ratio(value.numerator, value.denominator, decimals)


def rounded_ratio(numerator: int, denominator: int, decimals: int) -> str:
    """The same of two whole numbers, which may have a common factor."""
    unit = 10**decimals
    amount = half_up(numerator * unit, denominator)
    whole, rest = divmod(abs(amount), unit)
    return f"{'-' if amount < 0 else ''}{whole}.{rest:0{decimals}}"
