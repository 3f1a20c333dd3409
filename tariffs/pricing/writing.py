"""Writes tariffs as OCPI objects; what is written here reads back as the same tariff."""

from dataclasses import fields
from datetime import date, time
from decimal import Decimal
from typing import Any

from .tariff import Component, Element, PriceLimit, Restrictions, Tariff


def write_tariff(tariff: Tariff) -> dict[str, Any]:
    """The price part of an OCPI tariff object: currency, elements and limits; numbers are Decimals or ints.

    OCPI 2.2.1, but for a tariff whose prices include tax: only 2.3.0 can say that (tax_included, before_taxes).
    """
    written: dict[str, Any] = {"currency": tariff.currency, "elements": [_element(each) for each in tariff.elements]}
    if tariff.tax_included:
        written["tax_included"] = "YES"
    for name, limit in (("min_price", tariff.min_price), ("max_price", tariff.max_price)):
        if limit is not None:
            written[name] = _limit(limit, tariff.tax_included)
    return written


def _element(element: Element) -> dict[str, Any]:
    written: dict[str, Any] = {"price_components": [_component(each) for each in element.components]}
    if restrictions := _restrictions(element.restrictions):
        written["restrictions"] = restrictions
    return written


def _component(component: Component) -> dict[str, Any]:
    written: dict[str, Any] = {"type": component.dimension, "price": component.price, "step_size": component.step_size}
    if component.vat is not None:
        written["vat"] = component.vat
    return written


def _restrictions(restrictions: Restrictions) -> dict[str, Any]:
    present = {each.name: getattr(restrictions, each.name) for each in fields(restrictions)}
    return {name: _plain(value) for name, value in present.items() if value not in (None, ())}


def _plain(value: object) -> object:
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _limit(limit: PriceLimit, tax_included: bool) -> dict[str, Decimal]:
    excl, incl = ("before_taxes", "after_taxes") if tax_included else ("excl_vat", "incl_vat")
    return {excl: limit.excl_vat} | ({} if limit.incl_vat is None else {incl: limit.incl_vat})
