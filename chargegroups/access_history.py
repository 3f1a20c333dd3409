"""Who had access to a charge group at a moment, and at which price: from the kept history, judged by the access rules.

Terms and tariff versions are dated rows. Customers, their cards and their exceptions are not: of these the history
says how they stood at the moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from chargegroups.customer_access import CustomerAccess, facts_query
from chargegroups.customer_facts import FactSet
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import ChargeGroup
from customers.models import Customer
from customers.search import search_customers, split_words
from evcnet.history import event_model
from evcnet.replica import connection_to_read
from evcnet.tenancy import Login

AT_ONCE = 500
MATCHES = 200
"""So many customers that a search names today are looked for."""


@dataclass(frozen=True)
class PastCustomer:
    """One customer as they stood: ``name`` and ``number`` are those of then; ``younger``: known only since."""

    id: int
    name: str
    number: str
    younger: bool
    access: CustomerAccess


class AccessAt:
    """A charge group at a moment, and the customers that a login sees today, as they stood then."""

    def __init__(self, group: ChargeGroup, at: datetime, login: Login, *, now: datetime) -> None:
        """A moment to come is judged by the rows of today, as a card would be."""
        then = _as_then(group, at) if at < now else group
        self.login = login
        self.snapshot = GroupSnapshot.of(then, at, also=_tariffs_ever_excepted(group))
        self.query = facts_query(self.snapshot, login, past=at < now)
        accesses = [CustomerAccess.of(self.snapshot, shared) for shared in self.query.sets()]
        self.accesses = sorted(accesses, key=lambda access: -access.count)

    def customers(
        self, among: Iterable[CustomerAccess], *, text: str = "", after: int = 0, most: int = 50
    ) -> list[PastCustomer]:
        """Those with the facts of ``among``, by id; ``text`` names them as they were called then, or as one finds them
        today, by their cards too."""
        keys, words = {access.key for access in among}, split_words(text)
        today = (
            search_customers(Customer.objects.visible_to(self.login), text).order_by()
            if words
            else Customer.objects.none()
        )
        also = list(today.values_list("pk", flat=True)[:MATCHES])
        rows: list[PastCustomer] = []
        while len(rows) < most and (
            page := self.query.page(words=words, also=also, after=after, most=max(most, AT_ONCE))
        ):
            after = page[-1][0]
            rows += [self._customer(*row) for row in page if row[-1].key in keys]
        return rows[:most]

    def _customer(self, pk: int, name: str, number: str, younger: bool, facts: FactSet) -> PastCustomer:
        return PastCustomer(pk, name, number, younger, CustomerAccess.of(self.snapshot, facts))


def _as_then(group: ChargeGroup, at: datetime) -> ChargeGroup:
    """The group with the user group that it belonged to; before its first entry that of the first."""
    entries = event_model(ChargeGroup)._base_manager.filter(pgh_obj=group.pk)
    entry = entries.filter(pgh_created_at__lte=at).order_by("-pgh_id").first() or entries.order_by("pgh_id").first()
    then = copy(group)
    then.user_group_id = entry.user_group_id if entry is not None else group.user_group_id
    return then


def _tariffs_ever_excepted(group: ChargeGroup) -> list[int]:
    """Every tariff that an exception of this group has ever named."""
    with connection_to_read().cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tariff_id FROM chargegroups_customerexceptionevent"
            " WHERE charge_group_id = %s AND tariff_id IS NOT NULL",
            [group.pk],
        )
        return [tariff for (tariff,) in cursor.fetchall()]
