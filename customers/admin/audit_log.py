"""Admin of the audit log, which provider admins read and nobody edits."""

from __future__ import annotations

import re
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import Http404
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from customers.models import AuditEntry, StatusChange
from evcnet.admin.base import ModelAdmin
from evcnet.admin.filters import MomentsFilter
from evcnet.admin.requests import StaffRequest

PAGE = re.compile("admin:([a-z]+)_([a-z]+)_([a-z_-]+)")
"""How a page of the portal is named: app, model, and what is done there."""


@admin.register(AuditEntry)
class AuditLogAdmin(ModelAdmin[AuditEntry]):
    list_display = ["at", "event", "display_who", "display_about", "rows", "address"]
    list_display_links = None
    list_filter = [("event", ChoicesDropdownFilter), ("at", MomentsFilter)]
    search_fields = ["who", "about"]
    search_help_text = "Who did it, or what it was about"
    empty_words = "Sign-ins, refusals, roles, API keys and exports are written down here, and nobody can change them."

    @admin.display(description="who", ordering="who")
    def display_who(self, entry: AuditEntry) -> str:
        return entry.who or "a command, or nobody known"

    @admin.display(description="about", ordering="about")
    def display_about(self, entry: AuditEntry) -> str:
        reason = self.reasons.get(entry.details.get("status_change"), "")
        return f"{_in_words(entry.about)}. Reason: {reason}" if reason else _in_words(entry.about)

    reasons: dict[Any, str]

    def fetch_columns(self, request: StaffRequest, rows: list[AuditEntry]) -> None:
        """The reasons stand with the changes of status, where an erasure reaches them."""
        keys = [entry.details["status_change"] for entry in rows if "status_change" in entry.details]
        changes = StatusChange.objects.filter(pk__in=keys).exclude(reason="") if keys else ()
        self.reasons = {change.pk: change.reason for change in changes}

    def get_readonly_fields(self, request: StaffRequest, obj: AuditEntry | None = None) -> Any:
        return ["at", "event", "who", "about", "rows", "address"]

    def history_view(self, request: StaffRequest, object_id: str, extra_context: Any = None) -> Any:
        raise Http404("An entry of the activity has no history: it never changes.")


def _in_words(about: str) -> str:
    """A page that was refused by what people call it: "charge groups: add"; anything else as it was written down."""
    match = PAGE.fullmatch(about)
    if not match:
        return about
    app, model, view = match.groups()
    try:
        return f"{apps.get_model(app, model)._meta.verbose_name_plural}: {view.replace('_', ' ')}"
    except LookupError:
        return about
