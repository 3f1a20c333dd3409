"""Locations in the admin: the list and the form."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from chargepoints.admin.location_actions import PUBLICATION, PUBLISH, UNPUBLISH
from chargepoints.models import ChargePoint, Location
from chargepoints.publication import publication
from chargepoints.resources import LocationResource
from chargepoints.search import locations_named
from evcnet.admin.actions import ActionsAdmin
from evcnet.admin.own_rows import OwnRowsAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.admin.status_step import StatusStepAdmin
from evcnet.badges import badge, two_lines
from evcnet.importexport.admin import BulkImportExportAdmin

LISTED = 50
"""So many charge points are listed on a location's page; the list of charge points has the rest."""


@admin.register(Location)
class LocationAdmin(OwnRowsAdmin[Location], StatusStepAdmin[Location], ActionsAdmin[Location], BulkImportExportAdmin):
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
    change_form_outer_before_template = "chargepoints/location.html"

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

    def render_change_form(self, request: StaffRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        location = kwargs.get("obj")
        if location is not None:
            context.update(self._page_head(request, location))
        return super().render_change_form(request, context, *args, **kwargs)

    def _page_head(self, request: StaffRequest, location: Location) -> dict[str, Any]:
        stored = Location.objects.get(pk=location.pk)
        points = ChargePoint.objects.visible_to(request.user).filter(location=stored)
        listed = list(points.select_related("charge_group__user_group")[: LISTED + 1])
        return {
            "location": stored,
            "buttons": self.action_buttons(request, stored),
            "points": listed[:LISTED],
            "more_points": len(listed) > LISTED,
            "publication": publication(stored, timezone.now()),
            "points_url": reverse("admin:chargepoints_chargepoint_changelist") + f"?location__id__exact={stored.pk}",
        }
