"""The price editor: one form in two views, a simple form for common prices and a table of elements for all others.

Nothing is kept between its pages: what is typed in one view goes on to the other, to the calculator or to the preview of
a change as the data that the table of elements sends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from chargegroups.group_snapshots import versions_in_force
from chargegroups.tariff_usage import is_used
from evcnet.admin.base import ModelAdmin
from evcnet.admin.moment_field import typed_moment
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from evcnet.errors import REFUSALS, refusal_of
from tariffs import writes
from tariffs.admin import calculator, live_preview
from tariffs.admin.version_list import editor_page
from tariffs.conversion import price_list
from tariffs.forms.price_table import PriceTable
from tariffs.forms.simple_prices import SimpleForm, first_values, simple_values
from tariffs.models import Tariff, TariffVersion


class PriceEditor:
    """The prices of a tariff on their pages: of ``version``, which is scheduled, or of a new one where that is None."""

    def __init__(
        self, admin: ModelAdmin[Tariff], request: StaffRequest, tariff: Tariff, version: TariffVersion | None = None
    ) -> None:
        self.admin, self.request, self.tariff, self.version = admin, request, tariff, version

    def address(self, *, simple: bool = False) -> str:
        return editor_page(self.admin, self.tariff, self.version, simple=simple)

    def context(self) -> dict[str, Any]:
        """Of both views."""
        title = f"{'Scheduled' if self.version else 'New'} version of {self.tariff}"
        back = self.admin.page(self.tariff.pk, "prices")
        return self.admin.page_context(self.request, self.tariff, title) | {"back": back, "tab_of": back}

    # The table of elements

    def table_page(self, table: PriceTable) -> HttpResponse:
        context = self.context() | {"table": table, "replaced": self.version, "address": self.address()}
        return TemplateResponse(self.request, "tariffs/price_table.html", context | self.table_preview(table))

    def table_preview(self, table: PriceTable) -> dict[str, Any]:
        """How what is typed into the table reads, or why it does not yet; before anything is typed, how it was."""
        if self.request.method != "POST":
            return self._preview(price_list(table.stored)) if table.stored else {}
        if not table.is_valid():
            return {"unread": table.problems}
        return self._preview(table.price_list, table)

    def leave_table(self, table: PriceTable) -> HttpResponse | None:
        """What the table was sent for besides to be written: its preview, the calculator, the simple form; else None."""
        if live_preview.is_requested(self.request):
            return live_preview.answer(self.request, self.table_preview(table) | {"table": table})
        step = self.request.POST.get("step")
        if step == "calculate" and table.is_valid():
            return calculator.calculator(self.admin, self.request, self.tariff, table.data)
        return self.simple_from_table(table) if step == "simple" and table.is_valid() else None

    # The simple form

    def simple_page(self, form: SimpleForm, obstacles: tuple[str, ...] = ()) -> HttpResponse:
        """``obstacles`` say why the form could not be filled in."""
        context = self.context() | {
            "form": form,
            "obstacles": obstacles,
            "used": is_used(self.tariff),
            "currency": self.tariff.currency,
            "address": self.address(simple=True),
            "table_address": self.address(),
        }
        return TemplateResponse(self.request, "tariffs/simple_prices.html", context | self.simple_preview(form))

    def simple_preview(self, form: SimpleForm) -> dict[str, Any]:
        """The same of the simple form. One that was filled in is read like one that was sent."""
        if not form.is_bound and set(form.initial) <= {"vat"}:
            return {}
        sent = form if form.is_bound else SimpleForm({name: str(value) for name, value in form.initial.items()})
        if not sent.is_valid():
            return {"unread": sent.problems}
        begins = sent.cleaned_data["valid_from"]
        return live_preview.preview_context(self.request, self.tariff, sent.tariff(self.tariff.currency), begins)

    def simple_from_table(self, table: PriceTable) -> HttpResponse | None:
        """The form in place of a valid table; None where it would lose something, which the table then says."""
        values, table.obstacles = table.simple_values()
        return None if table.obstacles else self.simple_page(SimpleForm(initial=values))

    def simple_from_stored(self) -> HttpResponse:
        """The version that is scheduled with its moments, else the prices in force for a version to come."""
        stored = self.version or versions_in_force([self.tariff.pk], database_clock()).get(self.tariff.pk)
        values, obstacles = simple_values(price_list(stored)) if stored else (first_values(self.tariff), ())
        if self.version and not obstacles:
            moments = {"valid_from": self.version.valid_from, "valid_until": self.version.valid_until}
            values |= {name: typed_moment(at, ends=name == "valid_until") for name, at in moments.items() if at}
        return self.simple_page(SimpleForm(initial=values), obstacles)

    # Writing

    def save(self, table: PriceTable) -> HttpResponse | None:
        """Write what was typed of a tariff that nothing uses; None where it can't be, which the table then says."""
        if not table.is_valid() or not try_write(table, self._write):
            return None
        messages.success(self.request, f"The prices of {self.tariff} are saved.")
        return HttpResponseRedirect(self.admin.page(self.tariff.pk, "prices"))

    def _write(self, table: PriceTable) -> None:
        begins = table.valid_from or database_clock()
        if table.stored is None:
            writes.add_version(self.tariff, table.rows, valid_from=begins, **table.fields)
        else:
            writes.replace_version(table.stored, table.rows, valid_from=begins, **table.fields)

    def _preview(self, listed: Any, table: PriceTable | None = None) -> dict[str, Any]:
        return live_preview.preview_context(self.request, self.tariff, listed, table.valid_from if table else None)


def try_write(table: PriceTable, write: Callable[[PriceTable], None]) -> bool:
    """Write in a transaction; what the database refuses becomes an error of the form."""
    try:
        with transaction.atomic():
            write(table)
    except REFUSALS as error:
        refusal = refusal_of(error)
        field = refusal.field if refusal.field in table.version.fields else None
        table.version.add_error(field, refusal.message)
        return False
    return True
