"""The cost of a session: totals, and the lines that add up to them; the only place that rounds what is charged."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal

from .boundaries import SpreadPeriod, spread_periods
from .compiled import CompiledTariff
from .integer_weights import per
from .limits import Totals
from .metering import Tally
from .rounding import half_up, rounded, rounded_ratio
from .tariff import Dimension

LineDimension = Dimension | Literal["MIN_PRICE", "MAX_PRICE", "SMALL_SESSION"]
_UNITS: Final[dict[Dimension, str]] = {"ENERGY": "kWh", "TIME": "h", "PARKING_TIME": "h", "FLAT": "session"}
_LINE_DECIMALS: Final = 10
_NOTHING: Final = Fraction(0)
_ONCE: Final = Fraction(1)


@dataclass(frozen=True, slots=True)
class Line:
    """One reason of a total, exact: quantity times price is the amount excluding VAT.

    `element` counts from 0; the lines of limits and of the small-session rule have none. `price` excludes VAT,
    `gross_price` includes it. `rounding` is the part of the quantity that only the step added.
    """

    dimension: LineDimension
    element: int | None
    quantity: Fraction
    unit: str
    price: Fraction
    gross_price: Fraction
    vat: Decimal | None
    rounding: Fraction = _NOTHING
    for_reservation: bool = False

    @property
    def excl_vat(self) -> Fraction:
        return self.quantity * self.price

    @property
    def incl_vat(self) -> Fraction:
        return self.quantity * self.gross_price

    def as_dict(self) -> dict[str, Any]:
        """Numbers as text with ten decimals; the amounts are multiplied in whole numbers, of many sessions in less time."""
        return {
            "dimension": self.dimension,
            "element": self.element,
            "quantity": rounded(self.quantity, _LINE_DECIMALS),
            "unit": self.unit,
            "price": rounded(self.price, _LINE_DECIMALS),
            "vat": None if self.vat is None else f"{self.vat:f}",
            "excl_vat": self._amount(self.price),
            "incl_vat": self._amount(self.gross_price),
        }

    def _amount(self, price: Fraction) -> str:
        numerator, denominator = self.quantity.as_integer_ratio()
        return rounded_ratio(numerator * price.numerator, denominator * price.denominator, _LINE_DECIMALS)


class Cost:
    """What a session costs, in a currency. Exact inside; the two totals are rounded half up to its minor unit."""

    __slots__ = ("_compiled", "_parts", "_start", "_tallies", "_totals", "small_session")

    def __init__(
        self,
        compiled: CompiledTariff,
        parts: int,
        tallies: list[Tally],
        totals: Totals,
        small_session: bool,
        start: int,
    ) -> None:
        self._compiled = compiled
        self._parts = parts
        self._tallies = tallies
        self._totals = totals
        self.small_session = small_session
        self._start = start

    @property
    def currency(self) -> str:
        return self._compiled.tariff.currency

    @property
    def excl_vat(self) -> Decimal:
        """The total excluding VAT, rounded."""
        return self._money(self._totals.excl)

    @property
    def incl_vat(self) -> Decimal:
        """The total including VAT, rounded."""
        return self._money(self._totals.incl)

    @property
    def exact_excl_vat(self) -> Fraction:
        return Fraction(self._totals.excl, self._totals.unit)

    @property
    def exact_incl_vat(self) -> Fraction:
        return Fraction(self._totals.incl, self._totals.unit)

    @property
    def totals(self) -> tuple[Fraction, Fraction]:
        """The exact totals including and excluding VAT, in the order in which costs are compared."""
        return (self.exact_incl_vat, self.exact_excl_vat)

    @property
    def lines(self) -> tuple[Line, ...]:
        """The reasons of the totals, in the order of the tariff: the exact totals are their sums."""
        return tuple(self._lines())

    @property
    def spread_periods(self) -> tuple[SpreadPeriod, ...]:
        """The metered periods whose energy is spread evenly over a price boundary."""
        crossings = self._tallies[-1].crossings if self._tallies else []
        return spread_periods(self._compiled, self._start, self._parts, crossings) if crossings else ()

    def as_dict(self) -> dict[str, Any]:
        """What `manage.py price --json` prints."""
        totals = {"excl_vat": f"{self.excl_vat:f}", "incl_vat": f"{self.incl_vat:f}"}
        return {"currency": self.currency, **totals, "lines": [line.as_dict() for line in self.lines]}

    def _money(self, amount: int) -> Decimal:
        decimals = self._compiled.minor_units
        return Decimal(half_up(amount * 10**decimals, self._totals.unit)).scaleb(-decimals)

    def _lines(self) -> Iterator[Line]:
        for tally in self._tallies:
            for position in sorted(tally.quantities):
                yield self._component_line(tally, position)
        if self.small_session:
            yield Line("SMALL_SESSION", None, _ONCE, "session", _NOTHING, _NOTHING, None)
        for name, excl, incl in self._totals.adjustments:
            net, gross = Fraction(excl, self._totals.unit), Fraction(incl, self._totals.unit)
            yield Line(name, None, _ONCE, "session", net, gross, None)

    def _component_line(self, tally: Tally, position: int) -> Line:
        tariff = self._compiled.tariff
        index, component = self._compiled.components[position]
        counted = tally.fineness * per(component.dimension, self._parts)
        extra = tally.rounding.get(position)
        net, gross = self._compiled.prices[position]
        return Line(
            component.dimension,
            index,
            Fraction(tally.quantities[position], counted),
            _UNITS[component.dimension],
            net,
            gross,
            component.vat,
            Fraction(extra, counted) if extra else _NOTHING,
            tariff.elements[index].restrictions.reservation is not None,
        )
