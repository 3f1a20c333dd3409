"""Texts of a rating's lines: what was counted, at which price, and what that comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tariffs.pricing.currencies import MINOR_UNITS

WORDS = {
    "ENERGY": "Energy",
    "TIME": "Charging time",
    "PARKING_TIME": "Parking time",
    "FLAT": "Session fee",
    "MIN_PRICE": "Raised to the minimum",
    "MAX_PRICE": "Lowered to the maximum",
    "SMALL_SESSION": "Small session: it costs nothing by the provider's rule",
}
FOUR = Decimal("0.0001")


@dataclass(frozen=True)
class RatingLine:
    """Texts; empty where the line has no such thing."""

    what: str
    element: str
    quantity: str
    price: str
    vat: str
    excl_vat: str
    incl_vat: str


def rating_lines(lines: Iterable[dict[str, Any]]) -> list[RatingLine]:
    """From the lines as ``manage.py price --json`` writes them and as a rating keeps them."""
    return [_rating_line(line) for line in lines]


def money(amount: Decimal, currency: str) -> str:
    """An amount with the decimals of its currency: "7.90 EUR"."""
    return f"{amount:,.{MINOR_UNITS.get(currency, 2)}f} {currency}"


def duration(seconds: int) -> str:
    """ "2 h 05 min"; less than a minute in seconds."""
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours:,} h {minutes:02d} min" if hours else f"{minutes} min"


def _rating_line(line: dict[str, Any]) -> RatingLine:
    counted = line["element"] is not None
    return RatingLine(
        what=WORDS.get(line["dimension"], line["dimension"]),
        element=str(line["element"] + 1) if counted else "",
        quantity=_quantity(Decimal(line["quantity"]), line["unit"]) if counted else "",
        price=f"{_trimmed(Decimal(line['price']))} / {line['unit']}" if counted else "",
        vat="" if line["vat"] is None else f"{Decimal(line['vat']).normalize():f} %",
        excl_vat=_trimmed(Decimal(line["excl_vat"])),
        incl_vat=_trimmed(Decimal(line["incl_vat"])),
    )


def _quantity(quantity: Decimal, unit: str) -> str:
    if unit == "h":
        return duration(round(quantity * 3600))
    return f"{_trimmed(quantity, least=0)} {unit}"


def _trimmed(amount: Decimal, least: int = 2) -> str:
    """At most four decimals, at least two for money."""
    whole, _, decimals = f"{amount.quantize(FOUR):,f}".partition(".")
    fraction = f"{decimals.rstrip('0'):0<{least}}"
    return f"{whole}.{fraction}" if fraction else whole
