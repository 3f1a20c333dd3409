"""Export of locations as OCPI 2.2.1, and which of them it can't say."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django_countries import countries

from chargegroups.models import Terms
from chargepoints.models import ChargePoint, Connector, FeedPoint, Location
from chargepoints.ocpi.location_object import parse_location
from chargepoints.ocpi.vocabulary import CONNECTORS, FORMATS, PHASES, REMOVED
from customers.models import Provider
from evcnet.codes import identity_key
from evcnet.datetimes import database_clock
from evcnet.importexport.report import Exported
from tariffs.ocpi.export_tariffs import TariffExport
from tariffs.ocpi.fields import format_moment

LONGEST = {"address": 45, "city": 45, "postal_code": 10}
STATE = {
    ChargePoint.Status.ACTIVE: "AVAILABLE",
    ChargePoint.Status.INACTIVE: "INOPERATIVE",
    ChargePoint.Status.OUT_OF_SERVICE: "OUTOFORDER",
}
"""What OCPI calls the portal's own status: who is charging right now, the portal does not know."""

_ID = re.compile(r"[ -~]+")  # OCPI's CiString: printable ASCII


def export_locations(provider: Provider) -> Exported:
    """Every location with its charge points. What is written reads back the same; the rest is left out with a reason."""
    exported = Exported()
    points = _Points(provider, exported)
    stored = Location.objects.filter(provider=provider).prefetch_related("chargepoint_set__connectors")
    for location in stored.order_by("code"):
        written = _location(provider, location)
        why_not = _why_not(location) or _misread(written, location)
        if why_not:
            exported.leave_out(location.code, why_not)
            for point in location.chargepoint_set.all():
                exported.leave_out(point.identity, f"Its location {location.code} is left out.")
        else:
            exported.objects.append(written | points.at(location))
    for point in ChargePoint.objects.filter(provider=provider, location=None):
        exported.leave_out(point.identity, "It has no location.")
    return exported


def _why_not(location: Location) -> str:
    if location.latitude is None or location.longitude is None:
        return "It has no coordinates."
    missing = [name for name in ("address", "city") if not getattr(location, name)]
    if missing:
        return f"It has no {' and no '.join(missing)}."
    for name, longest in LONGEST.items():
        if len(getattr(location, name)) > longest:
            return f"OCPI allows {longest} characters for {name}, and it has more."
    return "" if _ID.fullmatch(location.code) else "An OCPI id has printable ASCII characters only."


def _misread(written: dict[str, Any], location: Location) -> str:
    read = parse_location(written, 1, location.time_zone)
    if read.problems:
        return " ".join(f"{each}." for each in read.problems)
    same = all(getattr(location, name) == value for name, value in read.values.items())
    return "" if same else "OCPI can't say all that it says."


def _location(provider: Provider, location: Location) -> dict[str, Any]:
    data = {
        "country_code": provider.country_code.code,
        "party_id": provider.party_id,
        "id": location.code,
        "publish": location.published,
        "name": location.name,
        "address": location.address,
        "city": location.city,
        "postal_code": location.postal_code,
        "country": countries.alpha3(location.country.code),
        "coordinates": {"latitude": f"{location.latitude or 0:.7f}", "longitude": f"{location.longitude or 0:.7f}"},
        "time_zone": location.time_zone,
        "last_updated": _seconds(location.updated_at),
    }
    return {name: value for name, value in data.items() if value != ""}


class _Points:
    """Writes charge points; knows which tariffs hold at them, and which keys were written."""

    def __init__(self, provider: Provider, exported: Exported) -> None:
        self.exported = exported
        self.keys: dict[str, str] = {}
        terms = Terms.objects.filter(provider=provider).in_force(database_clock())
        ids = TariffExport(provider).ids
        self.removed = set(
            FeedPoint.objects.filter(provider=provider, removed_at__isnull=False).values_list("charge_point", flat=True)
        )
        self.tariffs = {each.charge_group_id: ids.get(_tariff(each), []) for each in terms}

    def at(self, location: Location) -> dict[str, Any]:
        written = []
        for point in sorted(location.chargepoint_set.all(), key=lambda each: each.identity):
            connectors = list(point.connectors.all())
            why_not = _why_not_evse(point, connectors) or self._repeats(point)
            if why_not:
                self.exported.leave_out(point.identity, why_not)
            else:
                written.append(self._evse(point, connectors))
        return {"evses": written} if written else {}

    def _repeats(self, point: ChargePoint) -> str:
        key = identity_key(point.evse_id or point.identity)
        first = self.keys.setdefault(key, point.identity)
        return "" if first == point.identity else f"{first} has the same EVSE ID."

    def _evse(self, point: ChargePoint, connectors: list[Connector]) -> dict[str, Any]:
        tariff_ids = self.tariffs.get(point.charge_group_id, [])
        data = {
            "uid": _uid(point),
            "evse_id": point.evse_id,
            "status": self._state(point),
            "connectors": [_connector(each, tariff_ids, point) for each in connectors],
            "last_updated": _seconds(point.updated_at),
        }
        return {name: value for name, value in data.items() if value != ""}

    def _state(self, point: ChargePoint) -> str:
        """A point that a feed removed is removed here too, unless it was put into service since."""
        gone = point.pk in self.removed and point.status == ChargePoint.Status.OUT_OF_SERVICE
        return REMOVED if gone else STATE[ChargePoint.Status(point.status)]


def _tariff(terms: Terms) -> int:
    """The one tariff that a connector names, by its primary key: where roaming is on, that of roaming cards."""
    return (terms.roaming and terms.roaming_tariff_id) or terms.tariff_id


def _why_not_evse(point: ChargePoint, connectors: list[Connector]) -> str:
    if not connectors:
        return "It has no connector."
    uid = _uid(point)
    if len(uid) > 36:
        return "OCPI allows 36 characters for an EVSE's uid, and its identity has more."
    if not all(_ID.fullmatch(each) for each in (uid, point.evse_id or uid, *(each.ocpi_id for each in connectors))):
        return "An OCPI id has printable ASCII characters only."
    strange = [each for each in connectors if not _has_words(each)]
    return f"OCPI 2.2.1 has no word for its connector {strange[0].ocpi_id}." if strange else ""


def _has_words(connector: Connector) -> bool:
    known = connector.standard in CONNECTORS and connector.format in FORMATS
    return known and connector.power_type in PHASES


def _uid(point: ChargePoint) -> str:
    """Where there is no EVSE ID the uid is the key, so it is the identity then."""
    return (point.evse_id and point.ocpi_uid) or point.identity


def _connector(connector: Connector, tariff_ids: list[str], point: ChargePoint) -> dict[str, Any]:
    data = {
        "id": connector.ocpi_id,
        "standard": connector.standard,
        "format": connector.format,
        "power_type": connector.power_type,
        "max_voltage": connector.max_voltage,
        "max_amperage": connector.max_amperage,
        "max_electric_power": connector.max_electric_power,
        "tariff_ids": tariff_ids or None,
        "last_updated": _seconds(point.updated_at),
    }
    return {name: value for name, value in data.items() if value is not None}


def _seconds(moment: datetime) -> str:
    return format_moment(moment.replace(microsecond=0))
