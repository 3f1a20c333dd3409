"""Customers to another user group: what they gain and lose in all charge groups is shown first."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse

from changes.admin.wizard import ChangeWizard, PlannedChange
from changes.proposals import CustomerMoves, Inapplicable
from customers.models import Customer, UserGroup
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.primary_keys import parse_pk
from evcnet.text import counted


class MoveCustomersWizard(ChangeWizard[Customer | None]):
    def __init__(
        self,
        admin: ModelAdmin[Customer],
        request: StaffRequest,
        obj: Customer | None,
        customers: list[Customer],
        to: UserGroup,
    ) -> None:
        super().__init__(admin, request, obj, request.POST if request.method == "POST" else request.GET)
        self.customers, self.to = customers, to

    @property
    def title(self) -> str:
        return f"{counted(len(self.customers), 'customer')} to {self.to}"

    @property
    def zone(self) -> Any:
        return self.to.provider.zone

    @property
    def back(self) -> str:
        """A customer of another user group may be out of sight."""
        if self.obj is None:
            return self.request.get_full_path()
        if Customer.objects.visible_to(self.request.user).filter(pk=self.obj.pk).exists():
            return str(self.admin.page(self.obj.pk))
        return reverse("admin:customers_customer_changelist")

    def plan(self) -> PlannedChange:
        if any(customer.provider_id != self.to.provider_id for customer in self.customers):
            raise Inapplicable(f"{self.to} is a user group of another provider than some of the customers.")
        moving = [customer for customer in self.customers if customer.user_group_id != self.to.pk]
        return PlannedChange(CustomerMoves.to(moving, self.to))


def regroup_customer(admin: ModelAdmin[Customer], request: StaffRequest, customer: Customer) -> HttpResponseBase:
    """The preview that follows the form of a customer in which another user group was chosen."""
    data = request.POST if request.method == "POST" else request.GET
    groups = UserGroup.objects.visible_to(request.user).select_related("provider")
    group = groups.filter(pk=parse_pk(data.get("to"))).first()
    if group is None:
        raise Http404("No such user group here.")
    return MoveCustomersWizard(admin, request, customer, [customer], group).respond()
