"""Messages between devices and the gateway, kept for seven days without what names a person."""

from __future__ import annotations

from django.db import models

from chargepoints.models import ChargePoint
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager
from gateway.models.devices import OF_POINT


class Message(models.Model):
    """One message. Its table is made by 0002_messages: a partition a day, written in batches.

    ``payload`` is redacted before it is written: uids, passwords and certificates are left out (gateway/redaction.py).
    """

    class Direction(models.TextChoices):
        IN = "in", "from the device"
        OUT = "out", "to the device"

    at = models.DateTimeField()
    charge_point = models.ForeignKey(ChargePoint, models.DO_NOTHING, db_constraint=False, related_name="+")
    direction = models.CharField(max_length=3, choices=Direction)
    kind = models.CharField(max_length=6)
    action = models.CharField(max_length=50)
    unique_id = models.CharField(max_length=50)
    payload = models.JSONField()

    personal_data = PersonalData(impersonal=("kind", "action", "unique_id", "payload"))
    tenancy = OF_POINT
    objects = ScopedManager()

    class Meta:
        managed = False
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.kind}"
