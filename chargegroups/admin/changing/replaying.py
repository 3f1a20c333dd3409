"""What would customers have paid more or less, had the change been made 90 days ago?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from chargegroups.grounds import Driver, Place
from chargegroups.impact import Side
from chargegroups.models import TariffVersion
from chargegroups.preview import Preview
from chargegroups.price_lists import price_list
from chargegroups.pricing import InvalidSession, Minimum, prepare, price
from chargegroups.pricing import Session as Metered
from chargegroups.pricing.replay import STEPS, Replay
from chargepoints.models import Session
from chargepoints.proposals import PointsMoved
from customers.models import Provider

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
class Replayed:
    """``total`` sums sessions that both cost something to judge; ``refused`` would not have taken place."""

    total: Replay
    found: int
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


def replayed(seen: Preview) -> Replayed | None:
    """None where there are no sessions, or where nobody pays another price."""
    counts = seen.impact.counts
    if not any(counts[effect] for effect in ("pays_more", "pays_less", "differs", "loses_access")):
        return None
    rows = _sessions(seen)
    found = rows.count()
    return _replay(seen, list(rows[:MOST]), found) if found else None


def _sessions(seen: Preview) -> Any:
    """Sessions of own customers with the price that they were rated by, the latest first."""
    since = seen.at - timedelta(days=DAYS)
    rows = Session.objects.filter(
        customer__isnull=False, tariff_version__isnull=False, started_at__gte=since, started_at__lt=seen.at
    )
    rows = rows.filter(charge_point__charge_group__in=seen.groups)
    if isinstance(seen.proposal, PointsMoved):
        rows = rows.filter(charge_point__in=[move.point.pk for move in seen.proposal.moves])
    if seen.proposal.customers is not None:
        rows = rows.filter(customer__in=seen.proposal.customers)
    return rows.select_related("charge_point__location").order_by("-started_at")


def _replay(seen: Preview, rows: list[Session], found: int) -> Replayed | None:
    sides = _Sides(seen, {row.customer_id for row in rows})
    provider = Provider.objects.get(pk=seen.proposal.provider_id)
    versions = TariffVersion.objects.select_related("tariff").prefetch_related("elements")
    before = {
        pk: price_list(version) for pk, version in versions.in_bulk({row.tariff_version_id for row in rows}).items()
    }
    ready: dict[Any, Any] = {}
    total, refused = None, 0
    for row in rows:
        side, rated = sides.after(row), before[row.tariff_version_id]
        if side is None or (side.price is not None and side.price.currency != rated.currency):
            continue
        if side.price is None:
            refused += 1
            continue
        metered = metered_of(row, provider)
        if metered is None:
            continue
        total = total or Replay(rated.currency)
        costs = []
        for listed in (rated, side.price):
            key = (id(listed), metered.time_zone)
            if key not in ready:
                ready[key] = prepare(listed, metered.time_zone)
            costs.append(price(ready[key], metered).incl_vat)
        total.add(row.customer_id, *costs)
    return Replayed(total, found, refused, columns(total.by_customer.values())) if total else None


class _Sides:
    """How the customer of a session stands after the change, where the session took place."""

    def __init__(self, seen: Preview, customers: set[int]) -> None:
        self.seen = seen
        self.facts = {pk: case.facts for pk, case in seen.facts_of(list(customers)).items()}
        self.places = {place.before.group.pk: place for place in seen.proposal.places(seen.at) if place.before}
        self.moved = self._moved(seen)
        self.known: dict[tuple[str, int], Side | None] = {}

    def _moved(self, seen: Preview) -> dict[int, Place]:
        if not isinstance(seen.proposal, PointsMoved):
            return {}
        after = {place.after.group.pk: place for place in seen.proposal.places(seen.at) if place.after}
        return {move.point.pk: after[move.to.pk] for move in seen.proposal.moves if move.to and move.to.pk in after}

    def after(self, row: Session) -> Side | None:
        """None for customers who are not active any more, and for places that the change does not touch."""
        facts = self.facts.get(row.customer_id)
        place = self.moved.get(row.charge_point_id) or self.places.get(row.charge_point.charge_group_id)
        if facts is None or place is None:
            return None
        key = (facts, id(place))
        if key not in self.known:
            self.known[key] = self._driver(facts).side(place.after)
        return self.known[key]

    def _driver(self, facts: str) -> Driver:
        user_group, payment, roams, before, changed = json.loads(facts)
        group = self.seen.proposal.moved_to or user_group
        return Driver(group, payment, roams, (before or {}) | (changed or {}))


def metered_of(row: Session, provider: Provider) -> Metered | None:
    """A stored session as it is priced; None for one that no meter could have reported."""
    location = row.charge_point.location
    zone = location.time_zone if location else provider.time_zone
    whole = round((row.ended_at - row.started_at).total_seconds())
    charging = max(whole - row.parking_seconds, 0)
    periods: list[Any] = [("charging", charging, row.kwh)]
    if row.parking_seconds:
        periods.append(("parking", row.parking_seconds, 0))
    try:
        return Metered.of(row.started_at, zone, periods, Minimum(provider.minimum_seconds, provider.minimum_kwh))
    except InvalidSession:
        return None


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
