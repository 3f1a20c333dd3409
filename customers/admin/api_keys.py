"""Admin of API keys. A key's secret is shown once, in the answer to the request that made it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers

from customers.admin.status_actions import ACTIVATE_KEY, API_KEYS, DEACTIVATE_KEY
from customers.models import ApiKey
from evcnet.accounts.reauthentication import AsksPasswordAgain
from evcnet.admin.actions import ActionsAdmin
from evcnet.admin.forms import PortalForm
from evcnet.admin.requests import StaffRequest
from evcnet.admin.status_step import StatusStepAdmin
from evcnet.badges import badge


@admin.register(ApiKey)
class ApiKeyAdmin(AsksPasswordAgain, StatusStepAdmin[ApiKey], ActionsAdmin[ApiKey]):
    list_display = ["name", "display_prefix", "rate_per_minute", "created_at", "display_status"]
    search_fields = ["name", "prefix"]
    search_help_text = "Name, or how the key begins"
    fields = ["name", "rate_per_minute"]
    empty_words = "With a key a program asks in your name whether a card may charge. Make one for each program."
    bulk_actions = (DEACTIVATE_KEY, ACTIVATE_KEY)
    status_kind = API_KEYS
    change_form_outer_before_template = "customers/api_key.html"
    secret = ""
    """That of the key which this request made."""

    @admin.display(description="begins with", ordering="prefix")
    def display_prefix(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @admin.display(description="status", ordering="active")
    def display_status(self, key: ApiKey) -> str:
        return badge("active" if key.active else "inactive")

    def save_model(self, request: StaffRequest, obj: ApiKey, form: PortalForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        key, secret = ApiKey.make(provider=obj.provider, name=obj.name, rate_per_minute=obj.rate_per_minute)
        obj.__dict__.update(key.__dict__)
        self.secret = secret

    def response_add(self, request: StaffRequest, obj: ApiKey, post_url_continue: Any = None) -> HttpResponse:
        context = self.page_context(request, obj, f"{obj.name}: copy the key now") | {
            "secret": self.secret,
            "list": self.page(obj.pk),
        }
        response = TemplateResponse(request, "customers/api_key_made.html", context)
        add_never_cache_headers(response)
        return response

    def render_change_form(self, request: StaffRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        if (key := kwargs.get("obj")) is not None:
            stored = ApiKey.objects.get(pk=key.pk)
            context.update({"key": stored, "buttons": self.action_buttons(request, stored)})
        return super().render_change_form(request, context, *args, **kwargs)
