"""Drafts: changes that are proposed and not made, each with an address, a note and who looks at it."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.functions import TransactionNow
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from changes.models.changes import Change
from changes.querysets import DraftQuerySet
from chargegroups.models import ChargeGroup
from customers.models import Provider, StaffMember
from evcnet.constraints import WithinProvider
from evcnet.personal_data import PersonalData
from evcnet.tenancy import Tenancy
from tariffs.models import Tariff, TariffVersion


class Draft(models.Model):
    """A proposal as it was saved, judged anew whenever it is opened.

    ``proposal`` is the value itself, as the change log keeps it; ``typed`` are the fields of the form that it came from.
    ``picture`` is the impact that its author saw when it was saved, and ``ground`` a digest of the rows it was judged upon.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        AWAITING = "awaiting", "waiting for approval"
        APPROVED = "approved", "approved"
        APPLIED = "applied", "applied"
        DISCARDED = "discarded", "discarded"

    OPEN = (State.DRAFT, State.AWAITING, State.APPROVED)

    provider = models.ForeignKey(Provider, models.PROTECT)
    author = models.ForeignKey(StaffMember, models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    kind = models.CharField(max_length=10, choices=Change.Kind)
    sentence = models.CharField("what", max_length=300)
    proposal = models.JSONField(encoder=DjangoJSONEncoder)
    typed = models.JSONField(default=list)
    at = models.DateTimeField("takes effect", null=True, help_text="Empty: as soon as it is confirmed.")
    groups = models.ManyToManyField(ChargeGroup, related_name="drafts", verbose_name="charge groups")
    tariff = models.ForeignKey(Tariff, models.CASCADE, null=True, related_name="drafts")
    undoes = models.ForeignKey(Change, models.PROTECT, null=True, related_name="+")
    replaces = models.ForeignKey(TariffVersion, models.SET_NULL, null=True, related_name="+")
    replaces_version = models.BooleanField(default=False, help_text="Also once the scheduled version is gone.")
    note = models.CharField(max_length=500, blank=True)
    notify = models.CharField("told", max_length=8, choices=Change.Notify, blank=True)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    saved_at = models.DateTimeField("saved", db_default=TransactionNow())
    last_change = models.BigIntegerField(default=0, help_text="The id of the provider's last change when it was saved.")
    picture = models.JSONField(encoder=DjangoJSONEncoder)
    ground = models.CharField(max_length=32)
    asked_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_ground = models.CharField(max_length=32, blank=True, help_text="The ground of what was approved.")
    change = models.OneToOneField(Change, models.PROTECT, null=True, related_name="draft")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")

    personal_data = PersonalData(
        texts=("sentence", "note", "proposal", "typed", "picture"), impersonal=("ground", "approved_ground")
    )
    tenancy = Tenancy(user_groups=("groups__user_group_id",))
    objects: Any = models.Manager.from_queryset(DraftQuerySet)()

    class Meta:
        ordering = ["-saved_at", "-pk"]
        constraints = [
            WithinProvider(field="tariff", name="draft_tariff_of_same_provider"),
            models.CheckConstraint(
                condition=Q(state="applied", change__isnull=False) | (~Q(state="applied") & Q(change=None)),
                name="draft_applied_by_change",
                violation_error_message="A draft that is applied names the change that was made of it.",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("author")) & ~Q(approved_by=F("asked_by")),
                name="draft_approved_by_another",
                violation_error_message="Nobody approves their own draft.",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(approved_by__isnull=False),
                name="draft_approved_by_somebody",
                violation_error_message="A draft that is approved names who approved it.",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "-saved_at"], name="draft_by_time"),
            models.Index(fields=["saved_at"], name="draft_open", condition=Q(closed_at=None)),
        ]

    def __str__(self) -> str:
        return f"Draft {self.pk}: {self.sentence}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN
