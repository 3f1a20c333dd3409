"""The page "Findings": everything odd that a login sees, in one list."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from chargegroups.models import ChargeGroup
from chargepoints.findings import FindingScope, Oddity, findings_for
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from tariffs.models import Tariff

PER_PAGE = 100
TITLES = {
    "afir_energy": "Ad hoc price without a price per kWh",
    "afir_time": "Ad hoc price with a price for charging time",
    "dear": "Price far above the others",
    "decimals": "More than two decimals outside Home groups",
    "free": "Free of charge for everyone",
    "minute_gap": "A minute left out",
    "never_met": "Condition that no session meets",
    "never_reached": "Price that can never apply",
    "no_fallback": "Moments without a price",
    "overlap": "Windows that overlap",
    "owner_pays": "Owner pays for their own sessions",
    "owner_without_exception": "Owner without an exception",
    "published_in_vain": "Published while nobody can charge",
    "roaming_unpublished": "Roaming while not published",
}
_PAGES = {Tariff: "prices", ChargeGroup: "access"}


def findings_page(request: StaffRequest) -> HttpResponse:
    login = request.user
    if not login.has_perm("chargegroups.view_chargegroup"):
        raise PermissionDenied
    findings = findings_for(FindingScope.by(login), database_clock())
    kinds = Counter(each.code for each in findings)
    chosen = request.GET.get("kind", "")
    selection = [each for each in findings if each.code == chosen] if chosen in kinds else findings
    page = Paginator(selection, PER_PAGE).get_page(request.GET.get("p"))
    context = {
        **admin.site.each_context(request),
        "title": "Findings",
        "page": page,
        "lines": [_line(each) for each in page],
        "kinds": [(code, TITLES.get(code, code), count) for code, count in sorted(kinds.items())],
        "chosen": chosen if chosen in kinds else "",
        "warnings": sum(each.warning for each in findings),
        "total": len(findings),
    }
    return TemplateResponse(request, "chargepoints/findings.html", context)


def _line(finding: Oddity) -> dict[str, Any]:
    return {"found": finding, "title": TITLES.get(finding.code, finding.code), "link": link_to(finding.subject)}


def link_to(subject: Any) -> str:
    """The page where it is mended."""
    meta = subject._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{_PAGES.get(type(subject), 'change')}", args=[subject.pk])
