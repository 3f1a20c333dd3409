"""Admin of unknown devices: they connect under an identity that no charge point has."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.admin.scoped import ReadOnly
from evcnet.badges import two_lines
from gateway.models import UnknownDevice


@admin.register(UnknownDevice)
class UnknownDeviceAdmin(ReadOnly, ModelAdmin[UnknownDevice]):
    list_display = ["display_identity", "display_device", "address", "knocks", "first_at", "last_at", "display_add"]
    search_fields = ["identity", "vendor", "model"]
    search_help_text = "Identity, maker or model"
    ordering = ["-last_at", "-pk"]
    empty_words = (
        "Devices that connect under an identity that no charge point has. They are rejected until you add the charge "
        "point and type its password into the device."
    )
    may_add_points = False
    """Of the login of this request."""

    def fetch_columns(self, request: StaffRequest, rows: list[UnknownDevice]) -> None:
        self.may_add_points = request.user.has_perm("chargepoints.add_chargepoint")

    @admin.display(description="identity", ordering="identity")
    def display_identity(self, device: UnknownDevice) -> str:
        return device.identity

    @admin.display(description="device", ordering="vendor")
    def display_device(self, device: UnknownDevice) -> str:
        return two_lines(device.vendor or "–", device.model)

    @admin.display(description="charge point")
    def display_add(self, device: UnknownDevice) -> str:
        if not self.may_add_points:
            return "–"
        return format_html('<a class="evc-button" href="{}">Add</a>', add_address(device))

    # The page of one

    def change_view(
        self, request: StaffRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        device = self.get_object_or_404(request, object_id)
        context = self.page_context(request, device, f"{device.identity} knocks") | {
            "device": device,
            "add": add_address(device) if request.user.has_perm("chargepoints.add_chargepoint") else "",
        }
        return TemplateResponse(request, "gateway/unknown_device.html", context)


def add_address(device: UnknownDevice) -> str:
    """The form of a new charge point with the identity filled in."""
    return f"{reverse('admin:chargepoints_chargepoint_add')}?{urlencode({'identity': device.identity})}"
