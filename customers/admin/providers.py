"""Which pages has a provider?"""

from __future__ import annotations

from django.contrib import admin

from customers.models import Provider
from evcnet.admin import ModelAdmin
from evcnet.transfer.pages import Transfers


@admin.register(Provider)
class ProviderAdmin(ModelAdmin, Transfers):
    kinds = ("providers",)
    list_display = ["name", "code", "country_code", "party_id", "time_zone", "currency"]
    search_fields = ["code", "name"]
    search_help_text = "Code or name"
    empty_words = "The companies that run charge points on this platform."
    fieldsets = [
        (None, {"fields": ["code", "name"]}),
        ("In OCPI", {"fields": ["country_code", "party_id"]}),
        ("Money and time", {"fields": ["currency", "time_zone"]}),
        ("Signing in", {"fields": ["mfa_required_for"]}),
        (
            "Small sessions",
            {
                "fields": ["minimum_seconds", "minimum_kwh"],
                "description": "A session below either of these is recorded and costs nothing, a minimum price or not.",
            },
        ),
    ]
