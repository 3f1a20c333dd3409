"""Actions of privacy: export of a customer's data, erasure of the person. On the customer's page alone, never in bulk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from unfold.widgets import UnfoldAdminTextInputWidget

from customers.admin.status_actions import customers_meaning
from customers.audit import record
from customers.models import AuditEntry, Customer
from customers.privacy.erase import erase
from customers.privacy.export import CustomerExport
from customers.privacy.personal_data import HeldRows, held_rows
from evcnet.accounts.attempts import address_of
from evcnet.admin.actions import Action, ActionForm
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.errors import REFUSALS, refusal_of


def is_person(customer: Customer) -> bool:
    return customer.erased_at is None


def _disclose(
    admin: ModelAdmin[Customer], request: StaffRequest, customers: list[Customer], answers: dict[str, Any]
) -> HttpResponse:
    (customer,) = customers
    data = CustomerExport(customer, request.user)
    rows = data.rows
    record(
        AuditEntry.Event.CUSTOMER_EXPORTED,
        request.user,
        customer.provider,
        about=f"customer {customer.number}",
        rows=sum(rows.values()),
        address=address_of(request),
        **rows,
    )
    response = StreamingHttpResponse(data.pieces(), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="customer-{customer.pk}.json"'
    return response  # type: ignore[return-value]


class EraseForm(ActionForm):
    """Nobody erases the wrong person by a click too many: the number is typed."""

    template, danger = "customers/erase.html", True

    number = forms.CharField(
        label="Customer number",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Type the number of the customer who is to be erased.",
    )

    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Kept in the record and in the history, without the words that name the person.",
    )

    @property
    def access(self) -> list[str]:
        """Which cards stop working, and where; and what goes on."""
        return customers_meaning([self.rows[0].pk], "deactivated", self.request.user)[1:]

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        if number != self.rows[0].number:
            raise ValidationError("This is not the number of this customer: nobody was erased.")
        return number

    @property
    def held(self) -> list[HeldRows]:
        """What is erased beside the customer's own row."""
        return [held for held in held_rows(self.rows[0]) if held.declared.erasure]


def _erase(
    admin: ModelAdmin[Customer], request: StaffRequest, customers: list[Customer], answers: dict[str, Any]
) -> HttpResponse:
    (customer,) = customers
    try:
        rows = erase(customer, by=request.user, address=address_of(request), reason=answers["reason"])
    except REFUSALS as error:
        messages.error(request, f"Nothing was erased. {refusal_of(error).message}")
    else:
        messages.success(
            request, f"The person behind customer {customer.number} is erased: {rows.total():,} rows were overwritten."
        )
    return HttpResponseRedirect(admin.page(customer.pk))


DISCLOSE = Action(
    "disclose",
    "Export this customer’s data",
    "exported",
    is_available=is_person,
    permission="disclose",
    view=_disclose,
)
ERASE = Action(
    "erase",
    "Erase the person",
    "erased",
    is_available=is_person,
    permission="erase",
    form=EraseForm,
    asks_password=True,
    view=_erase,
)
