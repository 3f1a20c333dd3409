"""Form field of a percentage: 21, 21 % and 21% are the same."""

from __future__ import annotations

from typing import Any

from django import forms


class PercentField(forms.DecimalField):
    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(**{"widget": widget} | options)

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.strip().removesuffix("%").rstrip() if isinstance(value, str) else value)
