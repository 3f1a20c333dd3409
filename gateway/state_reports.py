"""Reports of states: kept as devices send them, and announced by a signal where the whole charge point's changes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from chargepoints.models import ChargePoint
from gateway.models import ConnectorState, Device
from gateway.signals import point_state_changed
from gateway.states import PointState, point_state, state_of
from roaming.status_push import push_status_soon

KEY = ("charge_point", "evse", "connector")
REPORTED = ("state", "reported", "error", "since", "reported_at")


def report_state(
    charge_point: int, evse: int, connector: int, state: str, reported: str, at: datetime, error: str = ""
) -> None:
    """Keep the state of a connector: what came last counts. ``since`` stays while the state does. Three statements, one
    more where the whole point says something else, and what follows from a state of it that is another one."""
    now = timezone.now()
    with transaction.atomic():
        # One at a time for each device, so that every change is announced once.
        device = Device.objects.select_for_update().filter(charge_point=charge_point).first()
        rows = {(row.evse, row.connector): row for row in ConnectorState.objects.filter(charge_point=charge_point)}
        before = state_of(device, list(rows.values()))
        stored = rows.get((evse, connector))
        since = stored.since if stored is not None and stored.state == state else at
        row = ConnectorState(
            charge_point_id=charge_point, evse=evse, connector=connector, state=state, reported=reported[:30],
            error=error[:150], since=since, reported_at=now,
        )  # fmt: skip
        ConnectorState.objects.bulk_create([row], update_conflicts=True, unique_fields=KEY, update_fields=REPORTED)
        after = state_of(device, list((rows | {(evse, connector): row}).values()))
        _announce(charge_point, before, after, now)


def announce(charge_point: int, before: PointState, at: datetime) -> None:
    """Send the signal if the state of the point is another one than before; within the transaction that changed it."""
    _announce(charge_point, before, point_state(charge_point), at)


def _announce(charge_point: int, before: PointState, after: PointState, at: datetime) -> None:
    if not after.says_the_same(before):
        Device.objects.filter(charge_point=charge_point).update(state_changed_at=at)
        push_status_soon(charge_point)
    if after.state != before.state:
        point_state_changed.send(ChargePoint, charge_point=charge_point, before=before.state, after=after.state, at=at)
