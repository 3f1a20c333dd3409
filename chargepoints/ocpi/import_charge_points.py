"""Import of OCPI EVSEs: matched with stored charge points, compared, written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models.functions import Upper

from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Connector, Location
from chargepoints.ocpi.location_object import EvseObject
from chargepoints.ocpi.vocabulary import REMOVED, WORKING
from customers.models import Provider
from evcnet.importexport.report import Report, write_rows
from tariffs.pricing.problems import Problem

BATCH = 500
POINT_COLUMNS = ["location", "evse_id", "ocpi_uid", "max_power_kw", "status"]
CONNECTOR_COLUMNS = ["standard", "format", "power_type", "max_voltage", "max_amperage", "max_electric_power"]


@dataclass(eq=False)
class PointRow:
    """An EVSE of the file beside its charge point, stored or new, and what is to be written."""

    evse: EvseObject
    point: ChargePoint
    is_new: bool
    changed: bool = False
    new_connectors: list[Connector] = field(default_factory=list)
    changed_connectors: list[Connector] = field(default_factory=list)
    gone_connectors: list[Any] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.evse.id

    @property
    def rewired(self) -> bool:
        return bool(self.new_connectors or self.changed_connectors or self.gone_connectors)

    @property
    def touched(self) -> bool:
        return self.is_new or self.changed or self.rewired


class KnownPoints:
    """The charge points of a provider by identity and by EVSE ID, and which identities are others'."""

    def __init__(self, provider: Provider, identities: Iterable[str]) -> None:
        self.provider = provider
        self.by_identity: dict[str, ChargePoint] = {}
        self.by_evse_id: dict[str, list[ChargePoint]] = defaultdict(list)
        for point in ChargePoint.objects.filter(provider=provider).prefetch_related("connectors"):
            self.by_identity[point.identity.upper()] = point
            if point.evse_id:
                self.by_evse_id[point.evse_id.replace("*", "").upper()].append(point)
        self.of_others = self._of_others([each.upper() for each in identities])
        self.taken: set[Any] = set()

    def _of_others(self, identities: list[str]) -> set[str]:
        others = ChargePoint.objects.exclude(provider=self.provider).annotate(key=Upper("identity"))
        return set(others.filter(key__in=identities).values_list("key", flat=True))

    def row(self, evse: EvseObject, location: Location, charge_group: ChargeGroup | None) -> PointRow | None:
        """The EVSE beside its charge point; nothing, and a problem at the EVSE, where it can't be taken."""
        key = evse.identity.upper()
        points = [self.by_identity[key]] if key in self.by_identity else self.by_evse_id[key] if evse.evse_id else []
        problem = self._problem(key, points)
        if problem:
            evse.problems.append(problem)
            return None
        if not points:
            return _new(evse, ChargePoint(provider=self.provider, identity=evse.identity), location, charge_group)
        self.taken.add(points[0].pk)
        return _compared(evse, points[0], location)

    def _problem(self, key: str, points: list[ChargePoint]) -> Problem | None:
        if not points and key in self.of_others:
            return Problem("evse_id", "its identity cannot be used", "check the EVSE ID")
        if len(points) > 1:
            reason = f"is the EVSE ID of {len(points)} charge points of the portal"
            return Problem("evse_id", reason, "give each its own there")
        if points and points[0].pk in self.taken:
            reason = f"means the charge point {points[0].identity}, which occurred earlier in the file"
            return Problem("evse_id", reason, "list each EVSE once")
        return None


def _new(evse: EvseObject, point: ChargePoint, location: Location, charge_group: ChargeGroup | None) -> PointRow:
    point.location, point.charge_group = location, charge_group
    point.evse_id, point.ocpi_uid, point.max_power_kw = evse.evse_id, _uid(evse, point), evse.kilowatts
    if evse.state == REMOVED:
        point.status = ChargePoint.Status.OUT_OF_SERVICE
    elif charge_group is not None and evse.state in WORKING:
        point.status = ChargePoint.Status.ACTIVE
    made = [_connector(point, name, values) for name, values in evse.connectors.items()]
    return PointRow(evse, point, is_new=True, new_connectors=made)


def _compared(evse: EvseObject, point: ChargePoint, location: Location) -> PointRow:
    """Status and charge group are the portal's own to say, but for an EVSE that was removed."""
    row = PointRow(evse, point, is_new=False)
    _compare_connectors(row)
    wanted: dict[str, Any] = {"location_id": location.pk}
    if evse.evse_id:
        wanted |= {"evse_id": evse.evse_id, "ocpi_uid": _uid(evse, point)}
    if row.rewired:
        wanted["max_power_kw"] = evse.kilowatts
    if evse.state == REMOVED:
        wanted["status"] = ChargePoint.Status.OUT_OF_SERVICE
    row.changed = any(getattr(point, name) != value for name, value in wanted.items())
    for name, value in wanted.items():
        setattr(point, name, value)
    return row


def _uid(evse: EvseObject, point: ChargePoint) -> str:
    """Kept only where it says more than the identity."""
    return "" if evse.uid == point.identity else evse.uid


def _compare_connectors(row: PointRow) -> None:
    """Those that are no longer named are gone; where none is named, nothing was said of them."""
    if not row.evse.connectors:
        return
    stored = {each.ocpi_id: each for each in row.point.connectors.all()}
    for name, values in row.evse.connectors.items():
        connector = stored.pop(name, None)
        if connector is None:
            row.new_connectors.append(_connector(row.point, name, values))
        elif any(getattr(connector, column) != values[column] for column in CONNECTOR_COLUMNS):
            for column in CONNECTOR_COLUMNS:
                setattr(connector, column, values[column])
            row.changed_connectors.append(connector)
    row.gone_connectors = [each.pk for each in stored.values()]


def _connector(point: ChargePoint, name: str, values: dict[str, Any]) -> Connector:
    return Connector(charge_point=point, ocpi_id=name, **{column: values[column] for column in CONNECTOR_COLUMNS})


def write_points(rows: list[PointRow], report: Report) -> list[PointRow]:
    """Those that were written; what the database refuses is reported."""
    return write_rows([row for row in rows if row.touched], _write, report)


def _write(rows: Sequence[PointRow]) -> None:
    ChargePoint.objects.bulk_create([row.point for row in rows if row.is_new], batch_size=BATCH)
    changed = [row.point for row in rows if row.changed]
    if changed:
        ChargePoint.objects.bulk_update(changed, POINT_COLUMNS, batch_size=BATCH)
    gone = [key for row in rows for key in row.gone_connectors]
    if gone:
        Connector.objects.filter(pk__in=gone).delete()
    Connector.objects.bulk_create([each for row in rows for each in row.new_connectors], batch_size=BATCH)
    rewired = [each for row in rows for each in row.changed_connectors]
    if rewired:
        Connector.objects.bulk_update(rewired, CONNECTOR_COLUMNS, batch_size=BATCH)
