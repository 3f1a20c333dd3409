"""Sessions in the admin: the list, and the page of each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html

from chargepoints.admin.correct_session import CORRECT
from chargepoints.admin.replay_page import ReplayPage
from chargepoints.admin.session_filters import LatestPages, StartedFilter, VerdictFilter, sessions_named
from chargepoints.admin.session_page import about
from chargepoints.models import ChargePoint, Rating, Session
from chargepoints.rating import Measured, ratings_of
from chargepoints.rating_text import duration, money
from chargepoints.resources import SessionResource
from customers.models import Customer
from evcnet.admin.actions import ActionsAdmin
from evcnet.admin.filters import AutocompleteFilter
from evcnet.admin.presets import Preset
from evcnet.admin.requests import StaffRequest
from evcnet.badges import badge, two_lines
from evcnet.importexport.admin import BulkImportExportAdmin

NOT_VISIBLE = "not one of yours"


@admin.register(Session)
class SessionAdmin(ReplayPage, ActionsAdmin[Session], BulkImportExportAdmin):
    resource_classes = (SessionResource,)
    paginator = LatestPages
    list_display = ["started", "display_point", "who", "kwh_column", "lasted", "price", "display_verdict"]
    list_filter = [
        ("started_at", StartedFilter),
        ("customer", AutocompleteFilter),
        ("charge_point", AutocompleteFilter),
        ("charge_point__charge_group", AutocompleteFilter),
        VerdictFilter,
    ]
    presets = (
        Preset("All"),
        Preset("Not allowed", {"verdict": "refused"}, reads_list=True),
        Preset("Corrected", {"verdict": "corrected"}, reads_list=True),
    )
    search_fields = ["code"]
    search_help_text = "Session id, card, customer or charge point"
    ordering = ["-started_at", "-id"]
    empty_words = "What was charged, by whom and for how much. Sessions come in from a file."
    object_actions = (CORRECT,)

    # Sessions happen at charge points: they are imported, and never typed or edited by hand.

    def has_add_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_search_results(self, request: StaffRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return sessions_named(queryset, search_term, request.user), False

    # The list

    ratings: dict[int, Rating]
    visible_customers: dict[int, Customer]
    visible_points: dict[int, ChargePoint]

    def fetch_columns(self, request: StaffRequest, rows: list[Session]) -> None:
        self.ratings = ratings_of(rows)
        customers = Customer.objects.visible_to(request.user)
        self.visible_customers = customers.in_bulk({row.customer_id for row in rows} - {None})
        points = ChargePoint.objects.visible_to(request.user).select_related("location")
        self.visible_points = points.in_bulk({row.charge_point_id for row in rows})

    @admin.display(description="started", ordering="started_at")
    def started(self, session: Session) -> datetime:
        return session.started_at

    @admin.display(description="charge point")
    def display_point(self, session: Session) -> str:
        point = self.visible_points.get(session.charge_point_id)
        return two_lines(point.identity, str(point.location or point.name)) if point else NOT_VISIBLE

    @admin.display(description="customer and card")
    def who(self, session: Session) -> str:
        card = session.card_uid or "no card"
        if session.customer_id in self.visible_customers:
            return two_lines(str(self.visible_customers[session.customer_id]), card)
        return two_lines(card, "unknown card" if session.reason == "card_unknown" else NOT_VISIBLE)

    @admin.display(description="energy", ordering="kwh")
    def kwh_column(self, session: Session) -> str:
        return format_html('<span class="evc-number">{}&nbsp;kWh</span>', f"{session.kwh:,.2f}")

    @admin.display(description="lasted")
    def lasted(self, session: Session) -> str:
        return format_html('<span class="evc-number">{}</span>', duration(Measured.of(session).seconds))

    @admin.display(description="price incl. VAT")
    def price(self, session: Session) -> str:
        rating = self.ratings.get(session.pk)
        if rating is None:
            return "–"
        amount = format_html('<span class="evc-number">{}</span>', money(rating.incl_vat, rating.currency))
        return format_html("{} {}", amount, badge("corrected")) if rating.number > 1 else amount

    @admin.display(description="verdict")
    def display_verdict(self, session: Session) -> str:
        return badge(session.verdict.lower())

    # The page

    def tabs(self, request: StaffRequest, obj: Session) -> list[tuple[str, str]]:
        return [("Session", self.page(obj.pk)), ("History", self.page(obj.pk, "history"))]

    def change_view(self, request: StaffRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        return self.session_page(request, object_id)

    def session_page(self, request: StaffRequest, object_id: str) -> HttpResponse:
        session = self.get_object_or_404(request, object_id)
        context = self.page_context(request, session, f"Session {session.code}") | about(request, session)
        context["buttons"] = self.action_buttons(request, session)
        context["media"] = self.media + context["comparing"].media
        return TemplateResponse(request, "chargepoints/session.html", context)
