"""The status of EVSEs as partners are told it: what OCPI calls the states that the gateway knows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

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
    """By charge point, of those whose devices have connected once: two queries for a page of any number."""
    ids = list(charge_points)
    states: dict[int, PointState] = {}
    for start in range(0, len(ids), AT_ONCE):
        states |= point_states(ids[start : start + AT_ONCE])
    return {pk: LiveStatus(evse_status(each), each.changed_at) for pk, each in states.items() if each.has_connected}


def evse_status(state: PointState) -> str:
    """What OCPI calls it."""
    if state.state == State.OCCUPIED and state.words & IN_USE:
        return "CHARGING"
    if state.state == State.OCCUPIED and state.words == RESERVED:
        return "RESERVED"
    return STATUSES[state.state]
