"""Filters of the list of charge points: what is missing, how the device is connected, whether cards were refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from chargepoints.models import DecisionEntry
from evcnet.admin.requests import StaffRequest
from gateway.states import CONNECTIONS, charging_points


class MissingFilter(DropdownFilter):
    title = "what is missing"
    parameter_name = "missing"

    def lookups(self, request: StaffRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("group", "no charge group"), ("location", "no location"), ("either", "either of them")]

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        missing = {"group": Q(charge_group=None), "location": Q(location=None)}
        missing["either"] = missing["group"] | missing["location"]
        return queryset.filter(missing[kind]) if (kind := self.value() or "") in missing else queryset


class ConnectionFilter(DropdownFilter):
    title = "connection"
    parameter_name = "connection"

    def lookups(self, request: StaffRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [
            ("connected", "connected"),
            ("offline", "offline"),
            ("never", "never connected"),
            ("charging", "charging now"),
        ]

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        kind = self.value() or ""
        if kind == "charging":
            return queryset.filter(pk__in=charging_points())
        return queryset.filter(CONNECTIONS[kind]) if kind in CONNECTIONS else queryset


class RefusedFilter(DropdownFilter):
    """By the days of the login's clock: today's begins at midnight."""

    title = "refused cards"
    parameter_name = "refused"
    days = {"today": 1, "week": 7}

    def lookups(self, request: StaffRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("today", "today"), ("week", "within seven days")]

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        days = self.days.get(self.value() or "")
        if days is None:
            return queryset
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        refusals = DecisionEntry.objects.refusals(request.user, since=midnight - timedelta(days=days - 1))
        return queryset.filter(pk__in=refusals.values("charge_point"))
