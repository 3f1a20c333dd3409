"""Tab of a partner: the charge groups that are open to its customers, what they pay there, and what it sees."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from chargepoints.models import ChargePoint, Session
from customers.models import StaffMember
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from roaming.handshake import VERSIONS
from roaming.models import Agreement, Partner, PartnerConnection, PartnerToken
from roaming.ocpi.partner_sessions import sessions_of
from roaming.ocpi.partner_view import PartnerView
from tariffs.current_price import current_prices
from tariffs.models import Tariff

LISTED = 100
DAYS = 30


def groups_view(admin: ModelAdmin[Partner], request: StaffRequest, partner: Partner) -> HttpResponse:
    now = timezone.now()
    tokens = PartnerToken.objects.visible_to(request.user).filter(partner=partner)
    context = admin.page_context(request, partner, str(partner)) | {
        "partner": partner,
        "agreement": Agreement.objects.in_force(now).filter(partner=partner).select_related("tariff").first(),
        "rows": _rows(partner, now)[:LISTED],
        "tokens": tokens.count(),
        "invalid": tokens.filter(valid=False).count(),
        "sessions": _sessions(partner, request.user, now),
        "days": DAYS,
    }
    return TemplateResponse(request, "roaming/groups.html", context)


def _rows(partner: Partner, now: datetime) -> list[dict[str, Any]]:
    """Each open group with its price, its charge points, and how many of them the partner sees."""
    view = PartnerView(partner, _version(partner))
    groups = view.groups
    tariffs = Tariff.objects.filter(pk__in={each.tariff for each in groups.values()})
    prices = current_prices(tariffs, now)
    counts = {
        row["charge_group"]: row
        for row in ChargePoint.objects.filter(charge_group__in=list(groups))
        .order_by()
        .values("charge_group")
        .annotate(points=Count("pk"), published=Count("pk", filter=Q(pk__in=view.points().values("pk"))))
    }
    nothing = {"points": 0, "published": 0}
    rows = [
        {"group": each.group, "price": prices.get(each.tariff), **counts.get(pk, nothing)}
        for pk, each in groups.items()
    ]
    return sorted(rows, key=lambda row: (row["group"].name, row["group"].pk))


def _version(partner: Partner) -> str:
    """That by which it is connected, else the newest that it may choose."""
    connection = PartnerConnection.objects.filter(partner=partner).first()
    return (connection and connection.version) or VERSIONS[-1]


def _sessions(partner: Partner, login: StaffMember, now: datetime) -> dict[str, Any]:
    """How many began in the last days, and their energy in kWh."""
    recent = sessions_of(partner).filter(started_at__gte=now - timedelta(days=DAYS))
    within = Session.objects.visible_to(login).filter(pk__in=recent.values("pk"))
    return dict(within.aggregate(count=Count("pk"), kwh=Sum("kwh")))
