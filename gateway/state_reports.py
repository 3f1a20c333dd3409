"""Reports of states: kept as devices send them, and announced by a signal where the whole charge point's changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from chargepoints.models import ChargePoint
from gateway.models import ConnectorState, Device
from gateway.signals import point_state_changed
from gateway.states import PointState, point_state


def report_state(
    charge_point: int, evse: int, connector: int, state: str, reported: str, at: datetime, error: str = ""
) -> None:
    """Keep the state of a connector: what came last counts. ``since`` stays while the state does."""
    now = timezone.now()
    with transaction.atomic():
        # One at a time for each device, so that every change is announced once.
        list(Device.objects.select_for_update().filter(charge_point=charge_point).values("pk"))
        before = point_state(charge_point)
        key: dict[str, Any] = {"charge_point_id": charge_point, "evse": evse, "connector": connector}
        stored = ConnectorState.objects.filter(**key).first()
        since = stored.since if stored is not None and stored.state == state else at
        values = {"state": state, "reported": reported[:30], "error": error[:150], "since": since, "reported_at": now}
        ConnectorState.objects.update_or_create(**key, defaults=values)
        announce(charge_point, before, now)


def announce(charge_point: int, before: PointState, at: datetime) -> None:
    """Send the signal if the state of the point is another one than before; within the transaction that changed it."""
    after = point_state(charge_point)
    if after.state != before.state:
        point_state_changed.send(ChargePoint, charge_point=charge_point, before=before.state, after=after.state, at=at)
