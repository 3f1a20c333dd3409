"""What does a session cost by this tariff, line by line, and by another version of it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from chargegroups.admin.versions import Shown, versions_of
from chargegroups.admin.week_picture import Week, costs, picture
from chargegroups.changes import database_clock
from chargegroups.models import Tariff
from chargegroups.price_lists import price_list
from chargegroups.pricing import Cost, Session, price_session
from chargegroups.pricing.clock import zone_of
from chargegroups.session_form import OWN, SessionForm
from chargepoints.rating_lines import ShownLine, duration, money, shown_lines

STATES = {"now": "in force", "scheduled": "scheduled", "past": "earlier"}


@dataclass(frozen=True)
class Priced:
    """A version with what the session costs by it; `difference` from the version in force, in words."""

    shown: Shown
    excl_vat: str
    incl_vat: str
    lines: list[ShownLine]
    difference: str
    week: Week


def calculator(admin: Any, request: HttpRequest, tariff: Tariff) -> HttpResponse:
    versions = versions_of(tariff)
    form = _form(request, tariff, versions)
    form.is_valid()
    context = admin.page_context(request, tariff, str(tariff)) | {
        "form": form,
        "own": OWN,
        "zone": tariff.provider.time_zone,
        "described": form.session and _described(form.session),
        "priced": _priced(_chosen(versions, form), form.session) if form.session else [],
        "in_force": any(each.state == "now" for each in versions),
        "hours": [f"{hour:02d}" for hour in range(24)],
    }
    return TemplateResponse(request, "chargegroups/calculator.html", context)


def _form(request: HttpRequest, tariff: Tariff, versions: list[Shown]) -> SessionForm:
    others = [each for each in versions if each.state != "now"]
    scheduled = [each for each in others if each.state == "scheduled"]
    # What comes next is what people compare with, so it stands there unless another or none is chosen.
    first = {"beside": str(scheduled[-1].version.pk)} if scheduled else {"beside": ""}
    zone = tariff.provider.zone
    choices = [(str(each.version.pk), _label(each, zone)) for each in others]
    return SessionForm(tariff.provider, database_clock(), choices, first | request.GET.dict())


def _label(shown: Shown, zone: Any) -> str:
    return f"From {shown.version.valid_from.astimezone(zone):%Y-%m-%d %H:%M}, {STATES[shown.state]}: {shown.text}"


def _chosen(versions: list[Shown], form: SessionForm) -> list[Shown]:
    """The version in force first, then the one that was chosen to stand beside it."""
    beside = form.cleaned_data.get("beside")
    return [each for each in versions if each.state == "now"] + [
        each for each in versions if each.state != "now" and str(each.version.pk) == beside
    ]


def _priced(versions: list[Shown], session: Session) -> list[Priced]:
    listed = [price_list(each.version) for each in versions]
    weeks = [costs(each, session) for each in listed]
    scale = [amount for week in weeks for amount in week]
    prices = [price_session(each, session) for each in listed]
    return [
        Priced(
            shown,
            money(cost.excl_vat, cost.currency),
            money(cost.incl_vat, cost.currency),
            shown_lines(line.as_dict() for line in cost.lines),
            _difference(prices[0], cost) if shown is not versions[0] else "",
            picture(week, session, cost.currency, scale),
        )
        for shown, cost, week in zip(versions, prices, weeks, strict=True)
    ]


def _difference(before: Cost, after: Cost) -> str:
    amount = after.incl_vat - before.incl_vat
    if not amount:
        return "the same"
    share = f" ({amount / before.incl_vat * 100:+.1f} %)" if before.incl_vat else ""
    return f"{money(abs(amount), after.currency)} {'more' if amount > 0 else 'less'}{share}"


def _described(session: Session) -> str:
    """What was priced, as it was understood."""
    start = datetime.fromtimestamp(session.start, zone_of(session.time_zone))
    kwh = Decimal(sum(period.energy for period in session.periods)) / session.parts
    seconds = {"charging": 0, "parking": 0}
    for period in session.periods:
        seconds[period.activity] += period.seconds
    parked = f", then {duration(seconds['parking'])} parked" if seconds["parking"] else ""
    return f"{start:%A %Y-%m-%d %H:%M}: {kwh.normalize():f} kWh in {duration(seconds['charging'])}{parked}"
