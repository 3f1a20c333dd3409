"""Drafts of changes: the list, and their addresses."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from changes.admin.draft_page import DraftWizard
from changes.models import Draft
from changes.visible_impact import visible_part
from customers.effect_words import counts_in_words
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.admin.scoped import ReadOnly
from evcnet.badges import badge, two_lines


class WhoseFilter(DropdownFilter):
    title = "whose"
    parameter_name = "whose"

    def lookups(self, request: StaffRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("own", "My own"), ("others", "Colleagues'"), ("approve", "To be approved by me")]

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        login = request.user
        if self.value() == "own":
            return queryset.filter(author=login)
        if self.value() == "others":
            return queryset.exclude(author=login)
        return queryset.to_be_approved_by(login) if self.value() == "approve" else queryset


@admin.register(Draft)
class DraftAdmin(ReadOnly, ModelAdmin[Draft]):
    list_display = ["what", "state_column", "affects", "by", "at", "saved_at"]
    list_display_links = ["what"]
    list_select_related = ["author", "provider"]
    open_relations = ("author",)
    list_filter = [WhoseFilter, ("state", ChoicesDropdownFilter)]
    search_fields = ["sentence", "note"]
    search_help_text = "What is proposed, or the note"
    empty_words = "What somebody has proposed and not applied yet stands here, with its preview of today."

    @admin.display(description="what")
    def what(self, draft: Draft) -> str:
        return two_lines(str(draft), draft.note)

    @admin.display(description="state", ordering="state")
    def state_column(self, draft: Draft) -> str:
        outdated = draft.is_open and draft.pk in self.outdated
        return format_html("{} {}", badge(draft.state), badge("outdated") if outdated else "")

    parts: dict[int, Any]
    outdated: set[int]

    def fetch_columns(self, request: StaffRequest, rows: list[Draft]) -> None:
        changed = Draft.objects.filter(pk__in=[row.pk for row in rows]).with_later_changes().filter(outdated=True)
        self.outdated = set(changed.order_by().values_list("pk", flat=True))
        self.parts = {row.pk: visible_part(row.picture, row.provider_id, request.user) for row in rows}

    @admin.display(description="customers affected")
    def affects(self, draft: Draft) -> str:
        part = self.parts[draft.pk]
        return ("; ".join(counts_in_words(part["counts"])) or "nobody") if part else ""

    @admin.display(description="by", ordering="author__name")
    def by(self, draft: Draft) -> str:
        return str(draft.author)

    def get_urls(self) -> list[URLPattern]:
        """A draft has one page, at an address that is short enough to be read out."""
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name="changes_draft_changelist"),
            path("<str:object_id>/", view(self.draft_view), name="changes_draft_change"),
        ]

    def draft_view(self, request: StaffRequest, object_id: str) -> HttpResponseBase:
        page = self.for_request()
        return DraftWizard(page, request, page.get_object_or_404(request, object_id)).respond()
