"""Change log: the list of changes made and to come, and the page of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib import admin
from django.db.models import Case, Count, Q, When
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from changes.admin import affected_customers, cancel_change, undo
from changes.admin.diff import StoredProposal, differences
from changes.change_permissions import OUT_OF_SIGHT, may_cancel, may_change_exceptions, may_make, partly_visible
from changes.impact_text import picture
from changes.models import Change
from changes.notify import announcements_of
from changes.preview import Preview, preview_scheduled
from changes.proposals import Inapplicable
from changes.undo import whole_undo
from changes.visible_impact import impact_today, recorded_impact, visible_preview
from chargegroups.models import ChargeGroup
from customers.effect_words import counts_in_words
from customers.models import Notice
from evcnet.admin.base import ModelAdmin
from evcnet.admin.filters import AutocompleteFilter
from evcnet.admin.requests import StaffRequest
from evcnet.admin.scoped import ReadOnly
from evcnet.badges import badge, two_lines
from evcnet.datetimes import database_clock
from tariffs.models import Tariff

MANY = 1_000
"""Of so many exceptions only the page that undoes them asks whether the login sees all of their customers."""
JUDGED = 10
"""For so many scheduled changes of a page the list shows the impact of today; for others that of their preview."""


def state_of(change: Change, now: datetime) -> str:
    if change.cancelled_at is not None:
        return "cancelled"
    return "scheduled" if change.takes_effect_at > now else "applied"


class StateFilter(DropdownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: StaffRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("scheduled", "Scheduled"), ("applied", "Applied"), ("cancelled", "Cancelled")]

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        now = database_clock()
        condition = {
            "scheduled": Q(cancelled_at=None, takes_effect_at__gt=now),
            "applied": Q(cancelled_at=None, takes_effect_at__lte=now),
            "cancelled": Q(cancelled_at__isnull=False),
        }.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


@admin.register(Change)
class ChangeAdmin(ReadOnly, ModelAdmin[Change]):
    list_display = ["what", "state", "takes_effect", "affects", "by", "made_at"]
    list_display_links = ["what"]
    list_filter = [
        StateFilter,
        ("kind", ChoicesDropdownFilter),
        ("way", ChoicesDropdownFilter),
        ("groups", AutocompleteFilter),
    ]
    list_select_related = ["made_by", "approved_by", "provider", "tariff"]
    open_relations = ("made_by", "approved_by")
    search_fields = ["sentence", "reason"]
    search_help_text = "What was changed, or the reason"

    # The list: what is to come first, the next one at the top

    def get_ordering(self, request: StaffRequest) -> Any:
        to_come = Case(When(cancelled_at=None, takes_effect_at__gt=database_clock(), then="takes_effect_at"))
        return [to_come.asc(nulls_last=True), "-made_at", "-pk"]

    states: dict[int, str]
    partly_visible: set[int]
    previews: dict[int, Preview]
    recorded: dict[int, Mapping[str, Any] | None]

    def fetch_columns(self, request: StaffRequest, rows: list[Change]) -> None:
        now = database_clock()
        self.states = {row.pk: state_of(row, now) for row in rows}
        self.partly_visible = partly_visible(request.user, rows)
        to_come = (row for row in rows if row.pk not in self.partly_visible and self.states[row.pk] == "scheduled")
        self.previews = {
            row.pk: visible_preview(preview_scheduled(row), request.user) for row in islice(to_come, JUDGED)
        }
        self.recorded = {row.pk: recorded_impact(row, request.user) for row in rows}

    @admin.display(description="what")
    def what(self, change: Change) -> str:
        return format_html('{}<span class="evc-below">{}</span>', change.sentence, change.reason)

    @admin.display(description="state")
    def state(self, change: Change) -> str:
        return badge(self.states[change.pk])

    @admin.display(description="takes effect", ordering="takes_effect_at")
    def takes_effect(self, change: Change) -> datetime:
        return change.takes_effect_at

    @admin.display(description="customers affected")
    def affects(self, change: Change) -> str:
        preview, recorded = self.previews.get(change.pk), self.recorded[change.pk]
        if change.pk in self.partly_visible or recorded is None:
            return OUT_OF_SIGHT
        counts = preview.impact.customers_by_effect if preview else recorded["counts"]
        return "; ".join(counts_in_words(counts)) or "nobody"

    @admin.display(description="by", ordering="made_by__name")
    def by(self, change: Change) -> str:
        return two_lines(
            str(change.made_by or "a command"), "; ".join(filter(None, (change.preview_note, change.approval_note)))
        )

    # The page of one

    def change_view(
        self, request: StaffRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        change = self.get_object_or_404(request, object_id)
        context = self.page_context(request, change, str(change)) | self._detail_context(request, change)
        return TemplateResponse(request, "changes/change.html", context)

    def tabs(self, request: StaffRequest, obj: Change) -> list[tuple[str, str]]:
        return []

    def object_views(self) -> dict[str, Any]:
        return {
            "undo": undo.undo_view,
            "cancel": cancel_change.cancel_view,
            "affected": affected_customers.affected,
        }

    def _detail_context(self, request: StaffRequest, change: Change) -> dict[str, Any]:
        now = database_clock()
        state, whole = state_of(change, now), not partly_visible(request.user, [change])
        recorded = recorded_impact(change, request.user)
        groups = list(ChargeGroup.objects.visible_to(request.user).filter(changes=change)[:20])
        stored = StoredProposal(
            change.provider_id, change.proposal, change.earlier, change.takes_effect_at, request.user
        )
        return {
            "change": change,
            "opens_tariff": Tariff.objects.visible_to(request.user).filter(pk=change.tariff_id).exists(),
            "state": state,
            "groups": groups,
            "other_groups": change.groups.count() - len(groups) if whole else 0,
            "whole": whole,
            "out_of_sight": OUT_OF_SIGHT,
            "differences": differences(stored),
            "recorded": picture(recorded) if whole and recorded is not None else None,
            "today": picture(impact_today(change, request.user)) if whole and state == "scheduled" else None,
            "conflicts": conflicts(request, change) if state == "scheduled" else [],
            "announcements": announcements(request, change),
            "may_cancel": state == "scheduled" and may_cancel(request.user, change),
            "may_undo": state == "applied" and _may_undo(request, change),
            "undone_by": list(change.undone_by.all()),
            "zone": change.provider.time_zone,
        }


def conflicts(request: StaffRequest, change: Change) -> list[Change]:
    """Other changes to come that touch the same charge groups, the next one first."""
    others = Change.objects.visible_to(request.user).scheduled_after(database_clock()).exclude(pk=change.pk)
    touching = others.filter(groups__in=change.groups.values("pk")).distinct()
    return list(touching.order_by("takes_effect_at")[:10])


def announcements(request: StaffRequest, change: Change) -> list[dict[str, Any]]:
    """Who was told: each announcement with its notices by state, as far as the login sees them."""
    rows, now = announcements_of(change), database_clock()
    summaries = []
    for row in rows.order_by("pk"):
        notices = Notice.objects.visible_to(request.user).filter(announcement=row).order_by()
        counts = dict(notices.values_list("state").annotate(number=Count("pk")))
        link = reverse("admin:customers_notice_changelist") + f"?announcement__id__exact={row.pk}"
        states = [(state, counts[state]) for state in Notice.State.values if state in counts]
        waits = row.due_at is not None and row.due_at > now and Notice.State.QUEUED in counts
        summaries.append({"announcement": row, "states": states, "link": link if counts else "", "waits": waits})
    return summaries


def _may_undo(request: StaffRequest, change: Change) -> bool:
    if len(change.earlier.get("rows", ())) > MANY:
        return may_change_exceptions(request.user, change.groups.all(), "delete")
    try:
        return may_make(request.user, whole_undo(change))
    except Inapplicable:
        return False
