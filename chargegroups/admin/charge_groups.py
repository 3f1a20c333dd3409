"""Charge groups in the admin: the list, the form, and the pages of each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from unfold.contrib.filters.admin import DropdownFilter

from changes.admin import exceptions, terms
from changes.admin.terms_of_many import TERMS_OF_MANY
from chargegroups.access_summary import who_may_charge
from chargegroups.admin import access_at_tab, access_tab, add_group, charge_points_tab, close_page, customers_tab
from chargegroups.admin.overview_page import group_overview
from chargegroups.admin.page_head import GroupSummary
from chargegroups.forms import ChargeGroupAddForm
from chargegroups.group_prices import free_for_everyone, without_price
from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargegroups.resources import ChargeGroupResource, ExceptionResource
from chargepoints.admin import price_sheet_tab
from chargepoints.close_group import remove, why_not_remove
from chargepoints.models import ChargePoint, PricePage
from evcnet.admin.actions import ActionsAdmin
from evcnet.admin.forms import PortalForm
from evcnet.admin.overview import Overview, OverviewAdmin
from evcnet.admin.presets import Preset
from evcnet.admin.requests import StaffRequest
from evcnet.badges import badge
from evcnet.datetimes import database_clock
from evcnet.history import event_model
from evcnet.importexport.admin import BulkImportExportAdmin
from evcnet.templatetags.portal import price
from roaming.admin import roaming_tab
from socialcharging.admin import queue_pages
from socialcharging.models import SocialSettings
from tariffs.current_price import CurrentPrice, current_prices


class OpenFilter(DropdownFilter):
    title = "whether it is closed"
    parameter_name = "closed"

    def lookups(self, request: StaffRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("no", "Open"), ("yes", "Closed")]

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        is_open = {"no": True, "yes": False}.get(self.value() or "")
        return queryset if is_open is None else queryset.filter(closed_at__isnull=is_open)


class PriceFilter(DropdownFilter):
    title = "price now"
    parameter_name = "price"

    def lookups(self, request: StaffRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("free", "Free of charge for everyone"), ("none", "No price in force: nobody can charge")]

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        narrowed = {"free": free_for_everyone, "none": without_price}.get(self.value() or "")
        return narrowed(queryset, database_clock()) if narrowed else queryset


@admin.register(ChargeGroup)
class ChargeGroupAdmin(OverviewAdmin[ChargeGroup], ActionsAdmin[ChargeGroup], BulkImportExportAdmin):
    resource_classes = (ChargeGroupResource, ExceptionResource)
    list_display = ["code", "name", "kind", "user_group", "tariff_now", "points", "who"]
    list_filter = ["user_group", "type", OpenFilter, PriceFilter]
    presets = (
        Preset("All"),
        Preset("Nobody can charge", {"price": "none", "closed": "no"}),
        Preset("Free of charge", {"price": "free", "closed": "no"}),
        Preset("Closed", {"closed": "yes"}),
    )
    list_select_related = ["user_group"]
    search_fields = ["code", "name"]
    search_help_text = "ID or name"
    empty_words = "A charge group gives its charge points one tariff and says who may charge there."
    empty_advice = "Make one for each policy: streets, a company, home chargers."
    radio_fields = {"type": admin.VERTICAL}
    change_form_outer_after_template = "chargegroups/close_link.html"
    fieldsets = [(None, {"fields": ["code", "name", "type", "user_group", "additional_information"]})]
    add_fieldsets = add_group.FIELDSETS
    bulk_actions = (TERMS_OF_MANY,)

    # The list

    point_counts: dict[int, dict[str, int]]
    terms: dict[int, Terms]
    prices: dict[int, CurrentPrice]

    def fetch_columns(self, request: StaffRequest, rows: list[ChargeGroup]) -> None:
        at = database_clock()
        points = ChargePoint.objects.filter(charge_group__in=rows).order_by().values("charge_group")
        self.point_counts = {
            row["charge_group"]: row
            for row in points.annotate(all=Count("pk"), active=Count("pk", filter=Q(status=ChargePoint.Status.ACTIVE)))
        }
        terms = Terms.objects.in_force(at).filter(charge_group__in=rows).select_related("tariff")
        self.terms = {each.charge_group_id: each for each in terms}
        self.prices = current_prices({each.tariff for each in self.terms.values()}, at)

    @admin.display(description="type", ordering="type")
    def kind(self, group: ChargeGroup) -> str:
        return format_html("{} {}", badge(group.type), badge("closed") if group.closed_at else "")

    @admin.display(description="tariff now")
    def tariff_now(self, group: ChargeGroup) -> str:
        terms = self.terms.get(group.pk)
        return price(self.prices.get(terms.tariff_id) if terms else None)

    @admin.display(description="charge points")
    def points(self, group: ChargeGroup) -> str:
        counts = self.point_counts.get(group.pk, {"all": 0, "active": 0})
        return format_html('{} <span class="evc-soft">({} active)</span>', counts["all"], counts["active"])

    @admin.display(description="who may charge")
    def who(self, group: ChargeGroup) -> str:
        return who_may_charge(group, self.terms.get(group.pk))

    # The page

    def tabs(self, request: StaffRequest, obj: ChargeGroup) -> list[tuple[str, str]]:
        pages = [
            ("Overview", "overview"),
            ("Charge points", "points"),
            ("Tariff and access", "access"),
            ("Customers and tariffs", "customers"),
            ("Roaming", "roaming"),
            ("Social charging", "social"),
            price_sheet_tab.TAB,
            ("History", "history"),
        ]
        return [(label, self.page(obj.pk, view)) for label, view in pages]

    def object_views(self) -> dict[str, Any]:
        return {
            "points": charge_points_tab.charge_points_view,
            "points/detach": charge_points_tab.detach_view,
            "access": access_tab.tariff_and_access,
            "terms": terms.change_terms,
            "then": access_at_tab.access_at,
            "exceptions": exceptions.exceptions_of_many,
            "roaming": roaming_tab.roaming_tab,
            "social": queue_pages.group_tab,
            "customers": customers_tab.customers_and_tariffs,
            "close": close_page.close_view,
            **price_sheet_tab.views(),
        }

    def get_urls(self) -> list[Any]:
        return [*queue_pages.posts_of_group(self), *super().get_urls()]

    def page_context(self, request: StaffRequest, obj: ChargeGroup | None, title: str) -> dict[str, Any]:
        context = super().page_context(request, obj, title)
        return (
            context
            if obj is None
            else context | {"summary": GroupSummary(obj), "summary_template": "chargegroups/summary.html"}
        )

    def render_change_form(self, request: StaffRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        group = context.get("original")
        if group is not None:
            context |= {"summary": GroupSummary(group), "summary_template": "chargegroups/summary.html"}
            context["may_close"] = group.closed_at is None and charge_points_tab.may_move(request, group)
        return super().render_change_form(request, context, *args, **kwargs)

    def overview(self, request: StaffRequest, obj: ChargeGroup) -> Overview:
        return group_overview(self, request, obj)

    def timeline_sources(self, obj: ChargeGroup) -> list[tuple[Any, Any]]:
        """Without exceptions: a group may have thousands, and they have a tab."""
        return [(model, rows) for model, rows in self.history_sources(obj) if model is not CustomerException]

    def history_sources(self, obj: ChargeGroup) -> list[tuple[Any, Any]]:
        exceptions = event_model(CustomerException)._base_manager.filter(charge_group=obj.pk)
        settings = event_model(SocialSettings)._base_manager.filter(charge_group=obj.pk)
        pages = event_model(PricePage)._base_manager.filter(charge_group=obj.pk)
        return [
            (SocialSettings, settings.values("pgh_obj")),
            (PricePage, pages.values("pgh_obj")),
            (ChargeGroup, [obj.pk]),
            (Terms, Terms.objects.filter(charge_group=obj).values("pk")),
            (CustomerException, exceptions.values("pgh_obj")),
        ]

    # The form

    def get_form(
        self, request: StaffRequest, obj: ChargeGroup | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = ChargeGroupAddForm
        return super().get_form(request, obj, change=change, **kwargs)

    def changeform_view(
        self, request: StaffRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        adding = object_id is None and request.method == "POST" and not self.read_only
        if adding and add_group.has_points(request):
            return add_group.AddGroupWizard(self.for_request(), request).respond()
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_readonly_fields(self, request: StaffRequest, obj: ChargeGroup | None = None) -> Any:
        return ["user_group"] if obj is not None else []

    def save_model(self, request: StaffRequest, obj: ChargeGroup, form: PortalForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            add_group.add_group(form)

    def response_post_save_add(self, request: StaffRequest, obj: ChargeGroup) -> HttpResponse:
        return HttpResponseRedirect(self.page(obj.pk, "access"))

    # Removal

    def has_delete_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        """A group that counted, or has charge points, is closed rather than deleted."""
        if not super().has_delete_permission(request, obj):
            return False
        return not isinstance(obj, ChargeGroup) or not why_not_remove(obj)

    def get_deleted_objects(self, objs: Any, request: StaffRequest) -> Any:
        return [str(group) for group in objs], {"charge groups": len(objs)}, set(), []

    def delete_view(self, request: StaffRequest, object_id: str, extra_context: Any = None) -> Any:
        group = self.get_object_or_404(request, object_id, "delete")
        if reason := why_not_remove(group):
            messages.warning(request, reason)
            return HttpResponseRedirect(self.page(group.pk, "close"))
        return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request: StaffRequest, obj: ChargeGroup) -> None:
        remove(obj)
