"""A new version by the simple form: what is typed becomes rows of the table, and goes on from there."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from chargegroups.admin import versions
from chargegroups.admin.changing.new_version import VersionFlow, new_version
from chargegroups.changes import database_clock
from chargegroups.grounds import versions_at
from chargegroups.models import Tariff
from chargegroups.price_forms import PriceEditor
from chargegroups.price_lists import price_list
from chargegroups.simple_form import SimpleForm, as_table, filled_in
from chargegroups.uses import is_used


def simple(admin: Any, request: HttpRequest, tariff: Tariff) -> HttpResponse:
    if not versions.may_change(request, tariff):
        raise PermissionDenied
    if "elements-TOTAL_FORMS" in request.POST:  # the table that this form was turned into
        return (new_version if is_used(tariff) else versions.add_version)(admin, request, tariff)
    if request.method == "POST":
        form = SimpleForm(request.POST)
        if form.is_valid():
            return _table(admin, request, tariff, form)
        return _page(admin, request, tariff, form, ())
    values, reasons = _in_force(tariff)
    return _page(admin, request, tariff, SimpleForm(initial=values), reasons)


def _in_force(tariff: Tariff) -> tuple[dict[str, Any], tuple[str, ...]]:
    version = versions_at([tariff.pk], database_clock()).get(tariff.pk)
    return filled_in(price_list(version)) if version else ({}, ())


def _page(admin: Any, request: HttpRequest, tariff: Tariff, form: SimpleForm, reasons: tuple[str, ...]) -> HttpResponse:
    context = admin.page_context(request, tariff, f"New version of {tariff}") | {
        "form": form,
        "reasons": reasons,
        "back": admin.page(tariff.pk, "prices"),
        "tab_of": admin.page(tariff.pk, "prices"),
        "table": admin.page(tariff.pk, "version" if is_used(tariff) else "prices_add"),
    }
    return TemplateResponse(request, "chargegroups/simple.html", context)


def _table(admin: Any, request: HttpRequest, tariff: Tariff, form: SimpleForm) -> HttpResponse:
    """The rows that were meant, with how they read. Nothing is written before the table is sent in its turn."""
    data = as_table(form.tariff(tariff.currency), form.data.get("valid_from", ""))
    title = f"New version of {tariff}"
    if is_used(tariff):
        flow = VersionFlow(admin, request, tariff, data)
        context = flow.context(title) | flow.form_context()
    else:
        back = admin.page(tariff.pk, "prices")
        context = admin.page_context(request, tariff, title) | {"editor": PriceEditor(tariff, data), "back": back}
    return TemplateResponse(
        request, "chargegroups/version.html", context | versions.preview(request, context["editor"])
    )
