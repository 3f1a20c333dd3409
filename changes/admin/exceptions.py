"""Form and wizard of one exception for each of many customers of a charge group, or none any more."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase

from changes.admin.wizard import ChangeWizard, PlannedChange
from changes.change_permissions import may_change_exceptions
from changes.proposals import ExceptionChanges, ProposedException
from chargegroups.models import ChargeGroup, CustomerException
from customers.models import Customer, StaffMember
from evcnet.admin.base import ModelAdmin
from evcnet.admin.moment_field import MomentField
from evcnet.admin.requests import StaffRequest
from evcnet.primary_keys import parse_pks
from tariffs.forms.tariff_picker import BY_CODE, TariffField, offer_tariffs
from tariffs.models import Tariff

REMOVE = "remove"
MOST = 1_000
"""A request that names more customers than a person selects is a file: it is imported as CSV."""


class ExceptionsForm(forms.Form):
    access = forms.ChoiceField(
        label="Access",
        choices=[*CustomerException.Access.choices, (REMOVE, "no exception any more")],
        initial=CustomerException.Access.ALLOWED,
    )
    tariff = TariffField(
        to_field_name=BY_CODE,
        required=False,
        empty_label="as the charge group says",
        help_text="What these customers pay here.",
    )
    valid_from = MomentField(label="From", help_text="Empty: always.")
    valid_until = MomentField(ends=True, label="Until", help_text="Empty: until it is removed.")
    note = forms.CharField(required=False, max_length=500)

    def __init__(self, data: Any = None, *, group: ChargeGroup, login: StaffMember) -> None:
        super().__init__(data)
        usable = Tariff.objects.visible_to(login, "use")
        usable = usable.usable_in(provider=group.provider_id, user_group=group.user_group_id)
        offer_tariffs(self, usable, login)

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        begins, ends = answers.get("valid_from"), answers.get("valid_until")
        if begins and ends and ends <= begins:
            self.add_error("valid_until", "The exception ends before it begins.")
        if answers.get("access") == CustomerException.Access.POLICY and not answers.get("tariff"):
            self.add_error("access", "As the policy says and without a tariff, an exception changes nothing.")
        return answers


class ExceptionsWizard(ChangeWizard[ChargeGroup]):
    form_template = "changes/exceptions.html"

    @property
    def title(self) -> str:
        return "Exceptions of many customers"

    @property
    def back(self) -> str:
        return str(self.admin.page(self.obj.pk, "customers"))

    @cached_property
    def customers(self) -> list[Customer]:
        ids = parse_pks(self.data.getlist("customer"))
        visible = Customer.objects.visible_to(self.request.user).filter(provider_id=self.obj.provider_id)
        return list(visible.filter(pk__in=ids[:MOST]).select_related("user_group"))

    @cached_property
    def form(self) -> ExceptionsForm:
        # The page that selects customers sends nothing else: then nothing was typed yet.
        typed = self.data if "access" in self.data else None
        return ExceptionsForm(typed, group=self.obj, login=self.request.user)

    def plan(self) -> PlannedChange | None:
        if not self.form.is_valid():
            return None
        return PlannedChange(ExceptionChanges(self._rows(self.form.cleaned_data)))

    def _rows(self, typed: dict[str, Any]) -> list[ProposedException]:
        if typed["access"] != REMOVE:
            return [ProposedException(self.obj, customer, **typed) for customer in self.customers]
        held = set(self.obj.exceptions.values_list("customer_id", flat=True))
        chosen = [customer for customer in self.customers if customer.pk in held]
        return [ProposedException(self.obj, customer, removed=True) for customer in chosen]

    def form_context(self) -> dict[str, Any]:
        media = self.admin.media + self.form.media
        return {"form": self.form, "media": media, "customers": self.customers}


def exceptions_of_many(admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> HttpResponseBase:
    if not may_change_exceptions(request.user, [group]):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseRedirect(admin.page(group.pk, "customers"))
    return ExceptionsWizard(admin, request, group).respond()
