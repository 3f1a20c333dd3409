"""Prices in words, as a driver reads them. In the order of AFIR: per kWh, per minute, per session, anything else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from .conditions import condition
from .price_words import ENGLISH, PriceWords
from .tariff import Component, Dimension, Element, PriceLimit, Tariff
from .vat import convert_prices, limit_including_vat

_ORDER: Final[tuple[Dimension, ...]] = ("ENERGY", "TIME", "PARKING_TIME", "FLAT")
_RESERVED_UNITS: Final[dict[Dimension, str]] = {"TIME": "/min", "FLAT": ""}
_FREE: Final[dict[Dimension, str]] = {
    "ENERGY": "free energy",
    "TIME": "free charging time",
    "PARKING_TIME": "free parking time",
    "FLAT": "free start",
}


@dataclass(frozen=True, slots=True)
class DisplayLine:
    """One price as a driver reads it, and the element (counted from 0) that sets it; limits have none."""

    text: str
    dimension: Dimension | None
    element: int | None

    def __str__(self) -> str:
        return self.text


def is_free(tariff: Tariff) -> bool:
    """Whether nobody ever pays: every price is zero and so is the least total."""
    least = tariff.min_price
    costs = least is not None and (least.excl_vat > 0 or bool(least.incl_vat))
    return not costs and all(component.price == 0 for each in tariff.elements for component in each.components)


def describe(tariff: Tariff, *, incl_vat: bool) -> tuple[DisplayLine, ...]:
    """Every tier of every price, each with when it holds in words; an earlier line goes before a later one.

    Prices include or exclude VAT; they are exact where the tariff states them so (``tax_included``).
    """
    tariff = convert_prices(tariff, incl_vat=incl_vat)
    tiers = [tier for dimension in _ORDER for tier in _tiers(tariff, dimension)]
    for_session = [tier for tier in tiers if not tier.reservation]
    reserved = [tier for tier in tiers if tier.reservation]
    return tuple(tier.line for tier in (*for_session, *reserved)) + tuple(_limits(tariff))


def tiers(tariff: Tariff, *, incl_vat: bool) -> tuple[DisplayLine, ...]:
    """Every tier with when it holds, where one line shows several prices as a range; else nothing. What never costs
    anything is left out, as on that line."""
    charged = {None} | {each.dimension for element in tariff.elements for each in element.components if each.price != 0}
    lines = tuple(line for line in describe(tariff, incl_vat=incl_vat) if line.dimension in charged)
    return lines if len({line.dimension for line in lines}) < len(lines) else ()


def price_text(tariff: Tariff, words: PriceWords = ENGLISH, *, incl_vat: bool = False) -> str:
    """The price on one line: "0.35 EUR/kWh + 0.50 EUR per session, excl. 21% VAT". Tiers show as a range.

    One reading excludes VAT, the other includes it. When a price holds is said in English alone; other languages say
    that it does not always.
    """
    if is_free(tariff):
        return words.free
    tariff = convert_prices(tariff, incl_vat=incl_vat)
    parts = [part for dimension in _ORDER if (part := _summary(tariff, dimension, words))]
    limits = [f"{word} {_limit_amount(limit, tariff, words)}" for word, limit in _limits_of(tariff, words)]
    text = ", ".join([" + ".join(parts) or words.nothing, *limits, _vat_of(tariff, words)])
    return words.numbers(f"{text}; {words.reservation}" if _prices_reservation(tariff) else text)


class PriceTexts(NamedTuple):
    """Both readings of a price on one line."""

    excl_vat: str
    incl_vat: str

    def for_customer(self, *, company: bool) -> str:
        """People hear what they pay, including VAT; companies hear both readings where they differ."""
        return f"{self.incl_vat} ({self.excl_vat})" if company and self.excl_vat != self.incl_vat else self.incl_vat


def price_texts(tariff: Tariff, words: PriceWords = ENGLISH) -> PriceTexts:
    return PriceTexts(price_text(tariff, words), price_text(tariff, words, incl_vat=True))


def amount(value: Decimal) -> str:
    """At least two decimals, and no more zeros than that: 0.35, 0.3575, 5.00."""
    digits = f"{value:f}"
    whole, _, decimals = digits.partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<2}"


@dataclass(frozen=True, slots=True)
class _Tier:
    line: DisplayLine
    reservation: bool


def _tiers(tariff: Tariff, dimension: Dimension) -> Iterable[_Tier]:
    earlier = {True: False, False: False}
    for index, element in enumerate(tariff.elements):
        if component := element.component(dimension):
            reservation = element.restrictions.reservation is not None
            text = _tier_text(tariff, component, element, otherwise=earlier[reservation])
            earlier[reservation] = True
            yield _Tier(DisplayLine(text, dimension, index), reservation)


def _tier_text(tariff: Tariff, component: Component, element: Element, otherwise: bool) -> str:
    when = condition(element.restrictions) or ("otherwise" if otherwise else "")
    details = [billed for billed in (_billed_per(component), _vat(component, tariff)) if billed]
    units = _RESERVED_UNITS if element.restrictions.reservation else ENGLISH.units
    price = _price(component, tariff.currency, units)
    return f"{price}{when and ' ' + when}{''.join(', ' + each for each in details)}"


def _price(
    component: Component, currency: str, units: Mapping[Dimension, str] = ENGLISH.units, hour: str = ENGLISH.per_hour
) -> str:
    if component.price == 0:
        return _FREE[component.dimension]
    if component.dimension in ("ENERGY", "FLAT"):
        return f"{amount(component.price)} {currency}{units[component.dimension]}"
    return _per_minute(component, currency, units, hour)


def _per_minute(component: Component, currency: str, units: Mapping[Dimension, str], hour: str) -> str:
    """Per minute, as AFIR asks; where that does not come out in four decimals, the price per hour as well."""
    exact = Fraction(component.price) / 60
    rounded = (component.price / 60).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    text = f"{amount(rounded)} {currency}{units[component.dimension]}"
    return text if Fraction(rounded) == exact else f"{text} ({amount(component.price)} {currency}{hour})"


def _billed_per(component: Component) -> str:
    step = component.step_size
    if component.dimension == "FLAT" or step <= 1:
        return ""
    if component.dimension == "ENERGY":
        return f"billed per {Decimal(step) / 1000:f} kWh"
    return f"billed per {step // 60} min" if step % 60 == 0 else f"billed per {step} s"


def _vat(component: Component, tariff: Tariff) -> str:
    if component.vat is None:
        return "" if component.price == 0 else ENGLISH.vat_not_stated
    return f"{'incl.' if tariff.tax_included else 'excl.'} {_percent(component.vat)} VAT"


def _percent(vat: Decimal) -> str:
    digits = f"{vat:f}"
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) + "%"


def _limits_of(tariff: Tariff, words: PriceWords = ENGLISH) -> list[tuple[str, PriceLimit]]:
    both = ((words.at_least, tariff.min_price), (words.at_most, tariff.max_price))
    return [(word, limit) for word, limit in both if limit is not None]


def _limit_amount(limit: PriceLimit, tariff: Tariff, words: PriceWords) -> str:
    """In the reading of the tariff; a limit of which nobody can tell what it is including VAT says that it excludes it."""
    incl = limit_including_vat(limit, tariff) if tariff.tax_included else None
    if incl is not None:
        return f"{amount(incl)} {tariff.currency}"
    text = f"{amount(limit.excl_vat)} {tariff.currency}"
    return f"{text} {words.vat('', included=False)}" if tariff.tax_included else text


def _limits(tariff: Tariff) -> Iterable[DisplayLine]:
    for word, limit in _limits_of(tariff):
        yield DisplayLine(f"{word} {_limit_line(limit, tariff)}", None, None)


def _limit_line(limit: PriceLimit, tariff: Tariff) -> str:
    """In the reading of the tariff; beside it in the other one where both are given."""
    excl, incl = f"{amount(limit.excl_vat)} {tariff.currency}", limit_including_vat(limit, tariff)
    if tariff.tax_included and incl is not None:
        other = "" if limit.incl_vat is None else f" ({excl} excl. VAT)"
        return f"{amount(incl)} {tariff.currency} per session incl. VAT{other}"
    other = "" if limit.incl_vat is None else f" ({amount(limit.incl_vat)} {tariff.currency} incl. VAT)"
    return f"{excl} per session excl. VAT{other}"


def _session_components(tariff: Tariff) -> list[tuple[Element, Component]]:
    elements = [each for each in tariff.elements if each.restrictions.reservation is None]
    return [(element, component) for element in elements for component in element.components]


def _summary(tariff: Tariff, dimension: Dimension, words: PriceWords) -> str:
    charged = [pair for pair in _session_components(tariff) if pair[1].dimension == dimension]
    prices = sorted({component.price for _, component in charged})
    if not prices or prices == [0]:
        return ""
    highest = max((component for _, component in charged), key=lambda component: component.price)
    highest_price = _price(highest, tariff.currency, words.units, words.per_hour)
    if len(prices) > 1:
        low = _price(Component(dimension, prices[0]), "").split(" ")[0]
        return f"{words.up_to} {highest_price}" if prices[0] == 0 else f"{low} {words.to} {highest_price}"
    when = {condition(element.restrictions) for element, _ in charged}
    if "" in when:
        return highest_price
    return f"{highest_price} {when.pop() if len(when) == 1 and words is ENGLISH else words.at_times}"


def _vat_of(tariff: Tariff, words: PriceWords) -> str:
    everything = [component for element in tariff.elements for component in element.components]
    charged = [component for _, component in _session_components(tariff) if component.price != 0] or everything
    rates = {component.vat for component in charged}
    if rates == {None}:
        return words.vat_not_stated
    rate = _percent(rates.pop() or Decimal(0)) if len(rates) == 1 else ""
    return words.vat(rate, included=tariff.tax_included)


def _prices_reservation(tariff: Tariff) -> bool:
    reserved = [each for each in tariff.elements if each.restrictions.reservation is not None]
    return any(component.price for element in reserved for component in element.components)
