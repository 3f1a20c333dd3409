"""Admin of notices: to whom each went, whether it arrived, and the mail as it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpResponse
from django.template.response import TemplateResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from customers.letters import build_mail
from customers.models import Customer, LetterSettings, Notice
from customers.notices import mail_again
from customers.search import search_customers, split_words
from evcnet.admin.actions import Action, ActionsAdmin
from evcnet.admin.filters import RelatedFilter
from evcnet.admin.requests import StaffRequest
from evcnet.badges import badge
from evcnet.bulk import BulkResult


def _mail_in(state: Notice.State) -> Callable[[list[Notice]], BulkResult]:
    """For notices in this state; whatever else was selected stays as it is."""

    def again(notices: list[Notice]) -> BulkResult:
        chosen = [notice for notice in notices if notice.state == state]
        mail_again(chosen)
        return BulkResult(changed=tuple(chosen), unchanged=tuple(row for row in notices if row not in chosen))

    return again


MAIL_AGAIN = Action(
    "mail-again",
    "Mail again",
    "put back into the queue",
    _mail_in(Notice.State.FAILED),
    is_available=lambda notice: notice.state == Notice.State.FAILED,
    primary=True,
)
RESUME = Action(
    "resume-mailing",
    "Resume mailing",
    "handed to the worker",
    _mail_in(Notice.State.QUEUED),
    is_available=lambda notice: notice.state == Notice.State.QUEUED,
)


class AnnouncementFilter(RelatedFilter):
    """Not a drop-down: reached from the page of a change, which names it."""

    def has_output(self) -> bool:
        return False

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        """An announcement is seen by its notices, so that what it narrows the list to is seen in any case."""
        return RelatedDropdownFilter.queryset(self, request, queryset)


@admin.register(Notice)
class NoticeAdmin(ActionsAdmin[Notice]):
    list_display = ["display_customer", "about", "display_effect", "display_state", "attempts", "tried_at", "error"]
    list_filter = [("state", ChoicesDropdownFilter), ("announcement", AnnouncementFilter)]
    list_select_related = ["customer", "announcement", "provider"]
    search_fields = ["customer__name", "customer__number", "customer__email"]
    search_help_text = "Name, number, e-mail address or card of the customer"
    ordering = ["-pk"]
    empty_words = (
        "Mails that tell customers what changes where they charge, and from when. Whoever confirms a change chooses "
        "whether its regulars, everyone affected or nobody is told."
    )
    bulk_actions = (MAIL_AGAIN, RESUME)

    def has_add_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_search_results(self, request: StaffRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if not split_words(search_term):
            return queryset, False
        customers = search_customers(Customer.objects.order_by(), search_term)
        return queryset.filter(customer__in=customers.values("pk")), False

    @admin.display(description="customer", ordering="customer__name")
    def display_customer(self, notice: Notice) -> str:
        return str(notice.customer)

    @admin.display(description="about", ordering="announcement")
    def about(self, notice: Notice) -> str:
        return notice.announcement.about_for(notice.customer.user_group_id)

    @admin.display(description="what they notice", ordering="effect")
    def display_effect(self, notice: Notice) -> str:
        return badge(notice.effect)

    @admin.display(description="state", ordering="state")
    def display_state(self, notice: Notice) -> str:
        return badge(notice.state)

    # The page of one: the mail as it is sent

    def change_view(
        self, request: StaffRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        notice = self.get_object_or_404(request, object_id)
        context = self.page_context(request, notice, f"Notice to {notice.customer}") | {
            "notice": notice,
            "about": self.about(notice),
            "mail": build_mail(notice),
            "logo": LetterSettings.of(notice.provider).logo_as_url,
            "buttons": self.action_buttons(request, notice),
        }
        return TemplateResponse(request, "customers/notice_page.html", context)

    def tabs(self, request: StaffRequest, obj: Notice) -> list[tuple[str, str]]:
        return []
