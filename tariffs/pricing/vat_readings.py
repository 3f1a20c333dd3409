"""The two readings of a tariff: its prices excluding and including VAT, as they are shown.

A price that is not stated so is converted and rounded half up to four decimals; what is charged is never rounded so.
"""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from .cost import half_up
from .integer_weights import gross_price, net_price, shared_vat_factor, vat_percentages
from .tariff import Dimension, Element, PriceLimit, Tariff

_DECIMALS: Final = 4


def reading(tariff: Tariff, *, incl_vat: bool) -> Tariff:
    """The tariff with its prices including or excluding VAT. A component without VAT has one price in both."""
    if tariff.tax_included == incl_vat:
        return tariff
    convert = gross_price if incl_vat else net_price

    def converted(element: Element) -> Element:
        components = [replace(each, price=_rounded(convert(each, tariff))) for each in element.components]
        return replace(element, components=tuple(components))

    return replace(tariff, elements=tuple(map(converted, tariff.elements)), tax_included=incl_vat)


def limit_including_vat(limit: PriceLimit, tariff: Tariff) -> Decimal | None:
    """As it is given, else by the VAT percentage that all components share; None where they have several."""
    if limit.incl_vat is not None:
        return limit.incl_vat
    if len(vat_percentages(tariff)) > 1:
        return None
    return _rounded(Fraction(limit.excl_vat) * shared_vat_factor(tariff))


def loses_vat(before: Tariff, after: Tariff) -> bool:
    """Whether VAT that prices of the one tariff have is gone in the other: of the same dimension, or altogether.

    A percentage of 0 is no VAT.
    """
    had, has = _charged_dimensions(before, with_vat=True), _charged_dimensions(after, with_vat=True)
    lacks = _charged_dimensions(after, with_vat=False)
    return bool(had and lacks) and (not has or bool(had & lacks))


def _charged_dimensions(tariff: Tariff, *, with_vat: bool) -> set[Dimension]:
    components = [each for element in tariff.elements for each in element.components if each.price]
    return {each.dimension for each in components if bool(each.vat) == with_vat}


def _rounded(value: Fraction) -> Decimal:
    return Decimal(half_up(value.numerator * 10**_DECIMALS, value.denominator)).scaleb(-_DECIMALS)
