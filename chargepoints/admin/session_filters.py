"""By what may the list of sessions be narrowed: days, charge group, verdict?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import INPUT_CLASSES

from chargegroups.access import BY_REASON
from chargepoints.models import ChargePoint, Session
from chargepoints.search import points_named
from customers.models import Customer
from customers.search import search_customers, split_words

REACHED = 10_000
"""So many of the latest sessions are paged through; older ones are reached by their days."""
MATCHES = 200


class LatestPages(Paginator):  # type: ignore[type-arg]
    """Counts no further than it pages: a count of all sessions would cost more than the page."""

    @cached_property
    def count(self) -> int:
        found: int = self.object_list.order_by()[:REACHED].count()  # type: ignore[union-attr]
        return found


class Days(forms.Form):
    def __init__(self, names: tuple[str, str], data: dict[str, Any]) -> None:
        super().__init__(data)
        for name, label in zip(names, ("First day", "Last day"), strict=True):
            attributes = {"type": "date", "class": " ".join(INPUT_CLASSES), "aria-label": label, "title": label}
            self.fields[name] = forms.DateField(label=label, required=False, widget=forms.DateInput(attributes))


class StartedFilter(admin.SimpleListFilter):
    """Sessions that started on one of these days, both included, by the login's own clock."""

    title = "the day it started"
    template = "unfold/filters/filters_date_range.html"
    parameter_name = "from"
    names = ("from", "to")

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        last = params.pop("to", None)
        if last is not None:
            self.used_parameters["to"] = last[-1] if isinstance(last, list) else last

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:
        return list(self.names)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        first, last = (self._day(name) for name in self.names)
        if first:
            queryset = queryset.filter(started_at__gte=_midnight(first))
        return queryset.filter(started_at__lt=_midnight(last + timedelta(days=1))) if last else queryset

    def _day(self, name: str) -> date | None:
        text = self.used_parameters.get(name)
        return date.fromisoformat(str(text)) if text else None  # a ValueError is told by the list's page

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        yield {"form": Days(self.names, {name: self.used_parameters.get(name) for name in self.names})}


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


class VerdictFilter(DropdownFilter):
    title = "whether it was allowed"
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        refusals = [(line.reason, f"– {line.text}") for line in BY_REASON.values() if line.verdict != "ALLOWED"]
        first = [("allowed", "Allowed"), ("corrected", "Allowed or not, corrected"), ("refused", "Not allowed")]
        return [*first, *refusals]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        wanted = self.value()
        if wanted in ("allowed", "refused"):
            allowed = queryset.filter(verdict="ALLOWED")
            return allowed if wanted == "allowed" else queryset.exclude(verdict="ALLOWED")
        if wanted == "corrected":
            return queryset.filter(ratings__number=2)
        return queryset.filter(reason=wanted) if wanted in BY_REASON else queryset


def sessions_named(sessions: Any, text: str, login: Any) -> Any:
    """By id or card, or by a customer or charge point that the login sees.

    Names are looked up first: one OR over columns of three tables would keep every index from being used.
    """
    if not split_words(text):
        return sessions
    customers = search_customers(Customer.objects.visible_to(login), text).order_by().values_list("pk", flat=True)
    points = points_named(ChargePoint.objects.visible_to(login), text).order_by().values_list("pk", flat=True)
    typed = text.replace("\0", "").strip()
    own = Session.objects.filter(code__iexact=typed) | Session.objects.filter(card_uid__iexact=typed)
    found = own | Session.objects.filter(customer__in=list(customers[:MATCHES]))
    found |= Session.objects.filter(charge_point__in=list(points[:MATCHES]))
    return sessions.filter(pk__in=found.order_by().values("pk"))
