"""The home page: what is there to do, how much there is, and what changed lately."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.admin import site
from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from chargegroups.counts import count_exceptions
from chargegroups.group_prices import free_for_everyone, prices_of_groups
from chargegroups.models import ChargeGroup, Terms
from chargepoints.models import ChargePoint, Session
from customers.counts import count_customers
from customers.models import Customer, Job, StaffMember
from evcnet.admin.requests import StaffRequest
from evcnet.site.latest_changes import latest_changes, recent_changes
from evcnet.text import counted
from evcnet.together import read, side_by_side
from gateway.models import UnknownDevice
from gateway.states import connection_counts
from roaming.findings import all_findings
from tariffs.models import TariffVersion

DAYS = 30


@dataclass(frozen=True)
class Task:
    """Something that waits for somebody: "7 charge points without a charge group", and the list of them."""

    count: int
    nouns: tuple[str, str]
    text: str
    link: str

    @property
    def noun(self) -> str:
        return self.nouns[self.count != 1]


@dataclass(frozen=True)
class Number:
    label: str
    count: int
    details: tuple[str, ...]
    link: str


@dataclass(frozen=True)
class Day:
    day: date
    count: int
    share: int


def home(request: StaffRequest, context: dict[str, Any]) -> dict[str, Any]:
    login = request.user
    now = timezone.now()
    points, groups = _points(login), _groups(login, now)
    days = list(_sessions(login, now))
    changes, recent = read(side_by_side(latest_changes(login, now), recent_changes(login)))
    return context | {
        "title": ", ".join(group.name for group in login.user_groups) or "Home",
        "greeting": _greeting(timezone.localtime(now), login),
        "homes": [*login.user_groups, *login.providers],
        "tasks": [*_jobs(login), *_tasks(login, points, groups), *_findings(login, now)],
        "numbers": list(_numbers(login, points, groups, days, now)),
        "days": days,
        "sessions_in_words": _sessions_in_words(days),
        "changes": changes,
        "recent": recent,
        "may_ask": login.has_perm("chargepoints.view_chargepoint"),
    }


def _greeting(now: datetime, login: StaffMember) -> str:
    part = "morning" if 4 <= now.hour < 12 else "afternoon" if 12 <= now.hour < 18 else "evening"
    return f"Good {part}, {login.get_short_name()}"


def _list_of(model: type[models.Model], query: str = "") -> str:
    if not site.is_registered(model):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") + query


# What there is


def _points(login: StaffMember) -> dict[str, int]:
    active, loose = Q(status=ChargePoint.Status.ACTIVE), Q(charge_group=None)
    rows = ChargePoint.objects.visible_to(login)
    counts: dict[str, int] = rows.aggregate(
        all=Count("pk"), active=Count("pk", filter=active), loose=Count("pk", filter=loose)
    )
    return counts | connection_counts(rows)


def _groups(login: StaffMember, now: datetime) -> dict[str, Any]:
    """Open groups: how many, which are free for everyone, and which nobody can use for want of terms or a price."""
    groups = ChargeGroup.objects.visible_to(login).open()
    prices, count = prices_of_groups(groups, now), groups.count()
    return {
        "all": count,
        "free": free_for_everyone(groups, now, prices).count(),
        "dead": count - sum(many for many, price in prices.values() if price.version),
        "coming": _coming(login, now),
    }


def _coming(login: StaffMember, now: datetime) -> tuple[str, ...]:
    """How many terms and prices are scheduled, and when the next come into force."""
    moments = [
        *Terms.objects.visible_to(login).scheduled(now).values_list("valid_from", flat=True),
        *TariffVersion.objects.visible_to(login)
        .filter(valid_from__gt=now)
        .distinct()
        .values_list("valid_from", flat=True),
    ]
    if not moments:
        return ()
    changes = counted(len(moments), "change")
    return (f"{changes} to come, the next on {date_format(timezone.localtime(min(moments)), 'j M')}",)


def _sessions(login: StaffMember, now: datetime) -> Iterable[Day]:
    """Sessions of each of the last days, today included, in the login's time zone."""
    today = timezone.localtime(now).date()
    first = today - timedelta(days=DAYS - 1)
    begun = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    rows = Session.objects.visible_to(login).filter(started_at__gte=begun, started_at__lte=now)
    counts = dict(rows.order_by().annotate(day=TruncDate("started_at")).values_list("day").annotate(Count("pk")))
    most = max(counts.values(), default=0)
    for offset in range(DAYS):
        day = first + timedelta(days=offset)
        count = counts.get(day, 0)
        yield Day(day, count, round(100 * count / most) if most else 0)


def _sessions_in_words(days: list[Day]) -> str:
    total = sum(day.count for day in days)
    if not total:
        return f"No sessions in the last {DAYS} days."
    best = max(days, key=lambda day: day.count)
    return f"{total:,} sessions in {DAYS} days, {total / DAYS:,.0f} a day; the most on {date_format(best.day, 'j M')}: {best.count:,}."


# What there is to do, and how much there is


def _tasks(login: StaffMember, points: dict[str, int], groups: dict[str, Any]) -> Iterable[Task]:
    if points["loose"]:
        yield Task(
            points["loose"],
            ("charge point", "charge points"),
            "without a charge group",
            _list_of(ChargePoint, "?missing=group"),
        )
    if points["offline"]:
        yield Task(
            points["offline"],
            ("charge point", "charge points"),
            "offline",
            _list_of(ChargePoint, "?connection=offline"),
        )
    knocking = UnknownDevice.objects.visible_to(login).count() if login.has_perm("gateway.view_unknowndevice") else 0
    if knocking:
        yield Task(knocking, ("device", "devices"), "that nobody knows, knocking", _list_of(UnknownDevice))
    if login.has_perm("customers.approve_customer"):
        waiting = count_customers(login, status=Customer.Status.PENDING)
        if waiting:
            yield Task(
                waiting, ("customer", "customers"), "waiting for approval", _list_of(Customer, "?status__exact=pending")
            )
    if groups["dead"]:
        yield Task(
            groups["dead"],
            ("charge group", "charge groups"),
            "where nobody can charge: no price in force",
            _list_of(ChargeGroup, "?price=none&closed=no"),
        )
    if groups["free"]:
        yield Task(
            groups["free"],
            ("charge group", "charge groups"),
            "free of charge for everyone",
            _list_of(ChargeGroup, "?price=free&closed=no"),
        )


def _jobs(login: StaffMember) -> Iterable[Task]:
    """Its own, which it may have left: those that ended since it looked, and those under way."""
    over = Count("pk", filter=Q(state__in=Job.OVER))
    own = Job.objects.visible_to(login).filter(login=login, opened_at=None).order_by()
    counts = own.aggregate(over=over, all=Count("pk"))
    link = _list_of(Job, f"?login__id__exact={login.pk}")
    if counts["over"]:
        yield Task(counts["over"], ("job of yours has", "jobs of yours have"), "ended", link)
    if under_way := counts["all"] - counts["over"]:
        yield Task(under_way, ("job of yours is", "jobs of yours are"), "under way", link)


def _findings(login: StaffMember, now: datetime) -> Iterable[Task]:
    findings = all_findings(login, now) if login.has_perm("chargegroups.view_chargegroup") else []
    if findings:
        warnings = sum(each.warning for each in findings)
        text = f"to look at: {counted(warnings, 'warning')}" if warnings else "to look at"
        yield Task(len(findings), ("finding", "findings"), text, reverse("admin:findings"))


def _exceptions(login: StaffMember, now: datetime) -> int:
    """How many exceptions are in force at charge groups in sight, of customers in sight."""
    if not login.has_perm("chargegroups.view_customerexception"):
        return 0
    return count_exceptions(ChargeGroup.objects.visible_to(login).order_by().values("pk"), now, login).total()


def _numbers(
    login: StaffMember, points: dict[str, int], groups: dict[str, Any], days: list[Day], now: datetime
) -> Iterable[Number]:
    if login.has_perm("chargepoints.view_chargepoint"):
        details = [f"{points['active']:,} active", f"{points['loose']:,} without a group"]
        if points["connected"] or points["offline"]:
            details += [f"{points['connected']:,} connected, {points['charging']:,} of them charging"]
            details += [f"{points['offline']:,} offline"]
        yield Number("Charge points", points["all"], tuple(details), _list_of(ChargePoint))
    if login.has_perm("chargegroups.view_chargegroup"):
        yield Number("Charge groups", groups["all"], groups["coming"], _list_of(ChargeGroup))
    if login.has_perm("customers.view_customer"):
        details = [f"{counted(_exceptions(login, now), 'exception')} in force"]
        yield Number("Customers", count_customers(login), tuple(details), _list_of(Customer))
    if login.has_perm("chargepoints.view_session"):
        yield Number(f"Sessions, {DAYS} days", sum(day.count for day in days), (), _list_of(Session))
