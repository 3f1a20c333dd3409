"""Replay: past sessions priced by another tariff, streamed from the database so that a year fits in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from chargegroups.models import ChargeGroup
from chargepoints.models import Rating, Session
from chargepoints.rating import Measured, Rater
from customers.models import Customer
from evcnet.errors import DomainError
from evcnet.replica import alias_to_read
from tariffs.models import Tariff, TariffVersion
from tariffs.pricing.replay import STEPS, Past, Replay
from tariffs.pricing.replay import replay as price_again

AT_ONCE = 2_000
LARGEST = 10
_COLUMNS = (
    "session__code",
    "session__customer_id",
    "session__started_at",
    "ended_at",
    "kwh",
    "parking_seconds",
    "session__charge_point__location_id",
    "session__decision__time_zone",
    "incl_vat",
    *(f"session__{name}" for name in ("ended_at", "kwh", "parking_seconds", "periods")),
)


@dataclass(frozen=True)
class CustomerDifference:
    """``customer`` is None for cards of other providers, taken together: whose they are is not ours to know."""

    customer: Customer | None
    difference: Decimal


@dataclass(frozen=True)
class Replayed:
    """``total`` in the currency of the version; ``unrated`` sessions were not allowed, so nobody paid for them."""

    against: TariffVersion
    total: Replay
    unrated: int
    largest: tuple[CustomerDifference, ...]

    @property
    def percent(self) -> Decimal | None:
        """By how much the total changes; None where it was nothing."""
        return 100 * self.total.difference / self.total.before if self.total.before else None

    @property
    def histogram(self) -> list[tuple[Decimal | None, Decimal | None, int]]:
        """(above, up to, sessions) by difference including VAT; None is without a limit."""
        limits = [None, *STEPS, None]
        return list(zip(limits[:-1], limits[1:], self.total.histogram, strict=True))

    @property
    def bars(self) -> list[tuple[str, int]]:
        """The histogram in words, without the steps at both ends that no session has."""
        filled = [index for index, (_, _, sessions) in enumerate(self.histogram) if sessions]
        within = self.histogram[filled[0] : filled[-1] + 1] if filled else []
        return [
            (f"above {low}" if high is None else f"up to {high}" if low is None else f"{low} to {high}", sessions)
            for low, high, sessions in within
        ]


def sessions_at(group: ChargeGroup) -> Any:
    """Sessions at the charge points that are in the group now."""
    return Session.objects.filter(provider_id=group.provider_id, charge_point__charge_group=group)


def sessions_by(tariff: Tariff) -> Any:
    """Sessions whose price is by a version of the tariff."""
    ratings = Rating.objects.counting().filter(tariff_version__tariff=tariff)
    return Session.objects.filter(provider_id=tariff.provider_id, pk__in=ratings.values("session"))


def started_within(sessions: Any, begin: datetime | None, end: datetime | None) -> Any:
    """``[begin, end)``, either of them open where it is None."""
    sessions = sessions.filter(started_at__gte=begin) if begin else sessions
    return sessions.filter(started_at__lt=end) if end else sessions


def version_to_replay(tariff: Tariff, at: datetime) -> TariffVersion:
    """The version in force, else the next to come: the past is priced by what is meant to hold, not by what held then.

    Raises DomainError for a tariff that has neither.
    """
    versions = TariffVersion.objects.filter(tariff=tariff).select_related("tariff").prefetch_related("elements")
    version: TariffVersion | None = versions.in_force(at).first()
    version = version or versions.filter(valid_from__gt=at).order_by("valid_from").first()
    if version is None:
        raise DomainError(f"{tariff} has no version in force and none to come: give it prices first.", "against")
    return version


def replay(
    sessions: Any,
    against: TariffVersion,
    progress: Callable[[int], Any] = lambda done: None,
    differs: Callable[[Past, Decimal, Decimal], Any] = lambda session, before, after: None,
) -> Replayed:
    """Price the rated ones among ``sessions`` (a queryset, of one provider) by another version.

    What each cost is the rating that counts, corrections included. ``progress`` hears how many are done, every 10,000;
    ``differs`` each session that would have cost something else, with what it did and would.
    Memory grows with the customers, not with the sessions. Raises DomainError where sessions were rated in another currency.
    """
    rater = Rater(against.tariff.provider)
    with transaction.atomic(using=alias_to_read()):
        ratings = Rating.objects.counting().filter(session__in=sessions.order_by().values("pk")).order_by()
        _same_currency(ratings, against.tariff.currency)
        unrated = sessions.filter(ratings=None).order_by().count()
        total = price_again(_past(rater, ratings), rater.listed(against.pk), progress, differs)
    return Replayed(against, total, unrated, _largest(total))


def _past(rater: Rater, ratings: Any) -> Iterator[Past]:
    """In the order in which they began, as a file of them is read; a server-side cursor fetches a few thousand at a time."""
    rows = ratings.order_by("session__started_at", "session_id").values_list(*_COLUMNS).iterator(AT_ONCE)
    for code, customer, start, end, kwh, parking, location, zone_name, paid, *metered, periods in rows:
        measured = Measured(start, end, kwh, parking)
        by_meter = periods if metered == [end, kwh, parking] else ()
        yield Past(customer, measured.metered(zone_name or rater.zone(location), rater.minimum, by_meter), paid, code)


def _same_currency(ratings: Any, currency: str) -> None:
    other = ratings.exclude(currency=currency).values_list("currency", F("session__code")).first()
    if other is not None:
        raise DomainError(
            f"Session {other[1]} was rated in {other[0]}, and the tariff is in {currency}: choose a tariff in {other[0]}.",
            "against",
        )


def _largest(total: Replay) -> tuple[CustomerDifference, ...]:
    pairs = [pair for pair in total.largest(LARGEST) if pair[1]]
    named = Customer.objects.in_bulk([customer for customer, _ in pairs if customer is not None])
    return tuple(CustomerDifference(named.get(customer), difference) for customer, difference in pairs)
