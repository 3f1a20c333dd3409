"""Devices of charge points: their passwords, who may connect, and which connection is open."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chargepoints.models import ChargePoint
from evcnet.codes import identity_key
from gateway.models import Device, GatewayProcess
from gateway.state_reports import announce
from gateway.states import point_state

ALPHABET = string.ascii_letters + string.digits
PASSWORD_LENGTH = 20
SILENT_AFTER = timedelta(seconds=20)
"""A gateway process that has not said for so long that it lives is gone, and its connections with it."""


class Admission(Enum):
    """What becomes of an attempt to connect."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who wants to connect. ``identity`` as the portal spells it; ``charge_point`` is None unless accepted."""

    admission: Admission
    identity: str
    charge_point: int | None = None
    provider: int | None = None


def password_hash(password: str) -> str:
    """A password is some 119 random bits, so one round of SHA-256 keeps it."""
    return hashlib.sha256(password.encode()).hexdigest()


def set_password(point: ChargePoint) -> str:
    """Give the device of the charge point a new password, which nobody can read again. An open connection goes on."""
    password = "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_LENGTH))
    values = {"password_hash": password_hash(password), "password_set_at": timezone.now()}
    Device.objects.update_or_create(charge_point=point, defaults=values)
    return password


def point_of(identity: str) -> ChargePoint | None:
    """The charge point of this identity, however it is spelled."""
    points = ChargePoint.objects.select_related("device")
    return (
        points.filter(identity__identity_key=identity_key(identity.strip())).first() if "\x00" not in identity else None
    )


def admit(identity: str, user: str | None, password: str | None) -> Visitor:
    """Who connects as ``identity``, with the user name and password of its basic authentication (None: without).

    An identity that nobody knows may come in, to be told that it is rejected. A known one without its password may not.
    """
    point = point_of(identity)
    if point is None:
        return Visitor(Admission.UNKNOWN, identity.strip())
    device: Device | None = getattr(point, "device", None)
    stored = device.password_hash if device else ""
    same_name = user is not None and identity_key(user.strip()) == identity_key(point.identity)
    right = hmac.compare_digest(password_hash(password or ""), stored) if stored else False
    if not (same_name and right):
        return Visitor(Admission.REFUSED, point.identity)
    return Visitor(Admission.ACCEPTED, point.identity, point.pk, point.provider_id)


# Connections


def connect(charge_point: int, connection: UUID, process: UUID, protocol: str) -> None:
    """The connection is the device's from now on; one that was open before is no longer."""
    now = timezone.now()
    with transaction.atomic():
        GatewayProcess.objects.get_or_create(id=process)
        before = point_state(charge_point)
        values = {"connection": connection, "process_id": process, "protocol": protocol, "connected_at": now}
        Device.objects.update_or_create(charge_point_id=charge_point, defaults=values | {"last_message_at": now})
        announce(charge_point, before, now)


def disconnect(charge_point: int, connection: UUID) -> None:
    """The connection has ended. Nothing happens where another one took its place."""
    now = timezone.now()
    with transaction.atomic():
        before = point_state(charge_point)
        closed = {"connection": None, "process": None, "disconnected_at": now}
        Device.objects.filter(charge_point=charge_point, connection=connection).update(**closed)
        announce(charge_point, before, now)


# Processes


def keep_alive(process: UUID, active: Collection[int], connections: Mapping[int, UUID]) -> list[int]:
    """Say that the process lives, and which devices (by charge point) sent something since the last time. Gives back those
    whose connections are not theirs any more: another one took the place."""
    now = timezone.now()
    GatewayProcess.objects.update_or_create(id=process, defaults={"alive_at": now})
    Device.objects.filter(charge_point__in=active).update(last_message_at=now)
    mine = dict(Device.objects.filter(process=process).values_list("charge_point_id", "connection"))
    return [pk for pk, connection in connections.items() if mine.get(pk) != connection]


def close_lost_connections(now: datetime) -> int:
    """Connections of processes that are gone are none; how many."""
    gone = GatewayProcess.objects.filter(alive_at__lt=now - SILENT_AFTER)
    lost = Device.objects.filter(Q(process__in=gone) | Q(process=None), connection__isnull=False)
    count = 0
    for pk, connection in lost.values_list("charge_point_id", "connection"):
        disconnect(pk, connection)
        count += 1
    gone.delete()
    return count


def end_process(process: UUID) -> None:
    """The process ends: its connections are closed."""
    for pk, connection in Device.objects.filter(process=process).values_list("charge_point_id", "connection"):
        disconnect(pk, connection)
    GatewayProcess.objects.filter(id=process).delete()
