"""Who may charge in a charge group, why and at which price: counts, filters and pages of customers.

The access rules judge each set of facts once, and counts and lists follow from that, so that no page repeats the rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Exists, FilteredRelation, OuterRef, Q, QuerySet

from chargegroups.access import BY_REASON, ExceptionAccess
from chargegroups.customer_facts import CustomerFacts, FactSet, FactsQuery
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.terms import Decision
from customers.models import ChargeCard, Customer
from evcnet.tenancy import Login
from evcnet.validity import valid_at

Audience = Literal["own", "other", "allowed", "denied", "priced"]
CustomerRows = QuerySet[Customer, Customer]


@dataclass(frozen=True)
class CustomerAccess:
    """One set of facts at a charge group, how many customers share it, and what the access rules say of them."""

    key: str
    facts: CustomerFacts
    count: int
    decision: Decision
    exception: ExceptionAccess | None
    exception_tariff: int | None
    same_user_group: bool

    @classmethod
    def of(cls, snapshot: GroupSnapshot, shared: FactSet) -> CustomerAccess:
        """By the best of their cards."""
        facts, decision = min(_readings(snapshot, shared), key=lambda reading: _rank(reading[1]))
        group = snapshot.group
        access, tariff = facts.exception_at(group.pk)
        same = facts.user_group == group.user_group_id
        return cls(shared.key, facts, shared.count, decision, access, tariff, same)

    @property
    def allowed(self) -> bool:
        return self.decision.allowed

    @property
    def reason(self) -> str:
        return self.decision.access.reason

    @property
    def audience(self) -> Audience:
        """In which row of "Tariff and access" these customers are counted."""
        if self.exception in ("allowed", "denied"):
            return self.exception
        if self.exception_tariff is not None:
            return "priced"
        return "own" if self.same_user_group else "other"


def _readings(snapshot: GroupSnapshot, shared: FactSet) -> list[tuple[CustomerFacts, Decision]]:
    """The facts, and those of cards that were not known then where they differ, judged."""
    return [(facts, snapshot.judge(facts)) for facts in (shared.facts, shared.by_younger_card) if facts is not None]


_LINES = {reason: number for number, reason in enumerate(BY_REASON)}


def _rank(decision: Decision) -> tuple[bool, int]:
    """An access that is given goes before one that is not, and then the earlier line of the access rules."""
    return not decision.allowed, _LINES[decision.access.reason] if decision.allowed else 0


def grouped_access(
    snapshot: GroupSnapshot, login: Login, *, statuses: Collection[str] | None = None
) -> list[CustomerAccess]:
    """Every distinct set of facts among the customers that the login sees, judged once; one grouped query."""
    query = facts_query(snapshot, login, statuses=statuses)
    return [CustomerAccess.of(snapshot, shared) for shared in query.sets()]


def access_of(snapshot: GroupSnapshot, customers: Collection[int]) -> dict[int, CustomerAccess]:
    """Of each of these customers of the group's provider, by id."""
    query = FactsQuery(snapshot.group.provider_id, [snapshot.group.pk], snapshot.at, roaming=snapshot.roaming)
    return {pk: CustomerAccess.of(snapshot, shared) for pk, shared in query.of_customers(customers).items()}


def facts_query(
    snapshot: GroupSnapshot, login: Login, *, statuses: Collection[str] | None = None, past: bool = False
) -> FactsQuery:
    """The facts of the customers that the login sees, of all statuses unless some are named."""
    group = snapshot.group
    return FactsQuery(
        group.provider_id,
        [group.pk],
        snapshot.at,
        roaming=snapshot.roaming,
        past=past,
        statuses=statuses,
        user_groups=login.scope("customers.view_customer").within(group.provider_id),
    )


def filter_customers(
    snapshot: GroupSnapshot, customers: CustomerRows, chosen: Iterable[CustomerAccess]
) -> CustomerRows:
    """Those of the customers whose facts, as the rows of today have them, are among the chosen sets.

    A queryset over the customers' own indexes, so that page 1,000 of a million costs what page 1 does.
    """
    group, at = snapshot.group, snapshot.at
    cards = ChargeCard.objects.filter(
        valid_at(at), customer=OuterRef("pk"), roaming=True, status=ChargeCard.Status.ACTIVE
    )
    in_group = FilteredRelation(
        "exceptions", condition=Q(exceptions__charge_group=group) & valid_at(at, "exceptions__")
    )
    sets = {_conditions(each, roaming=snapshot.roaming) for each in chosen}
    if not sets:
        return customers.none()
    rows = customers.filter(provider_id=group.provider_id).annotate(excepted=in_group)
    rows = rows.annotate(roams=Exists(cards)) if snapshot.roaming else rows
    return rows.filter(Q.create([_of_set(each, group.user_group_id) for each in sets], connector=Q.OR))


def _conditions(access: CustomerAccess, *, roaming: bool) -> tuple[bool, tuple[tuple[str, Any], ...]]:
    """What tells this set from others: whether they are of the group's own user group, and columns with their values."""
    facts = access.facts
    columns: dict[str, Any] = {"payment": facts.payment, "status": facts.status}
    columns |= {"roams": facts.roams} if roaming else {}
    columns |= {"excepted__access": access.exception, "excepted__tariff": access.exception_tariff}
    return access.same_user_group, tuple(columns.items())


def _of_set(conditions: tuple[bool, tuple[tuple[str, Any], ...]], user_group: int) -> Q:
    own, columns = conditions
    of_group = Q(user_group=user_group)
    values = {f"{name}__isnull" if value is None else name: True if value is None else value for name, value in columns}
    return (of_group if own else ~of_group) & Q(**values)
