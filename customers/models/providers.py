"""Providers and their user groups."""

from __future__ import annotations

import zoneinfo
from collections.abc import Collection
from typing import Any

from babel.numbers import is_currency
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django_countries.fields import CountryField

from customers.permissions import APPROVE_DRAFT
from evcnet.constraints import WithinProvider
from evcnet.history import tracked
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy
from evcnet.validators import validate_code, validate_name


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError("“%(name)s” is not an IANA time zone such as Europe/Amsterdam.", params={"name": name})


validate_currency = RegexValidator(r"^[A-Z]{3}\Z", "Use the three capital letters of ISO 4217, such as EUR.")
validate_party = RegexValidator(r"^[A-Z0-9]{3}\Z", "Use the three letters or digits of the OCPI party id, such as GRG.")


@tracked()
class Provider(models.Model):
    """The company that runs charge points and issues charge cards (OCPI: CPO and eMSP in one)."""

    class SecondFactor(models.TextChoices):
        ADMINS = "admins", "provider admins"
        EVERYONE = "everyone", "every login"
        NOBODY = "nobody", "nobody"

    code = models.CharField(
        max_length=36, unique=True, validators=[validate_code], error_messages={"unique": "This code cannot be used."}
    )
    name = models.CharField(max_length=100, validators=[validate_name])
    country_code = CountryField("country", help_text="With the party id: who you are in OCPI.")
    party_id = models.CharField("party id", max_length=3, validators=[validate_party])
    time_zone = models.CharField(max_length=64, default="Europe/Amsterdam", validators=[validate_time_zone])
    currency = models.CharField(max_length=3, default="EUR", validators=[validate_currency])
    minimum_seconds = models.PositiveIntegerField(
        default=120, help_text="A session shorter than this many seconds is recorded and costs nothing."
    )
    minimum_kwh = models.DecimalField(
        "minimum kWh",
        max_digits=8,
        decimal_places=3,
        default="0.2",
        validators=[MinValueValidator(0)],
        help_text="A session of less than this many kWh is recorded and costs nothing.",
    )
    vat_percent = models.DecimalField(
        "VAT %",
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="New prices begin with it. Each version of a tariff keeps its own; empty: none is proposed.",
    )
    decision_months = models.PositiveSmallIntegerField(
        "months",
        default=13,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text="For so many months it is kept which card asked where, and what was decided.",
    )
    draft_days = models.PositiveSmallIntegerField(
        "days",
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text="Drafts that nobody has saved for so many days are discarded; they can be taken up again.",
    )
    approval_above = models.PositiveIntegerField(
        "second person above",
        null=True,
        blank=True,
        help_text="A change that affects more customers than this is approved by a second person. Empty: none is.",
    )
    mfa_required_for = models.CharField(
        "second factor",
        max_length=8,
        choices=SecondFactor,
        default=SecondFactor.ADMINS,
        help_text="Who signs in with a second factor beside the password: a code from an app, or a passkey.",
    )

    personal_data = PersonalData(impersonal=("code", "currency", "name", "party_id", "time_zone"))
    reads_primary = True
    tenancy = Tenancy(provider="id", user_groups=("usergroup__id",))
    objects = ScopedManager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["country_code", "party_id"],
                name="provider_party_once",
                violation_error_message="This country and party id cannot be used.",
            ),
            models.CheckConstraint(
                condition=models.Q(minimum_kwh__gte=0),
                name="provider_minimum_not_negative",
                violation_error_message="The minimum of a session is not negative.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not is_currency(self.currency):
            raise ValidationError({"currency": f"“{self.currency}” is not a currency of ISO 4217, such as EUR."})
        if self.approval_above is not None and self._approver_count() < 2:
            raise ValidationError(
                {
                    "approval_above": "Two logins at least must be able to approve: provider admins or staff that are active."
                }
            )

    def _approver_count(self) -> int:
        logins: Any = apps.get_model("customers", "StaffMember")
        return int(logins.objects.concerned(self.pk, [], APPROVE_DRAFT).count()) if self.pk else 0

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


@tracked()
class UserGroup(models.Model):
    """Every customer, charge group and login of a provider belongs to one."""

    provider = models.ForeignKey(Provider, models.PROTECT)
    code = models.CharField(max_length=36, validators=[validate_code])
    name = models.CharField(max_length=100, validators=[validate_name])
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="parent user group",
        help_text="Logins of the parent see this user group too. For access, a parent is another user group.",
    )

    personal_data = PersonalData(impersonal=("code", "name"))
    reads_primary = True
    tenancy = Tenancy(user_groups=("id",))
    objects = ScopedManager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="user_group_of_provider"),
            models.UniqueConstraint(
                fields=["provider", "code"],
                name="user_group_code_once",
                violation_error_message="Another user group has this code.",
            ),
            WithinProvider(field="parent", name="user_group_parent_of_same_provider"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.pk is not None and self.parent_id is not None and self.pk in self._ancestors():
            raise ValidationError({"parent": "A user group can't be below itself: choose another parent."})

    def _ancestors(self) -> frozenset[int]:
        parents = dict(UserGroup.objects.filter(provider_id=self.provider_id).values_list("pk", "parent_id"))
        parents[self.pk] = self.parent_id
        above = self.parent_id
        return frozenset() if above is None else ancestors({above}, parents)


def descendants(groups: frozenset[int], parents: dict[int, int | None]) -> frozenset[int]:
    """The user groups themselves and all below them. ``parents`` maps a user group's id to its parent's."""
    below = set(groups)
    while more := {child for child, parent in parents.items() if parent in below} - below:
        below |= more
    return frozenset(below)


def ancestors(groups: Collection[int], parents: dict[int, int | None]) -> frozenset[int]:
    """The user groups themselves and all above them. ``parents`` maps a user group's id to its parent's."""
    above = set(groups)
    while more := {parent for group in above if (parent := parents.get(group)) is not None} - above:
        above |= more
    return frozenset(above)
