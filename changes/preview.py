"""Preview of a proposal: who is affected and how, from one grouped query of facts; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import Count, Q
from django.db.models.expressions import RawSQL

from changes.impact import AFFECTED, Case, Effect, Impact, heaviest
from changes.models import Change
from changes.proposals import NothingToChange, Proposal, ScheduledChange
from changes.snapshots import Basis
from chargegroups.counts_sql import FOR_A_TIME
from chargegroups.customer_facts import FactSet, FactsQuery, positional
from chargepoints.models import ChargePoint
from customers.models import Customer, Provider
from evcnet.datetimes import database_clock
from tariffs.pricing import Tariff
from tariffs.pricing.comparison import Comparison, compare

REGULAR = timedelta(days=365)
"""Who charged in the group this long before the change is among its regulars (docs/terms.md, What a change does)."""


@dataclass(frozen=True)
class Preview:
    """A proposal, judged. ``scheduled`` is the moment that was asked for; None: as soon as it is confirmed.

    ``points_there`` counts all charge points of its groups.
    """

    proposal: Proposal
    provider: Provider
    basis: Basis
    impact: Impact
    scheduled: datetime | None
    points_there: int
    query: FactsQuery

    @property
    def at(self) -> datetime:
        """The moment at which it was judged."""
        return self.basis.at

    def customers(self, effects: Iterable[Effect]) -> Any:
        """The customers that it affects so, as a queryset."""
        return _customers(self.query, self._cases_with(effects))

    def regulars(self, effects: Iterable[Effect]) -> Any:
        """Those of them that hold an exception in the groups, or charged there in the last 365 days."""
        return _customers(self._narrowed(ATTACHED), self._cases_with(effects))

    def count_regulars(self, effects: Iterable[Effect]) -> tuple[int, int]:
        """How many these are, and how many of them have no e-mail address.

        An exception in force is among the facts, so its holders are counted already; only the others are read.
        """
        holders: list[Case] = []
        others: list[Case] = []
        for case in self._cases_with(effects):
            (holders if FactSet.of(case.facts, case.count).facts.exceptions else others).append(case)
        read = {"count": 0, "unreachable": 0}
        if others:
            rows = _customers(self._narrowed(ATTACHED_OTHERWISE), others)
            read = rows.aggregate(count=Count("pk"), unreachable=Count("pk", filter=Q(email="")))
        return (
            read["count"] + sum(case.count for case in holders),
            read["unreachable"] + sum(case.unreachable for case in holders),
        )

    def _narrowed(self, among: str) -> FactsQuery:
        return replace(self.query, among=among, more={"charged_since": self.basis.at - REGULAR})

    def _cases_with(self, effects: Iterable[Effect]) -> list[Case]:
        chosen = set(effects)
        return [case for case in self.impact.cases if case.effect in chosen]

    def cases_of(self, customers: Sequence[int]) -> dict[int, Case]:
        """The case of each of these customers, for a page of them."""
        cases = {case.facts: case for case in self.impact.cases}
        return {pk: cases[shared.key] for pk, shared in self.query.of_customers(customers).items()}


def judge_proposal(
    proposal: Proposal, *, now: datetime, at: datetime | None = None, even_nothing: bool = False
) -> Preview:
    """Judge a proposal that takes effect ``at`` a moment, or ``now``. Writes nothing.

    Raises Inapplicable, and NothingToChange unless ``even_nothing``.
    """
    basis = proposal.read(at or now)
    if basis.nothing and not even_nothing:
        raise NothingToChange(basis.nothing)
    provider = basis.provider or Provider.objects.get(pk=proposal.provider_id)
    points = ChargePoint.objects.filter(charge_group_id__in=basis.group_ids).count()
    query = _facts_query(proposal, basis)
    impact = Impact(
        proposal={**proposal.as_json(), "at": at and at.isoformat()},
        rows=basis.rows,
        cases=tuple(_cases(basis, query, provider)),
        regulars=0,
        points=points if proposal.points is None else proposal.points,
        warnings=tuple(basis.warnings),
    )
    preview = Preview(proposal, provider, basis, impact, at, points, query)
    if not impact.affected:
        return preview
    return replace(preview, impact=replace(impact, regulars=preview.count_regulars(AFFECTED)[0]))


def _customers(query: FactsQuery, cases: Iterable[Case]) -> Any:
    """The customers of these cases whom the query reads, as a queryset."""
    return Customer.objects.filter(pk__in=query.ids(case.facts for case in cases))


def preview_scheduled(change: Change) -> Preview:
    """A scheduled change judged at its moment, with the customers, exceptions and other changes of today."""
    return judge_proposal(ScheduledChange(change), now=database_clock(), at=change.takes_effect_at)


def _facts_query(proposal: Proposal, basis: Basis) -> FactsQuery:
    """Every active customer whom the proposal may concern."""
    sides = [side for place in basis.places for side in (place.before, place.after) if side is not None]
    return FactsQuery(
        proposal.provider_id,
        basis.group_ids,
        basis.at,
        roaming=any(side.roaming for side in sides),
        customers=proposal.customers,
        statuses=[Customer.Status.ACTIVE],
        proposed=basis.exceptions,
        moved=proposal.moved,
    )


def _cases(basis: Basis, query: FactsQuery, provider: Provider) -> list[Case]:
    day = basis.at.astimezone(provider.zone).date()
    return [
        replace(
            heaviest(
                shared.key,
                shared.count,
                [
                    (basis.side(each.before, shared.facts), basis.side(each.after, shared.proposed))
                    for each in basis.places
                ],
                lambda before, after: compared(before, after, day, provider.time_zone).effect,
            ),
            unreachable=shared.unreachable,
        )
        for shared in query.sets()
    ]


@lru_cache(maxsize=1024)
def compared(before: Tariff, after: Tariff, day: date, time_zone: str) -> Comparison:
    """Two price lists on the reference sessions of the week from ``day`` on; the same pair comes back often."""
    return compare(before, after, day, time_zone)


_CHARGED = """
UNION SELECT s.customer_id FROM chargepoints_session s JOIN chargepoints_chargepoint p ON p.id = s.charge_point_id
WHERE p.charge_group_id = ANY(%(groups)s) AND s.customer_id IS NOT NULL
    AND s.started_at >= %(charged_since)s AND s.started_at < %(at)s"""
ATTACHED = f"""
SELECT customer_id FROM chargegroups_customerexception WHERE charge_group_id = ANY(%(groups)s){_CHARGED}"""
"""The customers who hold an exception in the groups, or charged there in the 365 days before the moment."""
ATTACHED_OTHERWISE = f"""
SELECT customer_id FROM chargegroups_customerexception x
WHERE charge_group_id = ANY(%(groups)s) AND {FOR_A_TIME.format("x")}{_CHARGED}"""
"""Those of them, and some more, who may be so without an exception that is in force at the moment."""


def attached_customers(group_ids: list[int], at: datetime) -> RawSQL:
    """The same as a query for ``pk__in``."""
    return RawSQL(*positional(ATTACHED, {"groups": group_ids, "at": at, "charged_since": at - REGULAR}))
