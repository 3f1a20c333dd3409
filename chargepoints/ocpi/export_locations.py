"""Export of locations as OCPI 2.2.1, and which of them it can't say."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django_countries import countries

from chargegroups.models import Terms
from chargepoints.models import ChargePoint, Connector, FeedPoint, Location
from chargepoints.ocpi.location_object import parse_location
from chargepoints.ocpi.vocabulary import FORMATS, PHASES, REMOVED, connector_names
from customers.models import Provider
from evcnet.codes import identity_key
from evcnet.datetimes import database_clock
from evcnet.importexport.report import Exported
from tariffs.ocpi.export_tariffs import FIRST, TariffExport
from tariffs.ocpi.fields import format_moment

LONGEST = {"address": 45, "city": 45, "postal_code": 10}
STATE = {
    ChargePoint.Status.ACTIVE: "AVAILABLE",
    ChargePoint.Status.INACTIVE: "INOPERATIVE",
    ChargePoint.Status.OUT_OF_SERVICE: "OUTOFORDER",
}
"""What OCPI calls the portal's own status, where nothing is known of the device."""

_ID = re.compile(r"[ -~]+")  # OCPI's CiString: printable ASCII


@dataclass(frozen=True)
class PartnerPrice:
    """What a partner's tokens pay at a charge group that is open to them, by the tariff's id, and since when it is so."""

    tariff: int
    changed_at: datetime


@dataclass(frozen=True)
class LiveStatus:
    """What OCPI calls the state of a device, and since when it is so; None where that is not known."""

    status: str
    changed_at: datetime | None


LiveStatuses = Callable[[Collection[int]], Mapping[int, LiveStatus]]
"""Looks up the status of charge points by their ids. One that is not in the answer has never been connected."""


def export_locations(
    provider: Provider, *, prices: Mapping[int, PartnerPrice] | None = None, live: LiveStatuses | None = None
) -> Exported:
    """Every location with its charge points. What is written reads back the same; the rest is left out with a reason.

    ``prices``: for a partner, by the ids of the groups that are open to it; then what is not published is left out too.
    ``live``: without it the status is the portal's own.
    """
    export = LocationExport(provider, prices=prices, live=live)
    stored = Location.objects.filter(provider=provider).prefetch_related("chargepoint_set__connectors")
    export.write(stored.order_by("code"))
    for point in ChargePoint.objects.filter(provider=provider, location=None):
        export.exported.leave_out(point.identity, "It has no location.")
    return export.exported


class LocationExport:
    """Writes locations with their charge points into ``exported``, which also says what was left out."""

    def __init__(
        self,
        provider: Provider,
        *,
        prices: Mapping[int, PartnerPrice] | None = None,
        live: LiveStatuses | None = None,
        version: str = FIRST,
    ) -> None:
        self.provider, self.prices, self.live, self.exported = provider, prices, live, Exported()
        self._points = _Points(provider, self.exported, prices, version)

    def write(self, locations: Iterable[Location]) -> list[dict[str, Any]]:
        """The objects of those that can be written, in their order. Their points and connectors are at hand already."""
        rows = list(locations)
        if self.live is not None:
            self._points.live = self.live([point.pk for each in rows for point in each.chargepoint_set.all()])
        return [written for each in rows if (written := self._write(each)) is not None]

    def _write(self, location: Location) -> dict[str, Any] | None:
        written = _location(self.provider, location)
        why_not = self._unpublished(location) or _why_not(location) or _misread(written, location)
        if why_not:
            self.exported.leave_out(location.code, why_not)
            for point in location.chargepoint_set.all():
                self.exported.leave_out(point.identity, f"Its location {location.code} is left out.")
            return None
        evses = self._points.at(location)
        if self.prices is not None and not evses:
            self.exported.leave_out(location.code, "It has no EVSE that partners see.")
            return None
        latest = max([written["last_updated"], *(each["last_updated"] for each in evses)])
        written |= {"evses": evses, "last_updated": latest} if evses else {}
        self.exported.objects.append(written)
        return written

    def _unpublished(self, location: Location) -> str:
        return "It is not published." if self.prices is not None and not location.published else ""


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
        **location_fields(location),
        "publish": location.published,
        "time_zone": location.time_zone,
        "last_updated": _seconds(location.updated_at),
    }
    return {name: value for name, value in data.items() if value != ""}


def location_fields(location: Location) -> dict[str, Any]:
    """Where it is, in the names of OCPI."""
    return {
        "id": location.code,
        "name": location.name,
        "address": location.address,
        "city": location.city,
        "postal_code": location.postal_code,
        "country": countries.alpha3(location.country.code),
        "coordinates": {"latitude": f"{location.latitude or 0:.7f}", "longitude": f"{location.longitude or 0:.7f}"},
    }


class _Points:
    """Writes charge points; knows which tariffs hold at them, and which keys were written."""

    def __init__(
        self, provider: Provider, exported: Exported, prices: Mapping[int, PartnerPrice] | None, version: str
    ) -> None:
        self.exported, self.prices, self.version = exported, prices, version
        self.keys: dict[str, str] = {}
        self.live: Mapping[int, LiveStatus] = {}
        self.removed = set(
            FeedPoint.objects.filter(provider=provider, removed_at__isnull=False).values_list("charge_point", flat=True)
        )
        named = _tariffs_of_groups(provider) if prices is None else {pk: each.tariff for pk, each in prices.items()}
        ids = TariffExport(provider, only=None if prices is None else set(named.values()), version=version).ids
        self.tariffs = {group: ids.get(tariff, []) for group, tariff in named.items()}

    def at(self, location: Location) -> list[dict[str, Any]]:
        written = []
        for point in sorted(location.chargepoint_set.all(), key=lambda each: each.identity):
            connectors = list(point.connectors.all())
            why_not = self._closed(point) or self._unsayable(point, connectors) or self._repeats(point)
            if why_not:
                self.exported.leave_out(point.identity, why_not)
            else:
                written.append(self._evse(point, connectors))
        return written

    def _closed(self, point: ChargePoint) -> str:
        is_open = self.prices is None or point.charge_group_id in self.prices
        return "" if is_open else "Its charge group is not accessible for roaming."

    def _unsayable(self, point: ChargePoint, connectors: list[Connector]) -> str:
        if not connectors:
            return "It has no connector."
        uid = point.evse_uid
        if len(uid) > 36:
            return "OCPI allows 36 characters for an EVSE's uid, and its identity has more."
        if not all(_ID.fullmatch(each) for each in (uid, point.evse_id or uid, *(each.ocpi_id for each in connectors))):
            return "An OCPI id has printable ASCII characters only."
        strange = [each for each in connectors if not self._has_words(each)]
        return f"OCPI {self.version} has no word for its connector {strange[0].ocpi_id}." if strange else ""

    def _has_words(self, connector: Connector) -> bool:
        known = connector.standard in connector_names(self.version) and connector.format in FORMATS
        return known and connector.power_type in PHASES

    def _repeats(self, point: ChargePoint) -> str:
        key = identity_key(point.evse_id or point.identity)
        first = self.keys.setdefault(key, point.identity)
        return "" if first == point.identity else f"{first} has the same EVSE ID."

    def _evse(self, point: ChargePoint, connectors: list[Connector]) -> dict[str, Any]:
        tariff_ids = self.tariffs.get(point.charge_group_id or 0, [])
        changed, live = self._changed_at(point), self.live.get(point.pk)
        connectors_changed = _seconds(changed)
        data = {
            "uid": point.evse_uid,
            "evse_id": point.evse_id,
            "status": self._state(point),
            "connectors": [_connector(each, tariff_ids, connectors_changed) for each in connectors],
            "last_updated": _seconds(max(changed, live.changed_at) if live and live.changed_at else changed),
        }
        return {name: value for name, value in data.items() if value != ""}

    def _changed_at(self, point: ChargePoint) -> datetime:
        """Another price of the group is another connector, as OCPI has it."""
        price = (self.prices or {}).get(point.charge_group_id or 0)
        return max(point.updated_at, price.changed_at) if price else point.updated_at

    def _state(self, point: ChargePoint) -> str:
        """What its device says counts where the portal has it in service. A point that a feed removed is removed here too,
        unless it was put into service since."""
        live = self.live.get(point.pk)
        if live is not None and point.status == ChargePoint.Status.ACTIVE:
            return live.status
        gone = point.pk in self.removed and point.status == ChargePoint.Status.OUT_OF_SERVICE
        return REMOVED if gone else STATE[ChargePoint.Status(point.status)]


def _tariffs_of_groups(provider: Provider) -> dict[int, int]:
    terms = Terms.objects.filter(provider=provider).in_force(database_clock())
    return {each.charge_group_id: _tariff(each) for each in terms}


def _tariff(terms: Terms) -> int:
    """The one tariff that a connector names, by its primary key: where roaming is on, that of roaming cards."""
    return (terms.roaming and terms.roaming_tariff_id) or terms.tariff_id


def _connector(connector: Connector, tariff_ids: list[str], updated: str) -> dict[str, Any]:
    data = {
        "id": connector.ocpi_id,
        "standard": connector.standard,
        "format": connector.format,
        "power_type": connector.power_type,
        "max_voltage": connector.max_voltage,
        "max_amperage": connector.max_amperage,
        "max_electric_power": connector.max_electric_power,
        "tariff_ids": tariff_ids or None,
        "last_updated": updated,
    }
    return {name: value for name, value in data.items() if value is not None}


def _seconds(moment: datetime) -> str:
    return format_moment(moment.replace(microsecond=0))
