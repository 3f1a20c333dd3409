"""Devices behind charge points, the states of their connectors, and devices whose identity nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from chargepoints.models import ChargePoint
from customers.models import Provider
from evcnet.code_keys import IdentityKey
from evcnet.personal_data import PersonalData
from evcnet.tenancy import Scope, ScopedManager, Tenancy

OF_POINT = Tenancy(provider="charge_point__provider_id", user_groups=("charge_point__charge_group__user_group_id",))
"""What hangs on a charge point belongs to whom the charge point belongs."""


class GatewayProcess(models.Model):
    """A process that holds connections. It says that it lives every few seconds; one that is silent is gone."""

    id = models.UUIDField(primary_key=True)
    started_at = models.DateTimeField(db_default=Now())
    alive_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "gateway processes"

    def __str__(self) -> str:
        return str(self.id)


class Device(models.Model):
    """What the gateway knows of the device at a charge point: its password's hash, its connection, and what it said of itself.

    ``connection`` is the id of the connection that is open, of the process that holds it; None: offline.
    ``state_changed_at`` is when what it says of its charge point became another, by our own clock. ``list_version`` 0: the
    device has no local list of ours.
    """

    class Registration(models.TextChoices):
        NONE = "", "has not asked yet"
        ACCEPTED = "accepted", "accepted"
        PENDING = "pending", "pending"

    charge_point = models.OneToOneField(ChargePoint, models.CASCADE, related_name="device")
    password_hash = models.CharField(max_length=64, blank=True, editable=False)
    password_set_at = models.DateTimeField(null=True)
    process = models.ForeignKey(GatewayProcess, models.SET_NULL, null=True, related_name="devices")
    connection = models.UUIDField(null=True)
    protocol = models.CharField(max_length=10, blank=True)
    connected_at = models.DateTimeField(null=True)
    disconnected_at = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField(null=True)
    state_changed_at = models.DateTimeField(null=True)
    vendor = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=50, blank=True)
    serial_number = models.CharField(max_length=50, blank=True)
    firmware = models.CharField(max_length=50, blank=True)
    registration = models.CharField(max_length=8, choices=Registration, blank=True)
    registration_reason = models.CharField(max_length=300, blank=True)
    booted_at = models.DateTimeField(null=True)
    list_version = models.PositiveIntegerField(default=0)
    list_fingerprint = models.CharField(max_length=64, blank=True)
    list_length = models.PositiveIntegerField(default=0)
    list_limit = models.PositiveIntegerField(null=True)
    list_checked_at = models.DateTimeField(null=True)

    personal_data = PersonalData(
        impersonal=(
            "password_hash", "protocol", "vendor", "model", "serial_number", "firmware", "registration_reason",
            "list_fingerprint",
        )
    )  # fmt: skip
    tenancy = OF_POINT
    objects = ScopedManager()

    class Meta:
        indexes = [models.Index(fields=["process"], name="device_of_process", condition=Q(connection__isnull=False))]

    def __str__(self) -> str:
        return f"device of {self.charge_point}"

    @property
    def is_connected(self) -> bool:
        return self.connection is not None


class ConnectorState(models.Model):
    """The latest state of one connector, as the device reported it. Offline is no state: it is a device without connection.

    ``evse`` is the number of the connector in OCPP 1.6 (0: the charge point as a whole), and that of the EVSE in 2.0.1.
    ``reported`` is the word of OCPP; ``since`` the moment of the last change.
    """

    class State(models.TextChoices):
        AVAILABLE = "available", "available"
        OCCUPIED = "occupied", "occupied"
        CHARGING = "charging", "charging"
        UNAVAILABLE = "unavailable", "unavailable"
        FAULTED = "faulted", "faulted"

    charge_point = models.ForeignKey(ChargePoint, models.CASCADE, related_name="connector_states")
    evse = models.PositiveIntegerField()
    connector = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=11, choices=State)
    reported = models.CharField(max_length=30)
    error = models.CharField(max_length=150, blank=True)
    since = models.DateTimeField()
    reported_at = models.DateTimeField()

    personal_data = PersonalData(impersonal=("reported", "error"))
    tenancy = OF_POINT
    objects = ScopedManager()

    class Meta:
        ordering = ["charge_point", "evse", "connector"]
        constraints = [
            models.UniqueConstraint(fields=["charge_point", "evse", "connector"], name="connector_state_once")
        ]

    def __str__(self) -> str:
        return f"{self.charge_point} {self.evse}: {self.state}"


@dataclass(frozen=True)
class NobodysTenancy(Tenancy):
    """A row that no provider has a claim to is seen by logins of whole providers; one with a provider by its own alone."""

    def clause(self, model: type[models.Model], scope: Scope, action: str = "view") -> Q:
        clause = super().clause(model, scope, action)
        return clause | Q(provider=None) if scope.providers else clause


class UnknownDevice(models.Model):
    """A device that connected under an identity that no charge point has, and was rejected.

    ``provider`` is the one whose country and party the identity begins with; None where that is nobody.
    """

    provider = models.ForeignKey(Provider, models.CASCADE, null=True)
    identity = models.CharField(max_length=48)
    address = models.GenericIPAddressField(null=True)
    protocol = models.CharField(max_length=10, blank=True)
    vendor = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=50, blank=True)
    serial_number = models.CharField(max_length=50, blank=True)
    knocks = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField("first", db_default=Now())
    last_at = models.DateTimeField("last", db_default=Now())

    personal_data = PersonalData(impersonal=("identity", "protocol", "vendor", "model", "serial_number"))
    tenancy: Any = NobodysTenancy()
    objects = ScopedManager()

    class Meta:
        verbose_name = "unknown device"
        verbose_name_plural = "unknown devices"
        ordering = ["-last_at"]
        constraints = [models.UniqueConstraint(IdentityKey("identity"), name="unknown_device_once")]
        indexes = [models.Index(fields=["address", "first_at"], name="unknown_device_of_address")]

    def __str__(self) -> str:
        return self.identity
