"""What is said of a charge group, or of a tariff, at the head of each of its pages?"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Count, Q

from chargegroups.access_summary import who_may_charge
from chargegroups.models import ChargeGroup, Terms
from chargegroups.tariff_usage import groups_using
from chargepoints.models import ChargePoint
from evcnet.datetimes import database_clock
from tariffs.current_price import CurrentPrice, current_prices
from tariffs.models import Tariff


class Summary:
    """One group now: its points, its terms in force and its price."""

    def __init__(self, group: ChargeGroup) -> None:
        self.group, self.at = group, database_clock()

    @cached_property
    def points(self) -> dict[str, int]:
        counts = {"all": Count("pk"), "active": Count("pk", filter=Q(status=ChargePoint.Status.ACTIVE))}
        found: dict[str, int] = ChargePoint.objects.filter(charge_group=self.group).aggregate(**counts)
        return found

    @cached_property
    def terms(self) -> Terms | None:
        rows = Terms.objects.in_force(self.at).filter(charge_group=self.group)
        found: Terms | None = rows.select_related("tariff", "prepaid_tariff", "roaming_tariff").first()
        return found

    @cached_property
    def price(self) -> CurrentPrice | None:
        return current_prices([self.terms.tariff], self.at)[self.terms.tariff_id] if self.terms else None

    @cached_property
    def scheduled(self) -> Any:
        rows = Terms.objects.scheduled(self.at).filter(charge_group=self.group).select_related("tariff")
        return list(rows.order_by("valid_from"))

    @property
    def who(self) -> str:
        return who_may_charge(self.group, self.terms)


class TariffSummary:
    """One tariff now: its price, how many of the login's groups use it, and when its next version begins."""

    def __init__(self, tariff: Tariff, login: Any) -> None:
        self.tariff, self.login, self.at = tariff, login, database_clock()

    @cached_property
    def price(self) -> CurrentPrice:
        return current_prices([self.tariff], self.at)[self.tariff.pk]

    @cached_property
    def groups(self) -> int:
        found: int = groups_using(self.tariff).visible_to(self.login).count()
        return found

    @cached_property
    def next_begins_at(self) -> datetime | None:
        later = self.tariff.versions.filter(valid_from__gt=self.at)
        found: datetime | None = later.order_by("valid_from").values_list("valid_from", flat=True).first()
        return found
