"""Action that begins an exception of one customer: asks for the charge group, and goes on in its "Customers and tariffs"."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from chargegroups.models import ChargeGroup, CustomerException
from customers.models import Customer
from evcnet.admin.actions import Action, ActionForm
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest


class GroupForm(ActionForm):
    intro = "At which charge group? There you see what holds for this customer now, and change it."

    charge_group = forms.ModelChoiceField(ChargeGroup.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["charge_group"]
        providers = {customer.provider_id for customer in self.rows}
        field.queryset = ChargeGroup.objects.visible_to(self.request.user).open().filter(provider__in=providers)
        field.widget = AutocompleteSelect(CustomerException._meta.get_field("charge_group"), admin.site)
        field.widget.choices = field.choices


def _go_on(
    admin: ModelAdmin[Customer], request: StaffRequest, customers: list[Customer], asked: dict[str, Any]
) -> HttpResponseBase:
    (customer,) = customers
    page = reverse("admin:chargegroups_chargegroup_customers", args=[asked["charge_group"].pk])
    return HttpResponseRedirect(f"{page}?access=all&edit={customer.pk}#c{customer.pk}")


EXCEPTION = Action(
    "exception",
    "Exception at a charge group",
    "excepted",
    is_available=lambda customer: customer.erased_at is None,
    form=GroupForm,
    view=_go_on,
)
