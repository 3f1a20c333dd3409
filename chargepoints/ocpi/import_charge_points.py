"""Import of OCPI EVSEs: matched with stored charge points, compared, written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Connector, Location
from chargepoints.ocpi.feed_points import PointFeed
from chargepoints.ocpi.location_object import EvseObject
from chargepoints.ocpi.vocabulary import REMOVED, WORKING
from customers.models import Provider
from evcnet.code_keys import IdentityKey
from evcnet.codes import identity_key
from evcnet.importexport.report import Report, write_rows
from tariffs.pricing.problems import Problem

BATCH = 500
POINT_COLUMNS = ["location", "evse_id", "ocpi_uid", "max_power_kw", "status"]
CONNECTOR_COLUMNS = ["standard", "format", "power_type", "max_voltage", "max_amperage", "max_electric_power"]


@dataclass(eq=False)
class PointRow:
    """An EVSE of the file beside its charge point, stored or new, and what is to be written.

    ``removed``: the feed removes the point now, which had ``status_before``; ``revived``: it has it alive again.
    ``former_evse_id``: the point was found by its uid, and had this EVSE ID.
    """

    evse: EvseObject
    point: ChargePoint
    is_new: bool
    changed: bool = False
    removed: bool = False
    revived: bool = False
    status_before: str = ""
    former_evse_id: str = ""
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
    """The charge points of a provider by identity, by EVSE ID and by the feed's uid; which identities are others'."""

    def __init__(self, provider: Provider, evses: Iterable[EvseObject], feed: PointFeed) -> None:
        self.provider, self.feed = provider, feed
        self.by_identity: dict[str, ChargePoint] = {}
        self.by_evse_id: dict[str, list[ChargePoint]] = defaultdict(list)
        self.by_uid: dict[str, list[ChargePoint]] = defaultdict(list)
        for point in ChargePoint.objects.filter(provider=provider).prefetch_related("connectors"):
            self.by_identity[identity_key(point.identity)] = point
            if point.evse_id:
                self.by_evse_id[identity_key(point.evse_id)].append(point)
            if point.pk in feed.rows:
                self.by_uid[point.ocpi_uid or point.identity].append(point)
        self.active = sum(point.status == ChargePoint.Status.ACTIVE for point in self.by_identity.values())
        living = [evse for evse in evses if evse.state != REMOVED]
        self.keys = {identity_key(evse.identity) for evse in living}
        self.uids = Counter(evse.uid for evse in living)
        self.of_others = self._of_others([identity_key(evse.identity) for evse in evses])
        self.taken: set[int] = set()
        self.removed_keys: set[str] = set()

    def _of_others(self, identities: list[str]) -> set[str]:
        others = ChargePoint.objects.exclude(provider=self.provider).annotate(key=IdentityKey("identity"))
        return set(others.filter(key__in=identities).values_list("key", flat=True))

    def row(self, evse: EvseObject, location: Location, charge_group: ChargeGroup | None) -> PointRow | None:
        """The EVSE beside its charge point; nothing, and a problem at the EVSE, where it can't be taken.

        Nothing without a problem: it is removed here, and its charge point lives elsewhere in the file.
        """
        points = self.find(evse)
        if evse.state == REMOVED and points and points[0].pk in self.taken:
            return None
        problem = self._problem(identity_key(evse.identity), points)
        if problem:
            evse.problems.append(problem)
            return None
        if not points:
            return _new(evse, ChargePoint(provider=self.provider, identity=evse.identity), location, charge_group)
        self.taken.add(points[0].pk)
        return _compared(evse, points[0], location, self.feed)

    def find(self, evse: EvseObject) -> list[ChargePoint]:
        """By its key, else by the feed's uid where only one point and one EVSE of the file have it."""
        key = identity_key(evse.identity)
        if key in self.by_identity:
            return [self.by_identity[key]]
        candidates = self.by_evse_id.get(key, []) if evse.evse_id else []
        return candidates or self._by_uid(evse)

    def _by_uid(self, evse: EvseObject) -> list[ChargePoint]:
        points = self.by_uid.get(evse.uid, []) if evse.uid else []
        if len(points) != 1 or self.uids[evse.uid] > 1:
            return []
        return [] if {identity_key(points[0].identity), identity_key(points[0].evse_id)} & self.keys else points

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
    removed = evse.state == REMOVED
    point.status = ChargePoint.Status.OUT_OF_SERVICE if removed else _first_status(evse, point)
    connectors = [_connector(point, name, values) for name, values in evse.connectors.items()]
    return PointRow(evse, point, is_new=True, removed=removed, new_connectors=connectors)


def _first_status(evse: EvseObject, point: ChargePoint) -> str:
    """Of a point that the portal did not know alive."""
    works = point.charge_group_id is not None and evse.state in WORKING
    return ChargePoint.Status.ACTIVE if works else ChargePoint.Status.INACTIVE


def _compared(evse: EvseObject, point: ChargePoint, location: Location, feed: PointFeed) -> PointRow:
    """Status and charge group are the portal's own to say, but for an EVSE that was removed, or lives again.

    Where it was removed from is no place to which it moves.
    """
    row = PointRow(evse, point, is_new=False)
    _compare_connectors(row)
    values: dict[str, Any] = {} if evse.state == REMOVED else {"location_id": location.pk}
    if evse.evse_id:
        if identity_key(evse.evse_id) not in (identity_key(point.evse_id), identity_key(point.identity)):
            row.former_evse_id = point.evse_id or point.identity
        values |= {"evse_id": evse.evse_id, "ocpi_uid": _uid(evse, point)}
    if row.rewired:
        values["max_power_kw"] = evse.kilowatts
    values["status"] = _status(row, feed)
    row.changed = any(getattr(point, name) != value for name, value in values.items())
    for name, value in values.items():
        setattr(point, name, value)
    return row


def _status(row: PointRow, feed: PointFeed) -> str:
    """REMOVED is out of service. What the same feed removed comes back as it was, unless staff changed its status."""
    point, is_removed = row.point, row.point.pk in feed.removals
    if row.evse.state == REMOVED:
        row.removed = not is_removed or feed.staff_changed(point)
        row.status_before = point.status
        return ChargePoint.Status.OUT_OF_SERVICE
    row.revived = is_removed
    if not is_removed or feed.staff_changed(point):
        return point.status
    before = feed.status_before(point) or _first_status(row.evse, point)
    if before == ChargePoint.Status.ACTIVE and point.charge_group_id is None:
        return ChargePoint.Status.INACTIVE
    return before


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
