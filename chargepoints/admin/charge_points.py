"""Charge points in the admin: the list, the form, and the pages of each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from changes.admin import move_points
from chargepoints.admin import add_point, point_actions, point_page, price_sheet_tab
from chargepoints.admin.point_filters import ConnectionFilter, MissingFilter, RefusedFilter
from chargepoints.forms import ChargePointForm, Regrouping
from chargepoints.models import ChargePoint, Connector, PricePage
from chargepoints.resources import ChargePointResource
from chargepoints.search import points_named
from evcnet.admin.actions import ActionsAdmin
from evcnet.admin.base import TabularInline
from evcnet.admin.filters import AutocompleteFilter
from evcnet.admin.overview import Overview, OverviewAdmin
from evcnet.admin.presets import Preset
from evcnet.admin.requests import StaffRequest
from evcnet.admin.status_step import StatusStepAdmin
from evcnet.badges import badge, two_lines
from evcnet.history import event_model
from evcnet.importexport.admin import BulkImportExportAdmin
from gateway.admin import connection_tab
from gateway.states import NOT_CONNECTED, PointState, point_states
from gateway.unknown_devices import forget
from socialcharging.admin import queue_pages


class ConnectorInline(TabularInline):
    model = Connector
    verbose_name_plural = "Connectors"
    headings = {
        "ocpi_id": "Id",
        "max_voltage": "Voltage, V",
        "max_amperage": "Current, A",
        "max_electric_power": "Power, W",
    }

    def formfield_for_dbfield(self, db_field: Any, request: StaffRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.label = self.headings.get(db_field.name, field.label)
        return field


@admin.register(ChargePoint)
class ChargePointAdmin(
    OverviewAdmin[ChargePoint], StatusStepAdmin[ChargePoint], ActionsAdmin[ChargePoint], BulkImportExportAdmin
):
    resource_classes = (ChargePointResource,)
    form = ChargePointForm
    list_display = ["display_point", "display_location", "display_group", "display_status", "display_state", "power"]
    list_select_related = ["location", "charge_group"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        MissingFilter,
        ConnectionFilter,
        RefusedFilter,
        ("charge_group", AutocompleteFilter),
        ("location", AutocompleteFilter),
    ]
    presets = (
        Preset("All"),
        Preset("Without a group", {"missing": "group"}),
        Preset("Charging", {"connection": "charging"}),
        Preset("Offline", {"connection": "offline"}),
        Preset("Refused today", {"refused": "today"}),
    )
    search_fields = ["identity", "name", "evse_id"]
    search_help_text = "Identity, name, EVSE ID, street, postal code, city or charge group"
    autocomplete_fields = ["location", "charge_group", "owner"]
    fieldsets = [
        (None, {"fields": ["identity", "name", "charge_group", "location", "status"]}),
        ("Device and owner", {"fields": ["evse_id", "maker", "model", "max_power_kw", "owner"]}),
    ]
    inlines = [ConnectorInline]
    empty_words = "The devices at which customers charge."
    empty_advice = "Add them one by one, or import a file."
    status_kind = point_actions.POINTS
    bulk_actions = (point_actions.ATTACH, point_actions.DETACH, point_actions.ACTIVATE, point_actions.DEACTIVATE)
    object_actions = (point_actions.MOVE, point_actions.FREE_FOR_OWNER)

    states: Mapping[int, PointState] = MappingProxyType({})
    """Of the points of this list page, as their devices say."""

    # List

    def fetch_columns(self, request: StaffRequest, rows: list[ChargePoint]) -> None:
        self.states = point_states([point.pk for point in rows])

    def get_search_results(self, request: StaffRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return points_named(queryset, search_term), False

    @admin.display(description="charge point", ordering="identity")
    def display_point(self, point: ChargePoint) -> str:
        return two_lines(point.identity, point.name)

    @admin.display(description="location", ordering="location__city")
    def display_location(self, point: ChargePoint) -> str:
        return str(point.location) if point.location else "–"

    @admin.display(description="charge group", ordering="charge_group__code")
    def display_group(self, point: ChargePoint) -> str:
        return str(point.charge_group) if point.charge_group else "–"

    @admin.display(description="status", ordering="status")
    def display_status(self, point: ChargePoint) -> str:
        return badge(point.status)

    @admin.display(description="state")
    def display_state(self, point: ChargePoint) -> str:
        state = self.states.get(point.pk)
        return badge(state.state) if state is not None and state != NOT_CONNECTED else "–"

    @admin.display(description="power", ordering="max_power_kw")
    def power(self, point: ChargePoint) -> str:
        if point.max_power_kw is None:
            return "–"
        return format_html('<span class="evc-number">{}&nbsp;kW</span>', f"{point.max_power_kw.normalize():f}")

    # Page

    def tabs(self, request: StaffRequest, obj: ChargePoint) -> list[tuple[str, str]]:
        pages = [
            ("Overview", "overview"),
            ("Connection", "connection"),
            ("Queue", "queue"),
            price_sheet_tab.TAB,
            ("History", "history"),
        ]
        return [(label, self.page(obj.pk, view)) for label, view in pages]

    def get_urls(self) -> list[Any]:
        return [*connection_tab.posts(self), *queue_pages.posts_of_point(self), *super().get_urls()]

    def history_sources(self, obj: ChargePoint) -> list[tuple[Any, Any]]:
        connectors = event_model(Connector)._base_manager.filter(charge_point_id=obj.pk)
        pages = event_model(PricePage)._base_manager.filter(charge_point=obj.pk)
        return [
            (ChargePoint, [obj.pk]),
            (Connector, connectors.values("pgh_obj")),
            (PricePage, pages.values("pgh_obj")),
        ]

    def get_form(
        self, request: StaffRequest, obj: ChargePoint | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "charge_group" in form.base_fields:
            field = form.base_fields["charge_group"]
            field.queryset = field.queryset.open()
        return form

    # The charge group: a new point arises in it, one that exists gets there through a preview

    regroup: Regrouping | None = None
    """Where the point that this request saved is to go."""

    def save_model(self, request: StaffRequest, obj: ChargePoint, form: ChargePointForm, change: bool) -> None:
        self.regroup = form.regroup
        if not change:
            forget(obj.identity)
        super().save_model(request, obj, form, change)

    def changeform_view(
        self, request: StaffRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        adding = object_id is None and request.method == "POST" and not self.read_only
        if adding and add_point.comes_into_a_group(request):
            return add_point.AddPointWizard(self.for_request(), request).respond()
        return super().changeform_view(request, object_id, form_url, extra_context)

    def response_change(self, request: StaffRequest, obj: ChargePoint) -> HttpResponse:
        if self.regroup is None:
            response: HttpResponse = super().response_change(request, obj)
            return response
        messages.info(request, "The charge group changes once you have confirmed it here. Everything else is saved.")
        group, active = self.regroup.group, self.regroup.active
        query = {"to": group.pk if group else ""} | ({"active": "1"} if active else {})
        return HttpResponseRedirect(f"{self.page(obj.pk, 'regroup')}?{urlencode(query)}")

    def object_views(self) -> dict[str, Any]:
        return {
            "regroup": move_points.regroup,
            "connection": connection_tab.connection_view,
            "queue": queue_pages.point_tab,
            **price_sheet_tab.views(),
        }

    def overview(self, request: StaffRequest, obj: ChargePoint) -> Overview:
        return point_page.point_overview(self, request, obj)
