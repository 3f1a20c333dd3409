"""Adding a tariff: with its first prices, typed into the simple form or into the table of elements."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html

from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from tariffs.admin import live_preview
from tariffs.admin.price_editor import PriceEditor, try_write
from tariffs.forms.price_table import PriceTable
from tariffs.forms.simple_prices import SimpleForm, first_values
from tariffs.models import Tariff
from tariffs.writes import add_version


def add_tariff(admin: ModelAdmin[Tariff], request: StaffRequest) -> HttpResponse:
    editor = AddTariff(admin, request)
    if request.GET.get("form") == "simple" and "elements-TOTAL_FORMS" not in request.POST:
        return editor.respond_to_simple()
    return editor.respond_to_table(PriceTable(editor.tariff, request.POST or None))


class AddTariff(PriceEditor):
    """The price editor of a tariff that is no row yet, below the form of the tariff itself."""

    def __init__(self, admin: ModelAdmin[Tariff], request: StaffRequest) -> None:
        fields = (["provider"] if admin.needs_provider_field(request) else []) + [
            "code",
            "name",
            "currency",
            "user_group",
        ]
        self.form_class = admin.get_form(request, None, fields=fields)
        self.tariff_form = self.form_class(request.POST or None)
        if len(request.user.providers) == 1:
            (self.tariff_form.instance.provider,) = request.user.providers
            self.tariff_form.initial.setdefault("currency", request.user.providers[0].currency)
        self.has_valid_name = self.tariff_form.is_valid()
        super().__init__(admin, request, self.tariff_form.instance)

    def address(self, *, simple: bool = False) -> str:
        return "?form=simple" if simple else ""

    def context(self) -> dict[str, Any]:
        page = self.admin.page_context(self.request, None, "Add tariff")
        return page | {"back": "../", "media": self.admin.media + self.tariff_form.media}

    # The table of elements

    def respond_to_table(self, table: PriceTable) -> HttpResponse:
        """Live preview, simple form, and tariff and prices written; else the table."""
        if live_preview.is_requested(self.request):
            return live_preview.answer(self.request, self.table_preview(table) | {"table": table})
        step, response = self.request.POST.get("step"), None
        if step == "simple" and (table.empty or table.is_valid()):
            response = self.simple_from_table(table)
        elif step == "save" or (step is None and "preview" not in self.request.POST):
            response = self.save(table)
        return response or self.table_page(table)

    def table_page(self, table: PriceTable) -> HttpResponse:
        context = self.context() | {"tariff_form": self.tariff_form, "table": table, "address": ""}
        words = self.table_preview(table) if self.has_valid_name else {}
        return TemplateResponse(self.request, "tariffs/price_table.html", context | words)

    # The simple form

    def respond_to_simple(self) -> HttpResponse:
        """Live preview, and what is typed as a table, which writes it; else the form."""
        if self.request.method != "POST":
            return self.simple_page(SimpleForm(initial=first_values(self.tariff)))
        form = SimpleForm(self.request.POST)
        if live_preview.is_requested(self.request):
            return live_preview.answer(self.request, self.simple_preview(form))
        if form.is_valid() and (self.has_valid_name or self.request.POST.get("step") != "save"):
            return self.respond_to_table(PriceTable(self.tariff, form.to_table(self.tariff.currency)))
        return self.simple_page(form)

    def simple_page(self, form: SimpleForm, obstacles: tuple[str, ...] = ()) -> HttpResponse:
        context = self.context() | {"form": form, "tariff_form": self.tariff_form, "address": self.address(simple=True)}
        words = self.simple_preview(form) if self.tariff.currency else {}
        return TemplateResponse(self.request, "tariffs/simple_prices.html", context | words)

    def simple_from_table(self, table: PriceTable) -> HttpResponse | None:
        """What is typed of the tariff goes along without the errors of a form that nobody has sent yet."""
        values, table.obstacles = (first_values(self.tariff), ()) if table.empty else table.simple_values()
        if table.obstacles:
            return None
        self.tariff_form = self.form_class(initial=self.request.POST.dict())
        return self.simple_page(SimpleForm(initial=values))

    # Writing

    def save(self, table: PriceTable) -> HttpResponse | None:
        """The tariff with its first version; None where it can't be written, which the forms then say."""
        if not self.has_valid_name or not table.is_valid() or not try_write(table, self._write):
            return None
        messages.success(self.request, format_html("{} was added with its prices.", self.tariff))
        return HttpResponseRedirect(self.admin.page(self.tariff.pk, "prices"))

    def _write(self, table: PriceTable) -> None:
        tariff = self.tariff_form.save()
        add_version(tariff, table.rows, valid_from=table.valid_from, **table.fields)
        self.admin.check_saved_object(self.request, tariff, "add")
