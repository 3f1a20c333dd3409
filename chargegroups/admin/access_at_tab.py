"""The page "Who had access, at which price?" for any moment that one asks about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from chargegroups.access_history import Crowd, Found, GroupThen
from chargegroups.access_summary import who_may_charge
from chargegroups.filters import REASONS
from chargegroups.models import ChargeGroup
from chargegroups.terms import Decision
from evcnet.datetimes import NotAMoment, database_clock, read_moment
from evcnet.primary_keys import parse_pk
from tariffs.current_price import CurrentPrice

PER_PAGE = 50


@dataclass
class Row:
    """Customers of whom the rule said the same, for the same reason, at the same price."""

    allowed: bool
    reason: str
    price: CurrentPrice | None
    count: int


@dataclass(frozen=True)
class Line:
    found: Found
    reason: str
    price: CurrentPrice | None


def then(admin: Any, request: HttpRequest, group: ChargeGroup) -> HttpResponse:
    with timezone.override(group.provider.zone):
        response = _then(admin, request, group)
        return response.render()


def _then(admin: Any, request: HttpRequest, group: ChargeGroup) -> TemplateResponse:
    now = database_clock()
    at, wrong = _moment(request.GET.get("at", ""), now)
    asked = GroupThen(group, at, _visible(request, group))
    listed = [crowd for crowd in asked.crowds if crowd.decision.allowed or request.GET.get("access") == "all"]
    begin = parse_pk(request.GET.get("after")) or 0
    found = asked.customers(listed, text=request.GET.get("q", "").strip(), after=begin, most=PER_PAGE + 1)
    context = admin.page_context(request, group, f"Who had access to {group}?") | {
        "tab_of": admin.page(group.pk, "access"),
        "at": at,
        "wrong": wrong,
        "typed": timezone.localtime(at).strftime("%Y-%m-%dT%H:%M:%S"),
        "to_come": at > now,
        "zone": group.provider.time_zone,
        "terms": asked.terms_of.stored,
        "who": who_may_charge(group, asked.terms_of.stored),
        "tariff": asked.terms_of.price_tag(asked.terms_of.stored.tariff_id) if asked.terms_of.stored else None,
        "rows": _rows(asked),
        "lines": [_line(asked, each) for each in found[:PER_PAGE]],
        "following": found[PER_PAGE - 1].id if len(found) > PER_PAGE else "",
    }
    return TemplateResponse(request, "changes/then.html", context)


def _moment(typed: str, now: datetime) -> tuple[datetime, str]:
    """What was asked for, and what is wrong with it; then now is answered for."""
    try:
        return (read_moment(typed, timezone.get_current_timezone), "") if typed else (now, "")
    except NotAMoment as error:
        return now, str(error)


def _visible(request: HttpRequest, group: ChargeGroup) -> list[int] | None:
    """The user groups whose customers the login sees; None where it sees all of the provider."""
    login: Any = request.user
    scope = login.scope("customers.view_customer")
    return None if group.provider_id in scope.providers else sorted(scope.user_groups)


def _rows(asked: GroupThen) -> list[Row]:
    rows: dict[Any, Row] = {}
    for crowd in asked.crowds:
        row = rows.setdefault(_alike(crowd), _row(asked, crowd.decision))
        row.count += crowd.count
    return sorted(rows.values(), key=lambda row: (not row.allowed, -row.count))


def _alike(crowd: Crowd) -> Any:
    return crowd.decision.access.reason, crowd.decision.tariff


def _row(asked: GroupThen, decision: Decision) -> Row:
    return Row(decision.allowed, _reason(decision), asked.terms_of.price_of(decision), 0)


def _line(asked: GroupThen, found: Found) -> Line:
    return Line(found, _reason(found.decision), asked.terms_of.price_of(found.decision))


def _reason(decision: Decision) -> str:
    return REASONS.get(decision.access.reason, decision.access.reason)
