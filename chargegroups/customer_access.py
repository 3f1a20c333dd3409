"""Who may charge in a charge group, why and at which price: counts, filters and pages of customers.

The access rules judge each set of facts once, and counts and lists follow from that, so that no page repeats the rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Exists, FilteredRelation, OuterRef, Q, QuerySet

from chargegroups.access import BY_REASON, ExceptionAccess
from chargegroups.customer_facts import CustomerFacts, ExceptionFacts, FactSet, FactsQuery
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import CustomerException
from chargegroups.terms import Decision
from customers.models import ChargeCard, Customer
from evcnet.tenancy import Login
from evcnet.validity import valid_at

Audience = Literal["own", "other", "allowed", "denied", "priced"]
CustomerRows = QuerySet[Customer, Customer]
Conditions = tuple[bool, tuple[tuple[str, Any], ...], ExceptionFacts | None]


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
    snapshot: GroupSnapshot,
    customers: CustomerRows,
    chosen: Iterable[CustomerAccess],
    others: Iterable[CustomerAccess] | None = None,
) -> CustomerRows:
    """Those of the customers whose facts, as the rows of today have them, are among the chosen sets.

    A queryset over the customers' own indexes, so that page 1,000 of a million costs what page 1 does. Where all ``others``
    are known, cards are looked at only if they tell the chosen from them.
    """
    group, at = snapshot.group, snapshot.at
    roaming = snapshot.roaming and (others is None or _cards_tell(chosen := list(chosen), others))
    sets = {_conditions(each, roaming=roaming) for each in chosen}
    if not sets:
        return customers.none()
    rows = customers.filter(provider_id=group.provider_id)
    if roaming:
        cards = ChargeCard.objects.filter(valid_at(at), roaming=True, status=ChargeCard.Status.ACTIVE)
        rows = rows.annotate(roams=Exists(cards.filter(customer=OuterRef("pk"))))
    if all(exception is not None for _, _, exception in sets):
        return _with_exceptions(snapshot, rows, sets)
    in_force = CustomerException.objects.filter(valid_at(at), charge_group=group, customer=OuterRef("pk"))
    parts: list[Any] = [
        _of_facts(own, columns, group.user_group_id)
        & (~Exists(in_force) if exception is None else Exists(in_force.filter(_of_exception(exception))))
        for own, columns, exception in sets
    ]
    return rows.filter(Q.create(parts, connector=Q.OR))


def _with_exceptions(snapshot: GroupSnapshot, rows: CustomerRows, sets: Collection[Conditions]) -> CustomerRows:
    """Found by their exceptions, which are few beside all customers. Joined to all of them, as they must be where some
    have none, the database would expect next to nobody without one, and sort everybody to find the first page."""
    group = snapshot.group
    in_group = Q(exceptions__charge_group=group) & valid_at(snapshot.at, "exceptions__")
    rows = rows.annotate(excepted=FilteredRelation("exceptions", condition=in_group))
    parts: list[Any] = [
        _of_facts(own, columns, group.user_group_id) & _of_exception(exception, "excepted__")
        for own, columns, exception in sets
        if exception is not None
    ]
    return rows.filter(Q.create(parts, connector=Q.OR))


def _cards_tell(chosen: Iterable[CustomerAccess], others: Iterable[CustomerAccess]) -> bool:
    """Are there others who differ from some of the chosen only by whether a card roams?"""
    sets = ({_conditions(each, roaming=False) for each in accesses} for accesses in (chosen, others))
    return not set.isdisjoint(*sets)


def _conditions(access: CustomerAccess, *, roaming: bool) -> Conditions:
    """What tells this set from others: whether they are of the group's own user group, columns with their values, and what
    the exception in force says, or None without one."""
    facts = access.facts
    columns: dict[str, Any] = {"payment": facts.payment, "status": facts.status}
    columns |= {"roams": facts.roams} if roaming else {}
    exception = None if access.exception is None else (access.exception, access.exception_tariff)
    return access.same_user_group, tuple(columns.items()), exception


def _of_facts(own: bool, columns: tuple[tuple[str, Any], ...], user_group: int) -> Q:
    of_group = Q(user_group=user_group)
    return (of_group if own else ~of_group) & Q(**dict(columns))


def _of_exception(exception: ExceptionFacts, prefix: str = "") -> Q:
    access, tariff = exception
    named = {f"{prefix}tariff__isnull": True} if tariff is None else {f"{prefix}tariff": tariff}
    return Q(**{f"{prefix}access": access}, **named)
