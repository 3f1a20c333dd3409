"""Widgets: search boxes for rows that are too many to list, and the browser's own picker of moments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from unfold.widgets import INPUT_CLASSES

from evcnet.primary_keys import parse_pk


class _KeysOnly:
    """Leaves out what is no key when the chosen rows are shown again: the form says so, and the page must not fail."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        keys = [each for each in value if not each or parse_pk(str(each)) is not None]
        return super().optgroups(name, keys, attrs)  # type: ignore[misc]


class SearchBox(_KeysOnly, AutocompleteSelect):
    """One row, found by typing a part of its name."""


class SearchBoxes(_KeysOnly, AutocompleteSelectMultiple):
    """Several rows, found by typing parts of their names."""


class MomentInput(forms.DateTimeInput):
    """The browser's own picker of date and time. What is typed is in the zone of the login's provider."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None, format: str = "%Y-%m-%dT%H:%M") -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES)} | (attrs or {}), format)

    def format_value(self, value: Any) -> str | None:
        """With seconds only where there are some, so that saving a page anew changes no moment."""
        if getattr(value, "second", 0):
            return str(value.strftime("%Y-%m-%dT%H:%M:%S"))
        text: str | None = super().format_value(value)
        return text
