"""The home page: what is there to do, how much there is, and what changed lately."""

from __future__ import annotations

from collections import Counter
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

from chargegroups.counts import exception_counts
from chargegroups.group_prices import free_for_everyone, price_reading
from chargegroups.models import ChargeGroup, Terms
from chargepoints.findings import Oddity
from chargepoints.models import ChargePoint, Session
from customers.counts import customer_count
from customers.models import Customer, Job, StaffMember
from evcnet.admin.requests import StaffRequest
from evcnet.site.latest_changes import latest_changes, recent_changes
from evcnet.text import counted
from evcnet.together import Reading, read, reading_of, side_by_side, totals
from gateway.models import UnknownDevice
from gateway.states import connection_counts
from roaming.findings import finding_reading
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
    points, groups, customers, days, jobs, findings, changes, recent = read(
        side_by_side(
            _points(login),
            _groups(login, now),
            _customers(login, now),
            _sessions(login, now),
            _jobs(login),
            _findings(login, now),
            latest_changes(login, now),
            recent_changes(login),
        )
    )
    return context | {
        "title": ", ".join(group.name for group in login.user_groups) or "Home",
        "greeting": _greeting(timezone.localtime(now), login),
        "homes": [*login.user_groups, *login.providers],
        "tasks": [*jobs, *_tasks(login, points, groups, customers), *findings],
        "numbers": list(_numbers(login, points, groups, customers, days)),
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


def _points(login: StaffMember) -> Reading[dict[str, int]]:
    """Of charge points, and of devices that are none yet."""
    active, loose = Q(status=ChargePoint.Status.ACTIVE), Q(charge_group=None)
    rows = ChargePoint.objects.visible_to(login)
    counts = totals(rows, all=Count("pk"), active=Count("pk", filter=active), loose=Count("pk", filter=loose))
    connections, knocking = (
        connection_counts(rows),
        totals(UnknownDevice.objects.visible_to(login), knocking=Count("pk")),
    )
    yield [counts, connections, knocking]
    return Counter({name: many for row in (*counts, *connections, *knocking) for name, many in row.items()})


def _groups(login: StaffMember, now: datetime) -> Reading[dict[str, Any]]:
    """Open groups: how many, which are free for everyone, and which nobody can use for want of terms or a price."""
    groups = ChargeGroup.objects.visible_to(login).open()
    rows = totals(groups, all=Count("pk"))
    _, prices, coming = yield from side_by_side(reading_of(rows), price_reading(groups, now), _coming(login, now))
    free = totals(free_for_everyone(groups, now, prices), free=Count("pk"))
    yield [free]
    count = sum(row["all"] for row in rows)
    dead = count - sum(many for many, price in prices.values() if price.version)
    return {"all": count, "free": sum(row["free"] for row in free), "dead": dead, "coming": coming}


def _coming(login: StaffMember, now: datetime) -> Reading[tuple[str, ...]]:
    """How many terms and prices are scheduled, and when the next come into force."""
    terms = Terms.objects.visible_to(login).scheduled(now).values_list("valid_from", flat=True)
    versions = TariffVersion.objects.visible_to(login).filter(valid_from__gt=now).distinct()
    versions = versions.values_list("valid_from", flat=True)
    yield [terms, versions]
    moments = [*terms, *versions]
    if not moments:
        return ()
    changes = counted(len(moments), "change")
    return (f"{changes} to come, the next on {date_format(timezone.localtime(min(moments)), 'j M')}",)


def _sessions(login: StaffMember, now: datetime) -> Reading[list[Day]]:
    """Sessions of each of the last days, today included, in the login's time zone."""
    today = timezone.localtime(now).date()
    first = today - timedelta(days=DAYS - 1)
    begun = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    rows = Session.objects.visible_to(login).filter(started_at__gte=begun, started_at__lte=now)
    by_day = rows.order_by().annotate(day=TruncDate("started_at")).values_list("day").annotate(Count("pk"))
    yield [by_day]
    return list(_days(first, dict(by_day)))


def _days(first: date, counts: dict[date, int]) -> Iterable[Day]:
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


def _tasks(
    login: StaffMember, points: dict[str, int], groups: dict[str, Any], customers: dict[str, int]
) -> Iterable[Task]:
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
    if points["knocking"]:
        yield Task(points["knocking"], ("device", "devices"), "that nobody knows, knocking", _list_of(UnknownDevice))
    if customers["waiting"] and login.has_perm("customers.approve_customer"):
        yield Task(
            customers["waiting"],
            ("customer", "customers"),
            "waiting for approval",
            _list_of(Customer, "?status__exact=pending"),
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


def _jobs(login: StaffMember) -> Reading[list[Task]]:
    """Its own, which it may have left: those that ended since it looked, and those under way."""
    over = Count("pk", filter=Q(state__in=Job.OVER))
    own = Job.objects.visible_to(login).filter(login=login, opened_at=None).order_by()
    rows = totals(own, over=over, all=Count("pk"))
    yield [rows]
    return [task for counts in rows for task in _tasks_of_jobs(login, counts)]


def _tasks_of_jobs(login: StaffMember, counts: dict[str, int]) -> Iterable[Task]:
    link = _list_of(Job, f"?login__id__exact={login.pk}")
    if counts["over"]:
        yield Task(counts["over"], ("job of yours has", "jobs of yours have"), "ended", link)
    if under_way := counts["all"] - counts["over"]:
        yield Task(under_way, ("job of yours is", "jobs of yours are"), "under way", link)


def _findings(login: StaffMember, now: datetime) -> Reading[list[Task]]:
    may_look = login.has_perm("chargegroups.view_chargegroup")
    findings = (yield from finding_reading(login, now)) if may_look else []
    return list(_tasks_of_findings(findings))


def _tasks_of_findings(findings: list[Oddity]) -> Iterable[Task]:
    if findings:
        warnings = sum(each.warning for each in findings)
        text = f"to look at: {counted(warnings, 'warning')}" if warnings else "to look at"
        yield Task(len(findings), ("finding", "findings"), text, reverse("admin:findings"))


def _customers(login: StaffMember, now: datetime) -> Reading[dict[str, int]]:
    """How many there are and wait; and how many exceptions are in force at charge groups in sight, of those in sight."""
    everyone, pending = customer_count(login), customer_count(login, status=Customer.Status.PENDING)
    groups = ChargeGroup.objects.visible_to(login).order_by()
    if not login.has_perm("chargegroups.view_customerexception"):
        groups = groups.none()
    excepted = exception_counts(groups.values("pk"), now, login)
    count, waiting, exceptions = yield from side_by_side(everyone, pending, excepted)
    return {"all": count, "waiting": waiting, "exceptions": exceptions.total()}


def _numbers(
    login: StaffMember, points: dict[str, int], groups: dict[str, Any], customers: dict[str, int], days: list[Day]
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
        details = [f"{counted(customers['exceptions'], 'exception')} in force"]
        yield Number("Customers", customers["all"], tuple(details), _list_of(Customer))
    if login.has_perm("chargepoints.view_session"):
        yield Number(f"Sessions, {DAYS} days", sum(day.count for day in days), (), _list_of(Session))
