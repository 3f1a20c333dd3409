"""Spans along a quantity (time, kWh, kW, A), each with the set of elements that hold in it.

A set of elements is an int with one bit for each; what several quantities let hold together is a bitwise and.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from .session import TEN_THOUSANDTHS
from .tariff import Element, Restrictions

Mask = int
Span = tuple[int, Mask]  # until here (excluded) this set holds; begins where the span before it ends

NEVER: Final = 1 << 256  # beyond the energy of any session, also where it counts in the 28th decimal of a kWh
EVERYTHING: Final[Mask] = -1
UNBOUNDED: Final[tuple[Span, ...]] = ((NEVER, EVERYTHING),)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The bounds of a quantity at which other elements begin to hold.

    `masks[i]` holds from `bounds[i - 1]` (included) until `bounds[i]` (excluded).
    """

    bounds: tuple[int, ...]
    masks: tuple[Mask, ...]

    def mask_at(self, value: int) -> Mask:
        return self.masks[bisect_right(self.bounds, value)]

    def spans(self, factor: int = 1) -> tuple[Span, ...]:
        ends = (*(bound * factor for bound in self.bounds), NEVER)
        return tuple(zip(ends, self.masks, strict=True))


def mask_of(indexes: Iterable[int]) -> Mask:
    return sum(1 << index for index in indexes)


Bounds = Callable[[Restrictions], tuple[int | None, int | None]]


def thresholds_of(elements: tuple[Element, ...], bounds_of: Bounds) -> Thresholds | None:
    """Every least is included, every most excluded. None where no element restricts the quantity."""
    bounds = [bounds_of(element.restrictions) for element in elements]
    if all(pair == (None, None) for pair in bounds):
        return None
    edges = sorted({edge for pair in bounds for edge in pair if edge})
    masks = tuple(
        mask_of(
            index
            for index, (least, most) in enumerate(bounds)
            if (least is None or least <= begin) and (most is None or begin < most)
        )
        for begin in (0, *edges)
    )
    return Thresholds(tuple(edges), masks)


def ten_thousandths(least: str, most: str) -> Bounds:
    """Two restrictions in ten-thousandths: they have four decimals at most."""

    def bounds(restrictions: Restrictions) -> tuple[int | None, int | None]:
        low, high = getattr(restrictions, least), getattr(restrictions, most)
        return (
            None if low is None else int(low * TEN_THOUSANDTHS),
            None if high is None else int(high * TEN_THOUSANDTHS),
        )

    return bounds


def intersect(first: Iterable[Span], second: Iterable[Span]) -> list[Span]:
    """The spans of two restrictions along the same quantity where both hold."""
    lefts, rights = list(first), list(second)
    spans: list[Span] = []
    left = right = 0
    while left < len(lefts) and right < len(rights):
        end = min(lefts[left][0], rights[right][0])
        spans.append((end, lefts[left][1] & rights[right][1]))
        left += lefts[left][0] == end
        right += rights[right][0] == end
    return spans
