"""Admin of charge cards."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from customers.admin import status_actions
from customers.admin.card_page import card_overview
from customers.forms import ChargeCardForm, NewChargeCardForm
from customers.models import ChargeCard
from customers.resources import ChargeCardResource
from customers.search import begins_with, search_cards
from evcnet.admin.actions import ActionsAdmin
from evcnet.admin.filters import AutocompleteFilter
from evcnet.admin.overview import Overview, OverviewAdmin
from evcnet.admin.presets import Preset
from evcnet.admin.requests import StaffRequest
from evcnet.admin.status_step import StatusStepAdmin
from evcnet.badges import badge, two_lines
from evcnet.datetimes import end_in_words
from evcnet.importexport.admin import BulkImportExportAdmin


@admin.register(ChargeCard)
class ChargeCardAdmin(
    OverviewAdmin[ChargeCard], StatusStepAdmin[ChargeCard], ActionsAdmin[ChargeCard], BulkImportExportAdmin
):
    resource_classes = (ChargeCardResource,)
    form = ChargeCardForm
    list_display = ["display_card", "display_customer", "display_roaming", "display_valid_until", "display_status"]
    list_select_related = ["customer"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        "roaming",
        ("type", ChoicesDropdownFilter),
        ("customer", AutocompleteFilter),
    ]
    presets = (
        Preset("All"),
        Preset("Active", {"status__exact": "active"}),
        Preset("Blocked", {"status__exact": "deactivated"}),
        Preset("Inactive", {"status__exact": "inactive"}),
    )
    search_fields = ["uid", "visual_number"]
    search_help_text = "uid, visual number, customer's name or number"
    autocomplete_fields = ["customer"]
    fieldsets = [
        (None, {"fields": ["uid", "visual_number", "customer", "status"]}),
        ("Use", {"fields": ["type", "roaming", "valid_from", "valid_until"]}),
    ]
    empty_words = "What drivers show to a reader."
    empty_advice = "Add them one by one, or import a file."
    status_kind = status_actions.CARDS
    bulk_actions = (status_actions.BLOCK_CARD, status_actions.UNBLOCK_CARD)

    def get_search_results(self, request: StaffRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return search_cards(queryset, search_term), False

    def rank_matches(self, rows: Any, typed: str) -> Any:
        return begins_with(rows, typed, row="card")

    @admin.display(description="card", ordering="uid")
    def display_card(self, card: ChargeCard) -> str:
        return two_lines(card.uid, card.visual_number)

    @admin.display(description="customer")
    def display_customer(self, card: ChargeCard) -> str:
        return str(card.customer) if card.customer else "–"

    @admin.display(description="valid until", ordering="valid_until")
    def display_valid_until(self, card: ChargeCard) -> str:
        words = end_in_words(card.valid_until, timezone.get_current_timezone()) or "–"
        expired = card.valid_until is not None and card.valid_until <= timezone.now()
        return two_lines(words, "expired") if expired else words

    @admin.display(description="roaming", ordering="roaming")
    def display_roaming(self, card: ChargeCard) -> str:
        return badge("roaming") if card.roaming else "No"

    @admin.display(description="status", ordering="status")
    def display_status(self, card: ChargeCard) -> str:
        return badge("blocked" if card.status == ChargeCard.Status.DEACTIVATED else card.status)

    def get_form(
        self, request: StaffRequest, obj: ChargeCard | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return super().get_form(request, obj, change=change, form=self.form if change else NewChargeCardForm, **kwargs)

    def save_model(self, request: StaffRequest, obj: ChargeCard, form: ChargeCardForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.activated:
            messages.info(request, f"{obj} belongs to {obj.customer} and is active now.")
        if form.deactivated:
            messages.warning(request, f"{obj} has no customer any more and is inactive now.")

    def overview(self, request: StaffRequest, obj: ChargeCard) -> Overview:
        return card_overview(self, request, obj)

    def tabs(self, request: StaffRequest, obj: ChargeCard) -> list[tuple[str, str]]:
        return [(label, self.page(obj.pk, view)) for label, view in (("Overview", "overview"), ("History", "history"))]
