"""Queues as staff read them: the tab "Social charging" of a charge group, and the tab "Queue" of a charge point."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Avg, Count, F, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.http import require_POST

from changes.change_permissions import may_change_terms
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Hold
from customers.audit import record
from customers.models import AuditEntry, Customer, StaffMember
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from socialcharging.models import QueueEntry, SocialSettings
from socialcharging.queues import leave

LISTED = 50
DAYS = 30
MAY_REMOVE, MAY_SET = "socialcharging.change_queueentry", "socialcharging.change_socialsettings"


class SocialSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The hold time, and words on the driver's page."""

    class Meta:
        model = SocialSettings
        fields = ("hold_minutes", "words_en", "words_nl", "words_de", "words_fr")
        widgets = {f"words_{language}": forms.Textarea(attrs={"rows": 2}) for language in ("en", "nl", "de", "fr")}


def group_tab(admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> HttpResponse:
    form = SocialSettingsForm(instance=SocialSettings.of(group))
    return _group_page(admin, request, group, form)


def _group_page(
    admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup, form: SocialSettingsForm
) -> HttpResponse:
    login, now = request.user, timezone.now()
    entries = QueueEntry.objects.visible_to(login).filter(charge_point__charge_group=group)
    context = admin.page_context(request, group, str(group)) | {
        "terms": GroupSnapshot.of(group, now).stored,
        "may_change_terms": group.closed_at is None and may_change_terms(login, group),
        "form": form,
        "may_set": login.has_perm(MAY_SET, group),
        "set_url": admin.page(group.pk, "social_settings"),
        **_queue_context(login, entries, now),
        "may_remove": login.has_perm(MAY_REMOVE, group),
        "remove_url": admin.page(group.pk, "social_remove"),
    }
    return TemplateResponse(request, "socialcharging/group_tab.html", context)


def point_tab(admin: ModelAdmin[ChargePoint], request: StaffRequest, point: ChargePoint) -> HttpResponse:
    login, now = request.user, timezone.now()
    entries = QueueEntry.objects.visible_to(login).filter(charge_point=point)
    context = admin.page_context(request, point, str(point)) | {
        **_queue_context(login, entries, now),
        "may_remove": login.has_perm(MAY_REMOVE, point),
        "remove_url": admin.page(point.pk, "queue_remove"),
    }
    return TemplateResponse(request, "socialcharging/point_tab.html", context)


def _queue_context(login: StaffMember, entries: Any, now: datetime) -> dict[str, Any]:
    """Who waits now, who waited lately and how long, and figures of the last 30 days."""
    waiting = list(entries.filter(left_at=None).select_related("charge_point").order_by("charge_point", "pk")[:LISTED])
    past = entries.exclude(left_at=None).select_related("charge_point", "removed_by")
    past = list(past.order_by("-left_at", "-pk")[:LISTED])
    names = Customer.objects.visible_to(login).in_bulk({row.customer_id for row in (*waiting, *past)})
    points = {row.charge_point_id for row in waiting}
    holds = {
        (hold.charge_point_id, hold.customer_id): hold
        for hold in Hold.objects.filter(charge_point__in=points, ended_at=None, until__gt=now)
    }
    recent = entries.filter(joined_at__gte=now - timedelta(days=DAYS))
    figures = recent.aggregate(
        joined=Count("pk"),
        charged=Count("pk", filter=Q(outcome="used")),
        missed=Count("pk", filter=Q(outcome="missed")),
        wait=Avg(F("left_at") - F("joined_at"), filter=Q(outcome="used")),
    )
    wait = figures.pop("wait")
    return {
        "waiting": _placed(waiting, names, holds, now),
        "history": [
            {"row": row, "customer": names.get(row.customer_id), "minutes": _minutes(row.left_at - row.joined_at)}
            for row in past
        ],
        "figures": figures | {"wait": None if wait is None else _minutes(wait), "waiting": entries.filter(left_at=None).count()},
    }  # fmt: skip


def _placed(rows: list[QueueEntry], names: Any, holds: dict[Any, Hold], now: datetime) -> list[dict[str, Any]]:
    """With each one's place in the queue of the point."""
    places: dict[int, int] = {}
    placed = []
    for row in rows:
        places[row.charge_point_id] = places.get(row.charge_point_id, 0) + 1
        hold = holds.get((row.charge_point_id, row.customer_id))
        placed.append(
            {
                "row": row, "place": places[row.charge_point_id], "customer": names.get(row.customer_id), "hold": hold,
                "minutes": _minutes(now - row.joined_at),
            }
        )  # fmt: skip
    return placed


def _minutes(wait: timedelta) -> int:
    return int(wait.total_seconds() // 60)


def posts_of_group(admin: ModelAdmin[ChargeGroup]) -> list[URLPattern]:
    """The addresses of what the tab of a group posts to."""

    def settings(request: StaffRequest, object_id: str) -> HttpResponseBase:
        group = _allowed(admin, request, object_id, MAY_SET)
        form = SocialSettingsForm(request.POST, instance=SocialSettings.of(group))
        if not form.is_valid():
            return _group_page(admin, request, group, form)
        form.save()
        messages.success(request, "Saved. Holds that run keep their time.")
        return HttpResponseRedirect(admin.page(group.pk, "social"))

    def remove(request: StaffRequest, object_id: str) -> HttpResponseBase:
        group = _allowed(admin, request, object_id, MAY_REMOVE)
        _remove(request, QueueEntry.objects.filter(charge_point__charge_group=group))
        return HttpResponseRedirect(admin.page(group.pk, "social"))

    return [
        admin.object_path("social/settings", require_POST(settings)),
        admin.object_path("social/remove", require_POST(remove)),
    ]


def posts_of_point(admin: ModelAdmin[ChargePoint]) -> list[URLPattern]:
    def remove(request: StaffRequest, object_id: str) -> HttpResponseBase:
        point = _allowed(admin, request, object_id, MAY_REMOVE)
        _remove(request, QueueEntry.objects.filter(charge_point=point))
        return HttpResponseRedirect(admin.page(point.pk, "queue"))

    return [admin.object_path("queue/remove", require_POST(remove))]


def _allowed(admin: ModelAdmin[Any], request: StaffRequest, object_id: str, permission: str) -> Any:
    obj: ChargeGroup | ChargePoint = admin.get_object_or_404(request, object_id)
    if not request.user.has_perm(permission, obj):
        raise PermissionDenied
    return obj


def _remove(request: StaffRequest, entries: Any) -> None:
    """One entry, and that on the record."""
    pk = request.POST.get("entry", "")
    rows = entries.select_related("customer__provider", "charge_point")
    entry: QueueEntry | None = rows.filter(pk=pk if pk.isdecimal() and len(pk) < 19 else 0, left_at=None).first()
    if entry is None or not leave(
        entry.customer, entry.charge_point, timezone.now(), Hold.Outcome.REMOVED, request.user
    ):
        messages.info(request, "Nothing was done: the driver is not in the queue any more.")
        return
    about = f"customer {entry.customer.number} at {entry.charge_point.identity}"
    record(AuditEntry.Event.QUEUE_ENTRY_REMOVED, request.user, entry.customer.provider, about=about)
    messages.success(request, f"Removed from the queue of {entry.charge_point}. The turn passes on.")
