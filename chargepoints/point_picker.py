"""Picker of charge points in a form: a search, its matches with address, status and present group, and what was chosen.

It works without a script: its buttons send the form, which is shown again as it was typed. ``point_picker.js`` replaces
the picker alone instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from chargepoints.models import ChargePoint
from chargepoints.search import points_named
from evcnet.primary_keys import parse_pks

PER_PAGE = 20
LISTED = 50
"""So many of the chosen charge points are listed; the others travel along in one field."""
FEW = 10
"""More chosen charge points than these are folded away, so that the search stays in sight."""
MOST = 5_000
"""So many matches are chosen at once."""
BUTTONS = ("search", "page", "all")


def is_searching(data: Mapping[str, Any], name: str) -> bool:
    """Was a button of the picker pressed, rather than one that saves the form?"""
    return any(f"{name}-{button}" in data for button in BUTTONS)


class PointPicker(forms.Widget):
    """``points`` are those that can be chosen. Keys come one by one, or several in one value with commas between."""

    points: QuerySet[ChargePoint]
    text = page = ""

    class Media:
        js = ("evcnet/point_picker.js",)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        self.text, self.page = str(data.get(f"{name}-find", "")).strip(), str(data.get(f"{name}-page", ""))
        keys = [key for value in data.getlist(name) for key in str(value).split(",") if key]
        if f"{name}-all" in data:
            keys += map(str, self._matches(keys).values_list("pk", flat=True)[:MOST])
        return keys

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return render_to_string("chargepoints/point_picker.html", self.context(name, value or [], attrs or {}))

    def context(self, name: str, value: Any, attrs: Mapping[str, Any]) -> dict[str, Any]:
        keys = [str(getattr(each, "pk", each)) for each in value]
        chosen = self.points.filter(pk__in=parse_pks(keys)).order_by("identity")
        return {
            "name": name,
            "text": self.text,
            "id": attrs.get("id", name),
            "chosen": chosen[:LISTED],
            "others": ",".join(map(str, chosen.values_list("pk", flat=True)[LISTED:])),
            "count": chosen.count(),
            "leaving": chosen.exclude(charge_group=None).count(),
            "page": Paginator(self._matches(keys), PER_PAGE).get_page(self.page),
            "most": MOST,
            "few": FEW,
        }

    def _matches(self, chosen: list[str]) -> QuerySet[ChargePoint]:
        """Those that match the search and are not chosen yet; those without a charge group first."""
        others = points_named(self.points.exclude(pk__in=parse_pks(chosen)), self.text)
        matches: QuerySet[ChargePoint] = others.order_by(F("charge_group_id").asc(nulls_first=True), "identity")
        return matches
