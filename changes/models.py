"""Changes: when, by whom and why they were made, and the preview that was confirmed."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.functions import TransactionNow
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from changes.querysets import ChangeQuerySet
from chargegroups.models import ChargeGroup, Terms
from customers.models import Provider, StaffMember
from evcnet.constraints import WithinProvider
from evcnet.history import tracked
from evcnet.personal_data import PersonalData
from evcnet.tenancy import Tenancy
from tariffs.models import Tariff, TariffVersion


class ChangeManager(models.Manager.from_queryset(ChangeQuerySet)):  # type: ignore[misc]
    """What was proposed and what held before may be a hundred thousand rows of a file: read where they are asked for."""

    def get_queryset(self) -> Any:
        return super().get_queryset().defer("proposal", "earlier")


@tracked()
class Change(models.Model):
    """A proposal that was confirmed. What it said, did and undid is kept; cancelling is the only thing done to it."""

    class Kind(models.TextChoices):
        TERMS = "terms", "new terms"
        VERSION = "version", "new tariff version"
        EXCEPTIONS = "exceptions", "exceptions"
        CUSTOMERS = "customers", "customers moved"
        POINTS = "points", "charge points moved"
        CLOSING = "closing", "charge group closed"

    class Notify(models.TextChoices):
        REGULARS = "regulars", "regulars"
        ALL = "all", "everyone affected"
        NONE = "none", "nobody"

    provider = models.ForeignKey(Provider, models.PROTECT)
    kind = models.CharField(max_length=10, choices=Kind)
    sentence = models.CharField("what", max_length=300)
    groups = models.ManyToManyField(ChargeGroup, related_name="changes", verbose_name="charge groups")
    tariff = models.ForeignKey(Tariff, models.PROTECT, null=True, related_name="changes")
    takes_effect_at = models.DateTimeField()
    scheduled = models.BooleanField(default=False)
    made_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    made_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    notify = models.CharField("told", max_length=8, choices=Notify, default=Notify.REGULARS)
    proposal = models.JSONField(encoder=DjangoJSONEncoder)
    earlier = models.JSONField(help_text="What held before, from which undoing is proposed.")
    impact = models.JSONField(help_text="What was shown and confirmed.")
    fingerprint = models.CharField(max_length=32)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    terms = models.ManyToManyField(Terms, related_name="changes", editable=False, help_text="The row that it wrote.")
    versions = models.ManyToManyField(
        TariffVersion, related_name="changes", editable=False, help_text="The version that it wrote."
    )
    undoes = models.ForeignKey("self", models.PROTECT, null=True, related_name="undone_by")

    personal_data = PersonalData(
        texts=("sentence", "reason", "proposal", "earlier", "impact"), impersonal=("fingerprint",)
    )
    tenancy = Tenancy(user_groups=("groups__user_group_id",))
    objects: Any = ChangeManager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="change_of_provider"),
            WithinProvider(field="tariff", name="change_tariff_of_same_provider"),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(scheduled=True, cancelled_at__lt=F("takes_effect_at")),
                name="change_cancelled_in_time",
                violation_error_message="Only a scheduled change can be cancelled, and only until it takes effect.",
            ),
        ]
        indexes = [models.Index(fields=["provider", "-made_at"], name="change_by_time")]

    def __str__(self) -> str:
        return self.sentence

    @property
    def own_terms(self) -> Terms | None:
        """The row that begins with it; its other rows are scheduled ones that it has set back."""
        row: Terms | None = self.terms.filter(valid_from=self.takes_effect_at).first()
        return row
