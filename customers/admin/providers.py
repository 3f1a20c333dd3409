"""Admin of providers."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from unfold.widgets import UnfoldAdminTextInputWidget

from customers.admin.first_login import FirstLogin
from customers.first_login import has_active_admin, invited_admins
from customers.models import Provider
from customers.resources import ProviderResource
from evcnet.accounts.reauthentication import AsksPasswordAgain
from evcnet.admin.base import ModelAdmin
from evcnet.admin.percent_field import PercentField
from evcnet.admin.requests import StaffRequest
from evcnet.importexport.admin import BulkImportExportAdmin


@admin.register(Provider)
class ProviderAdmin(AsksPasswordAgain, FirstLogin, ModelAdmin[Provider], BulkImportExportAdmin):
    """Who needs a second factor is said here, so that changing a provider asks for the password."""

    resource_classes = (ProviderResource,)
    list_display = ["name", "code", "country_code", "party_id", "time_zone", "currency"]
    search_fields = ["code", "name"]
    search_help_text = "Code or name"
    empty_words = "The companies that run charge points on this platform."
    fieldsets = [
        (None, {"fields": ["code", "name"]}),
        ("In OCPI", {"fields": ["country_code", "party_id"]}),
        ("Money and time", {"fields": ["currency", "vat_percent", "time_zone"]}),
        ("Decision log", {"fields": ["decision_months"]}),
        ("Changes of terms", {"fields": ["approval_above", "draft_days"]}),
        ("Signing in", {"fields": ["mfa_required_for"]}),
        (
            "Small sessions",
            {
                "fields": ["minimum_seconds", "minimum_kwh"],
                "description": "A session below either of these is recorded and costs nothing, a minimum price or not.",
            },
        ),
    ]
    change_form_outer_before_template = "customers/provider.html"

    def formfield_for_dbfield(self, db_field: Any, request: StaffRequest, **kwargs: Any) -> Any:
        if db_field.name == "vat_percent":
            kwargs |= {"form_class": PercentField, "widget": UnfoldAdminTextInputWidget}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def render_change_form(self, request: StaffRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        provider = kwargs.get("obj")
        if provider is not None and request.user.has_perm("customers.invite_provider", provider):
            context["first_login_url"] = self.page(provider.pk, "first-login")
            context |= {"has_active_admin": has_active_admin(provider), "invited": bool(invited_admins(provider))}
        return super().render_change_form(request, context, *args, **kwargs)
