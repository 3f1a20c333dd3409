"""What a change of status means before it is made: which cards start or stop working, at how many charge points.

The access rules judge the facts of cards and points before and after, each distinct set once; nothing else decides. Points
and customers are counted as far as the login sees them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from chargegroups.access import CardStatus, CustomerStatus, Facts, judge
from chargegroups.customer_access import facts_query
from chargegroups.customer_facts import CardFacts, CustomerFacts, FactsQuery, HolderSet
from chargegroups.group_snapshots import GroupSnapshot, group_snapshots
from chargegroups.models import ChargeGroup
from chargegroups.terms import GroupTerms, TariffInForce, decide
from chargepoints.models import ChargePoint
from customers.models import Customer, StaffMember

ANY_TARIFF = TariffInForce("any", 1)
ROAMING_ELSEWHERE = GroupTerms(ANY_TARIFF, roaming=True)
"""The terms of a charge group of another provider that is open to roaming."""


@dataclass(frozen=True, slots=True)
class PointFacts:
    """What charge points of one charge group that are alike have in common."""

    status: Any
    located: bool

    def facts(self, at: datetime) -> Facts:
        return Facts(at, point_known=True, point_status=self.status, point_in_group=True, point_located=self.located)

    def works(self, at: datetime) -> bool:
        """Is it no line about the point that decides?"""
        return judge(self.facts(at)).reason != "charge_point_not_active"


@dataclass
class CardCounts:
    """Customers and cards whose access begins, or ends; at how many points that the login sees; and, for cards that may
    roam, how many at points of other providers."""

    customers: int = 0
    cards: int = 0
    points: int = 0
    elsewhere: int = 0


@dataclass
class CardImpact:
    """``holders``: how many customers the cards belong to."""

    starting: CardCounts = field(default_factory=CardCounts)
    stopping: CardCounts = field(default_factory=CardCounts)
    holders: int = 0


@dataclass(frozen=True)
class StatusAfter:
    """What the status of a customer and of a card would be; None: as it is."""

    customer: CustomerStatus | None = None
    card: CardStatus | None = None


def card_impact(
    customers: Collection[int],
    login: StaffMember,
    at: datetime,
    after: StatusAfter,
    cards: Collection[int] | None = None,
) -> CardImpact:
    """Of all cards of the customers, or of those named. The number of queries does not grow with either."""
    impact = CardImpact()
    providers = Customer.objects.filter(pk__in=customers).order_by().values_list("provider_id", flat=True).distinct()
    for provider in providers:
        places = Places.of_provider(provider, login, at)
        query = FactsQuery(provider, list(places.snapshots), at, roaming=False, customers=customers)
        for holders in query.holders(cards):
            impact.holders += holders.count
            places.judge(holders, after, impact)
        impact.starting.points += places.count(places.starting)
        impact.stopping.points += places.count(places.stopping)
    return impact


Point = tuple[int, PointFacts]
"""A charge group and facts of some of its points."""


class Places:
    """The charge points of a provider that a login sees, grouped; and where cards were found to start or to stop."""

    def __init__(self, snapshots: Mapping[int, GroupSnapshot], points: Counter[Point], at: datetime) -> None:
        self.snapshots, self.points, self.at = snapshots, points, at
        self.starting: set[Point] = set()
        self.stopping: set[Point] = set()
        self._alike: dict[tuple[Any, ...], list[Point]] = defaultdict(list)
        for group, point in points:
            snapshot = snapshots[group]
            self._alike[snapshot.group.user_group_id, snapshot.terms, point].append((group, point))

    @classmethod
    def of_provider(cls, provider: int, login: StaffMember, at: datetime) -> Places:
        rows = ChargePoint.objects.visible_to(login).filter(provider=provider)
        points = grouped_points(rows)
        groups = ChargeGroup.objects.filter(pk__in={group for group, _ in points})
        return cls(group_snapshots(groups, at), points, at)

    def count(self, points: Iterable[Point]) -> int:
        return sum(self.points[point] for point in points)

    def judge(self, holders: HolderSet, after: StatusAfter, impact: CardImpact) -> None:
        """Add to the impact what changes for these customers."""
        starting = stopping = 0
        for card, number in Counter(holders.cards).items():
            sides = [(holders.facts, card), _after(holders.facts, card, after)]
            here = [self._allowed_at(*side) for side in sides]
            elsewhere = [_allowed_elsewhere(*side, self.at) for side in sides]
            self.stopping |= here[0] - here[1]
            self.starting |= here[1] - here[0]
            for counts, before, then in ((impact.stopping, 0, 1), (impact.starting, 1, 0)):
                counts.cards += number * holders.count * bool(here[before] - here[then])
                counts.elsewhere += number * holders.count * (elsewhere[before] and not elsewhere[then])
            stopping += bool(here[0] - here[1])
            starting += bool(here[1] - here[0])
        impact.stopping.customers += holders.count * bool(stopping)
        impact.starting.customers += holders.count * bool(starting)

    def _allowed_at(self, customer: CustomerFacts, card: CardFacts) -> set[Point]:
        """The points at which such a card is allowed. Those alike are judged once; a group with an exception by itself."""
        allowed: set[Point] = set()
        for points in self._alike.values():
            usual = [point for point in points if point[0] not in customer.exceptions]
            if usual and self._allows(usual[0], customer, card):
                allowed.update(usual)
            allowed.update(
                point for point in points if point[0] in customer.exceptions and self._allows(point, customer, card)
            )
        return allowed

    def _allows(self, point: Point, customer: CustomerFacts, card: CardFacts) -> bool:
        facts = _of_card(point[1].facts(self.at), customer, card)
        return self.snapshots[point[0]].decide(replace(facts, same_provider=True), customer).allowed


def grouped_points(rows: Any) -> Counter[Point]:
    """How many charge points of a queryset are alike. Without a charge group nobody has access: those are left out."""
    grouped = rows.filter(charge_group__isnull=False).annotate(located=Q(location__isnull=False)).order_by()
    counted = grouped.values_list("charge_group", "status", "located").annotate(number=Count("pk", distinct=True))
    return Counter({(group, PointFacts(status, located)): number for group, status, located, number in counted})


def _after(customer: CustomerFacts, card: CardFacts, after: StatusAfter) -> tuple[CustomerFacts, CardFacts]:
    return replace(customer, status=after.customer or customer.status), replace(card, status=after.card or card.status)


def _of_card(facts: Facts, customer: CustomerFacts, card: CardFacts) -> Facts:
    """A card whose window is not now has expired, for all that matters here."""
    return replace(
        facts,
        card_known=True,
        card_status=card.status,
        card_roams=card.roams,
        card_valid_until=None if card.valid else facts.at,
        customer_status=customer.status,
    )


def _allowed_elsewhere(customer: CustomerFacts, card: CardFacts, at: datetime) -> bool:
    facts = _of_card(PointFacts("active", True).facts(at), customer, card)
    return decide(facts, ROAMING_ELSEWHERE).allowed


# Charge points


@dataclass
class PointImpact:
    """Charge points that start and stop working, and how many customers of the login's may charge at them."""

    starting: int = 0
    stopping: int = 0
    customers: int = 0
    roaming: bool = False
    """Roaming cards may charge at some of them too."""


def point_impact(points: Collection[int], login: StaffMember, at: datetime, status: str) -> PointImpact:
    """Of charge points that would have this status."""
    impact = PointImpact()
    rows = ChargePoint.objects.filter(pk__in=points)
    providers = rows.order_by().values_list("provider_id", flat=True).distinct()
    for provider in providers:
        counted = grouped_points(rows.filter(provider=provider))
        switching = dict(_switching(counted, at, status))
        impact.starting += sum(counted[point] for point, works in switching.items() if works)
        impact.stopping += sum(counted[point] for point, works in switching.items() if not works)
        groups = ChargeGroup.objects.filter(pk__in={group for group, _ in switching})
        snapshots = group_snapshots(groups, at).values()
        impact.roaming = impact.roaming or any(each.judge_roaming().allowed for each in snapshots)
        impact.customers += _customers_of(list(snapshots), login)
    return impact


def _switching(points: Iterable[Point], at: datetime, status: str) -> Iterator[tuple[Point, bool]]:
    """The points that begin or cease to work, and whether they work then."""
    for group, point in points:
        works = replace(point, status=status).works(at)
        if works != point.works(at):
            yield (group, point), works


def _customers_of(snapshots: list[GroupSnapshot], login: StaffMember) -> int:
    """The customers that the login sees who may charge in any of these groups, as lists count them."""
    if not snapshots or not login.has_perm("customers.view_customer"):
        return 0
    query = replace(
        facts_query(snapshots[0], login),
        groups=[each.group.pk for each in snapshots],
        roaming=any(each.roaming for each in snapshots),
    )
    return sum(each.count for each in query.sets() if any(place.judge(each.facts).allowed for place in snapshots))
