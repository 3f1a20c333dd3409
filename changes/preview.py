"""Who is affected by a proposal, and how? One grouped query over the provider's customers; nothing is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from changes.impact import Case, Compare, Effect, Impact, heaviest
from changes.proposals import NothingToChange, Proposal
from changes.snapshots import BeforeAfter, CustomerFacts
from chargepoints.models import ChargePoint, Session
from customers.models import Customer, Provider
from tariffs.pricing import Tariff
from tariffs.pricing.comparison import Comparison, compare

REGULAR = timedelta(days=365)
"""Who charged in the group this long before the change is among its regulars (rules, section 5)."""

# Every active customer with the facts that a verdict may depend on, before and after. `sides` is what the rows are
# grouped by and found again by: one JSON array, so that the exceptions of many groups are one value.
_FACTS = """
excepted AS (
    SELECT customer_id, jsonb_object_agg(charge_group_id, jsonb_build_array(access, tariff_id)) AS exceptions
    FROM chargegroups_customerexception
    WHERE charge_group_id = ANY(%(groups)s) AND (valid_from IS NULL OR valid_from <= %(at)s)
      AND (valid_until IS NULL OR valid_until > %(at)s)
    GROUP BY customer_id
),
proposed AS (
    SELECT customer_id, jsonb_object_agg(charge_group_id,
        CASE WHEN access IS NULL THEN 'null' ELSE jsonb_build_array(access, tariff_id) END) AS exceptions
    FROM jsonb_to_recordset(%(proposed)s)
        AS row(customer_id bigint, charge_group_id bigint, access text, tariff_id bigint)
    GROUP BY customer_id
),
moved AS (
    SELECT * FROM jsonb_to_recordset(%(moved)s) AS row(customer_id bigint, user_group_id bigint)
),
roaming AS (
    SELECT DISTINCT customer_id FROM customers_chargecard
    WHERE %(roaming)s AND provider_id = %(provider)s AND roaming AND status = 'active'
      AND (valid_from IS NULL OR valid_from <= %(at)s) AND (valid_until IS NULL OR valid_until > %(at)s)
),
facts AS (
    SELECT c.id, c.user_group_id, c.payment, r.customer_id IS NOT NULL AS roams,
        x.exceptions AS before, p.exceptions AS changed, m.user_group_id AS moved_to
    FROM customers_customer c
    LEFT JOIN excepted x ON x.customer_id = c.id
    LEFT JOIN proposed p ON p.customer_id = c.id
    LEFT JOIN moved m ON m.customer_id = c.id
    LEFT JOIN roaming r ON r.customer_id = c.id
    WHERE c.provider_id = %(provider)s AND c.status = 'active'
      AND (%(customers)s::bigint[] IS NULL OR c.id = ANY(%(customers)s))
)"""
_COUNTED = (
    f"WITH {_FACTS} SELECT user_group_id, payment, roams, before, changed, moved_to, count(*) FROM facts"
    " GROUP BY 1, 2, 3, 4, 5, 6"
)
_KEY = "jsonb_build_array(user_group_id, payment, roams, before, changed, moved_to)"
_FOUND = f"{_FACTS}, found AS (SELECT id, {_KEY} AS key FROM facts)"


@dataclass(frozen=True)
class Preview:
    """A proposal, judged. ``at`` is the moment at which it was judged, ``scheduled`` the one that was asked for."""

    proposal: Proposal
    impact: Impact
    at: datetime
    scheduled: datetime | None
    groups: tuple[int, ...]
    points_there: int
    params: dict[str, Any]

    def customers(self, effects: Iterable[Effect]) -> Any:
        """The customers that it affects so, as a queryset."""
        keys = [json.loads(case.facts) for case in self.impact.cases if case.effect in set(effects)]
        sql = f"WITH {_FOUND} SELECT id FROM found WHERE key IN (SELECT jsonb_array_elements(%(keys)s))"
        return Customer.objects.filter(pk__in=_ids(sql, self.params | {"keys": json.dumps(keys)}))

    def regulars(self, effects: Iterable[Effect]) -> Any:
        """Those of them that hold an exception in the groups, or charged there in the last 365 days."""
        return self.customers(effects).filter(pk__in=RawSQL(*_attached(self.groups, self.at)))

    def cases_by_facts(self) -> dict[str, Case]:
        return {case.facts: case for case in self.impact.cases}

    def facts_of(self, customers: Sequence[int]) -> dict[int, Case]:
        """The case of each of these customers, for a page of them."""
        sql = f"WITH {_FOUND} SELECT id, key FROM found WHERE id = ANY(%(some)s)"
        known = {_canonical(json.loads(facts)): case for facts, case in self.cases_by_facts().items()}
        with connection.cursor() as cursor:
            cursor.execute(sql, self.params | {"some": list(customers)})
            return {pk: known[_canonical(_loaded(key))] for pk, key in cursor.fetchall()}


def _ids(sql: str, params: dict[str, Any]) -> RawSQL:
    """A query of ids for ``pk__in``, which takes its parameters by position only."""
    given: list[Any] = []

    def place(name: re.Match[str]) -> str:
        given.append(params[name[1]])
        return "%s"

    return RawSQL(re.sub(r"%\((\w+)\)s", place, sql), given)


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
    params = _params(proposal, places, groups, moment)
    cases = tuple(_cases(proposal, places, params, _judge(proposal, moment)))
    impact = Impact(
        proposal={**proposal.as_json(), "at": at and at.isoformat()},
        ground=proposal.ground(moment),
        cases=cases,
        regulars=0,
        points=points_there if proposal.points is None else proposal.points,
        warnings=tuple(proposal.warnings(moment)),
    )
    seen = Preview(proposal, impact, moment, at, groups, points_there, params)
    if not impact.affected:
        return seen
    return replace(seen, impact=replace(impact, regulars=seen.regulars(AFFECTED).count()))


def _judge(proposal: Proposal, at: datetime) -> Compare:
    zone = Provider.objects.get(pk=proposal.provider_id).zone
    day = at.astimezone(zone).date()
    return lambda before, after: compared(before, after, day, zone.key).effect


def _params(proposal: Proposal, places: Iterable[BeforeAfter], groups: Sequence[int], at: datetime) -> dict[str, Any]:
    sides = [side for place in places for side in (place.before, place.after) if side is not None]
    return {
        "groups": list(groups),
        "proposed": json.dumps(proposal.exceptions_after(at)),
        "moved": json.dumps([{"customer_id": pk, "user_group_id": to} for pk, to in proposal.moved.items()]),
        "roaming": any(side.stored is not None and side.stored.roaming for side in sides),
        "provider": proposal.provider_id,
        "customers": None if proposal.customers is None else list(proposal.customers),
        "at": at,
    }


def _cases(proposal: Proposal, places: Sequence[BeforeAfter], params: dict[str, Any], judge: Compare) -> Iterable[Case]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, params)
        rows = cursor.fetchall()
    for user_group, payment, roams, before, changed, moved_to, count in rows:
        facts = json.dumps([user_group, payment, roams, _loaded(before), _loaded(changed), moved_to])
        was, will_be = customer_facts(facts)
        yield heaviest(facts, count, [(was.side(place.before), will_be.side(place.after)) for place in places], judge)


def customer_facts(facts: str) -> tuple[CustomerFacts, CustomerFacts]:
    """Who customers with these facts, as a case names them, are before and after."""
    user_group, payment, roams, before, changed, moved_to = json.loads(facts)
    now = CustomerFacts(user_group, payment, roams, before or {})
    return now, CustomerFacts(moved_to or user_group, payment, roams, (before or {}) | (changed or {}))


def _loaded(value: Any) -> Any:
    """Django hands jsonb of raw SQL out as text."""
    return json.loads(value) if isinstance(value, str) else value


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
