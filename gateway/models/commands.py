"""Commands to devices: asked for on a page, sent by the gateway process that holds the connection."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from chargepoints.models import ChargePoint
from customers.models import StaffMember
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager
from gateway.models.devices import OF_POINT


class DeviceCommand(models.Model):
    """A command, what the device answered, and who asked for it. ``outcome`` is the device's word, or why there is none."""

    class Kind(models.TextChoices):
        REMOTE_START = "remote_start", "begin a transaction"
        REMOTE_STOP = "remote_stop", "end the transaction"
        RESET = "reset", "restart"
        UNLOCK = "unlock", "unlock the connector"
        BOOT = "boot", "boot again"

    class State(models.TextChoices):
        QUEUED = "queued", "waits"
        TAKEN = "taken", "sent"
        ANSWERED = "answered", "answered"
        FAILED = "failed", "not answered"

    charge_point = models.ForeignKey(ChargePoint, models.CASCADE)
    kind = models.CharField(max_length=12, choices=Kind)
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    outcome = models.CharField(max_length=200, blank=True)
    login = models.ForeignKey(StaffMember, models.SET_NULL, null=True)
    created_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True)

    personal_data = PersonalData(impersonal=("parameters", "outcome"))
    tenancy = OF_POINT
    objects = ScopedManager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["charge_point"], name="command_queued", condition=Q(state="queued")),
            models.Index(fields=["charge_point", "-created_at"], name="command_of_point"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
