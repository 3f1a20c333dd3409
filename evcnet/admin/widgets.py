"""Widgets: search boxes for rows that are too many to list."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect

from evcnet.primary_keys import parse_pk


class _KeysOnly:
    """Leaves out what is no key when the chosen rows are shown again: the form says so, and the page must not fail."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        keys = [each for each in value if not each or parse_pk(str(each)) is not None]
        return super().optgroups(name, keys, attrs)  # type: ignore[misc]


class SearchBox(_KeysOnly, AutocompleteSelect):
    """One row, found by typing a part of its name."""
