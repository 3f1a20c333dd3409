"""Announcements, and the notices of them that customers are sent."""

from __future__ import annotations

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Case, F, Value, When

from customers.models.customers import Customer
from customers.models.providers import Provider
from evcnet.constraints import WithinProvider
from evcnet.personal_data import PersonalData, column
from evcnet.tenancy import ScopedManager, Tenancy

NAMED = 5
"""So many groups are named; of more the rest is counted."""


class Announcement(models.Model):
    """Something that customers are told: which text, and what stands in it for all of them."""

    class Template(models.TextChoices):
        CHANGED = "changed", "terms change"
        CANCELLED = "cancelled", "announced change cancelled"
        REMINDER = "reminder", "reminder of a change to come"

    provider = models.ForeignKey(Provider, models.PROTECT)
    key = models.CharField(max_length=60, unique=True, help_text="What is announced once, such as change-12-changed.")
    template = models.CharField(max_length=10, choices=Template)
    context = models.JSONField()
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    due_at = models.DateTimeField(null=True, help_text="Nothing of it is mailed before; empty: mailed at once.")

    personal_data = PersonalData(impersonal=("context", "key"))
    tenancy = Tenancy()
    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "id"], name="announcement_of_provider")]

    def __str__(self) -> str:
        return self.about

    @property
    def about(self) -> str:
        """In a few words, for staff of the provider: the groups by name."""
        return self.about_for(None)

    def about_for(self, user_group: int | None) -> str:
        """The same, of the groups that customers of the user group know; of all, for None."""
        known, more = self.places(user_group)
        names = ", ".join(known) or "charge groups"
        where = f"{names} and {more} more" if more else names
        words = {self.Template.CANCELLED: ": the change is cancelled", self.Template.REMINDER: " change: reminder"}
        return f"{where}{words.get(self.Template(self.template), ' change')}"

    def places(self, user_group: int | None) -> tuple[list[str], int]:
        """The first groups by name, and how many more: without those that are closed to the user group's customers."""
        closed_to_others = self.context.get("user_groups") or {}
        names = self.context.get("groups", ())
        known = [name for name in names if user_group is None or closed_to_others.get(name, user_group) == user_group]
        more = (self.context.get("more_groups") or 0) if len(known) == len(names) or user_group is None else 0
        return known[:NAMED], more + max(len(known) - NAMED, 0)


class Notice(models.Model):
    """An announcement to one customer: written once, in the transaction of what it announces, and mailed by a job."""

    class State(models.TextChoices):
        QUEUED = "queued", "waits to be mailed"
        SENT = "sent", "mailed"
        FAILED = "failed", "could not be mailed"
        WITHDRAWN = "withdrawn", "withdrawn before it was mailed"

    provider = models.ForeignKey(Provider, models.PROTECT)
    announcement = models.ForeignKey(Announcement, models.PROTECT, related_name="notices")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="notices")
    effect = models.CharField(max_length=12, blank=True)
    before = models.TextField("price before", blank=True)
    after = models.TextField("price after", blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField("remark", max_length=300, blank=True)
    handed_over = models.BooleanField(
        default=False, db_default=False, help_text="The mail server was asked to take it, and its answer is not known."
    )
    tried_at = models.DateTimeField(null=True)

    personal_data = PersonalData(
        customer="customer",
        part="notices",
        export=column(
            "effect", "before", "after", "state", "tried_at", announced_at="announcement__created_at",
            charge_groups="announcement__context__groups", takes_effect_at="announcement__context__takes_effect_at",
        ),
        overwrite={"error": ""},
        also={"state": Case(When(state="queued", then=Value("failed")), default=F("state"))},
        impersonal=("effect", "before", "after"),
        erasure="stay, without what mail servers answered; those that still wait are not mailed.",
        stays=True,
    )  # fmt: skip
    tenancy = Tenancy(user_groups=("customer__user_group_id",))
    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["announcement", "customer"], name="notice_once"),
            WithinProvider(field="announcement", name="notice_announcement_of_same_provider"),
            WithinProvider(field="customer", name="notice_customer_of_same_provider"),
        ]
        indexes = [
            models.Index(fields=["announcement", "state"], name="notice_by_state"),
            models.Index(fields=["announcement"], condition=models.Q(state="queued"), name="notice_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.announcement} to {self.customer}"
