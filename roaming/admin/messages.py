"""Admin of the messages to and from partners: what was asked and answered by OCPI, without tokens and drivers' names."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpResponse
from django.template.response import TemplateResponse

from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.admin.scoped import ReadOnly
from roaming.models import PartnerMessage


@admin.register(PartnerMessage)
class PartnerMessageAdmin(ReadOnly, ModelAdmin[PartnerMessage]):
    list_display = [
        "at",
        "partner",
        "direction",
        "method",
        "path",
        "http_status",
        "ocpi_status",
        "milliseconds",
        "note",
    ]
    list_filter = ["partner", "direction", "method", "http_status"]
    empty_words = "Each request by OCPI stands here with its answer for thirty days, whoever sent it."

    def get_list_select_related(self, request: StaffRequest) -> Any:
        return ["partner"]

    def change_view(
        self, request: StaffRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        message = self.get_object_or_404(request, object_id)
        context = self.page_context(request, message, f"{message.method} {message.path}") | {
            "message": message,
            "sent": _text(message.sent),
            "answer": _text(message.answer),
        }
        return TemplateResponse(request, "roaming/message.html", context)


def _text(body: Any) -> str:
    return "" if body is None else json.dumps(body, ensure_ascii=False, indent=2)
