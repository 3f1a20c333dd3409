"""Preview of a proposal: who is affected and how, from one grouped query of facts; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models.expressions import RawSQL

from changes.impact import Case, Compare, Effect, Impact, heaviest
from changes.proposals import NothingToChange, Proposal
from changes.snapshots import BeforeAfter, side_at
from chargegroups.customer_facts import FactsQuery
from chargepoints.models import ChargePoint, Session
from customers.models import Customer, Provider
from tariffs.pricing import Tariff
from tariffs.pricing.comparison import Comparison, compare

REGULAR = timedelta(days=365)
"""Who charged in the group this long before the change is among its regulars (rules, section 5)."""


@dataclass(frozen=True)
class Preview:
    """A proposal, judged. ``at`` is the moment at which it was judged, ``scheduled`` the one that was asked for."""

    proposal: Proposal
    impact: Impact
    at: datetime
    scheduled: datetime | None
    groups: tuple[int, ...]
    points_there: int
    query: FactsQuery

    def customers(self, effects: Iterable[Effect]) -> Any:
        """The customers that it affects so, as a queryset."""
        chosen = set(effects)
        keys = [case.facts for case in self.impact.cases if case.effect in chosen]
        return Customer.objects.filter(pk__in=self.query.ids(keys))

    def regulars(self, effects: Iterable[Effect]) -> Any:
        """Those of them that hold an exception in the groups, or charged there in the last 365 days."""
        return self.customers(effects).filter(pk__in=RawSQL(*_attached(self.groups, self.at)))

    def cases_by_facts(self) -> dict[str, Case]:
        return {case.facts: case for case in self.impact.cases}

    def facts_of(self, customers: Sequence[int]) -> dict[int, Case]:
        """The case of each of these customers, for a page of them."""
        cases = self.cases_by_facts()
        return {pk: cases[shared.key] for pk, shared in self.query.of_customers(customers).items()}


def _attached(groups: Sequence[int], at: datetime) -> tuple[str, list[Any]]:
    """A query of the customers who hold an exception in the groups, or charged there of late."""
    sessions = Session.objects.order_by().filter(
        charge_point__charge_group_id__in=list(groups) or [0],  # never an empty list, which makes no SQL
        customer__isnull=False,
        started_at__gte=at - REGULAR,
        started_at__lt=at,
    )
    charged, params = sessions.values("customer_id").query.sql_with_params()
    excepted = "SELECT customer_id FROM chargegroups_customerexception WHERE charge_group_id = ANY(%s)"
    return f"{excepted} UNION SELECT customer_id FROM ({charged}) charged", [list(groups), *params]


AFFECTED: tuple[Effect, ...] = ("loses_access", "gains_access", "pays_more", "pays_less", "differs", "renamed")


@lru_cache(maxsize=1024)
def compared(before: Tariff, after: Tariff, day: date, time_zone: str) -> Comparison:
    """Two price lists on the reference sessions of the week from ``day`` on; the same pair comes back often."""
    return compare(before, after, day, time_zone)


def judge_proposal(
    proposal: Proposal,
    *,
    now: datetime,
    at: datetime | None = None,
    even_nothing: bool = False,
) -> Preview:
    """Judge a proposal that takes effect ``at`` a moment, or ``now``. Raises Inapplicable; writes nothing."""
    moment = at or now
    try:
        proposal.check(moment)
    except NothingToChange:
        if not even_nothing:
            raise
    places = proposal.places(moment)
    groups = tuple(sorted({group.pk for group in proposal.groups}))
    points_there = ChargePoint.objects.filter(charge_group_id__in=groups).count()
    query = _facts(proposal, places, groups, moment)
    cases = tuple(_cases(places, query, _judge(proposal, moment)))
    impact = Impact(
        proposal={**proposal.as_json(), "at": at and at.isoformat()},
        ground=proposal.ground(moment),
        cases=cases,
        regulars=0,
        points=points_there if proposal.points is None else proposal.points,
        warnings=tuple(proposal.warnings(moment)),
    )
    seen = Preview(proposal, impact, moment, at, groups, points_there, query)
    if not impact.affected:
        return seen
    return replace(seen, impact=replace(impact, regulars=seen.regulars(AFFECTED).count()))


def _judge(proposal: Proposal, at: datetime) -> Compare:
    zone = Provider.objects.get(pk=proposal.provider_id).zone
    day = at.astimezone(zone).date()
    return lambda before, after: compared(before, after, day, zone.key).effect


def _facts(proposal: Proposal, places: Iterable[BeforeAfter], groups: Sequence[int], at: datetime) -> FactsQuery:
    """Every active customer whom the proposal may concern."""
    snapshots = [end for place in places for end in (place.before, place.after) if end is not None]
    return FactsQuery(
        proposal.provider_id,
        groups,
        at,
        roaming=any(snapshot.roaming for snapshot in snapshots),
        customers=proposal.customers,
        statuses=[Customer.Status.ACTIVE],
        proposed=proposal.exceptions_after(at),
        moved=proposal.moved,
    )


def _cases(places: Sequence[BeforeAfter], query: FactsQuery, judge: Compare) -> Iterable[Case]:
    for shared in query.sets():
        sides = [(side_at(place.before, shared.facts), side_at(place.after, shared.proposed)) for place in places]
        yield heaviest(shared.key, shared.count, sides, judge)
