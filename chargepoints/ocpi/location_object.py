"""OCPI location objects: parsed into columns of locations and charge points, with all problems."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from django_countries import countries

from chargepoints.ocpi.connector_object import parse_connectors
from chargepoints.ocpi.vocabulary import STATES
from tariffs.ocpi.fields import NOT_AN_OBJECT, Fields
from tariffs.pricing.problems import Problem

CENTIMETRE = Decimal("1e-7")


@dataclass
class EvseObject:
    """``id`` names it to people; ``identity`` is its key. ``problems`` say why it can't be taken."""

    id: str
    identity: str = ""
    evse_id: str = ""
    uid: str = ""
    state: str = ""
    connectors: dict[str, dict[str, Any]] = field(default_factory=dict)
    tariff_ids: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def kilowatts(self) -> Decimal | None:
        watts = [each["watts"] for each in self.connectors.values()]
        return Decimal(max(watts)) / 1000 if watts else None


@dataclass
class LocationObject:
    """``values`` are columns of Location; a name that the file does not give is not among them."""

    id: str
    code: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    evses: list[EvseObject] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def parse_location(value: object, position: int, time_zone: str) -> LocationObject:
    """``time_zone`` is that of a location that names none."""
    unnamed = f"#{position}"
    if not isinstance(value, Mapping):
        return LocationObject(unnamed, problems=[NOT_AN_OBJECT])
    fields = Fields(value)
    code = fields.code("id", 36, required=True)
    values = _values(fields, time_zone)
    given = fields.present.get("evses", [])
    if not isinstance(given, list):
        fields.refuse_field("evses", "is not a list", "put it in [ ]")
        given = []
    evses = [_evse(each, f"evses[{index}]", code or unnamed) for index, each in enumerate(given)]
    return LocationObject(code or unnamed, code, values, evses, fields.problems)


def _values(fields: Fields, time_zone: str) -> dict[str, Any]:
    name = fields.text("name", 200)
    latitude, longitude = _coordinates(fields)
    values = {
        "address": fields.text("address", 200),
        "postal_code": fields.text("postal_code", 12),
        "city": fields.text("city", 100),
        "country": _country(fields),
        "latitude": latitude,
        "longitude": longitude,
        "time_zone": _time_zone(fields, time_zone),
        "published": fields.truth("publish"),
    }
    return values | ({"name": name} if name else {})


def _country(fields: Fields) -> str:
    """OCPI has three letters, the portal two; both are understood."""
    given = fields.text("country", 3, required=True)
    code = str(countries.alpha2(given.upper())) if given.isalpha() else ""
    if given and not code:
        fields.refuse_field("country", f"“{given}” is no country of ISO 3166", "give its three letters, like NLD")
    return code


def _coordinates(fields: Fields) -> tuple[Decimal | None, Decimal | None]:
    given = fields.present.get("coordinates")
    if given is None:
        return None, None
    if not isinstance(given, Mapping):
        fields.refuse_field("coordinates", "is not an object", "give latitude and longitude")
        return None, None
    return _degrees(fields, given, "latitude", 90), _degrees(fields, given, "longitude", 180)


def _degrees(fields: Fields, given: Mapping[str, Any], name: str, most: int) -> Decimal | None:
    path = fields.path(f"coordinates.{name}")
    degrees = fields.number(path, given.get(name), least=-most, most=most, decimals=30)
    return degrees if degrees is None else degrees.quantize(CENTIMETRE)


def _time_zone(fields: Fields, default: str) -> str:
    name = fields.text("time_zone", 64) or default
    if name not in _time_zones():
        fields.refuse_field("time_zone", f"“{name}” is no time zone of IANA", "give one like Europe/Amsterdam")
    return name


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _evse(value: object, at: str, location: str) -> EvseObject:
    """Its key: the EVSE ID without ``*``, since feeds spell it with and without; else the uid as it is."""
    if not isinstance(value, Mapping):
        return EvseObject(f"{location} {at}", problems=[NOT_AN_OBJECT])
    fields = Fields(value, at)
    uid, evse_id = fields.code("uid", 36), fields.code("evse_id", 48)
    identity = evse_id.replace("*", "") or uid
    if not any(map(str.isalnum, identity)) and not fields.problems:
        fields.refuse_field("uid", "is absent, and so is evse_id", "give one: the charge point is known by it")
    state = fields.choice(fields.path("status"), fields.present.get("status", "UNKNOWN"), STATES)
    connectors, tariff_ids = parse_connectors(fields)
    name = evse_id or uid or f"{location} {at}"
    return EvseObject(name, identity, evse_id, uid, state or "", connectors, tariff_ids, fields.problems)
