"""Replay of the last 90 days' sessions: what customers would have paid more or less by the prices of a change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from changes.impact import NOWHERE, Side
from changes.preview import Preview
from changes.proposals.points import PointMoves
from changes.snapshots import BeforeAfter
from chargegroups.customer_facts import FactSet
from chargepoints.models import Rating, Session
from chargepoints.rating import Measured, Rater, periods_of, ratings_of
from evcnet.errors import DomainError
from tariffs.pricing import CompiledTariff, compile_tariff, price
from tariffs.pricing import Session as Metered
from tariffs.pricing.replay import STEPS, Replay

DAYS = 90
MOST = 10_000
"""So many sessions are priced again while somebody waits for the page: the latest."""


@dataclass(frozen=True)
class Column:
    """Customers by what they would have paid more (or less): a bar from 0 to 100."""

    label: str
    count: int
    height: float

    @property
    def top(self) -> float:
        return round(100 - self.height, 2)


@dataclass(frozen=True)
class ReplayResult:
    """``total`` sums the sessions that cost another price; of all that were ``looked_at``, ``refused`` would not be."""

    total: Replay
    session_count: int
    looked_at: int
    refused: int
    columns: list[Column]

    @property
    def percent(self) -> str:
        return f"{100 * self.total.difference / self.total.before:+.1f} %" if self.total.before else ""

    @property
    def dearer_customers(self) -> int:
        return sum(difference > 0 for difference in self.total.by_customer.values())

    @property
    def cheaper_customers(self) -> int:
        return sum(difference < 0 for difference in self.total.by_customer.values())

    @property
    def largest(self) -> Decimal:
        """What one customer would have paid more, at most."""
        return max(self.total.by_customer.values(), default=Decimal(0))


def replay_sessions(preview: Preview) -> ReplayResult | None:
    """None where there are no sessions, or where nobody pays another price."""
    counts = preview.impact.customers_by_effect
    if not any(counts[effect] for effect in ("pays_more", "pays_less", "differs", "loses_access")):
        return None
    rows = _sessions(preview)
    latest = list(rows[: MOST + 1])
    session_count = len(latest) if len(latest) <= MOST else rows.count()
    return _Replay(preview).price(latest[:MOST], session_count) if latest else None


def _sessions(preview: Preview) -> Any:
    """Sessions of own customers that were allowed, the latest first."""
    since = preview.at - timedelta(days=DAYS)
    rows = Session.objects.filter(
        customer__isnull=False, tariff_version__isnull=False, started_at__gte=since, started_at__lt=preview.at
    )
    rows = rows.filter(charge_point__charge_group__in=preview.basis.group_ids)
    if isinstance(preview.proposal, PointMoves):
        rows = rows.filter(charge_point__in=[move.point.pk for move in preview.proposal.moves])
    if preview.proposal.customers is not None:
        rows = rows.filter(customer__in=preview.proposal.customers)
    if preview.query.user_groups is not None:
        rows = rows.filter(customer__user_group__in=preview.query.user_groups)
    return rows.select_related("charge_point").order_by("-started_at")


class _Replay:
    """Prices sessions as things stand, and as they would: what differs is the work of this change alone."""

    def __init__(self, preview: Preview) -> None:
        self.preview, self.provider = preview, preview.provider
        self.rater = Rater(self.provider)
        self.ready: dict[tuple[int, str], CompiledTariff] = {}
        self.total: Replay | None = None
        self.refused = 0

    def price(self, rows: list[Session], session_count: int) -> ReplayResult | None:
        sides, ratings = (
            _Sides(self.preview, {row.customer_id for row in rows if row.customer_id is not None}),
            ratings_of(rows),
        )
        for row in rows:
            if row.pk in ratings:
                ratings[row.pk].session = row  # which is at hand, and not asked for again
            self._add(row, ratings.get(row.pk, row), *sides.of(row))
        if self.total is None:
            return None
        chart = columns(self.total.by_customer.values())
        return ReplayResult(self.total, session_count, len(rows), self.refused, chart)

    def _add(self, row: Session, measurement: Session | Rating, before: Side, after: Side) -> None:
        """``measurement`` is what counts of the session: as the meter had it, or as it was corrected."""
        if before.price is None or before.price == after.price:
            return
        if after.price is None:
            self.refused += 1
        elif after.price.currency == before.price.currency:
            try:
                measured = Measured.of(measurement)
                location, periods = row.charge_point.location_id, periods_of(row, measured)
                metered = self.rater.metered(measured, location, periods)
            except DomainError:  # what no meter reports costs nothing now, and nothing afterwards
                return
            self.total = self.total or Replay(before.price.currency)
            self.total.add(row.customer_id, self._cost(before.price, metered), self._cost(after.price, metered))

    def _cost(self, listed: Any, metered: Metered) -> Decimal:
        key = (id(listed), metered.time_zone)
        if key not in self.ready:
            self.ready[key] = compile_tariff(listed, metered.time_zone)
        return price(self.ready[key], metered).incl_vat


class _Sides:
    """How the customer of a session stands before and after the change, where the session took place."""

    def __init__(self, preview: Preview, customers: set[int]) -> None:
        self.preview = preview
        self.facts = {pk: case.facts for pk, case in preview.cases_of(list(customers)).items()}
        places = preview.basis.places
        self.places = {place.before.group.pk: place for place in reversed(places) if place.before}
        self.moved = _places_of_moves(preview, places)
        self.known: dict[tuple[str, int], tuple[Side, Side]] = {}

    def of(self, row: Session) -> tuple[Side, Side]:
        """Nowhere for customers who are not active any more, and for places that the change does not touch."""
        facts = self.facts.get(row.customer_id or 0)
        place = self.moved.get(row.charge_point_id) or self.places.get(row.charge_point.charge_group_id or 0)
        if facts is None or place is None:
            return NOWHERE, NOWHERE
        key = (facts, id(place))
        if key not in self.known:
            shared, basis = FactSet.of(facts, 1), self.preview.basis
            self.known[key] = basis.side(place.before, shared.facts), basis.side(place.after, shared.proposed)
        return self.known[key]


def _places_of_moves(preview: Preview, places: Iterable[BeforeAfter]) -> dict[int, BeforeAfter]:
    """For each point that moves, the place that stands for where it was and where it will be."""
    if not isinstance(preview.proposal, PointMoves):
        return {}
    ends = {tuple(side.group.pk if side else None for side in (place.before, place.after)): place for place in places}
    by_point = {
        move.point.pk: ends.get((move.point.charge_group_id, move.to.pk if move.to else None))
        for move in preview.proposal.moves
    }
    return {pk: place for pk, place in by_point.items() if place is not None}


def columns(differences: Iterable[Decimal]) -> list[Column]:
    """Customers by their difference, in the steps of the replay's own picture; empty ends are left out."""
    counts: dict[int, int] = {}
    for difference in differences:
        place = (
            0 if not difference else next((i + 1 for i, step in enumerate(UP) if abs(difference) <= step), len(UP) + 1)
        )
        signed = place if difference > 0 else -place
        counts[signed] = counts.get(signed, 0) + 1
    if not counts:
        return []
    most = max(counts.values())
    span = range(min(counts), max(counts) + 1)
    return [Column(_label(place), counts.get(place, 0), round(100 * counts.get(place, 0) / most, 2)) for place in span]


UP = [step for step in STEPS if step > 0]


def _label(place: int) -> str:
    if not place:
        return "same"
    sign, index = ("+" if place > 0 else "−"), abs(place) - 1
    if index == len(UP):
        return f"over {sign}{UP[-1]}"
    return f"{sign}{UP[index - 1] if index else 0} to {sign}{UP[index]}"
