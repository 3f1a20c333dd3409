"""Live preview: how prices read and what they cost while somebody types them. Nothing is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse

from chargegroups.group_snapshots import versions_in_force
from chargepoints.rating_text import money
from chargepoints.tariff_findings import circumstances
from customers.models import Provider
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from tariffs.conversion import price_list
from tariffs.models import Tariff
from tariffs.pricing import Cost, describe, is_free, price_session, price_text
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing.lints import findings, lost_vat
from tariffs.pricing.reference_sessions import REFERENCE_SESSIONS

PARAMETER = "reads"
"""What a page that somebody types on sends along, to be answered by the words alone."""


@dataclass(frozen=True)
class ReferencePreview:
    """A reference session by the prices that are typed; `now` is empty where no version is in force."""

    title: str
    typed: str
    now: str
    difference: str


def is_requested(request: StaffRequest) -> bool:
    return PARAMETER in request.POST


def answer(request: StaffRequest, context: dict[str, Any]) -> HttpResponse:
    """The words alone, for the place on the page where they stand."""
    return TemplateResponse(request, "tariffs/live_preview.html", context)


def preview_context(
    request: StaffRequest, tariff: Tariff, listed: PriceList, begins: datetime | None = None
) -> dict[str, Any]:
    """How a price list reads to a driver, what is odd about it, and what the reference sessions cost by it."""
    now = database_clock()
    version = versions_in_force([tariff.pk], now).get(tariff.pk) if tariff.pk else None
    before = price_list(version) if version else None
    lost = [f"{each.why} {each.remedy}" for each in lost_vat(before, listed)] if before else []
    day = max(begins or now, now).astimezone(_provider(request, tariff).zone).date()
    return {
        "preview": describe(listed, incl_vat=True),
        "preview_text": price_text(listed, incl_vat=True),
        "preview_free": is_free(listed),
        "remarks": [*lost, *remarks(listed, circumstances(request.user, tariff, now))],
        "reference_previews": list(_reference_previews(_provider(request, tariff).time_zone, day, before, listed)),
    }


def _provider(request: StaffRequest, tariff: Tariff) -> Provider:
    return tariff.provider if tariff.provider_id else request.user.providers[0]


def _reference_previews(
    time_zone: str, day: date, before: PriceList | None, listed: PriceList
) -> Iterable[ReferencePreview]:
    for reference in REFERENCE_SESSIONS:
        session = reference.on_or_after(day, time_zone)
        then = price_session(listed, session)
        now = price_session(before, session) if before else None
        yield ReferencePreview(reference.title, _total(then), _total(now), difference(now, then))


def _total(cost: Cost | None) -> str:
    return money(cost.incl_vat, cost.currency) if cost else ""


def difference(before: Cost | None, after: Cost) -> str:
    """In words, of the totals including VAT."""
    if before is None:
        return ""
    amount = after.incl_vat - before.incl_vat
    if not amount:
        return "the same"
    share = f" ({amount / before.incl_vat * 100:+.1f} %)" if before.incl_vat else ""
    return f"{money(abs(amount), after.currency)} {'more' if amount > 0 else 'less'}{share}"


def remarks(listed: PriceList, used: dict[str, Any]) -> list[str]:
    """What is odd about a price list for where it is used, at which row, and how to mend it. None of it forbids it."""
    return [f"{_row(each.where)}{each.why} {each.remedy}" for each in findings(listed, **used)]


def _row(where: str) -> str:
    match = re.search(r"elements\[(\d+)\]", where)
    return f"Row {int(match[1]) + 1}: " if match else ""
