"""Admin of the messages to and from partners: what was asked and answered by OCPI, without tokens and drivers' names."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format

from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.admin.scoped import ReadOnly
from evcnet.badges import two_lines
from roaming.models import PartnerMessage


@admin.register(PartnerMessage)
class PartnerMessageAdmin(ReadOnly, ModelAdmin[PartnerMessage]):
    list_display = ["display_at", "partner", "display_message", "display_answer", "display_duration"]
    list_filter = ["partner", "direction", "method", "http_status"]
    empty_words = "Each request by OCPI stands here with its answer for thirty days, whoever sent it."

    def get_list_select_related(self, request: StaffRequest) -> Any:
        return ["partner"]

    @admin.display(description="at", ordering="at")
    def display_at(self, message: PartnerMessage) -> str:
        """With the seconds, in which most of what belongs together lies."""
        return date_format(timezone.localtime(message.at), "j M Y H:i:s")

    @admin.display(description="message", ordering="path")
    def display_message(self, message: PartnerMessage) -> str:
        return two_lines(f"{message.method} {message.path}", message.get_direction_display())

    @admin.display(description="answer", ordering="http_status")
    def display_answer(self, message: PartnerMessage) -> str:
        return two_lines(message.status_in_words, message.note)

    @admin.display(description="took", ordering="milliseconds")
    def display_duration(self, message: PartnerMessage) -> str:
        return f"{message.milliseconds:,}\N{NO-BREAK SPACE}ms"

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
