"""Admin of customers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from changes.admin.move_customers import regroup_customer
from customers.admin import exception_action, move_action, privacy, status_actions
from customers.admin.customer_page import customer_overview
from customers.counts import count_customers, customer_totals
from customers.forms import CustomerForm
from customers.models import ChargeCard, Customer, UserGroup
from customers.resources import CustomerResource, CustomersWithCardsResource
from customers.search import begins_with, search_customers
from evcnet.admin.actions import ActionsAdmin
from evcnet.admin.overview import Overview, OverviewAdmin
from evcnet.admin.presets import Preset
from evcnet.admin.requests import StaffRequest
from evcnet.admin.status_step import StatusStepAdmin
from evcnet.badges import badge
from evcnet.importexport.admin import BulkImportExportAdmin
from socialcharging.admin.driver_links import driver_links


class CardsFilter(DropdownFilter):
    title = "charge cards"
    parameter_name = "cards"

    def lookups(self, request: StaffRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("none", "No card"), ("some", "One or more")]

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        has_cards = Exists(ChargeCard.objects.filter(customer=OuterRef("pk")))
        condition = {"none": ~has_cards, "some": has_cards}.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


@admin.register(Customer)
class CustomerAdmin(OverviewAdmin[Customer], StatusStepAdmin[Customer], ActionsAdmin[Customer], BulkImportExportAdmin):
    resource_classes = (CustomerResource, CustomersWithCardsResource)
    form = CustomerForm
    list_display = ["number", "name", "display_group", "kind", "payment", "cards", "display_status"]
    list_display_links = ["number", "name"]
    list_select_related = ["user_group"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        "user_group",
        ("payment", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        CardsFilter,
    ]
    presets = (
        Preset("All"),
        Preset("Waiting", {"status__exact": "pending"}, action="approve"),
        Preset("Blocked", {"status__exact": "blocked"}),
        Preset("Without a card", {"cards": "none"}, reads_list=True),
    )
    search_fields = ["name", "number", "email"]
    search_help_text = "Name, number, e-mail address, card uid or visual number"
    fieldsets = [
        (None, {"fields": ["number", "name", "kind", "user_group", "status"]}),
        ("Payment and contact", {"fields": ["payment", "email", "language"]}),
    ]
    empty_words = "Who charges: private people, companies and their employees."
    empty_advice = "Add them one by one, or import a file."
    status_kind = status_actions.CUSTOMERS
    bulk_actions = (
        status_actions.APPROVE,
        status_actions.REJECT,
        status_actions.BLOCK,
        status_actions.UNBLOCK,
        status_actions.DEACTIVATE,
        move_action.MOVE,
    )
    object_actions = (exception_action.EXCEPTION, privacy.DISCLOSE, privacy.ERASE)

    def get_search_results(self, request: StaffRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return search_customers(queryset, search_term), False

    def rank_matches(self, rows: Any, typed: str) -> Any:
        return begins_with(rows, typed)

    def exact_total(self, request: StaffRequest) -> int:
        """By the ledger of counts."""
        return count_customers(request.user)

    def preset_totals(self, request: StaffRequest) -> dict[str, QuerySet[Any, Any]]:
        """By the ledger of counts."""
        statuses = {"All": {}, "Waiting": {"status": "pending"}, "Blocked": {"status": "blocked"}}
        return {label: customer_totals(request.user, **facts) for label, facts in statuses.items()}

    @admin.display(description="user group")
    def display_group(self, customer: Customer) -> str:
        return str(customer.user_group)

    @admin.display(description="status", ordering="status")
    def display_status(self, customer: Customer) -> str:
        return badge("erased" if customer.erased_at else customer.status)

    def has_change_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        """Of an erased customer nothing changes any more."""
        erased = isinstance(obj, Customer) and obj.erased_at is not None
        return not erased and super().has_change_permission(request, obj)

    @admin.display(description="cards")
    def cards(self, customer: Customer) -> int:
        return self.card_counts.get(customer.pk, 0)

    card_counts: dict[int, int]

    def fetch_columns(self, request: StaffRequest, rows: list[Customer]) -> None:
        cards = ChargeCard.objects.filter(customer__in=rows).order_by()
        self.card_counts = dict(cards.values_list("customer").annotate(number=Count("pk")))

    def history_sources(self, obj: Customer) -> list[tuple[Any, Any]]:
        return [(Customer, [obj.pk]), (ChargeCard, ChargeCard.objects.filter(customer=obj).values("pk"))]

    def action_buttons(self, request: StaffRequest, obj: Customer) -> list[dict[str, Any]]:
        buttons = super().action_buttons(request, obj)
        return buttons if _moves(request) else [each for each in buttons if each["action"] is not move_action.MOVE]

    def get_actions(self, request: StaffRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if not _moves(request):
            actions.pop(move_action.MOVE.name, None)
        return actions

    # The user group: a new customer arises in it, one that exists gets there through a preview

    moves_to: UserGroup | None = None
    """Where the customer whom this request saved is to go."""

    def save_model(self, request: StaffRequest, obj: Customer, form: CustomerForm, change: bool) -> None:
        self.moves_to = form.moves_to
        super().save_model(request, obj, form, change)

    def response_change(self, request: StaffRequest, obj: Customer) -> HttpResponse:
        if self.moves_to is None:
            response: HttpResponse = super().response_change(request, obj)
            return response
        messages.info(request, "The user group changes once you have confirmed it here. Everything else is saved.")
        return HttpResponseRedirect(f"{self.page(obj.pk, 'regroup')}?{urlencode({'to': self.moves_to.pk})}")

    def object_views(self) -> dict[str, Any]:
        return {"regroup": regroup_customer, "driver": driver_links}

    def overview(self, request: StaffRequest, obj: Customer) -> Overview:
        return customer_overview(self, request, obj)

    def tabs(self, request: StaffRequest, obj: Customer) -> list[tuple[str, str]]:
        return [(label, self.page(obj.pk, view)) for label, view in (("Overview", "overview"), ("History", "history"))]


def _moves(request: StaffRequest) -> bool:
    """Is there another user group to which this login could move a customer?"""
    return len(UserGroup.objects.visible_to(request.user).order_by()[:2]) > 1
