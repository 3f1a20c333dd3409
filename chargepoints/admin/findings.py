"""The page "Findings": everything odd that a login sees, in one list."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from chargegroups.models import ChargeGroup
from chargepoints.filters import TITLES, FindingFilter
from chargepoints.findings import Oddity
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from roaming.findings import all_findings
from tariffs.models import Tariff

PER_PAGE = 100
_PAGES = {Tariff: "prices", ChargeGroup: "access"}


def findings_page(request: StaffRequest) -> HttpResponse:
    login = request.user
    if not login.has_perm("chargegroups.view_chargegroup"):
        raise PermissionDenied
    findings = all_findings(login, database_clock())
    narrowed = FindingFilter(request.GET, findings=findings)
    page = Paginator(narrowed.qs, PER_PAGE).get_page(request.GET.get("p"))
    context = {
        **admin.site.each_context(request),
        "title": "Findings",
        "page": page,
        "lines": [_line(each) for each in page],
        "kinds": narrowed.kinds,
        "chosen": narrowed.chosen,
        "warnings": sum(each.warning for each in findings),
        "total": len(findings),
    }
    return TemplateResponse(request, "chargepoints/findings.html", context)


def _line(finding: Oddity) -> dict[str, Any]:
    return {"found": finding, "title": TITLES.get(finding.code, finding.code), "link": link_to(finding.subject)}


def link_to(subject: Any) -> str:
    """The page where it is mended; empty for what has none."""
    if not admin.site.is_registered(type(subject)):
        return ""
    meta = subject._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{_PAGES.get(type(subject), 'change')}", args=[subject.pk])
