"""The calculator: what a session costs by a tariff, line by line, and by another version or a draft of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.template.response import TemplateResponse

from chargepoints.rating_text import RatingLine, duration, money, rating_lines
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock, moment_in_words
from tariffs.admin.live_preview import difference
from tariffs.admin.version_list import VersionDisplay, editor_page, find_scheduled, may_change, versions_of
from tariffs.admin.week_chart import Week, costs, picture
from tariffs.conversion import price_list
from tariffs.forms.price_table import PriceTable
from tariffs.forms.session import OWN, SessionForm
from tariffs.models import Tariff
from tariffs.pricing import Session, describe, is_free, price_session, price_text
from tariffs.pricing.clock import zone_of

STATES = {"now": "in force", "scheduled": "scheduled", "past": "earlier"}


TYPED = ("elements-", "version-", "editing")
"""How the fields of a draft begin, which travels with the page."""


@dataclass(frozen=True)
class VersionCost:
    """A version or draft with what the session costs by it; `difference` from the version in force, in words."""

    display: VersionDisplay
    excl_vat: str
    incl_vat: str
    lines: list[RatingLine]
    difference: str
    week: Week

    @property
    def key(self) -> str:
        return str(self.display.version.pk or "draft")


@dataclass(frozen=True)
class DraftVersion:
    """Prices that nobody has saved: as a version, as they were typed, and where they are edited on."""

    display: VersionDisplay
    typed: list[tuple[str, str]]
    page: str


def calculator(
    admin: ModelAdmin[Tariff], request: StaffRequest, tariff: Tariff, draft_data: Any = None
) -> HttpResponse:
    """``draft_data`` is a draft that comes from where it is edited; from then on the page sends it along itself."""
    draft = _draft(admin, tariff, request.POST if draft_data is None else draft_data)
    query: Any = request.GET if draft_data is None else {}
    if draft_data is None and request.method == "POST":
        query = request.POST
    versions = versions_of(tariff)
    form = _form(query, tariff, versions, draft)
    form.is_valid()
    compared = _side_by_side(versions, form, draft)
    context = admin.page_context(request, tariff, str(tariff)) | {
        "form": form,
        "draft": draft,
        "own": OWN,
        "zone": tariff.provider.time_zone,
        "address": admin.page(tariff.pk, "calculator"),
        "tab_of": admin.page(tariff.pk, "calculator"),
        "simple": editor_page(admin, tariff, simple=True) if may_change(request, tariff) else "",
        "described": form.session and _described(form.session),
        "priced": _version_costs(compared, form.session) if form.session else [],
        "in_force": any(each.state == "now" for each in versions),
        "hours": [f"{hour:02d}" for hour in range(24)],
    }
    return TemplateResponse(request, "tariffs/calculator.html", context)


def _draft(admin: ModelAdmin[Tariff], tariff: Tariff, data: Any) -> DraftVersion | None:
    """None where nothing is typed, or nothing that makes sense: the page where it is typed says what is wrong."""
    if "elements-TOTAL_FORMS" not in data:
        return None
    table = PriceTable(tariff, data)
    if not table.is_valid():
        return None
    listed, version = table.price_list, table.version.instance
    version.price_list = listed
    display = VersionDisplay(
        version, "draft", None, price_text(listed), is_free(listed), describe(listed, incl_vat=True), [], []
    )
    names = [name for name in data if name.startswith(TYPED)]
    typed = [(name, value) for name in names for value in data.getlist(name)]
    return DraftVersion(display, typed, editor_page(admin, tariff, find_scheduled(tariff, data.get("editing"))))


def _form(query: Any, tariff: Tariff, versions: list[VersionDisplay], draft: DraftVersion | None) -> SessionForm:
    others = [each for each in versions if each.state != "now"]
    coming = [each for each in others if each.state == "scheduled" and draft is None]
    # What comes next is what people compare with, so it stands there unless another or none is chosen.
    first = {"beside": str(coming[-1].version.pk)} if coming else {"beside": ""}
    zone = tariff.provider.zone
    choices = [(str(each.version.pk), _label(each, zone)) for each in others]
    typed: Mapping[str, str] = query.dict() if query else {}
    return SessionForm(tariff.provider, database_clock(), choices, first | dict(typed))


def _label(display: VersionDisplay, zone: ZoneInfo) -> str:
    return f"From {moment_in_words(display.version.valid_from, zone)}, {STATES[display.state]}: {display.text}"


def _side_by_side(
    versions: list[VersionDisplay], form: SessionForm, draft: DraftVersion | None
) -> list[VersionDisplay]:
    """The version in force first, then the draft, then the version that was chosen to stand beside them."""
    beside = form.cleaned_data.get("beside")
    in_force = [each for each in versions if each.state == "now"]
    beside_it = [each for each in versions if each.state != "now" and str(each.version.pk) == beside]
    return [*in_force, *([draft.display] if draft else []), *beside_it]


def _version_costs(versions: list[VersionDisplay], session: Session) -> list[VersionCost]:
    # A draft has no rows: its price list is at hand.
    listed = [getattr(each.version, "price_list", None) or price_list(each.version) for each in versions]
    weeks = [costs(each, session) for each in listed]
    scale = [amount for week in weeks for amount in week]
    prices = [price_session(each, session) for each in listed]
    return [
        VersionCost(
            display,
            money(cost.excl_vat, cost.currency),
            money(cost.incl_vat, cost.currency),
            rating_lines(line.as_dict() for line in cost.lines),
            difference(prices[0], cost) if display is not versions[0] else "",
            picture(week, session, cost.currency, scale),
        )
        for display, cost, week in zip(versions, prices, weeks, strict=True)
    ]


def _described(session: Session) -> str:
    """What was priced, as it was understood."""
    start = datetime.fromtimestamp(session.start, zone_of(session.time_zone))
    kwh = Decimal(sum(period.energy for period in session.periods)) / session.parts
    seconds = {"charging": 0, "parking": 0}
    for period in session.periods:
        seconds[period.activity] += period.seconds
    parked = f", then {duration(seconds['parking'])} parked" if seconds["parking"] else ""
    return f"{start:%A %-d %b %Y %H:%M}: {kwh.normalize():f} kWh in {duration(seconds['charging'])}{parked}"
