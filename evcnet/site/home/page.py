"""Home pages: what is to do, how much there is, the last thirty days and what changed; by role what comes first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from chargepoints.admin.point_map import map_reading
from chargepoints.models import ChargePoint
from customers.models import StaffMember
from customers.permissions import Role
from evcnet.admin.requests import StaffRequest
from evcnet.site.home.days import measure_reading, table_of
from evcnet.site.home.first_steps import first_steps
from evcnet.site.home.helpdesk import helpdesk
from evcnet.site.home.latest_changes import latest_changes, recent_changes
from evcnet.site.home.numbers import customer_counts, group_counts, numbers, point_counts
from evcnet.site.home.platform import platform
from evcnet.site.home.to_do import tasks_of_drafts, tasks_of_findings, tasks_of_jobs, tasks_of_rows
from evcnet.together import read, side_by_side


def home(request: StaffRequest, context: dict[str, Any]) -> dict[str, Any]:
    login = request.user
    now = timezone.now()
    context |= {
        "title": ", ".join(group.name for group in login.user_groups) or "Home",
        "greeting": _greeting(timezone.localtime(now), login),
        "homes": [*login.user_groups, *login.providers],
        "may_ask": login.has_perm("chargepoints.view_chargepoint"),
    }
    if login.is_operator:
        context["platform"] = platform(login, now)
    if login.providers:
        context |= _of_provider(login, now)
    return context


def _of_provider(login: StaffMember, now: datetime) -> dict[str, Any]:
    points, groups, customers, measures, jobs, drafts, findings, changes, recent, steps, shown_map = read(
        side_by_side(
            point_counts(login),
            group_counts(login, now),
            customer_counts(login, now),
            measure_reading(login, now),
            tasks_of_jobs(login),
            tasks_of_drafts(login),
            tasks_of_findings(login, now),
            latest_changes(login, now),
            recent_changes(login),
            first_steps(login, now),
            map_reading(ChargePoint.objects.visible_to(login)),
        )
    )
    return {
        "tasks": [*drafts, *jobs, *tasks_of_rows(login, points, groups, customers), *findings],
        "numbers": list(numbers(login, points, groups, customers)),
        "measures": measures,
        "by_day": table_of(measures),
        "changes": changes,
        "recent": recent,
        "steps": steps,
        "map": shown_map,
        "helpdesk": helpdesk(login) if login.works_as(Role.HELPDESK) else None,
    }


def _greeting(now: datetime, login: StaffMember) -> str:
    part = "morning" if 4 <= now.hour < 12 else "afternoon" if 12 <= now.hour < 18 else "evening"
    return f"Good {part}, {login.get_short_name()}"
