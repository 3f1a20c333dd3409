"""OCPI 2.1.1: recognises its objects, which are refused by name. They have no VAT, and other names for volts and amperes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_OWN_CONNECTOR_FIELDS = {"voltage", "amperage", "tariff_id"}
_LATER_TARIFF_FIELDS = {"type", "min_price", "max_price", "start_date_time", "end_date_time", "tax_included"}


def is_ocpi_211(kind: str, objects: Sequence[Any]) -> bool:
    """Are all of these objects, ``locations``, ``tariffs`` or ``tokens``, of OCPI 2.1.1? Later ones say whose they are."""
    recognise = {"locations": _is_location, "tariffs": _is_tariff, "tokens": _is_token}[kind]
    return bool(objects) and all(
        isinstance(each, Mapping) and not {"country_code", "party_id"} & each.keys() and recognise(each)
        for each in objects
    )


def _is_location(value: Mapping[str, Any]) -> bool:
    connectors = [each for evse in _objects(value, "evses") for each in _objects(evse, "connectors")]
    return any(_OWN_CONNECTOR_FIELDS & each.keys() for each in connectors) or (
        "type" in value and "publish" not in value
    )


def _is_tariff(value: Mapping[str, Any]) -> bool:
    components = [each for element in _objects(value, "elements") for each in _objects(element, "price_components")]
    later = _LATER_TARIFF_FIELDS & value.keys() or any("vat" in each for each in components)
    return "last_updated" in value and not later


def _is_token(value: Mapping[str, Any]) -> bool:
    return "auth_id" in value and "contract_id" not in value


def _objects(value: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    given = value.get(name)
    yield from (each for each in given if isinstance(each, Mapping)) if isinstance(given, list) else ()
