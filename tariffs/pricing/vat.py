"""VAT: prices excluding and including it, exact as they are charged, and as they are shown.

A price that is shown and not stated so is converted and rounded half up to four decimals; what is charged is never
rounded so.
"""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from .rounding import half_up
from .tariff import Component, Dimension, Element, PriceLimit, Tariff

_DECIMALS: Final = 4


def net_price(component: Component, tariff: Tariff) -> Fraction:
    """The price excluding VAT."""
    price = Fraction(component.price)
    return price / _vat_factor(component) if tariff.tax_included else price


def gross_price(component: Component, tariff: Tariff) -> Fraction:
    """The price including VAT, where the component has any."""
    price = Fraction(component.price)
    return price if tariff.tax_included else price * _vat_factor(component)


def vat_percentages(tariff: Tariff) -> set[Decimal | None]:
    """Those of all components; None stands for those that have none."""
    return {component.vat for element in tariff.elements for component in element.components}


def shared_vat_factor(tariff: Tariff) -> Fraction:
    """What makes an amount excluding VAT one including it: by the percentage that all components share, else 1."""
    rates = vat_percentages(tariff)
    return 1 + Fraction(rates.pop() or 0) / 100 if len(rates) == 1 else Fraction(1)


def _vat_factor(component: Component) -> Fraction:
    return 1 + Fraction(component.vat or 0) / 100


def convert_prices(tariff: Tariff, *, incl_vat: bool) -> Tariff:
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
