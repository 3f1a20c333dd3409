"""Close a charge group: first a page that says what stops, then the deed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from chargegroups.admin.charge_points import may_move
from chargegroups.models import ChargeGroup
from chargepoints.changes import stops_working
from chargepoints.closing import close, remove, why_not_remove
from chargepoints.models import ChargePoint
from evcnet.refusals import Refused

__all__ = ["closing", "remove", "why_not_remove"]


def closing(admin: Any, request: HttpRequest, group: ChargeGroup) -> HttpResponse:
    if not may_move(request, group):
        raise PermissionDenied
    if request.method == "POST":
        return _close(admin, request, group)
    points = ChargePoint.objects.filter(charge_group=group).select_related("location")
    stopping = stops_working(points)
    context = admin.page_context(request, group, f"Close {group}?") | {
        "stopping": stopping,
        "others": points.count() - len(stopping),
    }
    return TemplateResponse(request, "chargegroups/close.html", context)


def _close(admin: Any, request: HttpRequest, group: ChargeGroup) -> HttpResponse:
    try:
        outcome = close(group)
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        detached = len(outcome.done)
        messages.success(request, f"{group} is closed, and {detached:,} charge points were detached.")
    return HttpResponseRedirect(admin.page(group.pk))
