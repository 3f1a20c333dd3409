"""The status of EVSEs as partners are told it: what OCPI calls the states that the gateway knows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.utils import timezone

from chargepoints.models import Hold
from chargepoints.ocpi.export_locations import LiveStatus
from gateway.states import OFFLINE, UNKNOWN, PointState, State, point_states

STATUSES: Final = {
    State.AVAILABLE: "AVAILABLE",
    State.CHARGING: "CHARGING",
    State.OCCUPIED: "BLOCKED",
    State.UNAVAILABLE: "INOPERATIVE",
    State.FAULTED: "OUTOFORDER",
    OFFLINE: "UNKNOWN",
    UNKNOWN: "UNKNOWN",
}
IN_USE: Final = frozenset({"SuspendedEV", "SuspendedEVSE"})
"""Words of OCPP for a transaction that goes on while no energy flows."""
RESERVED: Final = frozenset({"Reserved"})
AT_ONCE = 10_000
"""Charge points that one look-up names."""


def live_statuses(charge_points: Collection[int]) -> dict[int, LiveStatus]:
    """By charge point, of those whose devices have connected once: three queries for a page of any number."""
    ids, now = list(charge_points), timezone.now()
    statuses: dict[int, LiveStatus] = {}
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        states, holds = point_states(some), _latest_holds(some)
        statuses |= {pk: _live(each, holds.get(pk), now) for pk, each in states.items() if each.has_connected}
    return statuses


def _latest_holds(charge_points: Collection[int]) -> dict[int, Hold]:
    rows = Hold.objects.filter(charge_point__in=charge_points).order_by("charge_point_id", "-until")
    return {each.charge_point_id: each for each in rows.distinct("charge_point_id")}


def _live(state: PointState, hold: Hold | None, now: datetime) -> LiveStatus:
    """A hold of the queue moves it when it begins and when it ends."""
    if hold is None:
        return LiveStatus(evse_status(state), state.changed_at)
    is_held = hold.ended_at is None and hold.until > now
    moved = hold.begins_at if is_held else hold.ended_at or hold.until
    return LiveStatus(evse_status(state, is_held=is_held), max(state.changed_at or moved, moved))


def evse_status(state: PointState, *, is_held: bool = False) -> str:
    """What OCPI calls it. ``is_held``: for one driver, whose turn it is in the queue (social charging)."""
    if state.state == State.AVAILABLE and is_held:
        return "RESERVED"
    if state.state == State.OCCUPIED and state.words & IN_USE:
        return "CHARGING"
    if state.state == State.OCCUPIED and state.words == RESERVED:
        return "RESERVED"
    return STATUSES[state.state]
