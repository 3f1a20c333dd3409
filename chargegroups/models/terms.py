"""Terms of charge groups, dated and append-only, and the exceptions of single customers."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import F, Q

from chargegroups.models.groups import ChargeGroup
from chargegroups.querysets import ExceptionQuerySet, TermsQuerySet
from chargegroups.terms import OPENINGS
from customers.models import Customer, Provider, UserGroup
from evcnet.constraints import WithinProvider
from evcnet.datetimes import moment_in_words
from evcnet.history import tracked
from evcnet.personal_data import PersonalData, column
from evcnet.tenancy import ScopedManager, Tenancy
from tariffs.models import Tariff


@tracked()
class Terms(models.Model):
    """Tariff and access policy of a charge group from ``valid_from`` on, until later terms. Appended, never rewritten."""

    provider = models.ForeignKey(Provider, models.PROTECT)
    charge_group = models.ForeignKey(ChargeGroup, models.PROTECT, related_name="terms")
    valid_from = models.DateTimeField("in force from")
    tariff = models.ForeignKey(
        Tariff, models.PROTECT, related_name="+", help_text="What everyone pays who has no tariff of their own."
    )
    prepaid_tariff = models.ForeignKey(
        Tariff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What prepaid customers pay. Empty: the tariff above.",
    )
    roaming_tariff = models.ForeignKey(
        Tariff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What is paid with roaming cards. Empty: the tariff above.",
    )
    own_user_group = models.BooleanField(
        "publicly accessible within own user group",
        default=False,
        help_text="Every present and future customer of the charge group's own user group may charge here.",
    )
    other_user_groups = models.BooleanField(
        "publicly accessible outside user group",
        default=False,
        help_text="Customers of your other user groups may charge here, a parent or a child included.",
    )
    roaming = models.BooleanField(
        "accessible for roaming",
        default=False,
        help_text="Cards with the roaming flag may charge here, of any provider. "
        "This does not publish the location: publication is set at the location and nowhere else.",
    )
    social_charging = models.BooleanField(
        default=False,
        help_text="Customers may ask to free up an occupied charge point and queue for it. Only in the Netherlands.",
    )
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    tenancy = Tenancy(user_groups=("charge_group__user_group_id",))
    objects: Any = models.Manager.from_queryset(TermsQuerySet)()

    class Meta:
        verbose_name = verbose_name_plural = "terms"
        ordering = ["charge_group", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_group", "valid_from"],
                name="terms_moment_once",
                violation_error_message="The charge group has other terms from this very moment.",
            ),
            WithinProvider(field="charge_group", name="terms_group_of_same_provider"),
            WithinProvider(field="tariff", name="terms_tariff_of_same_provider"),
            WithinProvider(field="prepaid_tariff", name="terms_prepaid_of_same_provider"),
            WithinProvider(field="roaming_tariff", name="terms_roaming_of_same_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.charge_group} from {moment_in_words(self.valid_from, self.provider.zone)}"

    @property
    def open_to_anybody(self) -> bool:
        """Do they let somebody charge who has no exception?"""
        return any(getattr(self, switch) for switch in OPENINGS)


@tracked()
class CustomerException(models.Model):
    """A row of "Customers and tariffs" for one customer: access, a tariff of its own, a window, a note."""

    class Access(models.TextChoices):
        POLICY = "policy", "as the policy says"
        ALLOWED = "allowed", "allowed"
        DENIED = "denied", "denied"

    provider = models.ForeignKey(Provider, models.PROTECT)
    charge_group = models.ForeignKey(ChargeGroup, models.PROTECT, related_name="exceptions")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="exceptions")
    access = models.CharField(max_length=7, choices=Access, default=Access.POLICY)
    tariff = models.ForeignKey(
        Tariff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="exceptions",
        help_text="What this customer pays here. Empty: as the charge group says.",
    )
    valid_from = models.DateTimeField(null=True, blank=True, help_text="Empty: always.")
    valid_until = models.DateTimeField(null=True, blank=True, help_text="Empty: until it is removed.")
    note = models.CharField(max_length=500, blank=True)

    personal_data = PersonalData(
        customer="customer",
        part="exceptions",
        export=column(
            "access", "valid_from", "valid_until", "note", charge_group="charge_group__code", tariff="tariff__code"
        ),
        overwrite={"note": ""},
        texts=("note",),
        erasure="removed with their notes.",
    )
    tenancy = Tenancy(user_groups=("charge_group__user_group_id",))
    objects: Any = models.Manager.from_queryset(ExceptionQuerySet)()

    class Meta:
        verbose_name = "exception"
        ordering = ["charge_group", "customer"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_group", "customer"],
                name="exception_once_per_customer",
                violation_error_message="The customer has an exception in this charge group already: edit that one.",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_from__lt=F("valid_until")),
                name="exception_window_not_inverted",
                violation_error_message="The exception ends before it begins.",
            ),
            WithinProvider(field="charge_group", name="exception_group_of_same_provider"),
            WithinProvider(field="customer", name="exception_customer_of_same_provider"),
            WithinProvider(field="tariff", name="exception_tariff_of_same_provider"),
        ]
        indexes = [
            models.Index(
                fields=["charge_group", "customer"],
                condition=Q(valid_from__isnull=False) | Q(valid_until__isnull=False),
                name="exception_for_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer} at {self.charge_group}"


class TariffUse(models.Model):
    """A user group some of whose charge groups' terms, in force or scheduled, or exceptions name a tariff: a view."""

    pk = models.CompositePrimaryKey("tariff_id", "user_group_id")
    provider = models.ForeignKey(Provider, models.DO_NOTHING, related_name="+")
    tariff = models.ForeignKey(Tariff, models.DO_NOTHING, related_name="uses")
    user_group = models.ForeignKey(UserGroup, models.DO_NOTHING, related_name="+")

    tenancy = Tenancy(user_groups=("user_group_id",))
    objects = ScopedManager()

    class Meta:
        managed = False
        db_table = "evcnet_tariff_uses"
        verbose_name = "use of a tariff"
        verbose_name_plural = "uses of tariffs"
