"""Conversion of stored tariff versions to the OCPI tariff that is priced and shown, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tariffs.models import TariffElement, TariffVersion
from tariffs.pricing import Component, Element, PriceLimit, Restrictions, Tariff
from tariffs.pricing.tariff import DIMENSIONS, Dimension

COLUMN: dict[Dimension, str] = {"ENERGY": "energy", "TIME": "time", "PARKING_TIME": "parking", "FLAT": "flat"}
_RESTRICTIONS = [name for name in Restrictions.__dataclass_fields__]


def price_list(version: TariffVersion, elements: Iterable[TariffElement] | None = None) -> Tariff:
    """The one object by which a version is priced and shown. ``elements`` where they are at hand already."""
    rows = version.elements.all() if elements is None else elements
    return Tariff(
        currency=version.tariff.currency,
        elements=tuple(_element(row) for row in rows),
        min_price=_limit(version.min_price_excl, version.min_price_incl),
        max_price=_limit(version.max_price_excl, version.max_price_incl),
        tax_included=version.tax_included,
    )


def version_fields(tariff: Tariff) -> dict[str, Any]:
    """The columns of TariffVersion that the tariff sets."""
    return {
        "tax_included": tariff.tax_included,
        "min_price_excl": tariff.min_price and tariff.min_price.excl_vat,
        "min_price_incl": tariff.min_price and tariff.min_price.incl_vat,
        "max_price_excl": tariff.max_price and tariff.max_price.excl_vat,
        "max_price_incl": tariff.max_price and tariff.max_price.incl_vat,
    }


def element_rows(tariff: Tariff) -> list[TariffElement]:
    """Unsaved rows, one for each element, in list order."""
    return [TariffElement(**_components(element), **_restricted(element)) for element in tariff.elements]


def _element(row: TariffElement) -> Element:
    components = [_component(row, dimension) for dimension in DIMENSIONS]
    return Element(tuple(filter(None, components)), restrictions(row))


def restrictions(row: TariffElement) -> Restrictions:
    """When an element holds."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _RESTRICTIONS}
    values["day_of_week"] = tuple(values["day_of_week"] or ())
    values["reservation"] = values["reservation"] or None
    return Restrictions(**values)


def _component(row: TariffElement, dimension: Dimension) -> Component | None:
    column = COLUMN[dimension]
    price = getattr(row, f"{column}_price")
    if price is None:
        return None
    return Component(dimension, price, getattr(row, f"{column}_step", 1), getattr(row, f"{column}_vat"))


def _limit(excl: Decimal | None, incl: Decimal | None) -> PriceLimit | None:
    return None if excl is None else PriceLimit(excl, incl)


def _components(element: Element) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for component in element.components:
        column = COLUMN[component.dimension]
        columns |= {f"{column}_price": component.price, f"{column}_vat": component.vat}
        if component.dimension != "FLAT":
            columns[f"{column}_step"] = component.step_size
    return columns


def _restricted(element: Element) -> Mapping[str, Any]:
    values = {name: getattr(element.restrictions, name) for name in _RESTRICTIONS}
    return values | {"day_of_week": list(values["day_of_week"]), "reservation": values["reservation"] or ""}
