"""Filters of the list of sessions: the days on which they started, the verdict; and its search and pages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.utils import timezone
from django.utils.functional import cached_property
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter
from unfold.widgets import INPUT_CLASSES

from chargegroups.access import BY_REASON
from chargepoints.models import ChargePoint, Session
from chargepoints.search import points_named
from customers.models import Customer, StaffMember
from customers.search import search_customers, split_words
from evcnet.admin.requests import StaffRequest
from evcnet.codes import uid_key

REACHED = 10_000
"""So many of the latest sessions are paged through; older ones are reached by their days."""
MATCHES = 200


class LatestPages(Paginator):  # type: ignore[type-arg]
    """Counts no further than it pages: a count of all sessions would cost more than the page."""

    reached = REACHED

    @cached_property
    def count(self) -> int:
        count: int = self.object_list.order_by()[: self.reached].count()  # type: ignore[attr-defined]
        return count

    @property
    def has_more(self) -> bool:
        """Are there as many as are counted, and perhaps more?"""
        return self.count >= self.reached


class DaysForm(forms.Form):
    """Two days, each with the browser's own calendar."""

    def __init__(self, name: str, data: dict[str, Any]) -> None:
        super().__init__(data)
        for end, label in (("from", "First day"), ("to", "Last day")):
            attributes = {"type": "date", "class": " ".join(INPUT_CLASSES), "aria-label": label, "title": label}
            widget = forms.DateInput(attributes)
            self.fields[f"{name}_{end}"] = forms.DateField(label=label, required=False, widget=widget)


class StartedFilter(RangeDateFilter):
    """Sessions that started on one of these days, both included, by the login's own clock."""

    form_class = DaysForm

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "the day it started"

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        """Unfold compares days with moments as they are: its last day would be over as it begins."""
        first, last = self._day("from"), self._day("to")
        if first:
            queryset = queryset.filter(started_at__gte=_midnight(first))
        return queryset.filter(started_at__lt=_midnight(last + timedelta(days=1))) if last else queryset

    def _day(self, end: str) -> date | None:
        """Raises ValueError for what is no day; the page of the list says so."""
        text = self.used_parameters.get(f"started_at_{end}")
        return date.fromisoformat(str(text)) if text else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


class VerdictFilter(DropdownFilter):
    title = "whether it was allowed"
    parameter_name = "verdict"

    def lookups(self, request: StaffRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        refusals = [(line.reason, f"– {line.text}") for line in BY_REASON.values() if line.verdict != "ALLOWED"]
        first = [("allowed", "Allowed"), ("corrected", "Allowed or not, corrected"), ("refused", "Not allowed")]
        return [*first, *refusals]

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        value = self.value()
        if value in ("allowed", "refused"):
            allowed = queryset.filter(verdict="ALLOWED")
            return allowed if value == "allowed" else queryset.exclude(verdict="ALLOWED")
        if value == "corrected":
            return queryset.filter(ratings__number=2)
        return queryset.filter(reason=value) if value in BY_REASON else queryset


def sessions_named(sessions: Any, text: str, login: StaffMember) -> Any:
    """By id or card, or by a customer or charge point that the login sees.

    Names are looked up first: one OR over columns of three tables would keep every index from being used.
    """
    if not split_words(text):
        return sessions
    customers = search_customers(Customer.objects.visible_to(login), text).order_by().values_list("pk", flat=True)
    points = points_named(ChargePoint.objects.visible_to(login), text).order_by().values_list("pk", flat=True)
    typed = text.replace("\0", "").strip()
    own = Session.objects.filter(code__iexact=typed) | Session.objects.filter(card_uid__uid_key=uid_key(typed))
    matches = own | Session.objects.filter(customer__in=list(customers[:MATCHES]))
    matches |= Session.objects.filter(charge_point__in=list(points[:MATCHES]))
    return sessions.filter(pk__in=matches.order_by().values("pk"))
