"""Charge points and their connectors."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now

from chargegroups.models import ChargeGroup
from chargepoints.models.locations import Location, stamped
from customers.models import Customer, Provider
from customers.models.customers import parts_of
from evcnet.code_keys import IdentityKey
from evcnet.constraints import WithinProvider
from evcnet.history import tracked
from evcnet.personal_data import PersonalData, column
from evcnet.search_columns import SearchKey, WithoutBlanks, index_of
from evcnet.tenancy import ScopedManager, Tenancy
from evcnet.validators import validate_key, validate_name, validate_print

POINT_TEXT = SearchKey("name", WithoutBlanks("identity"), WithoutBlanks("evse_id"))
"""By what a charge point is searched beside its location."""


def _without_owner() -> Case:
    """Home chargers are inactive without their owner."""
    home = ChargeGroup.objects.filter(type=ChargeGroup.Type.HOME).order_by().values("pk")
    return Case(When(status="active", charge_group__in=home, then=Value("inactive")), default=F("status"))


@tracked(exclude=["updated_at"])
class ChargePoint(models.Model):
    """The device, known by its identity. Belongs to exactly one charge group, and can't be activated without."""

    class Status(models.TextChoices):
        INACTIVE = "inactive", "inactive"
        ACTIVE = "active", "active"
        OUT_OF_SERVICE = "out_of_service", "out of service"

    provider = models.ForeignKey(Provider, models.PROTECT)
    identity = models.CharField(
        max_length=48, validators=[validate_key], help_text="What the device calls itself; unique on the platform."
    )
    name = models.CharField(max_length=100, blank=True, validators=[validate_name])
    location = models.ForeignKey(Location, models.PROTECT, null=True, blank=True)
    charge_group = models.ForeignKey(
        ChargeGroup, models.PROTECT, null=True, blank=True, help_text="Sets the tariff and who may charge here."
    )
    owner = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, help_text="The customer whose charge point it is, if any."
    )
    evse_id = models.CharField(
        "EVSE ID", max_length=48, blank=True, validators=[validate_key], help_text="Such as NL*GRG*E148*2."
    )
    maker = models.CharField(max_length=50, blank=True, default="", db_default="", validators=[validate_print])
    model = models.CharField(max_length=50, blank=True, default="", db_default="", validators=[validate_print])
    max_power_kw = models.DecimalField(
        "power in kW",
        max_digits=8,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1000)],
    )
    status = models.CharField(max_length=14, choices=Status, default=Status.INACTIVE)
    ocpi_uid = models.CharField("OCPI uid", max_length=36, blank=True, editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    personal_data = PersonalData(
        customer="owner",
        part="charge_points",
        export=column(
            "identity", "name", address="location__address", postal_code="location__postal_code",
            city="location__city", country="location__country",
        ),
        overwrite={"name": ""},
        also={"owner": None, "status": _without_owner},
        narrow=lambda points, customer: points.filter(charge_group__type=ChargeGroup.Type.HOME),
        names=("name",),
        impersonal=("identity", "evse_id", "ocpi_uid", "maker", "model"),
        erasure="no longer theirs; home chargers become inactive and lose their name.",
        stays=True,
    )  # fmt: skip
    tenancy = Tenancy(user_groups=("charge_group__user_group_id",))
    objects = ScopedManager()

    class Meta:
        ordering = ["identity"]
        triggers = [stamped]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="charge_point_of_provider"),
            models.UniqueConstraint(
                IdentityKey("identity"),
                name="charge_point_identity_once",
                violation_error_message="This identity cannot be used.",
            ),
            models.CheckConstraint(
                condition=~Q(status="active") | Q(charge_group__isnull=False, location__isnull=False),
                name="charge_point_active_is_complete",
                violation_error_message="A charge point is activated only with a charge group and a location.",
            ),
            models.CheckConstraint(
                condition=Q(max_power_kw=None) | Q(max_power_kw__gte=0, max_power_kw__lte=1000),
                name="charge_point_power_plausible",
                violation_error_message="No connector has this power: it is given in kW, at most 1,000.",
            ),
            WithinProvider(field="location", name="charge_point_location_same_provider"),
            WithinProvider(field="charge_group", name="charge_point_group_same_provider"),
            WithinProvider(field="owner", name="charge_point_owner_same_provider"),
        ]
        indexes = [
            parts_of("name", "charge_point_name_parts"),
            parts_of(IdentityKey("identity"), "charge_point_identity_parts"),
            parts_of(IdentityKey("evse_id"), "charge_point_evse_id_parts"),
            index_of(POINT_TEXT, "charge_point_search"),
        ]

    def __str__(self) -> str:
        return self.name or self.identity

    @property
    def evse_uid(self) -> str:
        """Its uid in OCPI. Where there is no EVSE ID the uid is the key, so it is the identity then."""
        return (self.evse_id and self.ocpi_uid) or self.identity

    def clean(self) -> None:
        if self.charge_group is not None and self.charge_group.closed_at is not None:
            raise ValidationError({"charge_group": "This charge group is closed: choose another."})


@tracked()
class Connector(models.Model):
    """A socket or cable of a charge point (OCPI: Connector)."""

    charge_point = models.ForeignKey(ChargePoint, models.CASCADE, related_name="connectors")
    ocpi_id = models.CharField("id", max_length=36)
    standard = models.CharField(max_length=30)
    format = models.CharField(max_length=6, choices=[("SOCKET", "socket"), ("CABLE", "cable")])
    power_type = models.CharField(max_length=12)
    max_voltage = models.PositiveIntegerField("V")
    max_amperage = models.PositiveIntegerField("A")
    max_electric_power = models.PositiveIntegerField(
        "W", null=True, blank=True, validators=[MaxValueValidator(1_000_000)]
    )

    personal_data = PersonalData(impersonal=("ocpi_id", "power_type", "standard"))
    tenancy = Tenancy(provider="charge_point__provider_id", user_groups=("charge_point__charge_group__user_group_id",))
    objects = ScopedManager()

    class Meta:
        ordering = ["charge_point", "ocpi_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_point", "ocpi_id"],
                name="connector_once",
                violation_error_message="The charge point has a connector with this id.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.standard} {self.format.lower()}"


class FeedPoint(models.Model):
    """A charge point that a feed of the provider named (docs/feeds.md).

    ``removed_at``: since when the feed has it as removed; None while it lives. ``status_before``: the status that it
    had then; empty where it arrived as removed.
    """

    provider = models.ForeignKey(Provider, models.PROTECT)
    feed = models.CharField(max_length=36)
    charge_point = models.ForeignKey(ChargePoint, models.CASCADE, related_name="feeds")
    removed_at = models.DateTimeField(null=True)
    status_before = models.CharField(max_length=14, choices=ChargePoint.Status, blank=True)

    personal_data = PersonalData(impersonal=("feed", "status_before"))
    tenancy = Tenancy(user_groups=("charge_point__charge_group__user_group_id",))
    objects = ScopedManager()

    class Meta:
        verbose_name = "charge point of a feed"
        verbose_name_plural = "charge points of feeds"
        constraints = [
            models.UniqueConstraint(fields=["charge_point", "feed"], name="feed_point_once"),
            WithinProvider(field="charge_point", name="feed_point_of_same_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.charge_point} of {self.feed}"
