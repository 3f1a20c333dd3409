"""List filters of the admin, whose choices never name what the login may not see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter, RelatedDropdownFilter
from unfold.widgets import INPUT_CLASSES

from evcnet.admin.requests import StaffRequest
from evcnet.tenancy import visible_rows


class OnlySeen:
    """A row that the login does not see narrows the list to nothing, as one does that is not there."""

    used_parameters: dict[str, Any]
    lookup_kwarg: str
    field: Any

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:
        value = self.used_parameters.get(self.lookup_kwarg)
        typed = [each for each in (value if isinstance(value, list) else [value]) if each not in (None, "")]
        visible = visible_rows(self.field.related_model, request.user)
        if typed and not visible.filter(pk__in=typed).exists():
            return queryset.none()
        return super().queryset(request, queryset)  # type: ignore[misc]


class RelatedFilter(OnlySeen, RelatedDropdownFilter):
    """A drop-down of the related rows that the login sees; for relations that stay small, such as user groups."""

    def field_choices(self, field: Any, request: StaffRequest, model_admin: ModelAdmin[Any]) -> list[tuple[Any, str]]:
        rows = visible_rows(field.related_model, request.user)
        return [(row.pk, str(row)) for row in rows]


class AutocompleteFilter(OnlySeen, AutocompleteSelectFilter):
    """A search box for relations that grow, such as customers. The related admin must have search_fields."""

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            # Else the name of a row that the login may not see would stand in the box.
            field = choice["form"].fields[self.lookup_kwarg]
            field.queryset = field.queryset.visible_to(self.request.user)
            yield choice


class MomentsForm(forms.Form):
    """Two moments, each with the browser's own pickers of a date and a time."""

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for end, label in (("from", "From"), ("to", "Until")):
            attributes = {"class": " ".join(INPUT_CLASSES)}
            widget = forms.SplitDateTimeWidget(
                date_attrs=attributes | {"type": "date", "aria-label": f"{label}: date"},
                time_attrs=attributes | {"type": "time", "aria-label": f"{label}: time"},
                date_format="%Y-%m-%d",
                time_format="%H:%M",
            )
            self.fields[f"{name}_{end}"] = forms.SplitDateTimeField(label=label, required=False, widget=widget)


class MomentsFilter(RangeDateTimeFilter):
    """Between two moments; a date without a time means the whole day."""

    form_class = MomentsForm

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for end, time in (("from", "00:00"), ("to", "23:59:59")):
            if self.used_parameters.get(f"{self.parameter_name}_{end}_0"):
                self.used_parameters[f"{self.parameter_name}_{end}_1"] = (
                    self.used_parameters.get(f"{self.parameter_name}_{end}_1") or time
                )
