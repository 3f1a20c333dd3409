"""Tariffs, their dated versions, the elements of each, and offers to user groups."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from customers.models import Provider, UserGroup
from customers.models.providers import validate_currency
from evcnet.constraints import WithinProvider
from evcnet.datetimes import moment_in_words
from evcnet.history import tracked
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy
from evcnet.validators import validate_code, validate_name
from tariffs.querysets import TariffQuerySet, TariffVersionQuerySet

NO_PRICE = "Give at least one price; for free of charge, 0 per session."
NOT_NEGATIVE = [MinValueValidator(0)]


def _tenancy(tariff: str = "") -> Tenancy:
    """A user group sees the tariffs that are its own, offered to it, or used by its charge groups; it uses the first two.

    ``tariff`` is the lookup of the tariff from the model. Uses are rows of ``chargegroups.TariffUse``.
    """
    own, offered, used = (f"{tariff}{each}user_group_id" for each in ("", "offers__", "uses__"))
    return Tenancy(user_groups=(own, offered, used), users=(own, offered), owners=(own,), inherited=(own,))


@tracked()
class Tariff(models.Model):
    """A price list of the provider (OCPI: Tariff). What it costs stands in its dated versions."""

    provider = models.ForeignKey(Provider, models.PROTECT)
    code = models.CharField(max_length=36, validators=[validate_code])
    name = models.CharField(max_length=100, validators=[validate_name])
    currency = models.CharField(max_length=3, default="EUR", validators=[validate_currency])
    user_group = models.ForeignKey(
        UserGroup,
        models.PROTECT,
        null=True,
        blank=True,
        help_text="Whose own tariff it is: only charge groups of it and of those below it use it. Empty: the provider's.",
    )

    personal_data = PersonalData(impersonal=("code", "currency", "name"))
    tenancy = _tenancy()
    objects: Any = models.Manager.from_queryset(TariffQuerySet)()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="tariff_of_provider"),
            models.UniqueConstraint(
                fields=["provider", "code"],
                name="tariff_code_once",
                violation_error_message="Another tariff has this code.",
            ),
            WithinProvider(field="user_group", name="tariff_group_of_same_provider"),
        ]

    def __str__(self) -> str:
        return self.name if self.name == self.code else f"{self.name} ({self.code})"


@tracked()
class TariffOffer(models.Model):
    """The provider lets a user group's sub provider use this tariff."""

    provider = models.ForeignKey(Provider, models.PROTECT)
    tariff = models.ForeignKey(Tariff, models.CASCADE, related_name="offers")
    user_group = models.ForeignKey(UserGroup, models.CASCADE, related_name="offers")

    tenancy = Tenancy(user_groups=("user_group_id",))
    objects = ScopedManager()

    class Meta:
        verbose_name = "offer to a user group"
        verbose_name_plural = "offers to user groups"
        constraints = [
            models.UniqueConstraint(
                fields=["tariff", "user_group"],
                name="offer_once",
                violation_error_message="The tariff is offered to this user group already.",
            ),
            WithinProvider(field="tariff", name="offer_tariff_of_same_provider"),
            WithinProvider(field="user_group", name="offer_group_of_same_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.tariff} for {self.user_group}"


def _amount(name: str, help_text: str = "") -> Any:
    return models.DecimalField(
        name, max_digits=12, decimal_places=4, null=True, blank=True, validators=NOT_NEGATIVE, help_text=help_text
    )


@tracked()
class TariffVersion(models.Model):
    """What a tariff says from ``valid_from`` on, until a later version or ``valid_until``. Never edited once in force."""

    provider = models.ForeignKey(Provider, models.PROTECT)
    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="versions")
    valid_from = models.DateTimeField("in force from")
    valid_until = models.DateTimeField(
        "in force until", null=True, blank=True, help_text="Empty: until a later version. After it none is in force."
    )
    min_price_excl = _amount("minimum excl. VAT", "A priced session costs at least this.")
    min_price_incl = _amount("minimum incl. VAT")
    max_price_excl = _amount("maximum excl. VAT", "A session costs at most this.")
    max_price_incl = _amount("maximum incl. VAT")
    tax_included = models.BooleanField(
        "prices include VAT", default=False, help_text="OCPI 2.3.0 tax_included: then every price has its VAT."
    )
    ocpi_type = models.CharField("OCPI type", max_length=20, blank=True)
    alt_text = models.JSONField("text for drivers (OCPI tariff_alt_text)", default=list, blank=True)
    alt_url = models.URLField("page for drivers (OCPI tariff_alt_url)", max_length=255, blank=True)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    personal_data = PersonalData(impersonal=("alt_text", "alt_url", "ocpi_type"))
    tenancy = _tenancy("tariff__")
    objects: Any = models.Manager.from_queryset(TariffVersionQuerySet)()

    class Meta:
        verbose_name = "tariff version"
        ordering = ["tariff", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="version_of_provider"),
            models.UniqueConstraint(
                fields=["tariff", "valid_from"],
                name="version_moment_once",
                violation_error_message="The tariff has another version from this very moment.",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_from__lt=F("valid_until")),
                name="version_window_not_inverted",
                violation_error_message="The version ends before it begins.",
            ),
            models.CheckConstraint(
                condition=Q(min_price_excl=None) | Q(min_price_excl__gte=0),
                name="version_minimum_not_negative",
                violation_error_message="A price is not negative.",
            ),
            models.CheckConstraint(
                condition=Q(max_price_excl=None) | Q(max_price_excl__gte=0),
                name="version_maximum_not_negative",
                violation_error_message="A price is not negative.",
            ),
            WithinProvider(field="tariff", name="version_tariff_of_same_provider"),
        ]

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Nothing: forms say by field what the checks say, and the database holds them; each would be a statement."""

    def __str__(self) -> str:
        return f"{self.tariff} from {moment_in_words(self.valid_from, self.provider.zone)}"


class DayOfWeek(models.TextChoices):
    MONDAY = "MONDAY", "Monday"
    TUESDAY = "TUESDAY", "Tuesday"
    WEDNESDAY = "WEDNESDAY", "Wednesday"
    THURSDAY = "THURSDAY", "Thursday"
    FRIDAY = "FRIDAY", "Friday"
    SATURDAY = "SATURDAY", "Saturday"
    SUNDAY = "SUNDAY", "Sunday"


def _price(name: str) -> Any:
    return models.DecimalField(name, max_digits=12, decimal_places=4, null=True, blank=True, validators=NOT_NEGATIVE)


def _vat(name: str) -> Any:
    return models.DecimalField(
        name,
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )


def _step(name: str) -> Any:
    return models.PositiveIntegerField(name, default=1)


def _limit(name: str) -> Any:
    return models.DecimalField(name, max_digits=12, decimal_places=4, null=True, blank=True, validators=NOT_NEGATIVE)


@tracked()
class TariffElement(models.Model):
    """One OCPI element: at most one price component a dimension, and one set of restrictions. Empty price: no component."""

    provider = models.ForeignKey(Provider, models.PROTECT)
    version = models.ForeignKey(TariffVersion, models.CASCADE, related_name="elements")
    position = models.PositiveIntegerField(help_text="The first element in this order that holds sets the price.")

    energy_price = _price("per kWh")
    energy_step = _step("step in Wh")
    energy_vat = _vat("VAT %")
    time_price = _price("charging, per hour")
    time_step = _step("step in seconds")
    time_vat = _vat("VAT %")
    parking_price = _price("parking, per hour")
    parking_step = _step("step in seconds")
    parking_vat = _vat("VAT %")
    flat_price = _price("per session")
    flat_vat = _vat("VAT %")

    start_time = models.TimeField("from (time)", null=True, blank=True)
    end_time = models.TimeField("until (time)", null=True, blank=True)
    start_date = models.DateField("from (date)", null=True, blank=True)
    end_date = models.DateField("before (date)", null=True, blank=True)
    day_of_week = ArrayField(models.CharField(max_length=9, choices=DayOfWeek), default=list, blank=True)
    min_kwh = _limit("from kWh")
    max_kwh = _limit("below kWh")
    min_current = _limit("from A")
    max_current = _limit("below A")
    min_power = _limit("from kW")
    max_power = _limit("below kW")
    min_duration = models.PositiveIntegerField("from seconds", null=True, blank=True)
    max_duration = models.PositiveIntegerField("below seconds", null=True, blank=True)
    reservation = models.CharField(
        max_length=20,
        blank=True,
        choices=[("RESERVATION", "reservation"), ("RESERVATION_EXPIRES", "expired reservation")],
    )

    tenancy = _tenancy("version__tariff__")
    objects = ScopedManager()

    class Meta:
        verbose_name = "tariff element"
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "position"], name="element_position_once", deferrable=models.Deferrable.DEFERRED
            ),
            WithinProvider(field="version", name="element_version_of_same_provider"),
            models.CheckConstraint(
                condition=Q(energy_price__isnull=False)
                | Q(time_price__isnull=False)
                | Q(parking_price__isnull=False)
                | Q(flat_price__isnull=False),
                name="element_prices_something",
                violation_error_message=NO_PRICE,
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{kind}_price": None}) | Q(**{f"{kind}_price__gte": 0}),
                    name=f"element_{kind}_not_negative",
                    violation_error_message="A price is not negative.",
                )
                for kind in ("energy", "time", "parking", "flat")
            ),
        ]

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Nothing: forms say by field what the checks say, and the database holds them; each would be a statement."""

    def __str__(self) -> str:
        return f"element {self.position}"


class FeedTariff(models.Model):
    """A tariff that a feed of the provider named, and the versions that the feed said (docs/feeds.md)."""

    provider = models.ForeignKey(Provider, models.PROTECT)
    feed = models.CharField(max_length=36)
    tariff = models.ForeignKey(Tariff, models.CASCADE, related_name="feeds")
    versions = models.ManyToManyField(TariffVersion, related_name="feeds")

    personal_data = PersonalData(impersonal=("feed",))
    tenancy = _tenancy("tariff__")
    objects = ScopedManager()

    class Meta:
        verbose_name = "tariff of a feed"
        verbose_name_plural = "tariffs of feeds"
        constraints = [
            models.UniqueConstraint(fields=["tariff", "feed"], name="feed_tariff_once"),
            WithinProvider(field="tariff", name="feed_tariff_of_same_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.tariff} of {self.feed}"
