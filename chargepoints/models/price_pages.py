"""Public price pages: the address of the price of one charge point, or of all of a charge group."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.urls import reverse

from chargegroups.models import ChargeGroup
from chargepoints.models.points import ChargePoint
from customers.models import Provider
from evcnet.constraints import WithinProvider
from evcnet.history import tracked
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedQuerySet, Tenancy

KEY_BYTES = 9


def new_key() -> str:
    """Nobody guesses it, and it is short enough for a coarse QR code."""
    return secrets.token_urlsafe(KEY_BYTES)


class PricePageQuerySet(ScopedQuerySet):
    def open_to_anybody(self) -> PricePageQuerySet:
        """Those that anybody may read: a home charger tells nobody where it stands, and a group that is closed has no price."""
        at_point = Q(charge_point__charge_group__in=_priced_groups())
        return self.filter(Q(charge_group__in=_priced_groups()) | at_point, published=True)


def _priced_groups() -> QuerySet[ChargeGroup]:
    return ChargeGroup.objects.exclude(type=ChargeGroup.Type.HOME).filter(closed_at=None).order_by()


@tracked()
class PricePage(models.Model):
    """Open to everybody from its publication until it is withdrawn; published again, it has the same address, since that is printed.

    Of one charge point or of one charge group, never of both.
    """

    provider = models.ForeignKey(Provider, models.PROTECT)
    charge_point = models.OneToOneField(ChargePoint, models.CASCADE, null=True, related_name="price_page")
    charge_group = models.OneToOneField(ChargeGroup, models.CASCADE, null=True, related_name="price_page")
    key = models.CharField(max_length=20, unique=True, default=new_key, editable=False)
    published = models.BooleanField(default=True)

    personal_data = PersonalData(impersonal=("key",))
    tenancy = Tenancy(user_groups=("charge_group__user_group_id", "charge_point__charge_group__user_group_id"))
    objects: Any = models.Manager.from_queryset(PricePageQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(charge_point=None, charge_group__isnull=False)
                | Q(charge_point__isnull=False, charge_group=None),
                name="price_page_of_one_thing",
            ),
            WithinProvider(field="charge_point", name="price_page_point_of_same_provider"),
            WithinProvider(field="charge_group", name="price_page_group_of_same_provider"),
        ]

    def __str__(self) -> str:
        return f"price page of {self.charge_point or self.charge_group}"

    def get_absolute_url(self) -> str:
        return reverse("price_page", args=[self.key])

    @property
    def group(self) -> ChargeGroup | None:
        """Whose terms it shows."""
        return self.charge_group if self.charge_point is None else self.charge_point.charge_group
