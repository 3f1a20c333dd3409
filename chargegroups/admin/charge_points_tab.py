"""The tab "Charge points" of a charge group: attach and detach."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from changes.admin.move_points import Destination, MovePointsWizard
from chargegroups.models import ChargeGroup
from chargepoints.decision_views import decision_counts
from chargepoints.models import ChargePoint
from chargepoints.point_picker import PointPicker, chosen_keys, is_searching
from chargepoints.search import points_named
from evcnet.admin.base import ModelAdmin
from evcnet.admin.replica_pages import reads_replica
from evcnet.admin.requests import StaffRequest
from evcnet.primary_keys import parse_pks

PER_PAGE = 50
PICKED = "point"


@reads_replica
def charge_points_view(admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> HttpResponseBase:
    """The tab: what is attached, and a picker of what could be."""
    if request.method == "POST" and not is_searching(request.POST, PICKED):
        return _attach(admin, request, group)
    may_change = may_move(request, group) and group.closed_at is None
    if request.method == "POST" and not may_change:
        raise PermissionDenied
    points = ChargePoint.objects.visible_to(request.user).filter(charge_group=group).select_related("location")
    page = Paginator(points_named(points, request.GET.get("q", "")), PER_PAGE).get_page(request.GET.get("p"))
    context = admin.page_context(request, group, str(group)) | {
        "page": page,
        "q": request.GET.get("q", ""),
        "picker": _picker(request, group) if may_change else "",
        "counts": decision_counts(request.user, charge_group=group),
        "may_change": may_change,
        "media": admin.media + PointPicker().media,
    }
    return TemplateResponse(request, "chargegroups/charge_points.html", context)


def detach_view(admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> HttpResponseBase:
    """The page before points are detached: whom it affects, and which of them stop working. Confirming does it."""
    _require(request, group)
    return _flow(admin, request, group, _selected_points(request, group), None)


def may_move(request: StaffRequest, group: ChargeGroup) -> bool:
    login = request.user
    return login.has_perm("chargegroups.change_chargegroup", group) and login.has_perm(
        "chargepoints.change_chargepoint"
    )


def _require(request: StaffRequest, group: ChargeGroup) -> None:
    if not may_move(request, group):
        raise PermissionDenied


def _attach(admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> HttpResponseBase:
    """The page before points are attached, out of other groups if need be."""
    _require(request, group)
    chosen = ChargePoint.objects.visible_to(request.user, "change").filter(pk__in=_ids(request))
    return _flow(admin, request, group, chosen, group)


def _flow(
    admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup, points: Any, to: ChargeGroup | None
) -> HttpResponseBase:
    rows = list(points.select_related("location", "charge_group", "provider"))
    back = admin.page(group.pk, "points")
    return MovePointsWizard(admin, request, group, rows, Destination(to), lambda: back).respond()


def _ids(request: StaffRequest) -> list[int]:
    return parse_pks(chosen_keys(request.POST, PICKED))


def _selected_points(request: StaffRequest, group: ChargeGroup) -> Any:
    return ChargePoint.objects.visible_to(request.user).filter(pk__in=_ids(request), charge_group=group)


def _picker(request: StaffRequest, group: ChargeGroup) -> SafeString:
    """Of the provider's charge points that are not in this group. An address may name what to search for."""
    points = ChargePoint.objects.visible_to(request.user, "change").filter(provider_id=group.provider_id)
    picker = PointPicker()
    picker.lists_all = False
    picker.points = points.exclude(charge_group=group).select_related("location", "charge_group")
    chosen = picker.value_from_datadict(request.POST, None, PICKED)
    picker.text = picker.text or request.GET.get("find", "").strip()
    return picker.render(PICKED, chosen)
