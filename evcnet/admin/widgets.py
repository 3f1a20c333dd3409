"""With what is typed that the browser alone has no field for? Search boxes for rows that are too many to list."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple

DIGITS = 18
"""Longer numbers are no key of ours, and the database would refuse to compare with them."""


class _KeysOnly:
    """Leaves out what is no key when the chosen rows are shown again: the form says so, and the page must not fail."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        keys = [each for each in value if not each or (str(each).isdecimal() and len(str(each)) <= DIGITS)]
        return super().optgroups(name, keys, attrs)  # type: ignore[misc]


class SearchBox(_KeysOnly, AutocompleteSelect):
    """One row, found by typing a part of its name."""


class SearchBoxes(_KeysOnly, AutocompleteSelectMultiple):
    """Several rows, found by typing parts of their names."""
