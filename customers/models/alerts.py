"""Alerts: what the logins of staff are told of a change, and each login's own copy with its read state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q

from customers.effect_words import EFFECT_WORDS
from customers.models.logins import StaffMember
from customers.models.providers import Provider
from evcnet.constraints import WithinProvider
from evcnet.datetimes import moment_in_words
from evcnet.personal_data import PersonalData
from evcnet.tenancy import Login, ScopedManager, ScopedQuerySet, Tenancy


@dataclass(frozen=True)
class AlertPart:
    """As much of an alert as a login may read: a title, charge groups by name, affected customers by effect.

    ``whole``: it is all that there is. ``more_groups`` counts those that are not named.
    """

    title: str
    groups: list[str]
    more_groups: int
    counts: dict[str, int]
    whole: bool


class Alert(models.Model):
    """A change that was confirmed or cancelled, as staff are told of it; parted by user groups.

    ``counts`` lists how many customers it affects and how: ``{"user_groups": [7], "effect": "pays_more", "count": 3}``;
    customers who move count in two user groups. ``groups`` lists the charge groups concerned of each user group:
    ``{"user_group": 7, "names": ["Leusden centre"], "count": 1}``, the first of them by name.
    """

    class Event(models.TextChoices):
        APPLIED = "applied", "applied"
        SCHEDULED = "scheduled", "scheduled"
        UNDONE = "undone", "undone"
        CANCELLED = "cancelled", "cancelled"
        ASKED = "asked", "approval asked for"
        APPROVED = "approved", "approved"
        HANDED_BACK = "back", "not approved"

    provider = models.ForeignKey(Provider, models.PROTECT)
    change = models.BigIntegerField(
        null=True, help_text="The id of the change. Changes stand above customers, and are never removed."
    )
    draft = models.BigIntegerField(null=True, help_text="The id of the draft whose approval it is about.")
    event = models.CharField(max_length=9, choices=Event)
    kind = models.CharField(max_length=30, help_text="The kind of the change, in words.")
    sentence = models.CharField(max_length=300)
    takes_effect_at = models.DateTimeField()
    made_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")  # or who cancelled it
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    user_group_ids = ArrayField(
        models.BigIntegerField(), help_text="Those that hold charge groups concerned, or customers affected."
    )
    groups = models.JSONField()
    counts = models.JSONField()

    personal_data = PersonalData(texts=("sentence",), impersonal=("kind", "groups", "counts"))
    tenancy = Tenancy(user_groups=("user_group_ids",))
    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="alert_of_provider"),
            models.UniqueConstraint(fields=["change", "event"], name="alert_once"),
        ]
        indexes = [models.Index(fields=["created_at"], name="alert_by_time")]

    def __str__(self) -> str:
        return self.sentence

    def part(self, within: list[int] | None) -> AlertPart:
        """What the logins of these user groups may read; all of it for None."""
        groups = [each for each in self.groups if within is None or each["user_group"] in within]
        names = sorted(name for each in groups for name in each["names"])[:MOST_NAMED]
        counts = dict.fromkeys(EFFECT_WORDS, 0)
        for each in self.counts:
            if within is None or set(each["user_groups"]) & set(within):
                counts[each["effect"]] += each["count"]
        more = sum(each["count"] for each in groups) - len(names)
        title = self.sentence if within is None else self._title(names, more)
        return AlertPart(title, names, more, counts, within is None)

    def _title(self, names: list[str], more: int) -> str:
        """The sentence of a change may count what stands out of reach, so a part has words of its own."""
        where = ", ".join(names) or "charge groups that you do not see"
        return f"{self.kind}: {where} and {more} more" if more else f"{self.kind}: {where}"


MOST_NAMED = 5
"""So many charge groups are named; of more the rest is counted."""


class StaffAlertQuerySet(ScopedQuerySet):
    def visible_to(self, login: Login, action: str = "view") -> Any:
        """The login's own alerts, of what is within its reach now."""
        return super().visible_to(login, action).filter(login=login.pk)

    def unread(self) -> Any:
        return self.filter(read_at=None)

    def waiting_for_mail(self) -> Any:
        return self.filter(mailed_at=None).exclude(mail=StaffMember.AlertMail.NONE)

    def with_effect(self, effect: str, login: StaffMember) -> Any:
        """Those that tell the login of customers affected so: of what is out of reach nothing is found out."""
        scope = login.scope("customers.view_staffalert")
        matches = Q(provider__in=scope.providers, alert__counts__contains=[{"effect": effect}])
        for user_group in scope.user_groups:
            matches |= Q(alert__counts__contains=[{"effect": effect, "user_groups": [user_group]}])
        return self.filter(matches)


class StaffAlert(models.Model):
    """An alert to one login: written in the transaction of the change, read in the portal, mailed if the login wants."""

    provider = models.ForeignKey(Provider, models.PROTECT)
    alert = models.ForeignKey(Alert, models.CASCADE, related_name="copies")
    login = models.ForeignKey(StaffMember, models.CASCADE, related_name="alerts")
    read_at = models.DateTimeField(null=True)
    mail = models.CharField(max_length=7, choices=StaffMember.AlertMail, default=StaffMember.AlertMail.NONE)
    mailed_at = models.DateTimeField(null=True)

    personal_data = PersonalData(impersonal=("mail",))
    tenancy = Tenancy(user_groups=("alert__user_group_ids",))
    objects = models.Manager.from_queryset(StaffAlertQuerySet)()

    class Meta:
        verbose_name = "alert"
        constraints = [
            models.UniqueConstraint(fields=["alert", "login"], name="staff_alert_once"),
            WithinProvider(field="alert", name="staff_alert_of_same_provider"),
        ]
        indexes = [
            models.Index(fields=["login", "-id"], name="staff_alert_of_login"),
            models.Index(fields=["login"], name="staff_alert_unread", condition=Q(read_at=None)),
            models.Index(
                fields=["provider", "login"],
                name="staff_alert_to_mail",
                condition=Q(mailed_at=None) & ~Q(mail=StaffMember.AlertMail.NONE),
            ),
        ]

    def __str__(self) -> str:
        return f"Alert of {moment_in_words(self.alert.created_at, self.alert.provider.zone)}"
