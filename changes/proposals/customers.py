"""Customers moved to other user groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from changes.proposals.base import NothingToChange, Proposal
from changes.snapshots import Basis, BeforeAfter
from chargegroups.group_snapshots import group_snapshots
from chargegroups.models import ChargeGroup
from customers.models import Customer, UserGroup

if TYPE_CHECKING:
    from changes.models import Change
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

    @property
    def groups(self) -> list[ChargeGroup]:
        """Those of the user groups that customers leave or join: to all others they stay another user group."""
        left = Customer.objects.filter(pk__in=self.moved).values_list("user_group_id", flat=True)
        return self._groups(set(left.order_by().distinct()) | set(self.moved.values()))

    def _groups(self, user_groups: set[int]) -> list[ChargeGroup]:
        return list(ChargeGroup.objects.open().filter(user_group__in=user_groups).order_by("pk"))

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "moves": [[customer.number, group.code] for customer, group in self.moves],
        }

    def read(self, at: datetime) -> Basis:
        now = list(Customer.objects.filter(pk__in=self.moved).order_by("pk").values_list("pk", "user_group_id"))
        names = " and ".join(map(str, self.user_groups[:3]))
        stay = all(self.moved[pk] == group for pk, group in now)
        groups = self._groups({group for _, group in now} | set(self.moved.values()))
        places = group_snapshots(groups, at)
        return Basis(
            at=at,
            groups=groups,
            places=[BeforeAfter(place, place) for place in places.values()],
            rows={"user_groups": now, "terms": [place.stored_pk for place in places.values()]},
            earlier={"user_groups": now},
            nothing=f"The customers belong to {names} already: there is nothing to change." if stay else "",
        )

    def write(self, change: Change | None, basis: Basis) -> None:
        for group in self.user_groups:
            moving = [pk for pk, to in self.moved.items() if to == group.pk]
            Customer.objects.filter(pk__in=moving).update(user_group=group)

    def sentence(self) -> str:
        # Names of customers and of user groups stay out of it: whoever sees one of the charge groups reads it.
        ends = len(self.user_groups)
        where = "another user group" if ends == 1 else f"{ends} user groups"
        return f"{counted(len(self.moves), 'customer')} moved to {where}"
