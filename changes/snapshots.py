"""On what does a change stand? Many charge groups at a moment, as they are and as they would be, in few queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from changes.impact import NOWHERE, Side
from chargegroups.customer_access import GroupAt
from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargegroups.terms import SLOTS
from customers.models import Customer
from tariffs.conversion import price_list
from tariffs.models import TariffVersion
from tariffs.pricing import Tariff


@dataclass(frozen=True)
class BeforeAfter:
    """Where customers stand before and after: the same group under other terms, another group, or none at all."""

    before: GroupAt | None
    after: GroupAt | None


@dataclass(frozen=True)
class CustomerFacts:
    """The facts of customers who are alike, whatever the group. ``exceptions`` maps a group to (access, tariff)."""

    user_group: int
    payment: str
    roams: bool
    exceptions: Mapping[str, Any] = field(default_factory=dict)

    def side(self, place: GroupAt | None) -> Side:
        if place is None:
            return NOWHERE
        access, tariff = self.exceptions.get(str(place.group.pk)) or (None, None)
        decision = place.judge(
            {
                "same_user_group": self.user_group == place.group.user_group_id,
                "roams": self.roams,
                "payment": self.payment,
                "status": Customer.Status.ACTIVE,
                "exception_access": access,
                "exception_tariff": tariff,
            }
        )
        return Side(decision, _price(place, decision.tariff.code) if decision.tariff else None)


def _price(place: GroupAt, tariff: str) -> Tariff:
    """The price list of a version in force, read once."""
    version = place.versions[int(tariff)]
    known: Tariff | None = getattr(version, "price_list", None)
    if known is None:
        known = version.price_list = price_list(version)  # type: ignore[attr-defined]
    return known


def groups_at(
    groups: Collection[ChargeGroup],
    at: datetime,
    *,
    proposed: Mapping[int, Terms] | None = None,
    versions: Mapping[int, TariffVersion] | None = None,
    also: Iterable[int] = (),
) -> dict[int, GroupAt]:
    """The groups at this moment, by id, in four queries.

    ``proposed`` are terms that stand in for a group's stored ones, ``versions`` those that stand in for a tariff's
    stored version; ``also`` are tariffs that neither terms nor stored exceptions name yet.
    """
    terms = {row.charge_group_id: row for row in Terms.objects.in_force(at).filter(charge_group__in=groups)}
    terms |= proposed or {}
    named = {getattr(row, f"{slot}_id") for row in terms.values() for slot in SLOTS} | set(also)
    excepted = CustomerException.objects.filter(charge_group__in=groups).exclude(tariff=None)
    named |= set(excepted.order_by().values_list("tariff_id", flat=True).distinct())
    found = versions_at(named - {None}, at) | dict(versions or {})
    made = {}
    for group in groups:
        made[group.pk] = place = GroupAt(group, at)
        place.stored, place.versions = terms.get(group.pk), found
    return made


def versions_at(tariffs: Collection[int], at: datetime) -> dict[int, TariffVersion]:
    """The version in force of each of these tariffs that has one."""
    rows = TariffVersion.objects.in_force(at).filter(tariff_id__in=tariffs)
    return {row.tariff_id: row for row in rows.select_related("tariff").prefetch_related("elements")}
