"""Recent use of a charge group, charge point, customer or card: energy and money of the last days, and refusals with why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Subquery, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from chargegroups.access import CONFIDENTIAL, NOT_ACCEPTED
from chargepoints.decision_views import TEXTS
from chargepoints.models import ChargePoint, DecisionEntry, Rating, Session
from customers.models import StaffMember
from evcnet.together import Reading

DAYS = 30
REFUSED_DAYS = 7
LATEST = 5
REFUSALS_COUNTED = 1_000
"""So many refusals are counted at most, the latest."""


@dataclass(frozen=True)
class Money:
    """What sessions cost by the ratings that count, in one currency."""

    currency: str
    excl_vat: Decimal
    incl_vat: Decimal


@dataclass(frozen=True)
class LatestSession:
    """``point`` is the identity of its charge point, empty for one that the login does not see."""

    session: Session
    point: str


@dataclass(frozen=True)
class RecentUse:
    """``days`` are kWh of each of the last 30 days, the earliest first; ``refused`` counts refusals of a week by reason.
    ``latest`` are the last sessions, however long ago."""

    sessions: int
    kwh: Decimal
    money: tuple[Money, ...]
    days: tuple[Decimal, ...]
    refused: Counter[str]
    latest: tuple[LatestSession, ...] = ()

    @property
    def refusals(self) -> int:
        return self.refused.total()

    @property
    def more_refusals(self) -> bool:
        """Were there as many as are counted, and perhaps more?"""
        return self.refusals >= REFUSALS_COUNTED

    @property
    def why(self) -> list[tuple[str, int]]:
        """The reasons in words, the most frequent first."""
        return [(TEXTS.get(reason, reason), many) for reason, many in self.refused.most_common()]


def last_days(now: datetime) -> list[date]:
    """The last ``DAYS`` days by the clock of the login, the earliest first, today included."""
    today = timezone.localtime(now).date()
    return [today - timedelta(days=ago) for ago in reversed(range(DAYS))]


def begin_of_days(now: datetime) -> datetime:
    return timezone.make_aware(datetime.combine(last_days(now)[0], datetime.min.time()))


def of_last_days(sessions: Any, now: datetime) -> Any:
    return sessions.filter(started_at__gte=begin_of_days(now), started_at__lte=now).order_by()


def use_by_day(sessions: Any) -> Any:
    """A queryset of {day, count, energy}, energy in kWh."""
    by_day = sessions.annotate(day=TruncDate("started_at")).values("day")
    return by_day.annotate(count=Count("pk"), energy=Sum("kwh"))


def ratings_of(sessions: Any, login: StaffMember) -> Any:
    """Of each of the sessions the rating that counts."""
    return Rating.objects.visible_to(login).counting().filter(session__in=sessions.values("pk")).order_by()


def recent_use(
    login: StaffMember,
    now: datetime,
    *,
    sessions: Mapping[str, Any],
    decisions: Mapping[str, Any] | None = None,
    of_card_in_sight: bool = False,
) -> Reading[RecentUse]:
    """Of the sessions and decisions with these values that the login sees, in one step; without ``decisions`` of none.

    ``of_card_in_sight``: of a card or customer whom the login sees, so decisions at charge points of others count too,
    and what is told to few is told.
    """
    every = Session.objects.visible_to(login).filter(**sessions)
    latest = _with_points_in_sight(every, login).order_by("-started_at", "-pk")[:LATEST]
    rows = of_last_days(every, now)
    by_day = use_by_day(rows)
    money = ratings_of(rows, login).values_list("currency").annotate(Sum("excl_vat"), Sum("incl_vat"))
    log: Any = DecisionEntry.objects
    refusals = log.refusals(login, now - timedelta(days=REFUSED_DAYS), elsewhere=of_card_in_sight)
    refusals = refusals.filter(**(decisions or {"pk__in": []})).order_by("-asked_at")
    reasons = refusals.values_list("reason", "asked_at")[:REFUSALS_COUNTED]
    yield [by_day, money, reasons, latest]
    kwh = {row["day"]: row["energy"] for row in by_day}
    return RecentUse(
        sessions=sum(row["count"] for row in by_day),
        kwh=sum(kwh.values(), Decimal(0)),
        money=tuple(Money(*row) for row in sorted(money)),
        days=tuple(kwh.get(day, Decimal(0)) for day in last_days(now)),
        refused=Counter(_as_told(reason, of_card_in_sight) for reason, _ in reasons),
        latest=tuple(LatestSession(each, each.point_in_sight or "") for each in latest),
    )


def _with_points_in_sight(sessions: Any, login: StaffMember) -> Any:
    """A session is shared by those of its charge point and those of its customer, and a name by the former alone."""
    point = ChargePoint.objects.visible_to(login).order_by().filter(pk=OuterRef("charge_point"))
    return sessions.annotate(point_in_sight=Subquery(point.values("identity")[:1]))


def _as_told(reason: str, of_card_in_sight: bool) -> str:
    return NOT_ACCEPTED if reason in CONFIDENTIAL and not of_card_in_sight else reason
