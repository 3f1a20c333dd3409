"""Registration: what a device is told at its BootNotification, and why."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from chargepoints.attach_detach import why_not_activate
from chargepoints.models import ChargePoint
from gateway.models import Device

HEARTBEAT, TRY_AGAIN = 300, 60
"""Seconds between heartbeats of a device that is accepted, and until one that is not boots again."""


@dataclass(frozen=True, slots=True)
class Boot:
    """What a device says of itself."""

    vendor: str = ""
    model: str = ""
    serial_number: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """``status`` as OCPP says it; ``reason`` in words, empty where the device is accepted; ``interval`` in seconds."""

    status: str
    reason: str
    interval: int


REJECTED = Registration("Rejected", "No charge point has this identity.", TRY_AGAIN)


def why_pending(point: ChargePoint) -> str:
    """Why the device of a charge point is not accepted; empty where it is."""
    if point.status == ChargePoint.Status.ACTIVE and point.charge_group_id and point.location_id:
        return ""
    if missing := why_not_activate(point):
        return f"The charge point is {point.get_status_display()} and can't be activated yet. {missing}"
    return f"The charge point is {point.get_status_display()}: activate it."


def register(charge_point: int, boot: Boot) -> Registration:
    """Keep what the device says of itself, and whether it is accepted."""
    with transaction.atomic():
        point = ChargePoint.objects.select_related("charge_group", "location").get(pk=charge_point)
        reason = why_pending(point)
        state = Device.Registration.PENDING if reason else Device.Registration.ACCEPTED
        texts = {
            "vendor": boot.vendor,
            "model": boot.model,
            "serial_number": boot.serial_number,
            "firmware": boot.firmware,
        }
        values = {name: text[:50] for name, text in texts.items()} | {"booted_at": timezone.now()}
        values |= {"registration": state, "registration_reason": reason}
        Device.objects.update_or_create(charge_point=point, defaults=values)
    return Registration("Pending" if reason else "Accepted", reason, TRY_AGAIN if reason else HEARTBEAT)
