"""Messages between partners and the portal, kept for a month without tokens and without what names a driver."""

from __future__ import annotations

from django.db import models

from customers.models import Provider
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy
from roaming.models.partners import Partner


class PartnerMessage(models.Model):
    """A request by OCPI with its answer, of either side. Its table is partitioned by day (migrations).

    ``ocpi_status`` None: there was no answer, or none of OCPI; then ``note`` says what was there instead.
    """

    class Direction(models.TextChoices):
        IN = "in", "from the partner"
        OUT = "out", "to the partner"

    at = models.DateTimeField()
    provider = models.ForeignKey(Provider, models.DO_NOTHING, db_constraint=False, related_name="+")
    partner = models.ForeignKey(Partner, models.DO_NOTHING, db_constraint=False, related_name="+")
    direction = models.CharField(max_length=3, choices=Direction)
    method = models.CharField(max_length=7)
    path = models.CharField(max_length=300)
    http_status = models.PositiveSmallIntegerField("HTTP status", null=True)
    ocpi_status = models.PositiveSmallIntegerField("OCPI status", null=True)
    milliseconds = models.PositiveIntegerField()
    sent = models.JSONField(null=True)
    answer = models.JSONField(null=True)
    note = models.CharField(max_length=300)

    personal_data = PersonalData(impersonal=("answer", "method", "note", "path", "sent"))
    tenancy = Tenancy()
    objects = ScopedManager()

    class Meta:
        managed = False
        verbose_name = "message of a partner"
        verbose_name_plural = "messages of partners"
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def status_in_words(self) -> str:
        """Of the answer: HTTP 200, OCPI 1000."""
        parts = [("HTTP", self.http_status), ("OCPI", self.ocpi_status)]
        return ", ".join(f"{name} {status}" for name, status in parts if status) or "no answer"
