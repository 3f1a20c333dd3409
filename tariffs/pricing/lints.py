"""Lints of a tariff: everything odd about its prices and restrictions, for where and by whom it is used."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from .problems import Finding
from .restriction_lints import minute_gaps, never_met, never_reached, overlapping_windows, without_fallback
from .tariff import Component, Dimension, Tariff
from .vat import loses_vat, net_price, vat_percentages
from .wording import amount, is_free

_UNITS: Final[dict[Dimension, str]] = {
    "ENERGY": "per kWh",
    "TIME": "per hour of charging",
    "PARKING_TIME": "per hour of parking (idle fee)",
    "FLAT": "per session",
}
_AFIR_KW: Final = 50
_TIMES: Final = 10
_DEAR_KWH: Final = {"EUR": Decimal(5), "GBP": Decimal(5), "CHF": Decimal(5), "USD": Decimal(5)}
"""Excluding VAT: no charge point asks as much for a kWh."""


def findings(
    tariff: Tariff,
    *,
    outside_home: bool = False,
    max_power_kw: Decimal | None = None,
    ad_hoc: bool = False,
    medians: Mapping[Dimension, Decimal] | None = None,
    for_everyone: bool = False,
) -> tuple[Finding, ...]:
    """All findings about a tariff.

    `outside_home`: a group uses it that is not of type Home. `max_power_kw`: of the strongest charge point where it
    is used; `ad_hoc`: whoever comes pays it. `medians`: the provider's median price excluding VAT for a dimension.
    `for_everyone`: it is the group's own tariff, not that of a few.
    """
    return (
        *never_met(tariff),
        *never_reached(tariff),
        *without_fallback(tariff),
        *minute_gaps(tariff),
        *overlapping_windows(tariff),
        *limits_without_vat(tariff),
        *(finely_priced(tariff) if outside_home else ()),
        *(against_afir(tariff, max_power_kw) if ad_hoc and max_power_kw is not None else ()),
        *likely_typos(tariff, medians or {}),
        *(free_for_everyone(tariff) if for_everyone else ()),
    )


def finely_priced(tariff: Tariff) -> Iterator[Finding]:
    """Prices with more than two decimals, which belong in Home groups."""
    for index, component in _prices(tariff):
        if component.price != round(component.price, 2):
            why = f"{amount(component.price)} {tariff.currency} has more than two decimals, outside Home groups."
            yield Finding("decimals", f"elements[{index}]", why, "Round it to two decimals.")


def against_afir(tariff: Tariff, max_power_kw: Decimal) -> Iterator[Finding]:
    """Ad hoc prices from 50 kW on: per kWh, and at most a fee for time that is not charging (AFIR, article 5)."""
    prices = [(i, each) for i, each in _prices(tariff) if tariff.elements[i].restrictions.reservation is None]
    if max_power_kw < _AFIR_KW or is_free(tariff):
        return
    if not any(each.dimension == "ENERGY" for _, each in prices):
        why = f"An ad hoc price at {_AFIR_KW} kW and more is one per kWh (AFIR, article 5); this tariff has none."
        yield Finding("afir_energy", "elements", why, "Add a price per kWh.")
    for index, component in prices:
        if component.dimension == "TIME":
            why = f"An ad hoc price at {_AFIR_KW} kW and more has no price for charging time (AFIR, article 5)."
            yield Finding(
                "afir_time", f"elements[{index}]", why, "Price per kWh, and parked time (an idle fee) if need be."
            )


def limits_without_vat(tariff: Tariff) -> Iterator[Finding]:
    """Limits given only excluding VAT, where it is not plain which VAT they have."""
    if len(vat_percentages(tariff)) < 2:
        return
    for name, limit in (("min_price", tariff.min_price), ("max_price", tariff.max_price)):
        if limit is not None and limit.incl_vat is None:
            why = "It is given excluding VAT alone, while the prices have several VAT percentages: it follows what was used."
            yield Finding("limit_without_vat", name, f"The limit {name}: {why}", "Give it including VAT as well.")


def likely_typos(tariff: Tariff, medians: Mapping[Dimension, Decimal]) -> Iterator[Finding]:
    """Numbers that were hardly meant; `medians` as for `findings`."""
    yield from dear(tariff, medians)
    yield from vat_as_fraction(tariff)


def dear(tariff: Tariff, medians: Mapping[Dimension, Decimal]) -> Iterator[Finding]:
    """Prices ten times the provider's median or more, and prices of a kWh that no charge point asks."""
    for index, component in _prices(tariff):
        net, median = net_price(component, tariff), medians.get(component.dimension)
        places = 2
        if median and net >= _TIMES * Fraction(median):
            than = f"is {_TIMES} times the median of {amount(median)} or more"
            places = 1 if net < 3 * _TIMES * Fraction(median) else 2
        elif component.dimension == "ENERGY" and net >= _DEAR_KWH.get(tariff.currency, Decimal("Infinity")):
            than = "is more than any charge point asks"
        else:
            continue
        why = f"{amount(component.price)} {tariff.currency} {_UNITS[component.dimension]} {than}."
        meant = amount(component.price.scaleb(-places))
        yield Finding("dear", f"elements[{index}]", why, f"Check the decimal sign: write {meant} if that is meant.")


def vat_as_fraction(tariff: Tariff) -> Iterator[Finding]:
    """VAT between 0 and 1 %: a percentage that was typed as a part of one."""
    percentages = {component.vat: index for index, component in reversed(list(_prices(tariff))) if component.vat}
    for vat, index in percentages.items():
        if vat is not None and 0 < vat < 1:
            plain, meant = f"{vat.normalize():f}", f"{(vat * 100).normalize():f}"
            why = f"VAT of {plain} % is less than one percent."
            yield Finding(
                "vat_fraction",
                f"elements[{index}]",
                why,
                f"VAT is typed as a percentage: write {meant} if {meant} % is meant.",
            )


def free_for_everyone(tariff: Tariff) -> Iterator[Finding]:
    """A tariff by which everyone charges for nothing."""
    if is_free(tariff):
        why = "Everyone charges free of charge."
        yield Finding("free", "elements", why, "If that is not meant, set a price; if it is, nothing is to be done.")


def lost_vat(before: Tariff, after: Tariff) -> Iterator[Finding]:
    """A version whose prices lack the VAT that those of the version before have."""
    if loses_vat(before, after):
        why = "The prices before have VAT, and these have none of it."
        yield Finding("vat_lost", "elements", why, "Give its percentage, unless no VAT is due any more.")


def mixed_currencies(tariffs: Mapping[str, Tariff]) -> Iterator[Finding]:
    """Tariffs of one charge group, by name, that do not share one currency."""
    by_currency: dict[str, list[str]] = {}
    for name, tariff in tariffs.items():
        by_currency.setdefault(tariff.currency, []).append(name)
    if len(by_currency) > 1:
        why = "; ".join(f"{currency}: {', '.join(names)}" for currency, names in sorted(by_currency.items()))
        yield Finding("currencies", "currency", f"More than one currency: {why}.", "Use tariffs of one currency.")


def _prices(tariff: Tariff) -> Iterator[tuple[int, Component]]:
    """Every price that is not zero, with the index of its element."""
    for index, element in enumerate(tariff.elements):
        yield from ((index, component) for component in element.components if component.price)
