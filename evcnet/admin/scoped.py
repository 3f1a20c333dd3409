"""Scoped admin: the rows, choices and permissions of a login, on a page and in the tables inside it."""

from __future__ import annotations

from typing import Any

from django.db import models
from unfold import admin as unfold

from customers.models import StaffMember
from evcnet.admin.forms import OwnedForm
from evcnet.admin.moment_field import MomentField, MomentInput
from evcnet.admin.requests import StaffRequest
from evcnet.admin.widgets import SearchBox
from evcnet.tenancy import usable_rows, visible_rows

MOMENTS = {models.DateTimeField: {"form_class": MomentField, "widget": MomentInput}}
"""Moments are typed one way, wherever a form is made of a model."""
ENDS = {"valid_until"}
"""Fields of which a date without a time includes the day."""


def sees_target(login: StaffMember, row: models.Model, field: Any) -> bool:
    """Does the login see what this foreign key of a row points at? Asks the database only of user groups' logins."""
    pk, related = getattr(row, field.attname), field.related_model
    if pk is None or not hasattr(related, "tenancy"):
        return True
    scope = login.scope(f"{related._meta.app_label}.view_{related._meta.model_name}")
    if scope.platform or getattr(row, "provider_id", None) in scope.providers:
        return True
    return bool(visible_rows(related, login).filter(pk=pk).exists())


class Scoped:
    """Rows, choices and permissions of a login: the same for pages and for the tables inside them."""

    model: type[models.Model]
    row_permissions: dict[tuple[str, Any], bool] | None = None
    """What was asked of rows already, in the copy of an admin that serves one request; None where nothing is kept."""

    def get_queryset(self, request: StaffRequest) -> Any:
        ordering = self.get_ordering(request)  # type: ignore[attr-defined]
        rows = visible_rows(self.model, request.user)
        return rows.order_by(*ordering) if ordering else rows

    def formfield_for_foreignkey(self, db_field: Any, request: StaffRequest, **kwargs: Any) -> Any:
        if "queryset" not in kwargs:
            kwargs["queryset"] = usable_rows(db_field.related_model, request.user)
        if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs["widget"] = SearchBox(db_field, self.admin_site)  # type: ignore[attr-defined]
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        if not db_field.blank and "widget" not in kwargs and len(rows := field.queryset[:2]) == 1:
            field.initial = rows[0].pk  # who has one user group chooses it by having no other
        return field

    def formfield_for_choice_field(self, db_field: Any, request: StaffRequest, **kwargs: Any) -> Any:
        """What has no default is asked for: the first of the choices is nobody's."""
        if "choices" not in kwargs:
            blank = db_field.blank or not db_field.has_default()
            kwargs["choices"] = db_field.get_choices(include_blank=blank, blank_choice=[("", "Select value")])
        return super().formfield_for_choice_field(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Any, request: StaffRequest, **kwargs: Any) -> Any:
        if db_field.name in ENDS:
            kwargs["ends"] = True
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

    def has_model_permission(self, request: StaffRequest, action: str, obj: models.Model | None = None) -> bool:
        """May this login do that at all, and, with ``obj``, to that very row?"""
        meta = self.model._meta
        permission = f"{meta.app_label}.{action}_{meta.model_name}"
        if not request.user.has_perm(permission) or not isinstance(obj, self.model) or obj.pk is None:
            return request.user.has_perm(permission)
        cache = {} if self.row_permissions is None else self.row_permissions
        if (key := (permission, obj.pk)) not in cache:
            cache[key] = request.user.has_perm(permission, obj)
        return cache[key]

    def has_view_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return self.has_model_permission(request, "view", obj)

    def has_add_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return self.has_model_permission(request, "add")

    def has_change_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return self.has_model_permission(request, "change", obj)

    def has_delete_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return self.has_model_permission(request, "delete", obj)

    def has_module_permission(self, request: StaffRequest) -> bool:
        return self.has_model_permission(request, "view")


class ReadOnly:
    """Stands before the admin of rows that nobody adds, changes or removes on a page."""

    def has_add_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return False


class Inline(Scoped):
    """A table of rows inside their parent's page."""

    formfield_overrides = MOMENTS
    form = OwnedForm
    extra = 0

    def get_formset(self, request: StaffRequest, obj: models.Model | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        formset.form.request, formset.form.parent = request, obj
        return formset

    def get_exclude(self, request: StaffRequest, obj: models.Model | None = None) -> Any:
        return [*(super().get_exclude(request, obj) or ()), "provider"]  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Any, request: StaffRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and field.label:
            # A table names its columns and not its fields, which a screen reader reads one by one.
            field.widget.attrs.setdefault("aria-label", str(field.label))
        return field

    # The rows at hand are of the parent, which the login sees: the scope is a matter of the parent's row.
    def has_change_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return self.has_model_permission(request, "change")

    def has_delete_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return self.has_model_permission(request, "delete")

    def has_view_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return self.has_model_permission(request, "view")


class TabularInline(Inline, unfold.TabularInline):
    pass


class StackedInline(Inline, unfold.StackedInline):
    pass
