"""Admin of the decision log: the list, a decision as it was, and the cards that nobody knew."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, cast, get_args
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from chargegroups.access import OCPP16, OCPP201, Verdict
from chargepoints.admin.decision_pages import DecisionList, DecisionPages
from chargepoints.decision_views import (
    TEXTS,
    DecisionView,
    decision_views,
    search_decisions,
    sessions_led_to,
    unknown_cards,
    visible_parts,
    with_reason,
)
from chargepoints.models import DecisionEntry
from chargepoints.models.decisions import REFUSED
from chargepoints.resources import DecisionResource
from evcnet.admin.base import ModelAdmin
from evcnet.admin.filters import AutocompleteFilter, MomentsFilter
from evcnet.admin.requests import StaffRequest
from evcnet.admin.scoped import ReadOnly
from evcnet.badges import badge, two_lines
from evcnet.importexport.admin import BulkImportExportAdmin

VERDICTS = get_args(Verdict)


class DecisionVerdictFilter(DropdownFilter):
    title = "verdict"
    parameter_name = "verdict"

    def lookups(self, request: StaffRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("refused", "refused"), *((verdict, verdict.replace("_", " ").lower()) for verdict in VERDICTS)]

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        if self.value() == "refused":
            return queryset.filter(verdict__in=REFUSED)
        return queryset.filter(verdict=self.value()) if self.value() in VERDICTS else queryset


class ReasonFilter(DropdownFilter):
    title = "reason"
    parameter_name = "reason"

    def lookups(self, request: StaffRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return list(TEXTS.items())

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        reason = self.value()
        return with_reason(queryset, reason, request.user) if reason in TEXTS else queryset


@admin.register(DecisionEntry)
class DecisionAdmin(ReadOnly, ModelAdmin[DecisionEntry], BulkImportExportAdmin):
    resource_classes = (DecisionResource,)
    list_display = ["asked", "display_card", "display_point", "display_verdict", "display_reason", "asked_by"]
    list_select_related = ["api_key", "login"]
    list_filter = [
        ("asked_at", MomentsFilter),
        DecisionVerdictFilter,
        ReasonFilter,
        ("source", ChoicesDropdownFilter),
        ("charge_point", AutocompleteFilter),
        ("charge_group", AutocompleteFilter),
    ]
    search_fields = ["card_uid"]
    search_help_text = "Uid as it was asked; card, customer or charge point"
    ordering = ["-asked_at", "-id"]
    empty_words = (
        "Which card asked at which charge point, and what was decided. Backends ask by the API, staff on the page."
    )
    list_before_template = "chargepoints/decisions_links.html"

    def get_search_results(self, request: StaffRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return search_decisions(queryset, search_term, request.user), False

    # The list

    def get_changelist(self, request: StaffRequest, **kwargs: Any) -> Any:
        return DecisionList

    def get_paginator(self, request: StaffRequest, queryset: Any, per_page: int, *_: Any) -> DecisionPages:
        number = request.GET.get(PAGE_VAR, "")
        narrowed = any(name.startswith(("charge_point__", "charge_group__")) for name in request.GET)
        parts = visible_parts(request.user, at_own_points=narrowed)
        return DecisionPages(queryset, per_page, parts, int(number) if re.fullmatch("[0-9]{1,8}", number) else 1)

    views: dict[int, DecisionView]

    def fetch_columns(self, request: StaffRequest, rows: list[DecisionEntry]) -> None:
        views = decision_views(rows, request.user)
        self.views = {row.pk: view for row, view in zip(rows, views, strict=True)}

    @admin.display(description="asked", ordering="asked_at")
    def asked(self, entry: DecisionEntry) -> datetime:
        return entry.asked_at

    @admin.display(description="card")
    def display_card(self, entry: DecisionEntry) -> str:
        typed = format_html('<span class="evc-long">{}</span>', entry.card_uid)
        return two_lines(typed, str(self.views[entry.pk].customer or ""))

    @admin.display(description="charge point")
    def display_point(self, entry: DecisionEntry) -> str:
        point = self.views[entry.pk].point
        return two_lines(entry.identity, point.name if point else "")

    @admin.display(description="verdict")
    def display_verdict(self, entry: DecisionEntry) -> str:
        return badge(entry.verdict.lower())

    @admin.display(description="reason")
    def display_reason(self, entry: DecisionEntry) -> str:
        return str(self.views[entry.pk].text)

    @admin.display(description="asked by")
    def asked_by(self, entry: DecisionEntry) -> str:
        return two_lines(self.views[entry.pk].asked_by, entry.get_source_display())

    # Pages

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.unknown_cards_view)
        return [path("unknown-cards/", view, name="chargepoints_decisionentry_unknown_cards"), *super().get_urls()]

    def unknown_cards_view(self, request: StaffRequest) -> HttpResponse:
        """Which cards nobody knew, how often, since when; each may be added as a card."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        add = reverse("admin:customers_chargecard_add") if request.user.has_perm("customers.add_chargecard") else ""
        cards = [(card, f"{add}?{urlencode({'uid': card.uid})}" if add else "") for card in unknown_cards(request.user)]
        context = self.page_context(request, None, "Unknown cards") | {"cards": cards}
        return TemplateResponse(request, "chargepoints/unknown_cards.html", context)

    def change_view(
        self, request: StaffRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The decision as it was, whatever has changed since."""
        entry = self.get_object_or_404(request, object_id)
        (view,) = decision_views([entry], request.user)
        verdict = cast(Verdict, entry.verdict)
        context = self.page_context(request, entry, f"{entry.card_uid} at {entry.identity}") | {
            "decision": view,
            "entry": entry,
            "session": sessions_led_to([view], request.user).get(entry.pk),
            "allowed": entry.verdict == "ALLOWED",
            "passed": view.steps[:-1],
            "ocpp16": OCPP16[verdict],
            "ocpp201": OCPP201[verdict],
        }
        return TemplateResponse(request, "chargepoints/decision.html", context)

    def tabs(self, request: StaffRequest, obj: DecisionEntry) -> list[tuple[str, str]]:
        return []
