"""Panel of a customer's page beside the form: cards, exceptions, sessions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Sum
from django.urls import reverse
from django.utils import timezone

from chargegroups.models import CustomerException
from chargepoints.decision_views import latest_decisions
from chargepoints.models import Session
from customers.models import ChargeCard, Customer, StaffMember
from evcnet.admin.requests import StaffRequest
from tariffs.current_price import current_prices

LISTED = 50
"""So many cards and exceptions are listed; a customer rarely has more than three."""
DAYS = 365


def customer_panel(request: StaffRequest, customer: Customer) -> dict[str, Any]:
    login = request.user
    cards = list(ChargeCard.objects.visible_to(login).filter(customer=customer)[: LISTED + 1])
    add_card = reverse("admin:customers_chargecard_add") + f"?customer={customer.pk}"
    return {
        "customer": customer,
        "now": timezone.now(),
        "cards": cards[:LISTED],
        "all_cards": _more(cards, "admin:customers_chargecard_changelist", customer),
        "add_card": add_card if login.has_perm("customers.add_chargecard") and not customer.erased_at else "",
        "exceptions": _exceptions(login, customer),
        "sessions": _sessions(login, customer),
        "decisions": latest_decisions(login, customer=customer, elsewhere=True),
    }


def _more(rows: list[Any], name: str, customer: Customer) -> str:
    return reverse(name) + f"?customer__id__exact={customer.pk}" if len(rows) > LISTED else ""


def _exceptions(login: StaffMember, customer: Customer) -> list[dict[str, Any]]:
    """Each with what it costs now and whether it is in force."""
    now = timezone.now()
    rows = CustomerException.objects.visible_to(login).filter(customer=customer)
    listed = list(rows.select_related("charge_group", "tariff")[:LISTED])
    tags = current_prices([row.tariff for row in listed if row.tariff], now)
    return [{"row": row, "tag": tags.get(row.tariff_id), "when": _when(row, now)} for row in listed]


def _when(row: CustomerException, now: datetime) -> str:
    if row.valid_from is not None and row.valid_from > now:
        return "scheduled"
    return "past" if row.valid_until is not None and row.valid_until <= now else "now"


def _sessions(login: StaffMember, customer: Customer) -> dict[str, Any]:
    """What the customer charged in the last year, as far as the login sees."""
    since = timezone.now() - timedelta(days=DAYS)
    rows = Session.objects.visible_to(login).filter(customer=customer, started_at__gte=since)
    totals: dict[str, Any] = rows.aggregate(number=Count("pk"), kwh=Sum("kwh"), latest=Max("started_at"))
    return totals
