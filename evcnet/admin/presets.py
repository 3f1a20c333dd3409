"""Presets of a list: filters under a name, shown above it as tabs with the number of their rows."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, QuerySet

from evcnet.admin.requests import StaffRequest
from evcnet.admin.selection import MOST_ROWS
from evcnet.together import evaluate, totals

COUNTED = 1_000
"""So many rows of a preset are counted where nobody knows their number; of more the tab says "1,000+"."""
SCANNED = 50_000
"""Presets that read the whole list are counted in lists of so many rows at most."""


@dataclass(frozen=True)
class Preset:
    """``filters`` are parameters of the list's address, by name; none of them: all of its rows.

    ``reads_list``: no index finds its rows, so that counting them reads the whole list, and a large one is not counted.
    ``action``: the name of an action of the list for which its rows wait; it is offered for all of them at once.
    """

    label: str
    filters: Mapping[str, str] = field(default_factory=dict)
    reads_list: bool = False
    action: str = ""


@dataclass(frozen=True)
class PresetTab:
    """``count`` is a number in words, and empty where it is not known."""

    label: str
    url: str
    count: str
    is_open: bool


def preset_tabs(changelist: Any, request: StaffRequest) -> list[PresetTab]:
    """The first preset is the whole list. Open is the one whose filters are set and no other, whatever is searched for."""
    presets: tuple[Preset, ...] = changelist.model_admin.presets
    counts = _counts(changelist, request) if presets else {}
    chosen = set_filters(changelist)
    return [
        PresetTab(
            each.label,
            f"?{urlencode(each.filters)}",
            counts.get(each.label, ""),
            is_open=chosen == {name: [value] for name, value in each.filters.items()},
        )
        for each in presets
    ]


@dataclass(frozen=True)
class PresetAction:
    """A button above the list: the action for all rows of the open preset. ``first`` is one of them, as Django asks for one."""

    name: str
    label: str
    first: Any


def preset_action(changelist: Any, request: StaffRequest, tabs: list[PresetTab]) -> PresetAction | None:
    """None where the login may not do it, where nothing waits, or where there is more than a page of an action lists."""
    presets = zip(changelist.model_admin.presets, tabs, strict=False)
    name, count = next(((preset.action, tab.count) for preset, tab in presets if tab.is_open), ("", ""))
    rows = list(changelist.result_list)
    number = count.replace(",", "")
    if not name or not rows or changelist.query or not number.isdecimal() or int(number) > MOST_ROWS:
        return None
    _, _, label = changelist.model_admin.get_actions(request).get(name, (None, "", ""))
    return PresetAction(name, f"{label} all {count}…", rows[0].pk) if label else None


def set_filters(changelist: Any) -> dict[str, list[str]]:
    """The values of the list's filters that are set, by the name of their parameter."""
    typed = {name: [value for value in values if value] for name, values in changelist.get_filters_params().items()}
    return {name: values for name, values in typed.items() if values}


def preset_rows(changelist: Any, request: StaffRequest, preset: Preset) -> QuerySet[Any]:
    """What the list shows under the preset alone: by its own filters, and within the login's reach."""
    narrowed = copy(changelist)
    narrowed.query, narrowed.params = "", dict(preset.filters)
    narrowed.filter_params = {name: [value] for name, value in preset.filters.items()}
    narrowed.list_filter = [each for each in changelist.list_filter if _reads_one_of(each, preset.filters)]
    rows: QuerySet[Any] = narrowed.get_queryset(request)
    return rows


def _reads_one_of(list_filter: Any, names: Mapping[str, str]) -> bool:
    """Others need not be made: some of them ask the database for their choices."""
    own = list_filter[0] if isinstance(list_filter, tuple) else list_filter
    own = own if isinstance(own, str) else own.parameter_name
    return any(name == own or name.startswith(f"{own}__") for name in names)


def _counts(changelist: Any, request: StaffRequest) -> dict[str, str]:
    """By label. One statement for what is known without counting, one for the others, one for what reads the list."""
    admin = changelist.model_admin
    known: Mapping[str, QuerySet[Any, Any]] = admin.preset_totals(request)
    counts = _evaluated(known)
    others = [each for each in admin.presets if each.label not in known]
    counted = _evaluated(_capped(changelist, request, [each for each in others if not each.reads_list]))
    whole = admin.presets[0].label
    if counts.get(whole, SCANNED + 1) <= SCANNED or counted.get(whole, COUNTED + 1) <= COUNTED:
        counted |= _evaluated(_capped(changelist, request, [each for each in others if each.reads_list]))
    in_words = {label: f"{count:,}" if count <= COUNTED else f"{COUNTED:,}+" for label, count in counted.items()}
    return {label: f"{count:,}" for label, count in counts.items()} | in_words


def _capped(changelist: Any, request: StaffRequest, presets: list[Preset]) -> dict[str, QuerySet[Any, Any]]:
    """In the list's order, whose index they are read by."""
    rows = {each.label: preset_rows(changelist, request, each).select_related(None).values("pk") for each in presets}
    every = changelist.model._base_manager
    return {label: totals(every.filter(pk__in=keys[: COUNTED + 1]), total=Count("pk")) for label, keys in rows.items()}


def _evaluated(sums: Mapping[str, QuerySet[Any, Any]]) -> dict[str, int]:
    evaluate(list(sums.values()))
    return {label: sum(row["total"] or 0 for row in rows) for label, rows in sums.items()}
