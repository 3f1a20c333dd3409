"""Partners: e-MSPs as one provider knows them, and the agreements by which their customers may charge."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q
from django_countries.fields import CountryField

from customers.models import Provider
from customers.models.providers import validate_party
from evcnet.constraints import WithinProvider
from evcnet.datetimes import moment_in_words
from evcnet.history import tracked
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy
from evcnet.validators import validate_name
from roaming.querysets import AgreementQuerySet
from tariffs.models import Tariff


@tracked()
class Partner(models.Model):
    """An e-MSP as one provider knows it (OCPI: country_code + party_id). Two providers each have their own row of one e-MSP."""

    class Role(models.TextChoices):
        EMSP = "EMSP", "e-MSP"
        HUB = "HUB", "hub"
        CPO = "CPO", "CPO"
        NSP = "NSP", "navigation service"
        NAP = "NAP", "national access point"
        SCSP = "SCSP", "smart charging service"
        OTHER = "OTHER", "other"

    provider = models.ForeignKey(Provider, models.PROTECT)
    country_code = CountryField("country", help_text="With the party id: who the partner is in OCPI.")
    party_id = models.CharField("party id", max_length=3, validators=[validate_party])
    name = models.CharField(max_length=100, validators=[validate_name])
    role = models.CharField(max_length=5, choices=Role, default=Role.EMSP)
    contacts = models.TextField(max_length=1000, blank=True, help_text="Whom to call or mail there, and about what.")

    personal_data = PersonalData(impersonal=("contacts", "name", "party_id"))
    tenancy = Tenancy()
    objects = ScopedManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="partner_of_provider"),
            models.UniqueConstraint(
                fields=["provider", "country_code", "party_id"],
                name="partner_party_once",
                violation_error_message="Another partner has this country and party id.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        """As commands and pages name it: NL-ABC."""
        return f"{self.country_code}-{self.party_id}"


class DateTimeRange(Func):
    """The half open range of two moments, of which an empty end is never."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


@tracked()
class Agreement(models.Model):
    """The partner's customers may charge at the provider's groups that are accessible for roaming, from ``valid_from`` until ``valid_until``."""

    provider = models.ForeignKey(Provider, models.PROTECT)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="agreements")
    valid_from = models.DateTimeField("in force from")
    valid_until = models.DateTimeField(null=True, blank=True, help_text="Empty: until it is ended.")
    tariff = models.ForeignKey(
        Tariff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="agreements",
        verbose_name="price list",
        help_text="What this partner's customers pay. Empty: what the charge group says of roaming.",
    )
    note = models.CharField(max_length=500, blank=True)

    personal_data = PersonalData(impersonal=("note",))
    tenancy = Tenancy()
    objects: Any = models.Manager.from_queryset(AgreementQuerySet)()

    class Meta:
        ordering = ["partner", "-valid_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_from__lt=F("valid_until")),
                name="agreement_window_not_inverted",
                violation_error_message="The agreement ends before it begins.",
            ),
            ExclusionConstraint(
                name="agreement_one_at_a_time",
                expressions=[
                    ("partner", RangeOperators.EQUAL),
                    (DateTimeRange("valid_from", "valid_until", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                violation_error_message="The partner has another agreement within this time: end that one first.",
            ),
            WithinProvider(field="partner", name="agreement_partner_of_same_provider"),
            WithinProvider(field="tariff", name="agreement_tariff_of_same_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.partner} from {moment_in_words(self.valid_from, self.provider.zone)}"

    def clean(self) -> None:
        if self.tariff is not None and self.tariff.user_group_id is not None:
            raise ValidationError({"tariff": "This tariff is a user group's own: choose one of the provider."})
