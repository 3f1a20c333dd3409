"""States of charge points and their connectors: what OCPP's words mean, what is stored, and what a whole point is in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from evcnet.together import totals
from gateway.models import ConnectorState, Device

State = ConnectorState.State
STATES = {
    "Available": State.AVAILABLE,
    "Preparing": State.OCCUPIED,
    "Charging": State.CHARGING,
    "SuspendedEVSE": State.OCCUPIED,
    "SuspendedEV": State.OCCUPIED,
    "Finishing": State.OCCUPIED,
    "Reserved": State.OCCUPIED,
    "Occupied": State.OCCUPIED,
    "Unavailable": State.UNAVAILABLE,
    "Faulted": State.FAULTED,
}
"""What the words of OCPP 1.6 and 2.0.1 count as."""
CHARGING_STATES = {"Charging": State.CHARGING, "Idle": State.AVAILABLE}
"""What the charging states of TransactionEvent (2.0.1) count as; all others are occupied."""
OFFLINE, UNKNOWN = "offline", "unknown"
ORDER = (State.AVAILABLE, State.CHARGING, State.OCCUPIED, State.UNAVAILABLE, State.FAULTED)
"""The state of a point with several connectors is the first of these that one of them is in."""

CONNECTIONS = {
    "connected": Q(device__connection__isnull=False),
    "offline": Q(device__connection=None, device__connected_at__isnull=False),
    "never": Q(device__connected_at=None),
}
"""Conditions on charge points, by their devices."""


@dataclass(frozen=True, slots=True)
class PointState:
    """The state of a charge point: one of State, ``offline``, or ``unknown`` where it never said.

    ``since`` is when it began, as the device says; None where that is not known. ``changed_at`` is when it was last another,
    by our own clock. ``connectors`` are those of which the device told.
    """

    state: str
    since: datetime | None = None
    connectors: tuple[ConnectorState, ...] = ()
    changed_at: datetime | None = None

    @property
    def is_free(self) -> bool:
        return self.state == State.AVAILABLE

    @property
    def is_occupied(self) -> bool:
        return self.state in (State.CHARGING, State.OCCUPIED)

    @property
    def has_connected(self) -> bool:
        return self.state != UNKNOWN or self.since is not None

    @property
    def words(self) -> frozenset[str]:
        """The words of OCPP for the state, of the connectors that are in it."""
        return frozenset(row.reported for row in self.connectors if row.state == self.state)

    def says_the_same(self, other: PointState) -> bool:
        """As those read it who are told of the words too."""
        return (self.state, self.words, self.has_connected) == (other.state, other.words, other.has_connected)


NOT_CONNECTED = PointState(UNKNOWN)
"""Of a point whose device has never connected."""


def point_state(charge_point: int) -> PointState:
    return point_states([charge_point]).get(charge_point, NOT_CONNECTED)


def point_states(charge_points: Collection[int]) -> dict[int, PointState]:
    """By charge point, of those whose devices have connected once or have a password: two queries for any number."""
    devices = Device.objects.filter(charge_point__in=charge_points)
    rows: dict[int, list[ConnectorState]] = {}
    for row in ConnectorState.objects.filter(charge_point__in=charge_points):
        rows.setdefault(row.charge_point_id, []).append(row)
    return {device.charge_point_id: state_of(device, rows.get(device.charge_point_id, [])) for device in devices}


def state_of(device: Device | None, rows: Sequence[ConnectorState]) -> PointState:
    """Of the point of a device, from the states of its connectors; ``device`` None: it never connected."""
    if device is None:
        return NOT_CONNECTED
    changed = device.state_changed_at
    if device.connection is None:
        offline = PointState(OFFLINE, device.disconnected_at, tuple(rows), changed)
        return offline if device.connected_at else NOT_CONNECTED
    connectors = [row for row in rows if row.evse] or list(rows)
    whole = next((row for row in rows if not row.evse), None)
    if whole is not None and whole.state in (State.UNAVAILABLE, State.FAULTED):
        return PointState(whole.state, whole.since, tuple(rows), changed)
    for state in ORDER:
        since = [row.since for row in connectors if row.state == state]
        if since:
            return PointState(state, min(since), tuple(rows), changed)
    return PointState(UNKNOWN, device.connected_at, changed_at=changed)


def charging_points() -> QuerySet[Any, Any]:
    """The ids of the charge points at which something charges now; one comes once for each of its connectors."""
    charging = ConnectorState.objects.filter(state=State.CHARGING, charge_point__device__connection__isnull=False)
    return charging.order_by().values("charge_point")


def connection_counts(points: QuerySet[Any]) -> QuerySet[Any, Any]:
    """How many of the charge points (a queryset) are connected, offline and charging: a queryset of one row."""
    charging = Q(device__connection__isnull=False, connector_states__state=State.CHARGING)
    return totals(
        points,
        connected=Count("pk", filter=CONNECTIONS["connected"], distinct=True),
        offline=Count("pk", filter=CONNECTIONS["offline"], distinct=True),
        charging=Count("pk", filter=charging, distinct=True),
    )
