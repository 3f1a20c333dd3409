"""Locations: where charge points stand, and whether third-party apps may show them."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, F, Q
from django.db.models.functions import Now
from django_countries.fields import CountryField

from chargegroups.models import ChargeGroup
from customers.models import Provider, UserGroup
from customers.models.providers import validate_time_zone
from evcnet.constraints import WithinProvider
from evcnet.history import tracked
from evcnet.personal_data import PersonalData, column
from evcnet.search_columns import SearchKey, WithoutBlanks, index_of
from evcnet.tenancy import ScopedManager, Tenancy
from evcnet.validators import validate_code, validate_name

LOCATION_TEXT = SearchKey("code", "name", "address", WithoutBlanks("postal_code"), "city")
"""By what a location is searched."""

stamped = pgtrigger.Trigger(
    name="stamp_updated_at",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*"),
    func="NEW.updated_at = clock_timestamp(); RETURN NEW;",
)


def _degrees(name: str, most: int) -> models.DecimalField[Any, Any]:
    return models.DecimalField(
        name,
        max_digits=10,
        decimal_places=7,
        null=True,
        blank=True,
        validators=[MinValueValidator(-most), MaxValueValidator(most)],
    )


def _homes(locations: models.QuerySet[Any], customer: int) -> models.QuerySet[Any]:
    """Those at which nothing stands but home chargers of the customer: their address is the person's."""
    home = Q(chargepoint__owner=customer, chargepoint__charge_group__type=ChargeGroup.Type.HOME)
    counted = locations.alias(points=Count("chargepoint"), homes=Count("chargepoint", filter=home))
    only_homes: models.QuerySet[Any] = counted.filter(points=F("homes"))
    return only_homes


@tracked(exclude=["updated_at"])
class Location(models.Model):
    """Address, coordinates, country, time zone, and whether third-party apps may show it."""

    provider = models.ForeignKey(Provider, models.PROTECT)
    code = models.CharField(max_length=36, validators=[validate_code])
    name = models.CharField(max_length=200, validators=[validate_name])
    address = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=12, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = CountryField()
    latitude = _degrees("latitude", 90)
    longitude = _degrees("longitude", 180)
    time_zone = models.CharField(
        max_length=64,
        default="Europe/Amsterdam",
        validators=[validate_time_zone],
        help_text="Times of day in tariffs are those of this zone.",
    )
    published = models.BooleanField(
        default=False,
        help_text="Third-party apps may show this location. This is the only place where that is set: "
        "opening a charge group for roaming does not publish it, and publishing gives nobody access.",
    )
    user_group = models.ForeignKey(
        UserGroup,
        models.PROTECT,
        null=True,
        blank=True,
        help_text="Whose sub providers edit it, where they may add locations. Empty: the provider's.",
    )
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    personal_data = PersonalData(
        customer="chargepoint__owner",
        part="locations",
        export=column("name", "address", "postal_code", "city", "country", "latitude", "longitude"),
        overwrite={
            "name": "Erased home", "address": "", "postal_code": "", "city": "", "latitude": None, "longitude": None,
        },
        narrow=_homes,
        names=("name", "address"),
        impersonal=("code", "time_zone"),
        erasure="where nothing stands but home chargers of theirs, name, address and coordinates are overwritten.",
        stays=True,
    )  # fmt: skip
    tenancy = Tenancy(
        user_groups=("user_group_id", "chargepoint__charge_group__user_group_id"), owners=("user_group_id",)
    )
    objects = ScopedManager()

    class Meta:
        ordering = ["city", "address", "code"]
        triggers = [stamped]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="location_of_provider"),
            models.UniqueConstraint(
                fields=["provider", "code"],
                name="location_code_once",
                violation_error_message="Another location has this code.",
            ),
            WithinProvider(field="user_group", name="location_group_of_same_provider"),
        ]
        indexes = [index_of(LOCATION_TEXT, "location_search")]

    def __str__(self) -> str:
        return f"{self.address or self.name}, {self.city}" if self.city else (self.address or self.name)
