"""What is said of a charge group at the head of each of its pages?"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db.models import Count, Q

from chargegroups.changes import database_clock
from chargegroups.models import ChargeGroup, Terms
from chargegroups.price_tags import PriceTag, price_tags
from chargepoints.models import ChargePoint


def who_may_charge(group: ChargeGroup, terms: Terms | None) -> str:
    """The policy of the terms as one sentence; exceptions come on top."""
    if terms is None:
        return "Nobody yet: no terms are in force"
    audiences = [
        (terms.own_user_group, f"customers of {group.user_group}"),
        (terms.other_user_groups, "customers of your other user groups"),
        (terms.roaming, "roaming cards"),
    ]
    text = ", ".join(words for is_open, words in audiences if is_open) or "nobody but those with an exception"
    return text[0].upper() + text[1:]


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
    def price(self) -> PriceTag | None:
        return price_tags([self.terms.tariff], self.at)[self.terms.tariff_id] if self.terms else None

    @cached_property
    def scheduled(self) -> Any:
        rows = Terms.objects.scheduled(self.at).filter(charge_group=self.group).select_related("tariff")
        return list(rows.order_by("valid_from"))

    @property
    def who(self) -> str:
        return who_may_charge(self.group, self.terms)
