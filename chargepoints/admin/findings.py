"""The page "Findings": everything odd that a login sees, in one list, and what of it was set aside."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from chargegroups.models import ChargeGroup
from chargepoints.filters import TITLES, FindingFilter
from chargepoints.finding_dismissals import OpenOrAside, bring_back, dismiss
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from evcnet.text import counted
from roaming.findings import findings_and_dismissals
from tariffs.models import Tariff

PER_PAGE = 100
_PAGES = {Tariff: "prices", ChargeGroup: "access"}


def findings_page(request: StaffRequest) -> HttpResponse:
    login = request.user
    if not login.has_perm("chargegroups.view_chargegroup"):
        raise PermissionDenied
    findings = findings_and_dismissals(login, database_clock())
    done = _act(request, findings) if request.method == "POST" else None
    if done is not None:
        return done
    aside = [each for each in findings if each.dismissal is not None]
    listed = aside if "aside" in request.GET else [each for each in findings if each.dismissal is None]
    narrowed = FindingFilter(request.GET, findings=listed)
    page = Paginator(narrowed.qs, PER_PAGE).get_page(request.GET.get("p"))
    context = {
        **admin.site.each_context(request),
        "title": "Findings",
        "page": page,
        "lines": [_line(each) for each in page],
        "kinds": narrowed.kinds,
        "chosen": narrowed.chosen,
        "chosen_total": len(narrowed.qs),
        "warnings": sum(each.oddity.warning for each in listed),
        "total": len(listed),
        "is_aside": "aside" in request.GET,
        "aside": len(aside),
        "ticked": request.POST.getlist("finding"),
        "reason": request.POST.get("reason", ""),
        "may_dismiss": login.has_perm("chargepoints.add_dismissal"),
    }
    return TemplateResponse(request, "chargepoints/findings.html", context)


def _act(request: StaffRequest, findings: list[OpenOrAside]) -> HttpResponse | None:
    """Set aside, or bring back, those that are ticked, or all of a kind; None where the page says what is missing."""
    ticked, kind = set(request.POST.getlist("finding")), request.POST.get("all_of", "")
    chosen = [each for each in findings if each.digest in ticked or each.oddity.code == kind]
    if chosen and not request.user.has_perm("chargepoints.add_dismissal"):
        raise PermissionDenied
    reason = request.POST.get("reason", "").strip()[:500]
    if not chosen or not (reason or "back" in request.POST):
        messages.warning(request, "Nothing was done: choose findings, and say why they are set aside.")
        return None
    if "back" in request.POST:
        messages.success(request, f"{counted(bring_back(chosen, request.user), 'finding')} brought back.")
    else:
        number = dismiss(chosen, request.user, reason)
        words = "set aside. Each returns by itself once what it says changes; until then “Set aside” brings it back."
        messages.success(request, f"{counted(number, 'finding')} {words}")
    return HttpResponseRedirect(request.get_full_path())


def _line(finding: OpenOrAside) -> dict[str, Any]:
    oddity = finding.oddity
    title, link = TITLES.get(oddity.code, oddity.code), link_to(oddity.subject)
    return {"found": oddity, "digest": finding.digest, "dismissal": finding.dismissal, "title": title, "link": link}


def link_to(subject: Any) -> str:
    """The page where it is mended; empty for what has none."""
    if not admin.site.is_registered(type(subject)):
        return ""
    meta = subject._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{_PAGES.get(type(subject), 'change')}", args=[subject.pk])
