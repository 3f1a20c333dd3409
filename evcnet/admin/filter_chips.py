"""Chips of a list: its search and each filter that is set, with the address of the list without it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin.views.main import SEARCH_VAR

from evcnet.admin.presets import set_filters


@dataclass(frozen=True)
class Chip:
    """``url`` is that of the list without this one."""

    text: str
    url: str


def filter_chips(changelist: Any) -> list[Chip]:
    """The search first, then the filters in their order."""
    typed = set_filters(changelist)
    search = [Chip(f"search: {changelist.query}", _without(changelist, [SEARCH_VAR]))] if changelist.query else []
    chips = []
    for each in changelist.filter_specs:
        values = {name: typed[name] for name in each.expected_parameters() if name in typed}
        if values:
            chips.append(Chip(f"{each.title}: {_in_words(each, changelist, values)}", _without(changelist, values)))
    return search + chips


def url_without_filters(changelist: Any) -> str:
    """That of the list without search and filters, in the order that was chosen."""
    return _without(changelist, [SEARCH_VAR, *set_filters(changelist)])


def _without(changelist: Any, names: Iterable[str]) -> str:
    url: str = changelist.get_query_string(dict.fromkeys(names))
    return url


def _in_words(list_filter: Any, changelist: Any, values: Mapping[str, list[str]]) -> str:
    """What is chosen, as the filter itself names it; as it stands in the address where it does not."""
    for choice in list_filter.choices(changelist):
        if "form" in choice:
            return " ".join(_of_field(choice["form"].fields.get(name), each) for name, each in values.items())
        if choice.get("selected"):
            return str(choice["display"])
    return ", ".join(value for each in values.values() for value in each)


def _of_field(field: Any, values: list[str]) -> str:
    if isinstance(field, forms.ModelChoiceField):
        queryset: Any = field.queryset
        rows = {str(row.pk): str(row) for row in queryset.filter(pk__in=values)}
        return ", ".join(rows.get(value, value) for value in values)
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        labels = {str(value): str(label) for value, label in choices}
        return ", ".join(labels.get(value, value).lstrip("– ") for value in values)
    label = str(field.label).lower() if field is not None else ""
    return f"{label} {', '.join(values)}".strip()
