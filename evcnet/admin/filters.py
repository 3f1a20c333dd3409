"""List filters of the admin, whose choices never name what the login may not see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import FieldListFilter, ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter

from evcnet.admin.moment_field import MomentField
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
    """From one moment until another, as they are typed in every form."""

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[f"{name}_from"] = MomentField(label="From")
        self.fields[f"{name}_until"] = MomentField(label="Until", ends=True)


class MomentsFilter(FieldListFilter):
    """Between two moments by the current time zone; a last day is included. One that can't be read leaves no row."""

    template = "evcnet/moments_filter.html"

    def __init__(self, field: Any, request: StaffRequest, params: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(field, request, params, *args, **kwargs)
        typed = {name: each[-1] if isinstance(each, list) else each for name, each in self.used_parameters.items()}
        self.form = MomentsForm(self.field_path, typed)

    def expected_parameters(self) -> list[str | None]:
        return [f"{self.field_path}_{end}{part}" for end in ("from", "until") for part in ("", "_time")]

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Any:
        yield {"form": self.form}

    def queryset(self, request: StaffRequest, queryset: Any) -> Any:  # type: ignore[override]
        if not self.form.is_valid():
            # The filters may be folded away.
            for reason in (each for errors in self.form.errors.values() for each in errors):
                messages.error(request, f"By {self.title}: {reason}")
            return queryset.none()
        begins, ends = (self.form.cleaned_data[f"{self.field_path}_{end}"] for end in ("from", "until"))
        within = {f"{self.field_path}__gte": begins, f"{self.field_path}__lt": ends}
        return queryset.filter(**{lookup: moment for lookup, moment in within.items() if moment is not None})
