"""How are prices made with the simple form? What is typed is saved, shown with its effects, calculated with, or edited on."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from chargegroups.admin import calculator, drafts, editing, simple_page
from chargegroups.admin.changing.new_version import VersionFlow
from chargegroups.admin.versions import may_change, scheduled
from chargegroups.changes import database_clock
from chargegroups.grounds import versions_at
from chargegroups.models import Tariff, TariffVersion
from chargegroups.price_forms import PriceEditor
from chargegroups.price_lists import price_list
from chargegroups.simple_form import SimpleForm, as_table, filled_in
from chargegroups.uses import is_used


def simple(admin: Any, request: HttpRequest, tariff: Tariff) -> HttpResponse:
    if not may_change(request, tariff):
        raise PermissionDenied
    version = scheduled(tariff, request.GET.get("version"))
    if version is None and "version" in request.GET:
        return editing.gone(admin, request, tariff)
    if request.method != "POST":
        values, reasons = _filled_in(tariff, version)
        return simple_page.show(admin, request, tariff, SimpleForm(initial=values), version, reasons)
    form = SimpleForm(request.POST)
    if drafts.is_asked(request):
        return drafts.answer(request, simple_page.words(request, tariff, form))
    if not form.is_valid():
        return simple_page.show(admin, request, tariff, form, version)
    return _go_on(admin, request, tariff, form, version)


def _filled_in(tariff: Tariff, version: TariffVersion | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The version that is scheduled with its moments, else the prices in force for a version to come."""
    if version is None:
        held = versions_at([tariff.pk], database_clock()).get(tariff.pk)
        return filled_in(price_list(held)) if held else ({}, ())
    values, reasons = filled_in(price_list(version))
    zone = tariff.provider.zone
    moments = {"valid_from": version.valid_from, "valid_until": version.valid_until}
    shown = {name: f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" for name, at in moments.items() if at}
    return ({} if reasons else values | shown), reasons


def _go_on(
    admin: Any, request: HttpRequest, tariff: Tariff, form: SimpleForm, version: TariffVersion | None
) -> HttpResponse:
    """To the calculator, to the preview or the list of versions; else to the same prices as a table of elements."""
    data, step = as_table(form.tariff(tariff.currency), **form.moments), request.POST.get("step")
    if version:
        data["editing"] = str(version.pk)
    if step == "calculate":
        return calculator.calculator(admin, request, tariff, data)
    if is_used(tariff):
        data["step"] = "preview" if step == "save" else "edit"
        return VersionFlow(admin, request, tariff, data).respond()
    editor = PriceEditor(tariff, data, version)
    saved = editing.save(admin, request, tariff, editor) if step == "save" else None
    return saved or editing.table(admin, request, tariff, editor, version)
