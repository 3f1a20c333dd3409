"""Admin of partners' tokens, as their e-MSPs sent them: to be found and read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.admin.scoped import ReadOnly
from evcnet.badges import badge
from roaming.models import PartnerToken


@admin.register(PartnerToken)
class PartnerTokenAdmin(ReadOnly, ModelAdmin[PartnerToken]):
    list_display = [
        "uid",
        "visual_number",
        "partner",
        "contract_id",
        "type",
        "display_valid",
        "last_updated",
    ]
    list_filter = ["partner", "valid", "type", "whitelist"]
    search_fields = ["uid__uid_key", "visual_number__identity_key", "contract_id"]
    search_help_text = "Uid, visual number or contract id"
    fields = [
        "partner", "uid", "visual_number", "contract_id", "issuer", "type", "valid", "whitelist", "language", "group_id",
        "default_profile_type", "energy_supplier", "energy_contract", "last_updated",
    ]  # fmt: skip
    empty_words = "Tokens are what customers of partners show. They arrive by OCPI, or from a file (manage.py import_ocpi tokens)."

    def get_list_select_related(self, request: StaffRequest) -> Any:
        return ["partner"]

    @admin.display(description="valid", ordering="valid")
    def display_valid(self, token: PartnerToken) -> str:
        return badge("valid" if token.valid else "not_valid")
