"""The head of each page of a charge group: its points, its terms in force and its price."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db.models import Count, Q

from chargegroups.access_summary import who_may_charge
from chargegroups.models import ChargeGroup, Terms
from chargepoints.models import ChargePoint
from evcnet.datetimes import database_clock
from tariffs.current_price import CurrentPrice, current_prices


class GroupSummary:
    """One group now: its points, its terms in force and its price."""

    def __init__(self, group: ChargeGroup) -> None:
        self.group, self.at = group, database_clock()

    @cached_property
    def points(self) -> dict[str, int]:
        counts = {"all": Count("pk"), "active": Count("pk", filter=Q(status=ChargePoint.Status.ACTIVE))}
        totals: dict[str, int] = ChargePoint.objects.filter(charge_group=self.group).aggregate(**counts)
        return totals

    @cached_property
    def terms(self) -> Terms | None:
        rows = Terms.objects.in_force(self.at).filter(charge_group=self.group)
        terms: Terms | None = rows.select_related("tariff", "prepaid_tariff", "roaming_tariff").first()
        return terms

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
