"""Dismissals: findings that somebody set aside, with the reason."""

from __future__ import annotations

from django.contrib.postgres.functions import TransactionNow
from django.db import models

from customers.models import Provider, StaffMember
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy


class Dismissal(models.Model):
    """One finding that is not shown for the time being. ``digest`` is of all that the finding says: once it says something
    else, it is another one. Findings are the whole provider's to set aside."""

    provider = models.ForeignKey(Provider, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=32)
    reason = models.CharField(max_length=500)
    made_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    personal_data = PersonalData(texts=("reason",), impersonal=("digest",))
    tenancy = Tenancy()
    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "digest"], name="dismissal_once")]

    def __str__(self) -> str:
        return f"Set aside: {self.reason}"
