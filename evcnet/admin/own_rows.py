"""ModelAdmin of rows that are the provider's or a user group's own: a new one is asked whose it becomes."""

from __future__ import annotations

from typing import Any

from customers.own_rows import adds_for_provider, user_groups_for
from evcnet.admin.base import ModelAdmin, Row
from evcnet.admin.requests import StaffRequest


class OwnRowsAdmin(ModelAdmin[Row]):
    """For a model with an optional ``user_group``. It is asked when a row is added, and stays: others may depend on it."""

    def get_readonly_fields(self, request: StaffRequest, obj: Row | None = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *(["user_group"] if obj is not None else [])]

    def formfield_for_foreignkey(self, db_field: Any, request: StaffRequest, **kwargs: Any) -> Any:
        if db_field.name != "user_group":
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        rows = user_groups_for(request.user, self.model)
        field = super().formfield_for_foreignkey(db_field, request, queryset=rows, **kwargs)
        if adds_for_provider(request.user, self.model):
            field.empty_label = "The provider"
            return field
        field.required, choices = True, list(rows[:2])
        if len(choices) == 1:
            field.initial, field.empty_label = choices[0].pk, None
        return field
