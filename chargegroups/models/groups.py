"""Charge groups: charge points that share an access policy and a tariff."""

from __future__ import annotations

from typing import Any

from django.db import models

from chargegroups.querysets import ChargeGroupQuerySet
from customers.models import Provider, UserGroup
from evcnet.constraints import WithinProvider
from evcnet.history import tracked
from evcnet.personal_data import PersonalData
from evcnet.search_columns import SearchKey, index_of
from evcnet.tenancy import Tenancy
from evcnet.validators import validate_code, validate_name

GROUP_TEXT = SearchKey("code", "name")
"""By what a charge group is searched."""


@tracked()
class ChargeGroup(models.Model):
    """Access policy and tariff for the charge points in it. What it says of everyone stands in its terms."""

    class Type(models.TextChoices):
        HOME = "home", "Home"
        OTHER = "other", "Other"

    provider = models.ForeignKey(Provider, models.PROTECT)
    user_group = models.ForeignKey(
        UserGroup, models.PROTECT, help_text="“Own user group” in the access policy means this one."
    )
    code = models.CharField("ID", max_length=36, validators=[validate_code])
    name = models.CharField(max_length=100, validators=[validate_name])
    additional_information = models.TextField(blank=True)
    type = models.CharField(
        max_length=5,
        choices=Type,
        default=Type.OTHER,
        help_text="Home: home chargers; never accessible for roaming, and their locations are not published. "
        "Other: public or private, not home.",
    )
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    personal_data = PersonalData(texts=("additional_information",), impersonal=("code", "name"))
    tenancy = Tenancy(user_groups=("user_group_id",))
    objects: Any = models.Manager.from_queryset(ChargeGroupQuerySet)()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="charge_group_of_provider"),
            models.UniqueConstraint(
                fields=["provider", "code"],
                name="charge_group_code_once",
                violation_error_message="Another charge group has this ID.",
            ),
            WithinProvider(field="user_group", name="charge_group_group_of_same_provider"),
        ]
        indexes = [index_of(GROUP_TEXT, "charge_group_search")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
