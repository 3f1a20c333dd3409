"""To do, on the home page: what waits for somebody, each with the list of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin import site
from django.db import models
from django.db.models import Count, Q
from django.urls import reverse

from changes.models import Draft
from chargegroups.models import ChargeGroup
from chargepoints.findings import Oddity
from chargepoints.models import ChargePoint
from customers.models import Customer, Job, StaffMember
from evcnet.text import counted
from evcnet.together import Reading, totals
from gateway.models import UnknownDevice
from roaming.findings import finding_reading


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


def list_of(model: type[models.Model], query: str = "") -> str:
    if not site.is_registered(model):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") + query


POINTS = ("charge point", "charge points")
GROUPS = ("charge group", "charge groups")


def tasks_of_rows(
    login: StaffMember, points: dict[str, int], groups: dict[str, Any], customers: dict[str, int]
) -> list[Task]:
    may_approve = login.has_perm("customers.approve_customer")
    tasks = [
        Task(points["loose"], POINTS, "without a charge group", list_of(ChargePoint, "?missing=group")),
        Task(points["offline"], POINTS, "offline", list_of(ChargePoint, "?connection=offline")),
        Task(points["knocking"], ("device", "devices"), "that nobody knows, knocking", list_of(UnknownDevice)),
        Task(
            customers["waiting"] if may_approve else 0,
            ("customer", "customers"),
            "waiting for approval",
            list_of(Customer, "?status__exact=pending"),
        ),
        Task(
            groups["dead"],
            GROUPS,
            "where nobody can charge: no price in force",
            list_of(ChargeGroup, "?price=none&closed=no"),
        ),
        Task(groups["free"], GROUPS, "free of charge for everyone", list_of(ChargeGroup, "?price=free&closed=no")),
    ]
    return [task for task in tasks if task.count]


def tasks_of_jobs(login: StaffMember) -> Reading[list[Task]]:
    """Its own, which it may have left: those that ended since it looked, and those under way."""
    over = Count("pk", filter=Q(state__in=Job.OVER))
    own = Job.objects.visible_to(login).filter(login=login, opened_at=None).order_by()
    rows = totals(own, over=over, all=Count("pk"))
    yield [rows]
    return [task for counts in rows for task in _of_jobs(login, counts)]


def _of_jobs(login: StaffMember, counts: dict[str, int]) -> Iterable[Task]:
    link = list_of(Job, f"?login__id__exact={login.pk}")
    if counts["over"]:
        yield Task(counts["over"], ("job of yours has", "jobs of yours have"), "ended", link)
    if under_way := counts["all"] - counts["over"]:
        yield Task(under_way, ("job of yours is", "jobs of yours are"), "under way", link)


def tasks_of_drafts(login: StaffMember) -> Reading[list[Task]]:
    """Changes that wait for the login's approval, and its own that were approved and are not applied yet."""
    if not login.has_perm("changes.view_draft"):
        return []
    visible = Draft.objects.visible_to(login)
    approved = Q(author=login.pk, state=Draft.State.APPROVED)
    waiting = totals(visible.to_be_approved_by(login), count=Count("pk"))
    own = totals(visible.filter(approved), count=Count("pk"))
    yield [waiting, own]
    tasks = [
        Task(
            sum(row["count"] for row in waiting),
            ("change", "changes"),
            "to approve",
            list_of(Draft, "?whose=approve"),
        ),
        Task(
            sum(row["count"] for row in own),
            ("draft of yours", "drafts of yours"),
            "approved and not applied yet",
            list_of(Draft, "?whose=own&state__exact=approved"),
        ),
    ]
    return [task for task in tasks if task.count]


def tasks_of_findings(login: StaffMember, now: datetime) -> Reading[list[Task]]:
    may_look = login.has_perm("chargegroups.view_chargegroup")
    findings: list[Oddity] = (yield from finding_reading(login, now)) if may_look else []
    if not findings:
        return []
    warnings = sum(each.warning for each in findings)
    text = f"to look at: {counted(warnings, 'warning')}" if warnings else "to look at"
    return [Task(len(findings), ("finding", "findings"), text, reverse("admin:findings"))]
