"""What would it do to customers to move them to other user groups?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from changes.proposals.base import Inapplicable, NothingToChange, Proposal
from changes.snapshots import BeforeAfter
from chargegroups.group_snapshots import group_snapshots
from chargegroups.models import ChargeGroup
from customers.models import Customer, UserGroup
from evcnet.text import counted


class CustomerMoves(Proposal):
    """Customers of one provider, to its user groups. Happens at once: a customer's row carries no date."""

    kind: ClassVar[str] = "customers"

    def __init__(self, moves: Iterable[tuple[Customer, UserGroup]]) -> None:
        self.moves = sorted(moves, key=lambda move: move[0].pk)
        if not self.moves:
            raise NothingToChange("No customer was chosen: there is nothing to change.")
        self.provider_id = self.moves[0][1].provider_id
        self.moved = {customer.pk: group.pk for customer, group in self.moves}
        self.customers = list(self.moved)

    @classmethod
    def to(cls, customers: Sequence[Customer], user_group: UserGroup) -> CustomerMoves:
        return cls((customer, user_group) for customer in customers)

    @property
    def user_groups(self) -> list[UserGroup]:
        """Those to which somebody moves."""
        return list({group.pk: group for _, group in self.moves}.values())

    @cached_property
    def groups(self) -> list[ChargeGroup]:
        """Those of the user groups that customers leave or join: to all others they stay another user group."""
        left = Customer.objects.filter(pk__in=self.customers).values_list("user_group_id", flat=True)
        concerned = set(left.order_by().distinct()) | set(self.moved.values())
        return list(ChargeGroup.objects.open().filter(user_group__in=concerned).order_by("pk"))

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "moves": [[customer.number, group.code] for customer, group in self.moves],
        }

    def places(self, at: datetime) -> list[BeforeAfter]:
        return [BeforeAfter(place, place) for place in group_snapshots(self.groups, at).values()]

    def ground(self, at: datetime) -> dict[str, Any]:
        now = Customer.objects.filter(pk__in=self.customers).order_by("pk")
        terms = [place.before.stored_pk for place in self.places(at) if place.before]
        return {"user_groups": list(now.values_list("pk", "user_group_id")), "terms": terms}

    def check(self, at: datetime) -> None:
        now = dict(Customer.objects.filter(pk__in=self.customers).values_list("pk", "user_group_id"))
        if all(self.moved[pk] == group for pk, group in now.items()):
            names = " and ".join(map(str, self.user_groups[:3]))
            raise NothingToChange(f"The customers belong to {names} already: there is nothing to change.")

    def earlier(self, at: datetime) -> dict[str, Any]:
        now = Customer.objects.filter(pk__in=self.customers).order_by("pk")
        return {"user_groups": list(now.values_list("pk", "user_group_id"))}

    @classmethod
    def reversal(cls, change: Any) -> CustomerMoves:
        """The proposal that brings each back to the user group that they came from."""
        came_from = dict(change.earlier["user_groups"])
        customers = Customer.objects.filter(provider_id=change.provider_id).in_bulk(came_from.keys())
        groups = UserGroup.objects.filter(provider_id=change.provider_id).in_bulk(came_from.values())
        if gone := set(came_from.values()) - groups.keys():
            which = "user group is" if len(gone) == 1 else "user groups are"
            raise Inapplicable(
                f"A customer can't go back where they came from: {len(gone)} {which} not there any more."
            )
        return cls((customers[pk], groups[group]) for pk, group in came_from.items() if pk in customers)

    def write(self, change: Any, at: datetime) -> None:
        for group in self.user_groups:
            moving = [pk for pk, to in self.moved.items() if to == group.pk]
            Customer.objects.filter(pk__in=moving).update(user_group=group)

    def sentence(self) -> str:
        # Names of customers and of user groups stay out of it: whoever sees one of the charge groups reads it.
        ends = len(self.user_groups)
        where = "another user group" if ends == 1 else f"{ends} user groups"
        return f"{counted(len(self.moves), 'customer')} moved to {where}"
