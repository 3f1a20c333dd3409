"""Charge groups at a moment: the terms in force, the price lists that they name, and how a customer's facts are judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from chargegroups.access import Facts
from chargegroups.customer_facts import CustomerFacts
from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargegroups.terms import SLOTS, Decision, GroupTerms, TariffInForce, as_customer, decide
from customers.models import Customer
from evcnet.together import Reading, read
from tariffs.current_price import CurrentPrice, current_price, with_elements, without_price
from tariffs.models import Tariff, TariffVersion


@dataclass
class GroupSnapshot:
    """A charge group at a moment. ``stored`` is its row of terms, None where none is in force.

    ``versions`` are the versions in force of the tariffs that terms and exceptions name, by the tariff's id.
    """

    group: ChargeGroup
    at: datetime
    stored: Terms | None
    versions: dict[int, TariffVersion] = field(default_factory=dict)

    @classmethod
    def of(cls, group: ChargeGroup, at: datetime, *, also: Iterable[int] = ()) -> GroupSnapshot:
        """One group; of many ``group_snapshots`` reads all at once."""
        return group_snapshots([group], at, also=also)[group.pk]

    @property
    def stored_pk(self) -> int | None:
        return self.stored.pk if self.stored else None

    @property
    def roaming(self) -> bool:
        """Cards need not be looked at where the group is closed to roaming."""
        return self.stored is not None and self.stored.roaming

    @cached_property
    def terms(self) -> GroupTerms | None:
        """For the access rules. A tariff goes by its id here, as its code would need another look-up."""
        stored = self.stored
        if stored is None:
            return None
        return GroupTerms.of(
            lambda slot: self.tariff(getattr(stored, f"{slot}_id")), lambda name: getattr(stored, name)
        )

    def tariff(self, tariff_id: int | None) -> TariffInForce | None:
        if tariff_id is None:
            return None
        version = self.versions.get(tariff_id)
        return TariffInForce(str(tariff_id), version.pk if version else None)

    def judge(self, customer: CustomerFacts) -> Decision:
        """What the access rules say of customers with these facts. A customer counts by the best of their valid cards.

        Asked once for all user groups but the group's own, of which the rules know no more than that.
        """
        exception = customer.exception_at(self.group.pk)
        same = customer.user_group == self.group.user_group_id
        alike = (same, customer.payment, customer.status, customer.roams, *exception)
        if alike not in self._judged:
            self._judged[alike] = self._judge(customer)
        return self._judged[alike]

    @cached_property
    def _judged(self) -> dict[tuple[Any, ...], Decision]:
        return {}

    def _judge(self, customer: CustomerFacts) -> Decision:
        facts = Facts(at=self.at, customer_status=customer.status, card_roams=customer.roams, same_provider=True)
        return self.decide(as_customer(facts, has_card=customer.roams), customer)

    def decide(self, facts: Facts, customer: CustomerFacts) -> Decision:
        """What the access rules say of these facts of a customer's, whose exception and payment are looked up here."""
        access, tariff = customer.exception_at(self.group.pk)
        return decide(
            replace(facts, same_user_group=customer.user_group == self.group.user_group_id, exception=access),
            self.terms,
            exception_tariff=self.tariff(tariff),
            prepaid=customer.payment == Customer.Payment.PREPAID,
        )

    def judge_roaming(self) -> Decision:
        """What the access rules say of a roaming card of another provider."""
        facts = Facts(at=self.at, customer_status="active", card_roams=True)
        return decide(as_customer(facts, has_card=True), self.terms)

    def price_of_tariff(self, tariff_id: int | None) -> CurrentPrice | None:
        """How a tariff that the group names reads at this moment."""
        version = self.versions.get(tariff_id or 0)
        if version is not None:
            return current_price(version)
        tariff = self._tariffs_of_terms.get(tariff_id or 0)
        return without_price(tariff) if tariff else None

    def price_of(self, decision: Decision) -> CurrentPrice | None:
        """The price list that a decision names; None where it allows nothing."""
        return self.price_of_tariff(int(decision.tariff.code)) if decision.tariff else None

    @cached_property
    def _tariffs_of_terms(self) -> dict[int, Tariff]:
        """The tariffs of the terms, which may be without a version in force."""
        slots = [getattr(self.stored, slot) for slot in SLOTS] if self.stored else []
        return {tariff.pk: tariff for tariff in slots if tariff}


def group_snapshots(
    groups: Collection[ChargeGroup],
    at: datetime,
    *,
    proposed: Mapping[int, Terms] | None = None,
    versions: Mapping[int, TariffVersion] | None = None,
    also: Iterable[int] = (),
) -> dict[int, GroupSnapshot]:
    """The groups at this moment, by id, in two statements.

    ``proposed`` are terms that stand in for a group's stored ones, ``versions`` those that stand in for a tariff's
    stored version; ``also`` are ids of tariffs that neither terms nor stored exceptions name yet.
    """
    return read(snapshot_reading(groups, at, proposed=proposed, versions=versions, also=also))


def snapshot_reading(
    groups: Collection[ChargeGroup],
    at: datetime,
    *,
    proposed: Mapping[int, Terms] | None = None,
    versions: Mapping[int, TariffVersion] | None = None,
    also: Iterable[int] = (),
) -> Reading[dict[int, GroupSnapshot]]:
    """What ``group_snapshots`` returns, in two steps."""
    rows = Terms.objects.in_force(at).filter(charge_group__in=groups).select_related(*SLOTS)
    excepted = CustomerException.objects.filter(charge_group__in=groups).exclude(tariff=None)
    tariffs = excepted.order_by().values_list("tariff_id", flat=True).distinct()
    yield [rows, tariffs]
    terms = {row.charge_group_id: row for row in rows} | dict(proposed or {})
    named = {getattr(row, f"{slot}_id") for row in terms.values() for slot in SLOTS} | set(also)
    in_force = (yield from version_reading((named | set(tariffs)) - {None}, at)) | dict(versions or {})
    return {group.pk: GroupSnapshot(group, at, terms.get(group.pk), in_force) for group in groups}


def versions_in_force(tariffs: Collection[int], at: datetime) -> dict[int, TariffVersion]:
    """The version in force of each of these tariffs, by id, that has one; with its tariff and elements at hand."""
    return read(version_reading(tariffs, at))


def version_reading(tariffs: Collection[int], at: datetime) -> Reading[dict[int, TariffVersion]]:
    """What ``versions_in_force`` returns, in one step."""
    rows = TariffVersion.objects.in_force(at).filter(tariff_id__in=tariffs)
    rows = yield from with_elements(rows.select_related("tariff"))
    return {row.tariff_id: row for row in rows}
