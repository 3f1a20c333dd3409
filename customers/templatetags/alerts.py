"""The bell of the frame: how many alerts the login has not read and which jobs ended, asked of the database where it is drawn."""

from __future__ import annotations

from typing import Any

from django import template

from customers.alerts import MOST_COUNTED, count_unread
from customers.models import Job

register = template.Library()
MOST_JOBS = 20


@register.inclusion_tag("customers/bell.html", takes_context=True)
def bell(context: Any) -> dict[str, Any]:
    """Nothing in a pop-up, and nothing for a login without a role."""
    login = context["request"].user
    if context.get("is_popup") or not login.has_perm("customers.view_staffalert"):
        return {"shown": False}
    unread = count_unread(login)
    return {"shown": True, "unread": unread, "count": f"{MOST_COUNTED}+" if unread > MOST_COUNTED else str(unread)}


@register.simple_tag(takes_context=True)
def ended_jobs(context: Any) -> list[Job]:
    """The login's own jobs that ended since it looked last, the latest first."""
    return list(Job.objects.news(context["request"].user)[:MOST_JOBS])
