"""Action that moves customers to another user group, with which their access changes: asks where, then previews."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from unfold.widgets import UnfoldAdminSelectWidget

from changes.admin.move_customers import MoveCustomersWizard
from customers.models import Customer, UserGroup
from evcnet.admin.actions import Action, ActionForm, row_of_page
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest


class MoveForm(ActionForm):
    intro = (
        "Charge groups that are open to a user group are open to its customers. You see first what changes for them."
    )

    user_group = forms.ModelChoiceField(UserGroup.objects.none(), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        providers = {customer.provider_id for customer in self.rows}
        field: Any = self.fields["user_group"]
        visible = UserGroup.objects.visible_to(self.request.user).filter(provider_id__in=providers)
        field.queryset = visible.select_related("provider")


def _move(
    admin: ModelAdmin[Customer], request: StaffRequest, customers: list[Customer], answers: dict[str, Any]
) -> HttpResponseBase:
    one = row_of_page(request, customers)
    return MoveCustomersWizard(admin, request, one, customers, answers["user_group"]).respond()


MOVE = Action(
    "move",
    "Move to another user group",
    "moved",
    is_available=lambda customer: customer.erased_at is None,
    form=MoveForm,
    view=_move,
)
