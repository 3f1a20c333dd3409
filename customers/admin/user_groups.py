"""Admin of user groups."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse

from chargegroups.models import ChargeGroup
from customers.models import Customer, UserGroup
from customers.resources import UserGroupResource
from customers.row_counts import bounded_counts
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.importexport.admin import BulkImportExportAdmin

UNDER = " › "


@admin.register(UserGroup)
class UserGroupAdmin(ModelAdmin[UserGroup], BulkImportExportAdmin):
    resource_classes = (UserGroupResource,)
    list_display = ["code", "place", "customers", "charge_groups"]
    list_display_links = ["code", "place"]
    list_select_related = ["parent"]
    search_fields = ["code", "name"]
    search_help_text = "Code or name"
    fields = ["code", "name", "parent"]
    empty_words = (
        "They divide your customers, charge groups and logins. You need at least one before you add customers."
    )
    change_form_outer_before_template = "customers/user_group.html"

    @admin.display(description="name", ordering="name")
    def place(self, group: UserGroup) -> str:
        return UNDER.join(above.name for above in ancestry(group, self.visible))

    @admin.display(description="customers")
    def customers(self, group: UserGroup) -> str:
        return self.customer_counts[group.pk]

    @admin.display(description="charge groups")
    def charge_groups(self, group: UserGroup) -> str:
        return self.charge_group_counts[group.pk]

    visible: dict[int, UserGroup]
    customer_counts: dict[int, str]
    charge_group_counts: dict[int, str]

    def fetch_columns(self, request: StaffRequest, rows: list[UserGroup]) -> None:
        self.visible = {group.pk: group for group in UserGroup.objects.visible_to(request.user)}
        self.customer_counts = bounded_counts(Customer, "user_group", rows)
        self.charge_group_counts = bounded_counts(ChargeGroup, "user_group", rows)

    def formfield_for_foreignkey(self, db_field: Any, request: StaffRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "parent":
            field.empty_label = "None: it stands on its own"
        return field

    def get_form(self, request: StaffRequest, obj: UserGroup | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None and "parent" in form.base_fields:
            parent = form.base_fields["parent"]
            parent.queryset = parent.queryset.filter(provider_id=obj.provider_id).exclude(pk=obj.pk)
        return form

    def render_change_form(self, request: StaffRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        if (changed := kwargs.get("obj")) is not None:
            context.update(self._panel(request, UserGroup.objects.get(pk=changed.pk)))
        return super().render_change_form(request, context, *args, **kwargs)

    def _panel(self, request: StaffRequest, group: UserGroup) -> dict[str, Any]:
        visible = {each.pk: each for each in UserGroup.objects.visible_to(request.user)}
        of_group = f"?user_group__id__exact={group.pk}"
        return {
            "group": group,
            "above": ancestry(group, visible)[:-1],
            "below": [each for each in visible.values() if each.parent_id == group.pk],
            "customers": bounded_counts(Customer, "user_group", [group])[group.pk],
            "customers_url": reverse("admin:customers_customer_changelist") + of_group,
            "charge_groups": bounded_counts(ChargeGroup, "user_group", [group])[group.pk],
            "charge_groups_url": reverse("admin:chargegroups_chargegroup_changelist") + of_group,
        }


def ancestry(group: UserGroup, visible: dict[int, UserGroup]) -> list[UserGroup]:
    """The user groups above this one that the login sees, the topmost first, and itself."""
    line = [group]
    while (above := visible.get(line[0].parent_id or 0)) is not None and above not in line:
        line.insert(0, above)
    return line
