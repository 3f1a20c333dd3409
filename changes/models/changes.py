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
from evcnet.search_columns import SearchKey, index_of
from evcnet.tenancy import Tenancy
from tariffs.models import Tariff, TariffVersion

CHANGE_TEXT = SearchKey("sentence", "reason")
"""By what a change is searched beside its number."""


class ChangeManager(models.Manager.from_queryset(ChangeQuerySet)):  # type: ignore[misc]
    """What was proposed and what held before may be a hundred thousand rows of a file: read where they are asked for."""

    def get_queryset(self) -> Any:
        return super().get_queryset().defer("proposal", "earlier")


class Way(models.TextChoices):
    """How a change came: confirmed on its preview by the login to whom that was shown, or without a preview.

    ``FORM``: with a row that a login added, where nobody is affected.
    """

    PREVIEW = "preview", "preview"
    FORM = "form", "form"
    FILE = "file", "file"
    FEED = "feed", "feed"
    COMMAND = "command", "command"
    ERASURE = "erasure", "erasure"

    @classmethod
    def of(cls, login: StaffMember | None) -> Way:
        """Of what is confirmed by its fingerprint: a login has read the preview, None is a command."""
        return cls.COMMAND if login is None else cls.PREVIEW


def _says_way(way: str, login: str) -> Q:
    """A way is named, and those that a login took name the login."""
    by_login = (Way.PREVIEW, Way.FORM)
    others = [value for value in Way.values if value not in by_login]
    return Q(**{f"{way}__in": others}) | Q(**{f"{way}__in": by_login, f"{login}__isnull": False})


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
    way = models.CharField(max_length=8, choices=Way, help_text="Whether the preview was shown before it was made.")
    reason = models.CharField(max_length=500, blank=True)
    notify = models.CharField("told", max_length=8, choices=Notify, default=Notify.REGULARS)
    proposal = models.JSONField(encoder=DjangoJSONEncoder)
    earlier = models.JSONField(help_text="What held before, from which undoing is proposed.")
    impact = models.JSONField(help_text="Whom it affects, as it was judged when it was made.")
    fingerprint = models.CharField(max_length=32)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    cancelled_way = models.CharField(max_length=8, choices=Way, blank=True, help_text="Empty: it is not cancelled.")
    terms = models.ManyToManyField(Terms, related_name="changes", editable=False, help_text="The row that it wrote.")
    versions = models.ManyToManyField(
        TariffVersion, related_name="changes", editable=False, help_text="The version that it wrote."
    )
    approved_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    unapproved = models.BooleanField(
        default=False,
        help_text="It affects more customers than the provider lets one person change, and nobody was asked.",
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
            models.CheckConstraint(
                condition=_says_way("way", "made_by"),
                name="change_says_preview",
                violation_error_message="A change says to whom its preview was shown, or why it was not.",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_way="")
                | Q(_says_way("cancelled_way", "cancelled_by"), cancelled_at__isnull=False),
                name="change_cancelled_says_preview",
                violation_error_message="A cancelled change says to whom that was shown, or why it was not.",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "-made_at"], name="change_by_time"),
            index_of(CHANGE_TEXT, "change_search"),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def was_shown(self) -> bool:
        return bool(self.way == Way.PREVIEW)

    @property
    def preview_note(self) -> str:
        """To whom its preview was shown, or that it was not: nothing else is said of it anywhere."""
        return _preview_note(self.way, self.made_by)

    @property
    def approval_note(self) -> str:
        """Who approved it, or why nobody did where somebody should have; empty where nobody needs to."""
        if self.approved_by is not None:
            return f"approved by {self.approved_by}"
        return f"not approved: {Way(self.way).label}" if self.unapproved else ""

    @property
    def cancelled_note(self) -> str:
        return _preview_note(self.cancelled_way, self.cancelled_by)

    @property
    def own_terms(self) -> dict[int, Terms]:
        """By charge group the row that begins with it; its other rows are scheduled ones that it has set back."""
        return {row.charge_group_id: row for row in self.terms.filter(valid_from=self.takes_effect_at)}


def _preview_note(way: str, login: StaffMember | None) -> str:
    return f"shown to {login}" if way == Way.PREVIEW else f"not shown: {Way(way).label}"
