"""Home of a helpdesk: its last answers, customers that wait for approval, and alerts that it has not read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chargepoints.decision_views import DecisionView, decision_views
from chargepoints.models import DecisionEntry
from customers.alerts import VIEW
from customers.models import Customer, StaffAlert, StaffMember

MOST = 5


@dataclass(frozen=True)
class AlertLine:
    """An alert as the login reads it: its part of it alone."""

    copy: StaffAlert
    title: str


@dataclass(frozen=True)
class Helpdesk:
    answers: list[DecisionView]
    waiting: list[Customer]
    alerts: list[AlertLine]


def helpdesk(login: StaffMember) -> Helpdesk:
    """The latest five of each; of customers those that have waited longest."""
    scope = login.scope(VIEW)
    log: Any = DecisionEntry.objects
    asked = log.visible_to(login).filter(source=DecisionEntry.Source.EXPLAINER, login=login.pk)
    asked = asked.select_related("api_key", "login").order_by("-asked_at", "-id")[:MOST]
    waiting = Customer.objects.visible_to(login).filter(status=Customer.Status.PENDING)
    alerts = StaffAlert.objects.visible_to(login).unread().select_related("alert").order_by("-pk")
    return Helpdesk(
        decision_views(asked, login),
        list(waiting.select_related("user_group").order_by("pk")[:MOST]),
        [AlertLine(copy, copy.alert.part(scope.within(copy.provider_id)).title) for copy in alerts[:MOST]],
    )
