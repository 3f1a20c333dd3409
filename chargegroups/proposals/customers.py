"""What would it do to customers to move them to another user group?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from chargegroups.grounds import Place, groups_at
from chargegroups.models import ChargeGroup
from chargegroups.proposals.base import Inapplicable, Nothing, Proposal
from customers.models import Customer, UserGroup


class CustomersMoved(Proposal):
    """The customers of one provider, to one of its user groups. Happens at once: a customer's row carries no date."""

    kind: ClassVar[str] = "customers"

    def __init__(self, customers: Sequence[Customer], user_group: UserGroup) -> None:
        if not customers:
            raise Nothing("No customer was chosen: there is nothing to change.")
        self.rows, self.user_group = sorted(customers, key=lambda row: row.pk), user_group
        self.provider_id, self.moved_to = user_group.provider_id, user_group.pk
        self.customers = [row.pk for row in self.rows]

    @property
    def groups(self) -> list[ChargeGroup]:
        return list(ChargeGroup.objects.open().filter(provider_id=self.provider_id).order_by("pk"))

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "customers": [row.number for row in self.rows],
            "user_group": self.user_group.code,
        }

    def places(self, at: datetime) -> list[Place]:
        return [Place(place, place) for place in groups_at(self.groups, at).values()]

    def ground(self, at: datetime) -> dict[str, Any]:
        now = Customer.objects.filter(pk__in=self.customers).order_by("pk")
        terms = [place.before.stored_pk for place in self.places(at) if place.before]
        return {"user_groups": list(now.values_list("pk", "user_group_id")), "terms": terms}

    def check(self, at: datetime) -> None:
        if not Customer.objects.filter(pk__in=self.customers).exclude(user_group=self.user_group).exists():
            raise Nothing(f"The customers belong to {self.user_group} already: there is nothing to change.")

    def earlier(self, at: datetime) -> dict[str, Any]:
        now = Customer.objects.filter(pk__in=self.customers).order_by("pk")
        return {"user_groups": list(now.values_list("pk", "user_group_id"))}

    @classmethod
    def reversal(cls, change: Any) -> CustomersMoved:
        """The proposal that brings them back, where all came from one user group."""
        came_from = {group for _, group in change.earlier["user_groups"]}
        if len(came_from) > 1:
            raise Inapplicable("The customers came from several user groups: move them back group by group.")
        customers = Customer.objects.filter(
            provider_id=change.provider_id, pk__in=[pk for pk, _ in change.earlier["user_groups"]]
        )
        return cls(list(customers), UserGroup.objects.get(provider_id=change.provider_id, pk=came_from.pop()))

    def write(self, change: Any, at: datetime) -> None:
        Customer.objects.filter(pk__in=self.customers).update(user_group=self.user_group)

    def sentence(self) -> str:
        # Names of customers stay out of it: whoever sees one of the charge groups reads it.
        return f"{len(self.rows):,} customer{'' if len(self.rows) == 1 else 's'} moved to {self.user_group}"
