"""Commands to devices: any process asks by a row, the gateway process with the connection takes it and keeps the answer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from chargepoints.models import ChargePoint
from customers.models import StaffMember
from evcnet.errors import DomainError
from gateway.models import Device, DeviceCommand

EXPIRES_AFTER = timedelta(seconds=60)
"""A command that no gateway process has taken by then is not sent any more."""
NOT_TAKEN = "The device was not connected any more: nothing was sent."
Kind, State = DeviceCommand.Kind, DeviceCommand.State


def ask(point: ChargePoint, kind: str, login: StaffMember | None, **parameters: Any) -> DeviceCommand:
    """Queue a command. Raises DomainError where the device is not connected."""
    device = Device.objects.filter(charge_point=point, connection__isnull=False).first()
    if device is None:
        raise DomainError(f"{point} is not connected: nothing can be sent to it.")
    return DeviceCommand.objects.create(charge_point=point, kind=kind, login=login, parameters=parameters)


def take(charge_points: Collection[int]) -> list[DeviceCommand]:
    """The commands that wait for these devices; each is given to one process only."""
    now = timezone.now()
    late = DeviceCommand.objects.filter(state=State.QUEUED, created_at__lt=now - EXPIRES_AFTER)
    late.update(state=State.FAILED, outcome=NOT_TAKEN, answered_at=now)
    if not charge_points:
        return []
    with transaction.atomic():
        queued = DeviceCommand.objects.select_for_update(skip_locked=True).filter(state=State.QUEUED)
        rows = list(queued.filter(charge_point__in=list(charge_points)).order_by("pk"))
        DeviceCommand.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.TAKEN)
    return rows


def answer(command: DeviceCommand, outcome: str, *, is_answer: bool = True) -> None:
    """Keep what the device said; or, where it said nothing, why not."""
    state = State.ANSWERED if is_answer else State.FAILED
    DeviceCommand.objects.filter(pk=command.pk).update(state=state, outcome=outcome[:200], answered_at=timezone.now())
