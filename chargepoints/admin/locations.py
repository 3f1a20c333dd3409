"""Locations in the admin: the list and the form."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count

from chargepoints.admin.location_actions import PUBLICATION, PUBLISH, UNPUBLISH
from chargepoints.admin.location_page import location_overview
from chargepoints.models import ChargePoint, Location
from chargepoints.resources import LocationResource
from chargepoints.search import locations_named
from evcnet.admin.actions import ActionsAdmin
from evcnet.admin.overview import Overview, OverviewAdmin
from evcnet.admin.own_rows import OwnRowsAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.admin.status_step import StatusStepAdmin
from evcnet.badges import badge, two_lines
from evcnet.importexport.admin import BulkImportExportAdmin


@admin.register(Location)
class LocationAdmin(
    OverviewAdmin[Location],
    OwnRowsAdmin[Location],
    StatusStepAdmin[Location],
    ActionsAdmin[Location],
    BulkImportExportAdmin,
):
    status_kind = PUBLICATION
    bulk_actions = (PUBLISH, UNPUBLISH)
    resource_classes = (LocationResource,)
    list_display = ["place", "postal_code", "code", "points", "display_published"]
    list_filter = ["published"]
    search_fields = ["code", "name", "address", "postal_code", "city"]
    search_help_text = "Code, name, street, postal code or city"
    fieldsets = [
        (None, {"fields": ["code", "name", "address", "postal_code", "city", "country", "user_group"]}),
        ("Who may see it", {"fields": ["published"]}),
        ("Where exactly", {"fields": ["latitude", "longitude", "time_zone"]}),
    ]
    empty_words = "Addresses where charge points stand."
    empty_advice = "Add them one by one, or import a file."

    def get_search_results(self, request: StaffRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return locations_named(queryset, search_term), False

    def get_readonly_fields(self, request: StaffRequest, obj: Location | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if self.has_model_permission(request, "publish", obj) else [*fields, "published"]

    def get_changeform_initial_data(self, request: StaffRequest) -> dict[str, Any]:
        home = request.user.providers[:1]
        typical = {"country": home[0].country_code, "time_zone": home[0].time_zone} if home else {}
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        return typical | given

    @admin.display(description="location", ordering="city")
    def place(self, location: Location) -> str:
        return two_lines(str(location), location.name)

    @admin.display(description="published", ordering="published")
    def display_published(self, location: Location) -> str:
        return badge("published" if location.published else "unpublished")

    @admin.display(description="charge points")
    def points(self, location: Location) -> int:
        return self.point_counts.get(location.pk, 0)

    point_counts: dict[int, int]

    def fetch_columns(self, request: StaffRequest, rows: list[Location]) -> None:
        points = ChargePoint.objects.visible_to(request.user).filter(location__in=rows)
        self.point_counts = dict(points.order_by().values_list("location").annotate(number=Count("pk")))

    def overview(self, request: StaffRequest, obj: Location) -> Overview:
        return location_overview(self, request, obj)

    def tabs(self, request: StaffRequest, obj: Location) -> list[tuple[str, str]]:
        return [(label, self.page(obj.pk, view)) for label, view in (("Overview", "overview"), ("History", "history"))]
