"""Picker of charge points in a form: a search, its matches with address, status and present group, and what was chosen.

All that match are chosen by one button, and all that stand on the street of one of them by another.

It works without a script: its buttons send the form, which is shown again as it was typed. ``point_picker.js`` replaces
the picker alone instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count, F, QuerySet
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from chargepoints.models import ChargePoint
from chargepoints.search import points_named
from chargepoints.streets import Street, ids_on_street, streets_of
from evcnet.primary_keys import parse_pk, parse_pks

PER_PAGE = 20
LISTED = 50
"""So many of the chosen charge points are listed; the others travel along in one field."""
FEW = 10
"""More chosen charge points than these are folded away, so that the search stays in sight."""
MOST = 5_000
"""So many matches are chosen at once."""
STREETS = 4
"""So many streets of the matches are offered as a whole."""
LEFT_GROUPS = 5
"""So many of the charge groups that chosen points leave are named."""
BUTTONS = ("search", "page", "all", "street")


def chosen_keys(data: Any, name: str) -> list[str]:
    """Those that the form sends: one by one, or several in one value with commas between."""
    return [key for value in data.getlist(name) for key in str(value).split(",") if key]


def is_searching(data: Mapping[str, Any], name: str) -> bool:
    """Was a button of the picker pressed, rather than one that saves the form?"""
    return any(f"{name}-{button}" in data for button in BUTTONS)


class PointPicker(forms.Widget):
    """``points`` are those that can be chosen. ``lists_all``: before a search too, rather than its matches alone."""

    points: QuerySet[ChargePoint]
    text = page = ""
    lists_all = True

    class Media:
        js = ("evcnet/point_picker.js",)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        self.text, self.page = str(data.get(f"{name}-find", "")).strip(), str(data.get(f"{name}-page", ""))
        keys = chosen_keys(data, name)
        if f"{name}-all" in data:
            keys += map(str, self._matches(keys).values_list("pk", flat=True)[:MOST])
        if (location := parse_pk(str(data.get(f"{name}-street", "")))) is not None:
            keys += map(str, ids_on_street(self._others(keys), location)[:MOST])
        return keys

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return render_to_string("chargepoints/point_picker.html", self.context(name, value or [], attrs or {}))

    def context(self, name: str, value: Any, attrs: Mapping[str, Any]) -> dict[str, Any]:
        keys = [str(getattr(each, "pk", each)) for each in value]
        chosen = self.points.filter(pk__in=parse_pks(keys)).order_by("identity")
        page = Paginator(self._matches(keys), PER_PAGE).get_page(self.page)
        return {
            "name": name,
            "text": self.text,
            "id": attrs.get("id", name),
            "chosen": chosen[:LISTED],
            "others": ",".join(map(str, chosen.values_list("pk", flat=True)[LISTED:])),
            "count": chosen.count(),
            "leaving": _leaving(chosen),
            "page": page,
            "streets": self._streets(page.object_list, keys) if self.text else [],
            "lists_all": self.lists_all,
            "most": MOST,
            "few": FEW,
        }

    def _others(self, chosen: list[str]) -> QuerySet[ChargePoint]:
        return self.points.exclude(pk__in=parse_pks(chosen))

    def _matches(self, chosen: list[str]) -> QuerySet[ChargePoint]:
        """Those that match the search and are not chosen yet; those without a charge group first."""
        others = self._others(chosen) if self.text or self.lists_all else self.points.none()
        matches: QuerySet[ChargePoint] = points_named(others, self.text).order_by(
            F("charge_group_id").asc(nulls_first=True), "identity"
        )
        return matches

    def _streets(self, matches: Any, chosen: list[str]) -> list[Street]:
        """Those of the page of matches on which several can be chosen, also such as the search does not find."""
        streets = streets_of(matches, self._others(chosen), STREETS)
        return [street for street in streets if 1 < street.points <= MOST]


def _leaving(chosen: QuerySet[ChargePoint]) -> list[str]:
    """How many of these points leave which charge groups, in words, most first."""
    rows = chosen.exclude(charge_group=None).order_by().values("charge_group__code", "charge_group__name")
    counts = list(rows.annotate(number=Count("pk", distinct=True)).order_by("-number", "charge_group__code"))
    named = [(row["number"], f"{row['charge_group__code']} {row['charge_group__name']}") for row in counts]
    if rest := named[LEFT_GROUPS:]:
        named[LEFT_GROUPS:] = [(sum(number for number, _ in rest), f"{len(rest):,} more")]
    return [f"{number:,} {'leaves' if number == 1 else 'leave'} {group}" for number, group in named]
