"""Admin of staff alerts: each login's own, with what it may read of them, and the way to the change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from changes.models import Change, Draft
from customers.alerts import VIEW, mark_read
from customers.effect_words import EFFECT_WORDS, UNNOTICED, counts_in_words
from customers.models import AlertPart, StaffAlert
from evcnet.admin.base import ModelAdmin
from evcnet.admin.filters import MomentsFilter
from evcnet.admin.requests import StaffRequest
from evcnet.admin.scoped import ReadOnly
from evcnet.badges import badge, two_lines
from evcnet.text import counted


class UnreadFilter(DropdownFilter):
    title = "read"
    parameter_name = "read"

    def lookups(self, request: StaffRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("no", "Unread"), ("yes", "Read")]

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(read_at__isnull=self.value() == "no")


class EffectFilter(DropdownFilter):
    title = "effect"
    parameter_name = "effect"

    def lookups(self, request: StaffRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(effect, many.capitalize()) for effect, (_, many) in EFFECT_WORDS.items() if effect != UNNOTICED]

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        effect = self.value()
        return queryset.with_effect(effect, request.user) if effect in EFFECT_WORDS else queryset


@admin.register(StaffAlert)
class StaffAlertAdmin(ReadOnly, ModelAdmin[StaffAlert]):
    list_display = ["what", "affects", "event", "takes_effect", "since", "state"]
    list_display_links = None
    list_select_related = ["alert__made_by"]
    list_filter = [
        UnreadFilter,
        EffectFilter,
        ("alert__event", ChoicesDropdownFilter),
        ("alert__created_at", MomentsFilter),
    ]
    ordering = ["-pk"]
    open_relations = ("alert",)
    actions = None
    list_before_template = "customers/alerts_above.html"
    empty_words = (
        "When somebody changes prices or access at charge groups within your reach, or for your customers, you read of "
        "it here. You are not told of what you change yourself."
    )

    # The list

    parts: dict[int, AlertPart]
    query: str

    def fetch_columns(self, request: StaffRequest, rows: list[StaffAlert]) -> None:
        scope = request.user.scope(VIEW)
        self.parts = {row.pk: row.alert.part(scope.within(row.provider_id)) for row in rows}
        self.query = f"?{request.GET.urlencode()}" if request.GET else ""

    @admin.display(description="what")
    def what(self, copy: StaffAlert) -> SafeString:
        """A button, since opening marks as read: it posts the form that the list stands in."""
        who = f"by {copy.alert.made_by or 'a command'}" if _knows_who(self.parts[copy.pk]) else ""
        button = format_html(
            '<button type="submit" class="evc-open{}" formaction="{}">{}</button>',
            "" if copy.read_at else " is-unread",
            self.page(copy.pk, "open"),
            self.parts[copy.pk].title,
        )
        return two_lines(button, who)

    @admin.display(description="customers affected")
    def affects(self, copy: StaffAlert) -> str:
        return "; ".join(counts_in_words(self.parts[copy.pk].counts)) or "nobody"

    @admin.display(description="change", ordering="alert__event")
    def event(self, copy: StaffAlert) -> str:
        return badge(copy.alert.event)

    @admin.display(description="takes effect", ordering="alert__takes_effect_at")
    def takes_effect(self, copy: StaffAlert) -> datetime:
        return copy.alert.takes_effect_at

    @admin.display(description="since", ordering="pk")
    def since(self, copy: StaffAlert) -> datetime:
        return copy.alert.created_at

    @admin.display(description="read", ordering="read_at")
    def state(self, copy: StaffAlert) -> SafeString | str:
        if copy.read_at:
            return badge("read")
        return format_html(
            '{} <button type="submit" class="evc-open" formaction="{}" aria-label="Mark as read: {}">Mark as read</button>',
            badge("unread"),
            self.page(copy.pk, "read") + self.query,
            self.parts[copy.pk].title,
        )

    # The page of one, and what marks as read

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.read_all_view)
        return [path("read-all/", view, name="customers_staffalert_read_all"), *super().get_urls()]

    def object_views(self) -> dict[str, Any]:
        return {"open": StaffAlertAdmin.open_view, "read": StaffAlertAdmin.read_view}

    def open_view(self, request: StaffRequest, copy: StaffAlert) -> HttpResponse:
        """Marks as read, and leads to the change; who sees none of its charge groups gets the alert's own page."""
        if request.method != "POST":
            return HttpResponseRedirect(self.page(copy.pk))
        mark_read(request.user, [copy.pk])
        return HttpResponseRedirect(self._page_of_change(request, copy) or self.page(copy.pk))

    def read_view(self, request: StaffRequest, copy: StaffAlert) -> HttpResponse:
        if request.method == "POST":
            mark_read(request.user, [copy.pk])
        return HttpResponseRedirect(_list_of(request))

    def read_all_view(self, request: StaffRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            messages.success(request, f"{counted(mark_read(request.user), 'alert')} marked as read.")
        return HttpResponseRedirect(_list_of(request))

    def change_view(
        self, request: StaffRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        copy = self.get_object_or_404(request, object_id)
        part = copy.alert.part(request.user.scope(VIEW).within(copy.provider_id))
        context = self.page_context(request, copy, part.title) | {
            "copy": copy,
            "alert": copy.alert,
            "part": part,
            "effects": counts_in_words(part.counts),
            "knows_who": _knows_who(part),
            "change_page": self._page_of_change(request, copy),
            "zone": copy.provider.time_zone,
        }
        return TemplateResponse(request, "customers/alert.html", context)

    def _page_of_change(self, request: StaffRequest, copy: StaffAlert) -> str:
        if copy.alert.draft is not None:
            drafts = Draft.objects.visible_to(request.user).filter(pk=copy.alert.draft)
            return reverse("admin:changes_draft_change", args=[copy.alert.draft]) if drafts.exists() else ""
        is_visible = Change.objects.visible_to(request.user).filter(pk=copy.alert.change).exists()
        return reverse("admin:changes_change_change", args=[copy.alert.change]) if is_visible else ""

    def tabs(self, request: StaffRequest, obj: StaffAlert) -> list[tuple[str, str]]:
        return []


def _knows_who(part: AlertPart) -> bool:
    """Who sees one of the charge groups reads on the page of the change who made it, and nobody else does."""
    return part.whole or bool(part.groups)


def _list_of(request: StaffRequest) -> str:
    query = request.GET.urlencode()
    return reverse("admin:customers_staffalert_changelist") + (f"?{query}" if query else "")
