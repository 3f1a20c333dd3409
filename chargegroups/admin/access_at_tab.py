"""The page "Who had access, at which price?" of a charge group, for any moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from chargegroups.access_history import AccessAt
from chargegroups.access_summary import who_may_charge
from chargegroups.customer_access import CustomerAccess
from chargegroups.filters import REASONS, AccessAtFilter
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import ChargeGroup
from evcnet.admin.base import ModelAdmin
from evcnet.admin.moment_field import MomentInput, typed_moment
from evcnet.admin.replica_pages import reads_replica
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import NotAMoment, database_clock, read_moment
from evcnet.primary_keys import parse_pk
from tariffs.current_price import CurrentPrice

PER_PAGE = 50


@dataclass
class ReasonRow:
    """Customers of whom the access rules said the same, for the same reason, at the same price."""

    allowed: bool
    reason: str
    price: CurrentPrice | None
    count: int


@reads_replica
def access_at(admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> HttpResponse:
    """Rendered by the clock of the provider."""
    with timezone.override(group.provider.zone):
        now = database_clock()
        typed = MomentInput().value_from_datadict(request.GET, None, "at") or ""
        at, error = _moment(typed, now)
        answer = AccessAt(group, at, request.user, now=now)
        context = admin.page_context(request, group, f"Who had access to {group}?") | {
            "tab_of": admin.page(group.pk, "access"),
            "at": at,
            "wrong": error,
            "moment_input": _moment_input(typed or typed_moment(at.replace(microsecond=0)), wrong=bool(error)),
            "to_come": at > now,
            "zone": group.provider.time_zone,
            **_terms(answer.snapshot),
            "rows": _rows(answer),
            "younger": answer.query.count_younger() if at < now else 0,
            **_customers(answer, request),
        }
        return TemplateResponse(request, "chargegroups/access_at.html", context).render()


def _moment_input(typed: str, *, wrong: bool) -> str:
    described = {"aria-invalid": "true", "aria-describedby": "at-error"} if wrong else {}
    widget = MomentInput({"class": ""})
    widget.label = "Moment"
    return widget.render("at", typed, {"id": "at"} | described)


def _moment(typed: str, now: datetime) -> tuple[datetime, str]:
    """What was asked for, and what is wrong with it; then now is answered for."""
    try:
        return (read_moment(typed, timezone.get_current_timezone), "") if typed else (now, "")
    except NotAMoment as error:
        return now, str(error)


def _terms(snapshot: GroupSnapshot) -> dict[str, object]:
    terms = snapshot.stored
    return {
        "terms": terms,
        "who": who_may_charge(snapshot.group, terms),
        "tariff": snapshot.price_of_tariff(terms.tariff_id) if terms else None,
    }


def _rows(answer: AccessAt) -> list[ReasonRow]:
    """Those who may charge first, and the most customers first."""
    rows: dict[object, ReasonRow] = {}
    for access in answer.accesses:
        price = answer.snapshot.price_of(access.decision)
        row = rows.setdefault(
            (access.reason, access.decision.tariff), ReasonRow(access.allowed, _reason(access), price, 0)
        )
        row.count += access.count
    return sorted(rows.values(), key=lambda row: (not row.allowed, -row.count))


def _customers(answer: AccessAt, request: StaffRequest) -> dict[str, object]:
    """A page of the customers who had access, or of everyone."""
    narrowed = AccessAtFilter(request.GET, answer=answer)
    rows = narrowed.page(after=parse_pk(request.GET.get("after")) or 0, most=PER_PAGE + 1)
    return {
        "lines": [
            {"customer": row, "reason": _reason(row.access), "price": answer.snapshot.price_of(row.access.decision)}
            for row in rows[:PER_PAGE]
        ],
        "following": rows[PER_PAGE - 1].id if len(rows) > PER_PAGE else "",
    }


def _reason(access: CustomerAccess) -> str:
    return REASONS.get(access.reason, access.reason)
