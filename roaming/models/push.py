"""Pushes: what a partner was sent of our locations and tariffs, and when the next try is due."""

from __future__ import annotations

from django.db import models

from customers.models import Provider
from evcnet.constraints import WithinProvider
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy
from roaming.models.connection import PartnerConnection
from roaming.models.partners import Partner


class PushState(models.Model):
    """How far a partner is: what changed before ``done_until`` was sent. ``failures`` in a row, since the last success."""

    provider = models.ForeignKey(Provider, models.PROTECT)
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="+")
    connection = models.OneToOneField(PartnerConnection, models.CASCADE, related_name="push")
    done_until = models.DateTimeField("sent until", null=True)
    failures = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField("next try", null=True)
    error = models.CharField(max_length=300, blank=True)

    personal_data = PersonalData(impersonal=("error",))
    tenancy = Tenancy()
    objects = ScopedManager()

    class Meta:
        verbose_name = "push to a partner"
        verbose_name_plural = "pushes to partners"
        constraints = [WithinProvider(field="partner", name="push_partner_of_same_provider")]

    def __str__(self) -> str:
        return self.error or f"sent until {self.done_until}"


class PushedObject(models.Model):
    """One object as it was sent to a partner last, by its fingerprint. ``evses`` are the uids of a location's EVSEs, and
    ``statuses`` what was sent of each; those are not in the fingerprint."""

    class Kind(models.TextChoices):
        LOCATION = "locations", "location"
        TARIFF = "tariffs", "tariff"

    provider = models.ForeignKey(Provider, models.PROTECT)
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=9, choices=Kind)
    code = models.CharField("id", max_length=36)
    fingerprint = models.CharField(max_length=64)
    evses = models.JSONField(default=list)
    statuses = models.JSONField(default=dict)
    sent_at = models.DateTimeField("sent")

    personal_data = PersonalData(impersonal=("code", "evses", "fingerprint", "statuses"))
    tenancy = Tenancy()
    objects = ScopedManager()

    class Meta:
        verbose_name = "object at a partner"
        verbose_name_plural = "objects at partners"
        constraints = [
            models.UniqueConstraint(fields=["partner", "kind", "code"], name="pushed_object_once"),
            WithinProvider(field="partner", name="pushed_object_partner_of_same_provider"),
        ]

    def __str__(self) -> str:
        return self.code
